package ui

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

func luminance(c color.NRGBA) float64 {
	f := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.03928 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*f(c.R) + 0.7152*f(c.G) + 0.0722*f(c.B)
}

func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	if x < y {
		x, y = y, x
	}
	return (x + 0.05) / (y + 0.05)
}

func TestContrast(t *testing.T) {
	for _, p := range []struct {
		on, fg fyne.ThemeColorName
		min    float64
	}{
		{Bg, Text1, 4.5},
		{Surface, Text1, 4.5},
		{Bg, Text2, 4.5},
		{Surface, Text2, 4.5},
		{Sunken, Text2, 4.5},
		{PrimarySoft, Text2, 4.5},
		{Bg, Text3, 4.5},
		{Surface, Text3, 4.5},
		{Sunken, Text3, 4.5},
		{Primary, OnPrimary, 4.5},
		{PrimaryHover, OnPrimary, 4.5},
		{Bg, PrimaryText, 4.5},
		{PrimarySoft, PrimaryText, 4.5},
		{SuccessSoft, Success, 4.5},
		{Surface, Success, 4.5},
		{WarningSoft, Warning, 4.5},
		{Bg, Warning, 4.5},
		{Surface, Warning, 4.5},
		{DangerSoft, Danger, 4.5},
		{Bg, Danger, 4.5},
		{WarningSoft, Text1, 4.5},
		{DangerSoft, Text1, 4.5},
		{DangerFill, OnDanger, 4.5},
		{DangerHover, OnDanger, 4.5},
		{BarBg, BarText, 4.5},
		{BarBg, BarText2, 4.5},
		{BarBg, RightView, 3},
		{BarBg, RightControl, 3},
		{BarBg, RightElevated, 3},
		{Surface, LineStrong, 3},
		{Bg, LineStrong, 3},
		{Bg, FocusRing, 3},
		{Surface, FocusRing, 3},
		{PrimarySoft, Primary, 3},
		{Bg, Primary, 3},
	} {
		for i, look := range []string{"light", "dark"} {
			a, b := rgb(palette[p.on][i]), rgb(palette[p.fg][i])
			if got := contrast(a, b); got < p.min-0.05 {
				t.Errorf("%s on %s, %s: %.2f, want %.1f", p.fg, p.on, look, got, p.min)
			}
		}
	}
	for _, h := range avatarHues {
		if got := contrast(rgb(h), rgb(0xFFFFFF)); got < 5 {
			t.Errorf("white on avatar %06x: %.2f", h, got)
		}
	}
}

func TestThemeKnowsEveryToken(t *testing.T) {
	for look, v := range map[Look]fyne.ThemeVariant{LookLight: theme.VariantLight, LookDark: theme.VariantDark} {
		th, err := NewTheme(look)
		if err != nil {
			t.Fatal(err)
		}
		for n, p := range palette {
			other := theme.VariantLight + theme.VariantDark - v // a forced look ignores the desktop's
			if got, want := th.Color(n, other), rgb(p[v1(v)]); got != want {
				t.Errorf("%s: got %v, want %v", n, got, want)
			}
		}
		for n, a := range stock {
			if th.Color(n, v) != th.Color(a, v) {
				t.Errorf("%s is not %s", n, a)
			}
		}
	}
}

func v1(v fyne.ThemeVariant) int {
	if v == theme.VariantDark {
		return 1
	}
	return 0
}
