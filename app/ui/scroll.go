package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// tall is the layout of a scroll's content: as high as it must be at the width it has.
type tall struct{ w float32 }

func (t *tall) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(0, HeightOf(o[0], t.w))
}
func (t *tall) Layout(o []fyne.CanvasObject, s fyne.Size) { place(o[0], 0, 0, s.Width, s.Height) }

// frame lays head, middle and foot over a window: head and foot keep their place, the
// middle takes what is left and scrolls when that is too little.
type frame struct {
	side         float32 // margin left and right
	top, bottom  float32
	gap          float32
	width        float32 // of the column at most
	content      *tall
	body, footer fyne.CanvasObject
}

// Frame is a window's content: head and foot are fixed, body scrolls if it must. foot may be nil.
// It answers HeightFor with the height at which nothing scrolls.
func Frame(head, body, foot fyne.CanvasObject) *fyne.Container {
	f := &frame{side: 24, top: 14, bottom: 20, gap: 12, width: 460, content: &tall{}}
	if foot == nil {
		foot = Gap(0, 0)
	}
	f.body, f.footer = body, foot
	// The body goes to the window's edges inside the scroll, so that focus rings are not clipped.
	inner := container.New(f.content, Pad(4, f.side, 4, f.side, Flex(Column(f.width, body))))
	scroll := container.NewVScroll(inner)
	return container.New(f, NewBox(Bg, "", 0), head, scroll, foot)
}

func (f *frame) HeightFor(o []fyne.CanvasObject, w float32) float32 {
	in := min(w-2*f.side, f.width)
	h := f.top + HeightOf(o[1], in) + f.gap - 4 + 8 + HeightOf(f.body, in) + f.bottom
	if ft := HeightOf(f.footer, in); ft > 0 {
		h += ft + f.gap - 4
	}
	return h
}

func (f *frame) MinSize(o []fyne.CanvasObject) fyne.Size {
	w := max(o[1].MinSize().Width, f.body.MinSize().Width, f.footer.MinSize().Width) + 2*f.side
	return fyne.NewSize(w, 320)
}

func (f *frame) Layout(o []fyne.CanvasObject, s fyne.Size) {
	place(o[0], 0, 0, s.Width, s.Height)
	in := min(s.Width-2*f.side, f.width)
	x := (s.Width - in) / 2
	hh, fh := HeightOf(o[1], in), HeightOf(f.footer, in)
	place(o[1], x, f.top, in, hh)
	place(o[3], x, s.Height-f.bottom-fh, in, fh)
	top, bottom := f.top+hh+f.gap-4, s.Height-f.bottom
	if fh > 0 {
		bottom -= fh + f.gap - 4
	}
	f.content.w = s.Width
	place(o[2], 0, top, s.Width, max(0, bottom-top))
}
