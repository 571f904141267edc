package ui

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Kind is what a button means.
type Kind uint8

// The kinds.
const (
	Filled  Kind = iota // the one main action of a screen
	Outline             // the other action
	Quiet               // text only
	Danger1             // Stop and End only
	OnBar               // on the dark session bar
	Soft                // chosen
)

// A Button has our look, a focus ring, and stays readable when disabled. Enter, Space and
// a click press it; while Guard answers false nothing does, Tab included.
type Button struct {
	widget.BaseWidget
	Guard func() bool // nil: always open
	// Hint gets the button's words while the pointer or the keyboard is on it, "" after;
	// nil if they are to be read anyway.
	Hint func(text string)

	id, text, icon    string
	kind              Kind
	height            float32
	stacked, bare     bool // icon above word; icon without its word
	off, hover, focus bool
	badge             int  // unread figure, 0 for none
	early             bool // the mouse went down while the guard was closed
	tapped            func()
}

// Btn makes a button of height 44, the size of the sharer's screens. id names it for
// robots and tests: its translation key.
func Btn(k Kind, icon, id, text string, tapped func()) *Button {
	b := &Button{id: id, text: text, icon: icon, kind: k, height: HeightL, tapped: tapped}
	b.ExtendBaseWidget(b)
	return b
}

// BtnM is 36 high, for the helper's screens, the bar and banners.
func BtnM(k Kind, icon, id, text string, tapped func()) *Button {
	b := Btn(k, icon, id, text, tapped)
	b.height = HeightM
	return b
}

// BtnS is 28 high, for small side actions.
func BtnS(k Kind, icon, id, text string, tapped func()) *Button {
	b := Btn(k, icon, id, text, tapped)
	b.height = HeightS
	return b
}

// IconBtn shows only its icon; text is its accessible name.
func IconBtn(icon, id, text string, tapped func()) *Button {
	b := BtnM(Quiet, icon, id, text, tapped)
	b.bare = true
	return b
}

// Tool is a toolbar button: 52 high, icon above its word.
func Tool(icon, id, text string, tapped func()) *Button {
	b := Btn(Quiet, icon, id, text, tapped)
	b.height, b.stacked = 52, true
	return b
}

// SetText changes icon and words, and draws only if they differ.
func (b *Button) SetText(icon, text string) {
	if b.icon == icon && b.text == text {
		return
	}
	b.icon, b.text = icon, text
	b.Refresh()
}

// SetID renames the button when it comes to mean something else.
func (b *Button) SetID(id string) { b.id = id }

// SetKind changes what the button means.
func (b *Button) SetKind(k Kind) {
	if b.kind != k {
		b.kind = k
		b.Refresh()
	}
}

// SetBadge shows a figure at the button's corner, none if it is 0.
func (b *Button) SetBadge(n int) {
	if b.badge != n {
		b.badge = n
		b.Refresh()
	}
}

// label is what a person reads, figure and all.
func (b *Button) label() string {
	if b.badge > 0 {
		return b.text + " (" + strconv.Itoa(b.badge) + ")"
	}
	return b.text
}

// SetBare shows a toolbar button without its word; the word stays its accessible name.
func (b *Button) SetBare(on bool) {
	if b.bare != on {
		b.bare = on
		b.Refresh()
	}
}

// SetDisabled makes the button inactive, but readable.
func (b *Button) SetDisabled(off bool) {
	if b.off != off {
		b.off = off
		b.hover = b.hover && !off
		b.Refresh()
	}
}

// Disabled says whether it is inactive; Fyne then skips it on Tab.
func (b *Button) Disabled() bool { return b.off }

// Enable and Disable make it a fyne.Disableable.
func (b *Button) Enable()  { b.SetDisabled(false) }
func (b *Button) Disable() { b.SetDisabled(true) }

// Info is for robots and tests.
func (b *Button) Info() Info {
	return Info{ID: b.id, Label: b.label(), Role: "button", Focused: b.focus, Disabled: b.off}
}

func (b *Button) open() bool { return b.Guard == nil || b.Guard() }

// Press does what a click does.
func (b *Button) Press() {
	if b.off || b.tapped == nil || !b.open() {
		return
	}
	b.tapped()
}

// MouseDown remembers a click that began too early.
func (b *Button) MouseDown(*desktop.MouseEvent) { b.early = !b.open() }

// MouseUp is for desktop.Mouseable.
func (b *Button) MouseUp(*desktop.MouseEvent) {}

// Tapped presses, unless the click began too early.
func (b *Button) Tapped(*fyne.PointEvent) {
	if b.early {
		b.early = false
		return
	}
	b.Press()
}

// MouseIn, MouseMoved and MouseOut follow the pointer.
func (b *Button) MouseIn(*desktop.MouseEvent)    { b.hover = !b.off; b.Refresh(); b.hint() }
func (b *Button) MouseMoved(*desktop.MouseEvent) {}
func (b *Button) MouseOut()                      { b.hover = false; b.Refresh(); b.hint() }

// FocusGained and FocusLost follow the keyboard.
func (b *Button) FocusGained()   { b.focus = true; b.Refresh(); b.hint() }
func (b *Button) FocusLost()     { b.focus = false; b.Refresh(); b.hint() }
func (b *Button) TypedRune(rune) {}

func (b *Button) hint() {
	switch {
	case b.Hint == nil:
	case b.bare && (b.hover || b.focus):
		b.Hint(b.text)
	default:
		b.Hint("")
	}
}

// AcceptsTab swallows Tab while the guard is closed, so that a person who is typing
// cannot move to another answer either.
func (b *Button) AcceptsTab() bool { return !b.open() }

// TypedKey presses on Enter and Space and passes the rest on.
func (b *Button) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		b.Press()
	case fyne.KeyTab:
	default:
		passKey(b, e)
	}
}

// Cursor is the hand.
func (b *Button) Cursor() desktop.Cursor {
	if b.off {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// CreateRenderer is for Fyne.
func (b *Button) CreateRenderer() fyne.WidgetRenderer { return &painted{w: b} }
