package ui

import (
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// CodeAlphabet has no characters that look or sound alike.
const CodeAlphabet = "23456789BCDFGHJKMNPQRTVWXY"

// The length of a code, in symbols.
const (
	CodeMin = 8
	CodeMax = 12
)

// LinkPrefix is the only link form of a code.
const LinkPrefix = "beside://join#"

// FormatCode writes a code with the dash that people read out.
func FormatCode(s string) string {
	if len(s) <= 4 {
		return s
	}
	return s[:4] + "-" + s[4:]
}

// codeSymbol reads one character: the symbol in capitals, or skip for what is only spelling.
func codeSymbol(r rune) (sym byte, skip, ok bool) {
	if r == '-' || r == '‐' || r == '‑' || r == '–' || r == '—' || r == '_' || unicode.IsSpace(r) {
		return 0, true, true
	}
	up := unicode.ToUpper(r)
	if up < 128 && strings.IndexByte(CodeAlphabet, byte(up)) >= 0 {
		return byte(up), false, true
	}
	return 0, false, false
}

// cells lays out n symbols and the dash after the fourth.
type cells struct {
	n       int
	largest float32
}

const cellGap, cellDash float32 = 6, 16

func (c cells) width(w float32) float32 {
	return min(c.largest, (w-cellDash-float32(c.n)*cellGap)/float32(c.n))
}

func (c cells) height(w float32) float32 { return c.width(w) * 1.28 }

// each calls f with the place of every symbol and g with that of the dash.
func (c cells) each(s fyne.Size, f func(i int, x, w float32), g func(x float32)) {
	w := c.width(s.Width)
	x := (s.Width - (float32(c.n)*(w+cellGap) + cellDash)) / 2
	for i := range c.n {
		if i == 4 {
			g(x)
			x += cellDash + cellGap
		}
		f(i, x, w)
		x += w + cellGap
	}
}

func dash(x, h float32) fyne.CanvasObject {
	return place(rect(Text3, "", 0, 1.5), x+2, (h-3)/2, 12, 3)
}

// A CodeDisplay shows a code to be read out, one symbol a cell so that it cannot jitter.
type CodeDisplay struct {
	widget.BaseWidget
	code string
	dim  bool
}

// NewCodeDisplay shows a code without its dash; "" shows empty cells.
func NewCodeDisplay(code string) *CodeDisplay {
	c := &CodeDisplay{code: code}
	c.ExtendBaseWidget(c)
	return c
}

// Set changes the code; dim is for one that no longer works.
func (c *CodeDisplay) Set(code string, dim bool) {
	c.code, c.dim = code, dim
	c.Refresh()
}

// Info is for robots and tests.
func (c *CodeDisplay) Info() Info {
	return Info{ID: "code", Label: FormatCode(c.code), Role: "text", Disabled: c.dim}
}

func (c *CodeDisplay) cells() cells { return cells{max(CodeMin, len(c.code)), 44} }

// HeightFor is the height at a width.
func (c *CodeDisplay) HeightFor(w float32) float32 { return c.cells().height(w) }

// MinSize is that of small cells.
func (c *CodeDisplay) MinSize() fyne.Size { return fyne.NewSize(260, c.HeightFor(260)) }

// CreateRenderer is for Fyne.
func (c *CodeDisplay) CreateRenderer() fyne.WidgetRenderer { return &painted{w: c} }

func (c *CodeDisplay) paint(s fyne.Size) []fyne.CanvasObject {
	var out []fyne.CanvasObject
	fg := Text1
	if c.dim {
		fg = Text3
	}
	c.cells().each(s, func(i int, x, w float32) {
		out = append(out, place(rect(Sunken, "", 0, RadiusM), x, 0, w, s.Height))
		if i < len(c.code) {
			out = append(out, centred(c.code[i:i+1], TextStyle{Size: min(26, w*0.62), Bold: true}, colour(fg), x, 0, w, s.Height))
		}
	}, func(x float32) { out = append(out, dash(x, s.Height)) })
	return out
}

// A CodeEntry is one forgiving field drawn as cells: case, spaces and dashes do not
// matter, a code or a link can be pasted, Enter in a complete one goes on.
type CodeEntry struct {
	widget.BaseWidget
	OnChanged func(code string, complete bool)
	OnWrong   func(r rune) // a character that no code has
	OnDone    func()       // Enter with a complete code

	value   string
	wrong   bool // the code was refused: the next key empties the field
	swallow bool // the last key was a character no code has: Backspace takes that one back
	off     bool
	focused bool
}

// NewCodeEntry makes an empty one.
func NewCodeEntry() *CodeEntry {
	e := &CodeEntry{}
	e.ExtendBaseWidget(e)
	return e
}

// Value is the code in capitals without dash.
func (e *CodeEntry) Value() string { return e.value }

// Complete says whether it could be a code.
func (e *CodeEntry) Complete() bool { return len(e.value) >= CodeMin }

// SetText replaces the code by what s holds of one: a code in any spelling, or a link.
func (e *CodeEntry) SetText(s string) {
	s = strings.TrimSpace(s)
	if len(s) >= len(LinkPrefix) && strings.EqualFold(s[:len(LinkPrefix)], LinkPrefix) {
		s = s[len(LinkPrefix):]
	}
	e.value, e.wrong = "", false
	bad := e.add(s)
	e.changed(bad)
}

// SetWrong marks the code as refused.
func (e *CodeEntry) SetWrong(on bool) {
	e.wrong = on
	e.Refresh()
}

// SetDisabled stops typing while a code is being checked.
func (e *CodeEntry) SetDisabled(off bool) {
	e.off = off
	e.Refresh()
}

// add appends symbols and answers the first character that no code has, 0 if none.
func (e *CodeEntry) add(s string) (bad rune) {
	for _, r := range s {
		sym, skip, ok := codeSymbol(r)
		switch {
		case !ok:
			return r
		case !skip && len(e.value) < CodeMax:
			e.value += string(sym)
		}
	}
	return 0
}

func (e *CodeEntry) changed(bad rune) {
	e.swallow = bad != 0
	e.Refresh()
	if e.OnChanged != nil {
		e.OnChanged(e.value, e.Complete())
	}
	if bad != 0 && e.OnWrong != nil {
		e.OnWrong(unicode.ToUpper(bad))
	}
}

func (e *CodeEntry) begin() {
	if e.wrong {
		e.value, e.wrong = "", false
	}
}

// Info is for robots and tests.
func (e *CodeEntry) Info() Info {
	return Info{ID: "join.field", Label: FormatCode(e.value), Role: "field", Focused: e.focused, Disabled: e.off}
}

// Tapped takes the keyboard.
func (e *CodeEntry) Tapped(*fyne.PointEvent) { focus(e) }

// FocusGained and FocusLost follow the keyboard.
func (e *CodeEntry) FocusGained() { e.focused = true; e.Refresh() }
func (e *CodeEntry) FocusLost()   { e.focused = false; e.Refresh() }

// TypedRune adds a symbol.
func (e *CodeEntry) TypedRune(r rune) {
	if e.off {
		return
	}
	e.begin()
	e.changed(e.add(string(r)))
}

// TypedKey erases and confirms.
func (e *CodeEntry) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyBackspace, fyne.KeyDelete:
		if e.off {
			return
		}
		e.begin()
		if n := len(e.value); n > 0 && !e.swallow {
			e.value = e.value[:n-1]
		}
		e.changed(0)
	case fyne.KeyReturn, fyne.KeyEnter:
		if e.Complete() && !e.wrong && !e.off && e.OnDone != nil {
			e.OnDone()
		}
	default:
		passKey(e, k)
	}
}

// TypedShortcut pastes; Fyne hands it the clipboard.
func (e *CodeEntry) TypedShortcut(s fyne.Shortcut) {
	if p, ok := s.(*fyne.ShortcutPaste); ok && p.Clipboard != nil && !e.off {
		e.SetText(p.Clipboard.Content())
	}
}

// Cursor is the text bar.
func (e *CodeEntry) Cursor() desktop.Cursor { return desktop.TextCursor }

func (e *CodeEntry) cells() cells { return cells{max(CodeMin, len(e.value)), 44} }

// HeightFor is the height at a width.
func (e *CodeEntry) HeightFor(w float32) float32 { return max(44, e.cells().height(w)) }

// MinSize is that of small cells.
func (e *CodeEntry) MinSize() fyne.Size { return fyne.NewSize(260, e.HeightFor(260)) }

// CreateRenderer is for Fyne.
func (e *CodeEntry) CreateRenderer() fyne.WidgetRenderer { return &painted{w: e} }

func (e *CodeEntry) paint(s fyne.Size) []fyne.CanvasObject {
	var out []fyne.CanvasObject
	c := e.cells()
	at := min(len(e.value), c.n-1)
	c.each(s, func(i int, x, w float32) {
		fill, stroke, width := Surface, LineStrong, float32(1)
		switch {
		case e.wrong:
			stroke, width = Danger, 2
		case e.off:
			fill, stroke = Sunken, Line
		case e.focused && i == at:
			stroke, width = FocusRing, 2
		}
		out = append(out, place(rect(fill, stroke, width, RadiusM), x, 0, w, s.Height))
		if i < len(e.value) {
			out = append(out, centred(e.value[i:i+1], TextStyle{Size: min(24, w*0.66), Bold: true}, colour(Text1), x, 0, w, s.Height))
		} else if e.focused && !e.wrong && !e.off && i == len(e.value) {
			out = append(out, place(canvas.NewRectangle(colour(FocusRing)), x+w/2-1, (s.Height-24)/2, 2, 24))
		}
	}, func(x float32) { out = append(out, dash(x, s.Height)) })
	return out
}

// Value is the code shown, without its dash.
func (c *CodeDisplay) Value() string { return c.code }
