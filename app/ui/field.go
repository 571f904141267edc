package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// A TextField takes a few lines of text. Its caret stands still: one that blinks would make Fyne
// paint the whole window all the time, picture and all.
type TextField struct {
	widget.BaseWidget
	OnDone   func() // Enter; Shift+Enter is a new line
	OnEscape func()

	id, hint       string
	text           []rune
	at             int // the caret, before text[at]
	most           int // bytes
	focused, shift bool
	off            bool
}

// NewTextField makes an empty one for at most so many bytes of text; hint is shown while it is empty.
func NewTextField(id, hint string, most int) *TextField {
	f := &TextField{id: id, hint: hint, most: most}
	f.ExtendBaseWidget(f)
	return f
}

// Text is what was typed.
func (f *TextField) Text() string { return string(f.text) }

// SetText replaces it and puts the caret at the end.
func (f *TextField) SetText(s string) {
	f.text, f.at = nil, 0
	f.insert(s)
	f.Refresh()
}

// Disable stops typing.
func (f *TextField) Disable() { f.off = true; f.Refresh() }

// Enable lets it go on.
func (f *TextField) Enable() { f.off = false; f.Refresh() }

// Disabled says whether it is stopped.
func (f *TextField) Disabled() bool { return f.off }

// Info is for robots and tests.
func (f *TextField) Info() Info {
	return Info{ID: f.id, Label: f.Text(), Role: "field", Focused: f.focused, Disabled: f.off}
}

// insert puts s before the caret, as much of it as there is room for.
func (f *TextField) insert(s string) {
	room := f.most - len(f.Text())
	var add []rune
	for _, r := range strings.ReplaceAll(s, "\r\n", "\n") {
		if r == '\t' {
			r = ' '
		}
		if r != '\n' && unicode.IsControl(r) {
			continue
		}
		if room -= utf8.RuneLen(r); room < 0 {
			break
		}
		add = append(add, r)
	}
	f.text = append(f.text[:f.at:f.at], append(add, f.text[f.at:]...)...)
	f.at += len(add)
}

// Tapped takes the keyboard.
func (f *TextField) Tapped(*fyne.PointEvent) {
	if !f.off {
		focus(f)
	}
}

// FocusGained and FocusLost follow the keyboard.
func (f *TextField) FocusGained() { f.focused = true; f.Refresh() }
func (f *TextField) FocusLost()   { f.focused, f.shift = false, false; f.Refresh() }

// KeyDown watches Shift.
func (f *TextField) KeyDown(k *fyne.KeyEvent) { f.shifted(k, true) }

// KeyUp watches Shift.
func (f *TextField) KeyUp(k *fyne.KeyEvent) { f.shifted(k, false) }

func (f *TextField) shifted(k *fyne.KeyEvent, down bool) {
	if k.Name == desktop.KeyShiftLeft || k.Name == desktop.KeyShiftRight {
		f.shift = down
	}
}

// TypedRune adds a character.
func (f *TextField) TypedRune(r rune) {
	if !f.off {
		f.insert(string(r))
		f.Refresh()
	}
}

// TypedKey edits.
func (f *TextField) TypedKey(k *fyne.KeyEvent) {
	if f.off {
		passKey(f, k)
		return
	}
	switch k.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		if !f.shift {
			if f.OnDone != nil {
				f.OnDone()
			}
			return
		}
		f.insert("\n")
	case fyne.KeyBackspace:
		if f.at > 0 {
			f.text = append(f.text[:f.at-1], f.text[f.at:]...)
			f.at--
		}
	case fyne.KeyDelete:
		if f.at < len(f.text) {
			f.text = append(f.text[:f.at], f.text[f.at+1:]...)
		}
	case fyne.KeyLeft:
		f.at = max(0, f.at-1)
	case fyne.KeyRight:
		f.at = min(len(f.text), f.at+1)
	case fyne.KeyHome:
		f.at = 0
	case fyne.KeyEnd:
		f.at = len(f.text)
	case fyne.KeyEscape:
		if f.OnEscape != nil {
			f.OnEscape()
		}
		return
	case fyne.KeyF11:
		passKey(f, k)
		return
	default:
		return // a letter's key, too: the window must not take it for one of its own
	}
	f.Refresh()
}

// TypedShortcut pastes, copies all, or cuts all.
func (f *TextField) TypedShortcut(s fyne.Shortcut) {
	switch s := s.(type) {
	case *fyne.ShortcutPaste:
		if s.Clipboard != nil && !f.off {
			f.insert(s.Clipboard.Content())
		}
	case *fyne.ShortcutCopy:
		s.Clipboard.SetContent(f.Text())
	case *fyne.ShortcutCut:
		s.Clipboard.SetContent(f.Text())
		f.SetText("")
	}
	f.Refresh()
}

// Cursor is the text bar.
func (f *TextField) Cursor() desktop.Cursor { return desktop.TextCursor }

// MinSize is one line high.
func (f *TextField) MinSize() fyne.Size { return fyne.NewSize(80, HeightM) }

// CreateRenderer is for Fyne.
func (f *TextField) CreateRenderer() fyne.WidgetRenderer { return &painted{w: f} }

const fieldSide = 12

func (f *TextField) paint(s fyne.Size) []fyne.CanvasObject {
	stroke, width := LineStrong, float32(1)
	if f.focused {
		stroke, width = FocusRing, 2
	}
	fill := Surface
	if f.off {
		fill, stroke = Sunken, Line
	}
	out := []fyne.CanvasObject{place(rect(fill, stroke, width, RadiusM), 0, 0, s.Width, s.Height)}
	in := s.Width - 2*fieldSide
	if len(f.text) == 0 {
		t := text(shorten(f.hint, Body, in), Body, colour(Text3))
		h := t.MinSize().Height
		out = append(out, place(t, fieldSide, (s.Height-h)/2, in, h))
	}
	lines, row, col := f.wrap(in)
	shown := max(1, int((s.Height-8)/Body.Line))
	from := max(0, min(row-shown+1, len(lines)-shown))
	if row < from {
		from = row
	}
	lines = lines[from:min(len(lines), from+shown)]
	top := (s.Height - float32(len(lines))*Body.Line) / 2
	for i, l := range lines {
		t := text(string(l), Body, colour(Text1))
		h := t.MinSize().Height
		out = append(out, place(t, fieldSide, top+float32(i)*Body.Line+(Body.Line-h)/2, in, h))
	}
	if f.focused && row-from >= 0 && row-from < len(lines) {
		x := fieldSide + wide(lines[row-from][:min(col, len(lines[row-from]))])
		out = append(out, place(canvas.NewRectangle(colour(FocusRing)), x, top+float32(row-from)*Body.Line+1, 2, Body.Line-2))
	}
	return out
}

func wide(r []rune) float32 { return fyne.MeasureText(string(r), Body.Size, fyne.TextStyle{}).Width }

// wrap breaks the text into lines of that width, and says in which line and where the caret is.
func (f *TextField) wrap(w float32) (lines [][]rune, row, col int) {
	start, space := 0, -1
	put := func(end, next int) {
		if f.at >= start && (f.at < next || next > len(f.text)) {
			row, col = len(lines), min(f.at, end)-start
		}
		lines = append(lines, f.text[start:end])
		start, space = next, -1
	}
	for i := 0; i < len(f.text); i++ {
		switch {
		case f.text[i] == '\n':
			put(i, i+1)
		case wide(f.text[start:i+1]) > w && i > start:
			if space >= start {
				i = space
				put(space, space+1)
			} else {
				put(i, i)
				i--
			}
		case f.text[i] == ' ':
			space = i
		}
	}
	put(len(f.text), len(f.text)+1)
	return lines, row, col
}
