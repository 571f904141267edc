package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

type pad struct{ t, r, b, l float32 }

// Pad adds room around one child: top, right, bottom, left.
func Pad(t, r, b, l float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(pad{t, r, b, l}, o)
}

func (p pad) HeightFor(o []fyne.CanvasObject, w float32) float32 {
	return p.t + p.b + HeightOf(o[0], w-p.l-p.r)
}

func (p pad) MinSize(o []fyne.CanvasObject) fyne.Size {
	return o[0].MinSize().Add(fyne.NewSize(p.l+p.r, p.t+p.b))
}

func (p pad) Layout(o []fyne.CanvasObject, s fyne.Size) {
	place(o[0], p.l, p.t, s.Width-p.l-p.r, s.Height-p.t-p.b)
}

type over struct{}

// Over lays children on each other; the last one decides the size.
func Over(o ...fyne.CanvasObject) *fyne.Container { return container.New(over{}, o...) }

func (over) HeightFor(o []fyne.CanvasObject, w float32) float32 { return HeightOf(o[len(o)-1], w) }
func (over) MinSize(o []fyne.CanvasObject) fyne.Size            { return o[len(o)-1].MinSize() }
func (over) Layout(o []fyne.CanvasObject, s fyne.Size)          { flex{}.Layout(o, s) }

type column struct{ max float32 }

// Column centres one child and limits its width: our rule for the length of a line.
func Column(w float32, o fyne.CanvasObject) *fyne.Container { return container.New(column{w}, o) }

func (c column) HeightFor(o []fyne.CanvasObject, w float32) float32 {
	return HeightOf(o[0], min(w, c.max))
}
func (c column) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }
func (c column) Layout(o []fyne.CanvasObject, s fyne.Size) {
	w := min(s.Width, c.max)
	place(o[0], (s.Width-w)/2, 0, w, s.Height)
}

type centre struct{}

// Centre keeps a child at its own width, in the middle.
func Centre(o fyne.CanvasObject) *fyne.Container { return container.New(centre{}, o) }

func (centre) HeightFor(o []fyne.CanvasObject, w float32) float32 {
	return HeightOf(o[0], min(w, o[0].MinSize().Width))
}
func (centre) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }
func (centre) Layout(o []fyne.CanvasObject, s fyne.Size) {
	w := min(s.Width, o[0].MinSize().Width)
	h := HeightOf(o[0], w)
	place(o[0], (s.Width-w)/2, (s.Height-h)/2, w, h)
}

type start struct{}

// Start keeps a child at its own width, on the left.
func Start(o fyne.CanvasObject) *fyne.Container { return container.New(start{}, o) }

func (start) HeightFor(o []fyne.CanvasObject, w float32) float32 { return centre{}.HeightFor(o, w) }
func (start) MinSize(o []fyne.CanvasObject) fyne.Size            { return o[0].MinSize() }
func (start) Layout(o []fyne.CanvasObject, s fyne.Size) {
	w := min(s.Width, o[0].MinSize().Width)
	place(o[0], 0, 0, w, HeightOf(o[0], w))
}

type fixed struct{ w, h float32 }

// Fixed gives a child an exact size; 0 leaves that direction free.
func Fixed(w, h float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(fixed{w, h}, o)
}

func (f fixed) HeightFor(o []fyne.CanvasObject, w float32) float32 {
	if f.h > 0 {
		return f.h
	}
	return HeightOf(o[0], w)
}

func (f fixed) MinSize(o []fyne.CanvasObject) fyne.Size {
	m := o[0].MinSize()
	if f.w > 0 {
		m.Width = f.w
		m.Height = HeightOf(o[0], f.w)
	}
	if f.h > 0 {
		m.Height = f.h
	}
	return m
}

func (f fixed) Layout(o []fyne.CanvasObject, s fyne.Size) { place(o[0], 0, 0, s.Width, s.Height) }

// atLeast keeps a child from being squeezed below a width.
type atLeast struct{ w, h float32 }

// AtLeast gives a child a least size.
func AtLeast(w, h float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(atLeast{w, h}, o)
}

func (a atLeast) HeightFor(o []fyne.CanvasObject, w float32) float32 {
	return max(a.h, HeightOf(o[0], w))
}

func (a atLeast) MinSize(o []fyne.CanvasObject) fyne.Size {
	return o[0].MinSize().Max(fyne.NewSize(a.w, a.h))
}
func (a atLeast) Layout(o []fyne.CanvasObject, s fyne.Size) { place(o[0], 0, 0, s.Width, s.Height) }
