package app

import (
	"context"

	"fyne.io/fyne/v2"

	"beside/auth"
	"beside/input"
	"beside/policy"
	"beside/policy/api"
	"beside/session"
)

// HelperSession is the helper's side of one session. Events ends with session.Ended.
// The commands are safe from any goroutine and never block.
type HelperSession interface {
	Run(ctx context.Context) error
	Events() <-chan session.Event
	NewCode()
	Ask(r policy.Right)
	CancelAsk()
	RequestControl()
	GiveBack()
	End()
	Input(e input.Event)
	ReleaseInput()
	Meter() session.Meter
	ShowMonitor(n int)              // asks for one of the sharer's monitors, 0: all
	Laser(at input.Move, on bool)   // points there
	Draw(at input.Move, begin bool) // draws to there
	ClearInk()
	talker
}

// SharerSession is the sharer's side of one session. Events ends with session.Ended.
// The commands are safe from any goroutine and never block.
type SharerSession interface {
	Run(ctx context.Context) error
	Events() <-chan session.Event
	TakeBack()
	Stop()
	Pause()          // hides the screen at once
	ClearInk()       // removes what the helper drew
	Continue()       // counts only from a person
	ShareOnly(n int) // limits the share to one monitor, 0: all
	talker
}

// ViewerOptions say what a Viewer is for.
type ViewerOptions struct {
	Window fyne.Window                            // in which it is shown
	Input  func(input.Event)                      // gets what the helper does over the picture while controlling
	Point  func(at input.Move, down, inside bool) // gets where the helper points while pointing
	Host   func()                                 // the reserved key was pressed alone: give the keyboard back to the app
}

// A Viewer draws the sharer's screen in a window. Its methods are for Fyne's goroutine.
type Viewer interface {
	// Object takes the room of the picture.
	Object() fyne.CanvasObject
	// Screen is where the session draws; usable before the window is shown.
	Screen() session.Screen
	// SetControl lets input through, or not; turning it off releases what is held.
	SetControl(on bool)
	// SetPointing makes the pointer point instead of anything else, or not.
	SetPointing(on bool)
	// SetFit shows the whole picture, or one remote pixel per device pixel.
	SetFit(fit bool)
	// Float makes room for an object that lies over the picture, with corners of that radius; Unfloat
	// takes it back.
	Float(o fyne.CanvasObject, corner float32)
	Unfloat(o fyne.CanvasObject)
	Close()
}

// FloatOptions describe a small window on the sharer's desktop.
type FloatOptions struct {
	Title   string
	Content fyne.CanvasObject
	Size    fyne.Size
	Under   Float          // hangs 12 units under this one; nil: at the top edge of the screen
	Focus   fyne.Focusable // has the keyboard at once; nil: the window does not take it
}

// A Float is such a window, shown.
type Float interface {
	Window() fyne.Window
	Resize(s fyne.Size) // keeps it centred at the top
	Close()
}

// A Desk is the desktop of the person in front of the app. Its methods are for Fyne's goroutine.
type Desk interface {
	// OpenFloat shows a frameless window above all others, on every virtual desktop, at the
	// top centre of the screen that has the pointer.
	OpenFloat(o FloatOptions) (Float, error)
	// StopKey calls pressed, on any goroutine, whenever Ctrl+Shift+Backspace is pressed
	// anywhere, until release is called.
	StopKey(pressed func()) (release func(), err error)
	// Raise brings a window above the others and gives it the keyboard.
	Raise(w fyne.Window)
}

// Services are what an App works with. All are required but Notify, Do, Room and WindowOrigin.
// SignIn, Me and OpenURL are called on any goroutine, the others on Fyne's.
type Services struct {
	SignIn    auth.SignIn
	Me        func(ctx context.Context) (api.Me, error)
	NewHelper func(screen session.Screen) HelperSession
	NewSharer func(code string) SharerSession
	OpenURL   func(url string) error
	NewViewer func(o ViewerOptions) Viewer
	Desk      Desk

	// Notify shows a desktop notification, which screen readers read; may be nil.
	Notify func(title, body string)
	// Do runs a function on Fyne's goroutine, soon; nil: fyne.Do.
	Do func(func())
	// Room is the size, in pixels, of the monitor that the person is looking at; ok is false if
	// it is not known. May be nil.
	Room func() (w, h int, ok bool)
	// WindowOrigin is where a window's content begins on the screen, in pixels. Only
	// development builds look at it.
	WindowOrigin func(w fyne.Window) (x, y int, ok bool)
}
