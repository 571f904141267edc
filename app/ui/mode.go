package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Mode is one choice of right.
type Mode struct {
	Icon, ID, Title, Desc string // Desc may be ""
	Off                   bool   // not offered
	Why                   string // stands in place of Desc when Off
}

// A ModeCard is a Mode as a radio button with words around it.
type ModeCard struct {
	widget.BaseWidget
	group   *ModeGroup
	mode    Mode
	inner   *fyne.Container
	focused bool
	on      bool
}

// A ModeGroup is a set of ModeCards of which exactly one is chosen.
type ModeGroup struct {
	OnChanged func(i int) // may be nil
	cards     []*ModeCard
	chosen    int
	locked    bool
}

// NewModeGroup chooses the first mode that is on offer.
func NewModeGroup(modes ...Mode) *ModeGroup {
	g := &ModeGroup{chosen: -1}
	for i, m := range modes {
		if !m.Off && g.chosen < 0 {
			g.chosen = i
		}
		c := &ModeCard{group: g, mode: m}
		c.ExtendBaseWidget(c)
		g.cards = append(g.cards, c)
	}
	g.draw()
	return g
}

// Chosen is the index of the chosen mode, -1 if none is on offer.
func (g *ModeGroup) Chosen() int { return g.chosen }

// Cards are the group's objects.
func (g *ModeGroup) Cards() []fyne.CanvasObject {
	var o []fyne.CanvasObject
	for _, c := range g.cards {
		o = append(o, c)
	}
	return o
}

// Lock keeps the choice as it is, while the request is being read.
func (g *ModeGroup) Lock(on bool) { g.locked = on }

// Choose takes mode i if it is on offer.
func (g *ModeGroup) Choose(i int) {
	if g.locked || i < 0 || i >= len(g.cards) || g.cards[i].mode.Off || g.chosen == i {
		return
	}
	g.chosen = i
	g.draw()
	if g.OnChanged != nil {
		g.OnChanged(i)
	}
}

// Unchoose leaves none chosen, so that any can be.
func (g *ModeGroup) Unchoose() {
	g.chosen = -1
	g.draw()
}

func (g *ModeGroup) draw() {
	for i, c := range g.cards {
		c.on = i == g.chosen
		c.build()
		c.Refresh()
	}
}

func (g *ModeGroup) step(from *ModeCard, by int) {
	at := 0
	for i, c := range g.cards {
		if c == from {
			at = i
		}
	}
	for i := at + by; i >= 0 && i < len(g.cards); i += by {
		if !g.cards[i].mode.Off {
			g.Choose(i)
			focus(g.cards[i])
			return
		}
	}
}

func (c *ModeCard) build() {
	fill, stroke, fg, sub, ic, width := Surface, LineStrong, Text1, Text2, Text2, float32(1)
	desc := c.mode.Desc
	if c.on {
		fill, stroke, ic, width = PrimarySoft, Primary, PrimaryText, 2
	}
	if c.mode.Off {
		fill, stroke, fg, sub, ic, desc = Bg, Line, Text3, Text3, Text3, c.mode.Why
	}
	words := []fyne.CanvasObject{P(c.mode.Title, BodyB, fg)}
	if desc != "" {
		words = append(words, P(desc, Body, sub))
	}
	box := NewBox(fill, stroke, RadiusL)
	box.width = width
	o := []fyne.CanvasObject{box, Pad(12, 14, 12, 14, HStack(12, Top,
		Pad(2, 0, 0, 0, Icon(c.mode.Icon, ic, 20)),
		Flex(VStack(2, words...)),
		Pad(1, 0, 0, 0, newRadio(c.on, c.mode.Off))))}
	if c.inner == nil {
		c.inner = Over(o...)
		return
	}
	c.inner.Objects = o
	c.inner.Refresh()
}

// Info is for robots and tests.
func (c *ModeCard) Info() Info {
	role := "radio"
	if c.on {
		role = "radio.chosen"
	}
	return Info{ID: c.mode.ID, Label: c.mode.Title, Role: role, Focused: c.focused, Disabled: c.mode.Off}
}

// Disabled says whether the mode is not on offer; Fyne then skips it on Tab.
func (c *ModeCard) Disabled() bool { return c.mode.Off }

// Enable and Disable are for fyne.Disableable; what is on offer does not change.
func (c *ModeCard) Enable()  {}
func (c *ModeCard) Disable() {}

// HeightFor is the height at a width.
func (c *ModeCard) HeightFor(w float32) float32 { return HeightOf(c.inner, w) }

// MinSize is that of its content.
func (c *ModeCard) MinSize() fyne.Size { return c.inner.MinSize() }

func (c *ModeCard) choose() {
	for i, x := range c.group.cards {
		if x == c {
			c.group.Choose(i)
		}
	}
}

// Tapped chooses.
func (c *ModeCard) Tapped(*fyne.PointEvent) { c.choose() }

// FocusGained and FocusLost follow the keyboard.
func (c *ModeCard) FocusGained()   { c.focused = true; c.Refresh() }
func (c *ModeCard) FocusLost()     { c.focused = false; c.Refresh() }
func (c *ModeCard) TypedRune(rune) {}

// TypedKey moves on the arrows, chooses on Space.
func (c *ModeCard) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyUp, fyne.KeyLeft:
		c.group.step(c, -1)
	case fyne.KeyDown, fyne.KeyRight:
		c.group.step(c, 1)
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		c.choose()
	default:
		passKey(c, e)
	}
}

// Cursor is the hand.
func (c *ModeCard) Cursor() desktop.Cursor {
	if c.mode.Off {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// CreateRenderer is for Fyne.
func (c *ModeCard) CreateRenderer() fyne.WidgetRenderer {
	return &ringed{w: c, inner: c.inner, radius: RadiusL, focused: func() bool { return c.focused }}
}

// radio is the mark of a choice.
type radio struct {
	widget.BaseWidget
	on, off bool
}

func newRadio(on, off bool) *radio {
	r := &radio{on: on, off: off}
	r.ExtendBaseWidget(r)
	return r
}

func (r *radio) MinSize() fyne.Size                  { return fyne.NewSquareSize(20) }
func (r *radio) CreateRenderer() fyne.WidgetRenderer { return &painted{w: r} }
func (r *radio) paint(s fyne.Size) []fyne.CanvasObject {
	c := canvas.NewCircle(color.Transparent)
	c.StrokeColor, c.StrokeWidth = colour(LineStrong), 1.5
	if r.off {
		c.StrokeColor = colour(Line)
	}
	o := []fyne.CanvasObject{place(c, 0, 0, s.Width, s.Height)}
	if r.on {
		c.StrokeColor, c.StrokeWidth = colour(Primary), 2
		o = append(o, place(canvas.NewCircle(colour(Primary)), 5, 5, 10, 10))
	}
	return o
}
