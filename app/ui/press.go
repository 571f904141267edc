package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// A Choice is a large button: an icon, what it does and one sentence.
type Choice struct {
	widget.BaseWidget
	id, title string
	inner     fyne.CanvasObject
	box, tint *Box
	focused   bool
	tapped    func()
}

// NewChoice makes one.
func NewChoice(icon, id, title, desc string, tapped func()) *Choice {
	c := &Choice{id: id, title: title, tapped: tapped, box: NewBox(Surface, LineStrong, RadiusL), tint: NewBox("", "", RadiusL)}
	ic := Fixed(44, 44, Over(NewBox(PrimarySoft, "", RadiusL), Centre(Icon(icon, PrimaryText, 22))))
	c.inner = Over(c.box, c.tint, Pad(16, 12, 16, 16, HStack(14, Middle, ic,
		Flex(VStack(2, P(title, Heading, Text1), P(desc, Body, Text2))), Icon("chevron-right", Text3, 20))))
	c.ExtendBaseWidget(c)
	return c
}

// Info is for robots and tests.
func (c *Choice) Info() Info {
	return Info{ID: c.id, Label: c.title, Role: "button", Focused: c.focused}
}

// HeightFor is the height at a width.
func (c *Choice) HeightFor(w float32) float32 { return HeightOf(c.inner, w) }

// MinSize is that of its content.
func (c *Choice) MinSize() fyne.Size { return c.inner.MinSize() }

// Tapped chooses.
func (c *Choice) Tapped(*fyne.PointEvent) {
	if c.tapped != nil {
		c.tapped()
	}
}

// MouseIn, MouseMoved and MouseOut follow the pointer.
func (c *Choice) MouseIn(*desktop.MouseEvent)    { c.tint.Set(HoverTint, "", 0) }
func (c *Choice) MouseMoved(*desktop.MouseEvent) {}
func (c *Choice) MouseOut()                      { c.tint.Set("", "", 0) }

// FocusGained and FocusLost follow the keyboard.
func (c *Choice) FocusGained()   { c.focused = true; c.Refresh() }
func (c *Choice) FocusLost()     { c.focused = false; c.Refresh() }
func (c *Choice) TypedRune(rune) {}

// TypedKey chooses on Enter and Space.
func (c *Choice) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		c.Tapped(nil)
	default:
		passKey(c, e)
	}
}

// Cursor is the hand.
func (c *Choice) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer is for Fyne.
func (c *Choice) CreateRenderer() fyne.WidgetRenderer {
	return &ringed{w: c, inner: c.inner, radius: RadiusL, focused: func() bool { return c.focused }}
}

// ringed renders one child and the focus ring around it.
type ringed struct {
	w       fyne.Widget
	inner   fyne.CanvasObject
	radius  float32
	focused func() bool
	objects []fyne.CanvasObject
}

func (r *ringed) Layout(s fyne.Size) {
	place(r.inner, 0, 0, s.Width, s.Height)
	r.objects = []fyne.CanvasObject{r.inner}
	if r.focused() {
		r.objects = append(r.objects, ring(s, FocusRing, r.radius))
	}
}
func (r *ringed) MinSize() fyne.Size           { return r.w.MinSize() }
func (r *ringed) Objects() []fyne.CanvasObject { return r.objects }
func (r *ringed) Destroy()                     {}
func (r *ringed) Refresh() {
	r.Layout(r.w.Size())
	r.inner.Refresh()
}
