package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Fyne's MinSize knows no width, so wrapped text cannot tell its height. Everything here
// answers HeightFor(width); containers pass the question down.
type heightFor interface{ HeightFor(w float32) float32 }

type layoutHeightFor interface {
	HeightFor(o []fyne.CanvasObject, w float32) float32
}

// HeightOf is the height an object needs at a width.
func HeightOf(o fyne.CanvasObject, w float32) float32 {
	if !o.Visible() {
		return 0
	}
	if h, ok := o.(heightFor); ok {
		return h.HeightFor(w)
	}
	if c, ok := o.(*fyne.Container); ok {
		if l, ok := c.Layout.(layoutHeightFor); ok {
			return l.HeightFor(c.Objects, w)
		}
	}
	return o.MinSize().Height
}

type flex struct{}

// Flex marks a child that takes the room that is left; Flex() alone is a spring.
func Flex(o ...fyne.CanvasObject) *fyne.Container { return container.New(flex{}, o...) }

func isFlex(o fyne.CanvasObject) bool {
	c, ok := o.(*fyne.Container)
	if !ok {
		return false
	}
	_, ok = c.Layout.(flex)
	return ok
}

func (flex) Layout(o []fyne.CanvasObject, s fyne.Size) {
	for _, x := range o {
		place(x, 0, 0, s.Width, s.Height)
	}
}

func (flex) MinSize(o []fyne.CanvasObject) fyne.Size {
	if len(o) == 0 {
		return fyne.Size{}
	}
	return o[0].MinSize()
}

func (flex) HeightFor(o []fyne.CanvasObject, w float32) float32 {
	if len(o) == 0 {
		return 0
	}
	return HeightOf(o[0], w)
}

type vstack struct{ gap, last float32 }

// VStack stacks children at full width.
func VStack(gap float32, o ...fyne.CanvasObject) *fyne.Container {
	return container.New(&vstack{gap: gap}, o...)
}

func (l *vstack) HeightFor(o []fyne.CanvasObject, w float32) float32 {
	h, n := float32(0), 0
	for _, x := range o {
		if x.Visible() {
			h += HeightOf(x, w)
			n++
		}
	}
	return h + l.gap*float32(max(n-1, 0))
}

func (l *vstack) MinSize(o []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	n := 0
	for _, x := range o {
		if x.Visible() {
			m := x.MinSize()
			s.Width = max(s.Width, m.Width)
			s.Height += m.Height
			n++
		}
	}
	s.Height += l.gap * float32(max(n-1, 0))
	if l.last > 0 { // only a width tells the height
		s.Height = l.HeightFor(o, max(l.last, s.Width))
	}
	return s
}

func (l *vstack) Layout(o []fyne.CanvasObject, s fyne.Size) {
	l.last = s.Width
	rest, springs := s.Height-l.HeightFor(o, s.Width), 0
	for _, x := range o {
		if isFlex(x) && x.Visible() {
			springs++
		}
	}
	y := float32(0)
	for _, x := range o {
		if !x.Visible() {
			continue
		}
		h := HeightOf(x, s.Width)
		if isFlex(x) && rest > 0 {
			h += rest / float32(springs)
		}
		place(x, 0, y, s.Width, h)
		y += h + l.gap
	}
}

// Align is how children of an HStack stand across it.
type Align uint8

// The alignments.
const (
	Middle Align = iota
	Top
	Stretch
)

type hstack struct {
	gap   float32
	align Align
	last  float32
}

// HStack sets children side by side; Flex children share what is left.
func HStack(gap float32, a Align, o ...fyne.CanvasObject) *fyne.Container {
	return container.New(&hstack{gap: gap, align: a}, o...)
}

func (l *hstack) widths(o []fyne.CanvasObject, w float32) []float32 {
	ws, used, springs, n := make([]float32, len(o)), float32(0), 0, 0
	for i, x := range o {
		if !x.Visible() {
			continue
		}
		n++
		if isFlex(x) {
			springs++
			continue
		}
		ws[i] = x.MinSize().Width
		used += ws[i]
	}
	used += l.gap * float32(max(n-1, 0))
	for i, x := range o {
		if isFlex(x) && x.Visible() {
			ws[i] = max(0, (w-used)/float32(springs))
		}
	}
	return ws
}

func (l *hstack) HeightFor(o []fyne.CanvasObject, w float32) float32 {
	h := float32(0)
	for i, width := range l.widths(o, w) {
		h = max(h, HeightOf(o[i], width))
	}
	return h
}

func (l *hstack) MinSize(o []fyne.CanvasObject) fyne.Size {
	var s fyne.Size
	n := 0
	for _, x := range o {
		if x.Visible() {
			m := x.MinSize()
			s.Width += m.Width
			s.Height = max(s.Height, m.Height)
			n++
		}
	}
	s.Width += l.gap * float32(max(n-1, 0))
	if l.last > 0 {
		s.Height = l.HeightFor(o, max(l.last, s.Width))
	}
	return s
}

func (l *hstack) Layout(o []fyne.CanvasObject, s fyne.Size) {
	l.last = s.Width
	x0 := float32(0)
	for i, w := range l.widths(o, s.Width) {
		x := o[i]
		if !x.Visible() {
			continue
		}
		h, y := HeightOf(x, w), float32(0)
		switch l.align {
		case Middle:
			y = (s.Height - h) / 2
		case Stretch:
			h = s.Height
		case Top:
		}
		place(x, x0, y, w, h)
		x0 += w + l.gap
	}
}
