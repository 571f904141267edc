package screens

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"beside/app/ui"
)

// A Screen is what a window shows.
type Screen struct {
	Object fyne.CanvasObject
	Focus  fyne.Focusable // has the keyboard first, may be nil
	Escape func()         // what Esc does, may be nil
	Size   fyne.Size      // of the window at first
	Keys   []Key
}

// A Key is a key combination of a page.
type Key struct {
	Shortcut fyne.Shortcut
	Do       func()
}

// Blank is a page with nothing on it, for the moment before the first.
func Blank() Screen { return Screen{Object: ui.NewBox(ui.Bg, "", 0), Size: sizeStart} }

// combo is a key with modifiers.
func combo(k fyne.KeyName, m fyne.KeyModifier, do func()) Key {
	return Key{&desktop.CustomShortcut{KeyName: k, Modifier: m}, do}
}

// Sizes of the windows. Content scrolls below the height it needs.
var (
	sizeStart   = fyne.NewSize(400, 600)
	sizeSharer  = fyne.NewSize(400, 660)
	sizeConsent = fyne.NewSize(400, 700)
	sizeHelper  = fyne.NewSize(480, 700)
	sizeWho     = fyne.NewSize(480, 740)
)

// LeastSharer and LeastHelper are the least sizes of the small windows.
var (
	LeastSharer = fyne.NewSize(360, 560)
	LeastHelper = fyne.NewSize(400, 600)
)

// head is the line at the top of a small window: the way back or the product's name, and
// which step of the sharer's path this is.
func head(back func(), step int) fyne.CanvasObject {
	row := []fyne.CanvasObject{ui.Mark(24), ui.L(ui.T("app"), ui.Heading, ui.Text1), ui.Flex()}
	left := float32(0)
	if back != nil {
		row = []fyne.CanvasObject{ui.IconBtn("arrow-left", "back", ui.T("back"), back), ui.Flex()}
		left = -9 // the arrow, not its square, stands on the margin
	}
	if step == 0 {
		return ui.Pad(0, 0, 0, left, ui.Fixed(0, 36, ui.HStack(8, ui.Middle, row...)))
	}
	row = append(row, ui.L(ui.T("step", ui.M{"n": strconv.Itoa(step)}), ui.Caption, ui.Text3))
	return ui.VStack(8, ui.Pad(0, 0, 0, left, ui.Fixed(0, 36, ui.HStack(8, ui.Middle, row...))), ui.Steps(step, 3))
}

// body stacks a page's blocks; the first stands a little lower when there is no step bar.
func body(o ...fyne.CanvasObject) fyne.CanvasObject { return ui.VStack(16, o...) }

func title(key string, m ...ui.M) *ui.Words {
	return ui.P(ui.T(key, m...), ui.Title, ui.Text1).ID(key)
}

func centredTitle(key string, m ...ui.M) *ui.Words {
	return ui.PC(ui.T(key, m...), ui.Title, ui.Text1).ID(key)
}

func lead(key string, m ...ui.M) *ui.Words {
	return ui.P(ui.T(key, m...), ui.Lead, ui.Text2).ID(key)
}

// two sets two answers side by side, equally wide; the safe one stands left. Where a word
// would not fit they stand under each other.
func two(left, right fyne.CanvasObject) fyne.CanvasObject {
	return &fyne.Container{Layout: pair{12}, Objects: []fyne.CanvasObject{left, right}}
}

type pair struct{ gap float32 }

func (p pair) beside(o []fyne.CanvasObject, w float32) bool {
	half := (w - p.gap) / 2
	return o[0].MinSize().Width <= half+8 && o[1].MinSize().Width <= half+8
}

func (p pair) HeightFor(o []fyne.CanvasObject, w float32) float32 {
	a, b := o[0].MinSize().Height, o[1].MinSize().Height
	if p.beside(o, w) {
		return max(a, b)
	}
	return a + b + p.gap
}

func (p pair) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(max(o[0].MinSize().Width, o[1].MinSize().Width), o[0].MinSize().Height)
}

func (p pair) Layout(o []fyne.CanvasObject, s fyne.Size) {
	a := o[0].MinSize().Height
	if p.beside(o, s.Width) {
		half := (s.Width - p.gap) / 2
		o[0].Move(fyne.NewPos(0, 0))
		o[0].Resize(fyne.NewSize(half, s.Height))
		o[1].Move(fyne.NewPos(half+p.gap, 0))
		o[1].Resize(fyne.NewSize(half, s.Height))
		return
	}
	o[0].Move(fyne.NewPos(0, 0))
	o[0].Resize(fyne.NewSize(s.Width, a))
	o[1].Move(fyne.NewPos(0, a+p.gap))
	o[1].Resize(fyne.NewSize(s.Width, o[1].MinSize().Height))
}

// slot is a place whose content is exchanged. It hides while it is empty, so that it
// leaves no gap.
type slot struct {
	box *fyne.Container
	in  []fyne.CanvasObject // everything above it that must be laid out again
}

func newSlot() *slot {
	s := &slot{box: ui.VStack(0)}
	s.box.Hide()
	return s
}

// set shows o, or nothing if it is nil, and lays the page out anew.
func (s *slot) set(o fyne.CanvasObject) {
	if o == nil {
		s.box.Objects = nil
		s.box.Hide()
	} else {
		s.box.Objects = []fyne.CanvasObject{o}
		s.box.Show()
	}
	s.box.Refresh()
	for _, p := range s.in {
		p.Refresh()
	}
}
