package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Figures are what the meter shows; durations in milliseconds, 0 if unknown.
type Figures struct {
	Stages    [5]float64 // capture, encode, network, decode, display
	PerSecond float64
	Loss      float64 // 0 to 1
	Relay     bool
	Exact     bool
	Unknown   bool // nothing is measured now: reconnecting, not started
}

var stageKeys = [...]string{"m.capture", "m.encode", "m.network", "m.decode", "m.display"}

// Total is from their screen to yours, in milliseconds.
func (f Figures) Total() float64 {
	sum := 0.0
	for _, s := range f.Stages {
		sum += s
	}
	return sum
}

func (f Figures) path() string {
	if f.Relay {
		return T("v.relay")
	}
	return T("v.direct")
}

// Short is the text of the closed meter.
func (f Figures) Short() string {
	if f.Unknown {
		return "–"
	}
	return T("m.ms", M{"n": Decimal(f.Total(), 0)}) + " · " + f.path()
}

// Text is every figure, a line each, for a ticket.
func (f Figures) Text() string {
	s := T("m.total") + ": " + T("m.ms", M{"n": Decimal(f.Total(), 1)}) + "\n"
	for i, k := range stageKeys {
		s += fmt.Sprintf("%s: %s\n", T(k), T("m.ms", M{"n": Decimal(f.Stages[i], 1)}))
	}
	return s + fmt.Sprintf("%s: %s\n%s: %s\n%s: %s\n%s: %s\n", T("m.fps"), Decimal(f.PerSecond, 0),
		T("m.loss"), f.loss(), T("m.path"), f.path(), T("m.picture"), f.picture())
}

func (f Figures) loss() string {
	n := 0
	if f.Loss > 0 && f.Loss < 0.0995 {
		n = 1
	}
	return T("m.percent", M{"n": Decimal(f.Loss*100, n)})
}

func (f Figures) picture() string {
	if f.Exact {
		return T("m.exact")
	}
	return T("v.refining")
}

// A MeterChip is the closed meter; it opens the panel.
type MeterChip struct {
	widget.BaseWidget
	text    string
	focused bool
	hover   bool
	tapped  func()
}

// NewMeterChip makes one.
func NewMeterChip(tapped func()) *MeterChip {
	c := &MeterChip{text: Figures{Unknown: true}.Short(), tapped: tapped}
	c.ExtendBaseWidget(c)
	return c
}

// Set draws only if the text differs.
func (c *MeterChip) Set(f Figures) {
	if s := f.Short(); s != c.text {
		c.text = s
		c.Refresh()
	}
}

// Info is for robots and tests.
func (c *MeterChip) Info() Info {
	return Info{ID: "meter", Label: c.text, Role: "button", Focused: c.focused}
}

// MinSize has room for three figures, so that the toolbar does not move with them.
func (c *MeterChip) MinSize() fyne.Size {
	w := float32(0)
	for _, s := range []string{c.text, "000 ms · " + T("v.direct"), "000 ms · " + T("v.relay")} {
		w = max(w, fyne.MeasureText(s, CaptB.Size, fyne.TextStyle{Bold: true}).Width)
	}
	return fyne.NewSize(w+41, 28)
}

// Tapped opens the panel.
func (c *MeterChip) Tapped(*fyne.PointEvent) {
	if c.tapped != nil {
		c.tapped()
	}
}

// FocusGained and FocusLost follow the keyboard.
func (c *MeterChip) FocusGained()   { c.focused = true; c.Refresh() }
func (c *MeterChip) FocusLost()     { c.focused = false; c.Refresh() }
func (c *MeterChip) TypedRune(rune) {}

// TypedKey opens on Enter and Space.
func (c *MeterChip) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		c.Tapped(nil)
	default:
		passKey(c, e)
	}
}

// MouseIn, MouseMoved and MouseOut follow the pointer.
func (c *MeterChip) MouseIn(*desktop.MouseEvent)    { c.hover = true; c.Refresh() }
func (c *MeterChip) MouseMoved(*desktop.MouseEvent) {}
func (c *MeterChip) MouseOut()                      { c.hover = false; c.Refresh() }

// Cursor is the hand.
func (c *MeterChip) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer is for Fyne.
func (c *MeterChip) CreateRenderer() fyne.WidgetRenderer { return &painted{w: c} }

func (c *MeterChip) paint(s fyne.Size) []fyne.CanvasObject {
	out := []fyne.CanvasObject{place(rect(Sunken, "", 0, s.Height/2), 0, 0, s.Width, s.Height)}
	if c.hover {
		out = append(out, place(rect(HoverTint, "", 0, s.Height/2), 0, 0, s.Width, s.Height))
	}
	if c.focused {
		out = append(out, ring(s, FocusRing, s.Height/2))
	}
	t := text(c.text, CaptB, colour(Text2))
	m := t.MinSize()
	return append(out, place(iconPicture("gauge", colour(Text2), 15), 10, (s.Height-15)/2, 15, 15),
		place(t, 31, (s.Height-m.Height)/2, m.Width, m.Height))
}

// A MeterPanel is the open meter.
type MeterPanel struct {
	Object fyne.CanvasObject
	total  *Words
	bar    *stages
	values [9]*Words
	last   Figures
}

// NewMeterPanel makes one, 316 wide; copied gets the figures as text.
func NewMeterPanel(copied func(text string)) *MeterPanel {
	p := &MeterPanel{total: L("–", Heading, Text1).ID("meter.total"), bar: newStages()}
	row := func(i int, k string, mark fyne.CanvasObject) fyne.CanvasObject {
		p.values[i] = P("–", Body, Text1)
		p.values[i].align = fyne.TextAlignTrailing
		if mark == nil {
			w := float32(72)
			if i > 6 { // words, not figures
				w = 170
			}
			return HStack(8, Middle, Flex(P(k, Body, Text2)), Fixed(w, 0, p.values[i]))
		}
		return HStack(8, Middle, mark, Flex(P(k, Body, Text2)), Fixed(90, 0, p.values[i]))
	}
	var st []fyne.CanvasObject
	for i, k := range stageKeys {
		dot := canvas.NewRectangle(rgb(meterHues[i]))
		dot.CornerRadius = 2
		st = append(st, row(i, T(k), Fixed(10, 10, dot)))
	}
	rest := VStack(4, row(5, T("m.fps"), nil), row(6, T("m.loss"), nil), row(7, T("m.path"), nil), row(8, T("m.picture"), nil))
	cp := BtnS(Quiet, "copy", "m.copy", T("m.copy"), func() { copied(p.last.Text()) })
	p.Object = Fixed(316, 0, Over(NewBox(Surface, LineStrong, RadiusL), Pad(14, 16, 12, 16, VStack(8,
		HStack(8, Middle, Flex(P(T("m.title"), BodyB, Text1)), p.total),
		P(T("m.total"), Caption, Text3), p.bar, Gap(1, 2), VStack(4, st...), Rule(), rest, Centre(cp)))))
	return p
}

// Set draws what differs.
func (p *MeterPanel) Set(f Figures) {
	p.last = f
	if f.Unknown {
		p.total.Set("–")
		for _, v := range p.values {
			v.Set("–")
		}
		return
	}
	p.total.Set(T("m.ms", M{"n": Decimal(f.Total(), 0)}))
	for i, ms := range f.Stages {
		p.values[i].Set(T("m.ms", M{"n": Decimal(ms, 1)}))
	}
	p.values[5].Set(Decimal(f.PerSecond, 0))
	p.values[6].Set(f.loss())
	p.values[7].Set(f.path())
	p.values[8].Set(f.picture())
	p.bar.set(f.Stages)
}

// stages is the stacked bar.
type stages struct {
	widget.BaseWidget
	parts [5]float64
}

func newStages() *stages {
	s := &stages{}
	s.ExtendBaseWidget(s)
	return s
}

func (b *stages) set(parts [5]float64) {
	if b.parts != parts {
		b.parts = parts
		b.Refresh()
	}
}
func (b *stages) MinSize() fyne.Size                  { return fyne.NewSize(100, 8) }
func (b *stages) CreateRenderer() fyne.WidgetRenderer { return &painted{w: b} }
func (b *stages) paint(s fyne.Size) []fyne.CanvasObject {
	sum := 0.0
	for _, p := range b.parts {
		sum += p
	}
	if sum <= 0 {
		return []fyne.CanvasObject{place(rect(Sunken, "", 0, 2), 0, 0, s.Width, s.Height)}
	}
	var out []fyne.CanvasObject
	x, room := float32(0), s.Width-2*4-3*5
	for i, p := range b.parts {
		r := canvas.NewRectangle(rgb(meterHues[i]))
		r.CornerRadius = 2
		w := 3 + room*float32(p/sum)
		out = append(out, place(r, x, 0, w, s.Height))
		x += w + 2
	}
	return out
}
