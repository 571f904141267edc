package ui

import (
	"strconv"

	"fyne.io/fyne/v2"
)

func (b *Button) style() TextStyle {
	switch {
	case b.stacked:
		return Caption
	case b.height >= HeightL:
		return TextStyle{15, 20, true}
	case b.height <= HeightS:
		return TextStyle{13, 18, true}
	}
	return BodyB
}

func (b *Button) colours() (fill, stroke, fg fyne.ThemeColorName) {
	switch b.kind {
	case Filled:
		fill, fg = Primary, OnPrimary
		if b.hover {
			fill = PrimaryHover
		}
	case Outline:
		fill, stroke, fg = Surface, LineStrong, Text1
	case Danger1:
		fill, fg = DangerFill, OnDanger
		if b.hover {
			fill = DangerHover
		}
	case OnBar:
		fill, stroke, fg = BarBg, BarLine, BarText
	case Soft:
		fill, fg = PrimarySoft, PrimaryText
	case Quiet:
		fg = PrimaryText
		if b.stacked {
			fg = Text1
		}
	}
	if b.off {
		fg = Text3
		if fill != "" && b.kind != OnBar {
			fill, stroke = Sunken, ""
		}
		if b.kind == OnBar {
			fg = BarText2
		}
	}
	return fill, stroke, fg
}

func (b *Button) textWidth() float32 {
	st := b.style()
	return fyne.MeasureText(b.text, st.Size, fyne.TextStyle{Bold: st.Bold}).Width
}

// MinSize is as wide as icon and words, at least 36.
func (b *Button) MinSize() fyne.Size {
	if b.stacked {
		if b.bare {
			return fyne.NewSize(44, b.height)
		}
		return fyne.NewSize(max(b.textWidth()+16, 56), b.height)
	}
	if b.bare {
		return fyne.NewSquareSize(b.height)
	}
	p, w := float32(16), b.textWidth()
	if b.height < HeightL {
		p = 12
	}
	w = min(w, mostLabel)
	if b.icon != "" {
		w += 26
	}
	return fyne.NewSize(w+2*p, b.height)
}

func (b *Button) paint(s fyne.Size) []fyne.CanvasObject {
	out := b.paintFace(s)
	if b.badge == 0 {
		return out
	}
	n := strconv.Itoa(min(b.badge, 99))
	w := max(18, 10+float32(len(n))*7)
	x, y := s.Width-w+6, float32(-6)
	if b.stacked {
		x, y = s.Width/2+3, 2
	}
	return append(out, place(rect(DangerFill, "", 0, 9), x, y, w, 18),
		centred(n, TextStyle{11, 14, true}, colour(OnDanger), x, y, w, 18))
}

func (b *Button) paintFace(s fyne.Size) []fyne.CanvasObject {
	fill, stroke, fg := b.colours()
	out := []fyne.CanvasObject{place(rect(fill, stroke, 1, RadiusM), 0, 0, s.Width, s.Height)}
	if b.hover && (b.kind == Quiet || b.kind == Outline || b.kind == Soft) {
		out = append(out, place(rect(HoverTint, "", 0, RadiusM), 0, 0, s.Width, s.Height))
	}
	if b.hover && b.kind == OnBar {
		out = append(out, place(rect(BarLine, "", 0, RadiusM), 0, 0, s.Width, s.Height))
	}
	if b.focus {
		col := FocusRing
		if b.kind == OnBar {
			col = BarText
		}
		out = append(out, ring(s, col, RadiusM))
	}
	c := colour(fg)
	switch {
	case b.stacked && b.bare:
		return append(out, place(iconPicture(b.icon, c, 20), (s.Width-20)/2, (s.Height-20)/2, 20, 20))
	case b.stacked:
		return append(out, place(iconPicture(b.icon, c, 20), (s.Width-20)/2, 8, 20, 20),
			centred(b.text, b.style(), c, 0, 29, s.Width, 18))
	case b.bare:
		return append(out, place(iconPicture(b.icon, c, 18), (s.Width-18)/2, (s.Height-18)/2, 18, 18))
	}
	room := s.Width - 16
	if b.icon != "" {
		room -= 26
	}
	t := text(shorten(b.text, b.style(), room), b.style(), c)
	w := t.MinSize().Width
	if b.icon != "" {
		w += 26
	}
	x := (s.Width - w) / 2
	if b.icon != "" {
		out = append(out, place(iconPicture(b.icon, c, 18), x, (s.Height-18)/2, 18, 18))
		x += 26
	}
	m := t.MinSize()
	return append(out, place(t, x, (s.Height-m.Height)/2, m.Width, m.Height))
}
