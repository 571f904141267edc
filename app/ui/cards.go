package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Tone is what a chip, banner or state says by its colour; its icon and words say it too.
type Tone uint8

// The tones.
const (
	Neutral Tone = iota
	Note
	Good
	Warn
	Bad
)

func (t Tone) colours() (fg, bg fyne.ThemeColorName) {
	switch t {
	case Note:
		return PrimaryText, PrimarySoft
	case Good:
		return Success, SuccessSoft
	case Warn:
		return Warning, WarningSoft
	case Bad:
		return Danger, DangerSoft
	case Neutral:
	}
	return Text2, Sunken
}

// Card is a surface with a hairline border.
func Card(o fyne.CanvasObject) fyne.CanvasObject { return CardPad(16, o) }

// CardPad is a Card with another padding.
func CardPad(p float32, o fyne.CanvasObject) fyne.CanvasObject {
	return Over(NewBox(Surface, Line, RadiusL), Pad(p, p, p, p, o))
}

// A Chip is a status: icon and word, never a button. A Chip with Steady keeps the width
// of the longest of its words, so that nothing beside it jumps.
type Chip struct {
	widget.BaseWidget
	id, icon, text string
	tone           Tone
	steady         []string
}

// NewChip makes one; id names it.
func NewChip(t Tone, icon, id, text string) *Chip {
	c := &Chip{id: id, icon: icon, text: text, tone: t}
	c.ExtendBaseWidget(c)
	return c
}

// Steady keeps room for the longest of these words.
func (c *Chip) Steady(words ...string) *Chip { c.steady = words; return c }

// Set changes what it says, and draws only if that differs.
func (c *Chip) Set(t Tone, icon, text string) {
	if c.tone == t && c.icon == icon && c.text == text {
		return
	}
	c.tone, c.icon, c.text = t, icon, text
	c.Refresh()
}

// Info is for robots and tests.
func (c *Chip) Info() Info { return Info{ID: c.id, Label: c.text, Role: "status"} }

func (c *Chip) word(s string) float32 {
	return fyne.MeasureText(s, CaptB.Size, fyne.TextStyle{Bold: true}).Width
}

// mostLabel is the widest that a chip or a button asks to be; what is longer is shortened.
const mostLabel, chipSides = 280, 8 + 15 + 6 + 11

// MinSize is icon and word.
func (c *Chip) MinSize() fyne.Size {
	w := c.word(c.text)
	for _, s := range c.steady {
		w = max(w, c.word(s))
	}
	return fyne.NewSize(min(w, mostLabel)+chipSides, 26)
}

// CreateRenderer is for Fyne.
func (c *Chip) CreateRenderer() fyne.WidgetRenderer { return &painted{w: c} }

func (c *Chip) paint(s fyne.Size) []fyne.CanvasObject {
	fg, bg := c.tone.colours()
	t := text(shorten(c.text, CaptB, s.Width-chipSides), CaptB, colour(fg))
	m := t.MinSize()
	return []fyne.CanvasObject{
		place(rect(bg, "", 0, s.Height/2), 0, 0, s.Width, s.Height),
		place(iconPicture(c.icon, colour(fg), 15), 8, (s.Height-15)/2, 15, 15),
		place(t, 29, (s.Height-m.Height)/2, m.Width, m.Height),
	}
}

// Banner tells something that matters now and stays until it is solved.
func Banner(t Tone, icon, title, body string, actions ...fyne.CanvasObject) fyne.CanvasObject {
	fg, bg := t.colours()
	var col []fyne.CanvasObject
	if title != "" {
		col = append(col, P(title, BodyB, fg))
	}
	if body != "" {
		col = append(col, P(body, Body, Text1))
	}
	if len(actions) > 0 {
		col = append(col, Gap(1, 4), HStack(8, Middle, actions...))
	}
	return Over(NewBox(bg, "", RadiusL), Pad(12, 16, 12, 14, HStack(10, Top, Icon(icon, fg, 20), Flex(VStack(2, col...)))))
}

// Hint is an icon and a supporting sentence.
func Hint(icon string, col fyne.ThemeColorName, s string) fyne.CanvasObject {
	return HStack(8, Top, Pad(1, 0, 0, 0, Icon(icon, col, 18)), Flex(P(s, Body, Text2)))
}

// Point is one line of what somebody can or cannot do.
func Point(can bool, s string) fyne.CanvasObject {
	icon, col := "x", Text3
	if can {
		icon, col = "check", Success
	}
	return HStack(10, Top, Pad(2, 0, 0, 0, Icon(icon, col, 20)), Flex(P(s, Lead, Text1)))
}

// Steps are bars for how far the sharer is; the words stand beside them.
func Steps(n, of int) fyne.CanvasObject {
	var o []fyne.CanvasObject
	for i := 1; i <= of; i++ {
		c := Line
		if i <= n {
			c = Primary
		}
		o = append(o, Flex(Fixed(0, 4, NewBox(c, "", 2))))
	}
	return HStack(6, Middle, o...)
}

// Number is a step's figure in a circle.
func Number(s string) fyne.CanvasObject {
	return Fixed(22, 22, Over(NewBox(Sunken, "", 11), Centre(L(s, CaptB, Text2))))
}

// StateIcon is the round picture on top of waiting, end and error pages.
func StateIcon(t Tone, icon string) fyne.CanvasObject {
	fg, bg := t.colours()
	return Centre(Fixed(64, 64, Over(NewBox(bg, "", 32), Centre(Icon(icon, fg, 28)))))
}

// Pill is a message over the picture.
func Pill(t Tone, icon, text string, action fyne.CanvasObject) fyne.CanvasObject {
	fg, _ := t.colours()
	row := []fyne.CanvasObject{Icon(icon, fg, 18), L(text, BodyB, Text1).ID("pill")}
	if action != nil {
		row = append(row, action)
	}
	return Over(NewBox(Surface, LineStrong, PillCorner), Pad(4, 14, 4, 12, AtLeast(0, 28, HStack(8, Middle, row...))))
}

// Progress is a bar that is set, not animated.
type Progress struct {
	widget.BaseWidget
	part float32
	col  fyne.ThemeColorName
}

// NewProgress makes an empty bar.
func NewProgress() *Progress {
	p := &Progress{col: Primary}
	p.ExtendBaseWidget(p)
	return p
}

// Set shows part, 0 to 1, in a colour.
func (p *Progress) Set(part float32, col fyne.ThemeColorName) {
	p.part, p.col = min(1, max(0, part)), col
	p.Refresh()
}

// MinSize is 6 high.
func (p *Progress) MinSize() fyne.Size { return fyne.NewSize(60, 6) }

// CreateRenderer is for Fyne.
func (p *Progress) CreateRenderer() fyne.WidgetRenderer { return &painted{w: p} }

func (p *Progress) paint(s fyne.Size) []fyne.CanvasObject {
	out := []fyne.CanvasObject{place(rect(Sunken, "", 0, 3), 0, 0, s.Width, s.Height)}
	if p.part > 0 {
		out = append(out, place(rect(p.col, "", 0, 3), 0, 0, max(6, s.Width*p.part), s.Height))
	}
	return out
}

// Veil darkens what lies below it.
func Veil(alpha uint8) fyne.CanvasObject {
	c := rgb(0x0C0E12)
	c.A = alpha
	return canvas.NewRectangle(c)
}
