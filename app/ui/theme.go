package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"beside/assets"
)

// Corner radii and control heights, in Fyne units.
const (
	RadiusS, RadiusM, RadiusL float32 = 6, 8, 12
	PillCorner                float32 = 18
	HeightS, HeightM, HeightL float32 = 28, 36, 44 // the sharer's screens use L only
)

// Theme maps Beside's tokens onto Fyne's names, so that the few stock parts (scroll bar,
// pop-up menu) look like ours. Make it with NewTheme.
type Theme struct {
	forced        *fyne.ThemeVariant
	regular, bold fyne.Resource
	system        fyne.Theme
}

// Look is the variant to draw in.
type Look uint8

// The looks.
const (
	LookSystem Look = iota // what the desktop asks for
	LookLight
	LookDark
)

// NewTheme makes the theme. It fails only if the embedded fonts are missing.
func NewTheme(l Look) (*Theme, error) {
	t := &Theme{system: theme.DefaultTheme()}
	light, dark := theme.VariantLight, theme.VariantDark
	switch l {
	case LookLight:
		t.forced = &light
	case LookDark:
		t.forced = &dark
	case LookSystem:
	}
	for name, to := range map[string]*fyne.Resource{"Inter-Regular.otf": &t.regular, "Inter-SemiBold.otf": &t.bold} {
		b, err := assets.Fonts.ReadFile("fonts/" + name)
		if err != nil {
			return nil, err
		}
		*to = fyne.NewStaticResource(name, b)
	}
	return t, nil
}

// stock is Fyne's name -> our token.
var stock = map[fyne.ThemeColorName]fyne.ThemeColorName{
	theme.ColorNameBackground: Bg, theme.ColorNameForeground: Text1, theme.ColorNamePrimary: Primary,
	theme.ColorNameForegroundOnPrimary: OnPrimary, theme.ColorNameButton: Surface, theme.ColorNameHover: HoverTint,
	theme.ColorNameInputBackground: Surface, theme.ColorNameInputBorder: LineStrong, theme.ColorNamePlaceHolder: Text3,
	theme.ColorNameMenuBackground: Surface, theme.ColorNameOverlayBackground: Surface, theme.ColorNameSeparator: Line,
	theme.ColorNameError: Danger, theme.ColorNameWarning: Warning, theme.ColorNameSuccess: Success,
	theme.ColorNameHyperlink: PrimaryText, theme.ColorNameFocus: PrimarySoft, theme.ColorNameHeaderBackground: Surface,
	theme.ColorNameScrollBar: LineStrong,
}

// Color is the token's colour in the forced or given variant.
func (t *Theme) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	if t.forced != nil {
		v = *t.forced
	}
	i := 0
	if v == theme.VariantDark {
		i = 1
	}
	if a, ok := stock[n]; ok {
		n = a
	}
	if p, ok := palette[n]; ok {
		return rgb(p[i])
	}
	return t.system.Color(n, v)
}

// Font is Inter; other scripts fall back to Fyne's own.
func (t *Theme) Font(s fyne.TextStyle) fyne.Resource {
	switch {
	case s.Monospace || s.Symbol || s.Italic:
		return t.system.Font(s)
	case s.Bold:
		return t.bold
	}
	return t.regular
}

// Icon is Fyne's: only stock parts ask.
func (t *Theme) Icon(n fyne.ThemeIconName) fyne.Resource { return t.system.Icon(n) }

// Size is Fyne's size for stock parts.
func (t *Theme) Size(n fyne.ThemeSizeName) float32 {
	switch n {
	case theme.SizeNameText:
		return 14
	case theme.SizeNameCaptionText:
		return 12
	case theme.SizeNamePadding:
		return 4
	case theme.SizeNameInnerPadding:
		return 8
	case theme.SizeNameInputRadius, theme.SizeNameSelectionRadius:
		return RadiusM
	}
	return t.system.Size(n)
}
