package input

import "errors"

// Event is one of Move, Button, Scroll, Key or Text: a closed set.
type Event interface{ event() }

type (
	// Move puts the pointer at a place in the shared picture, as a fraction: 0,0 is
	// its top-left pixel's centre, 1,1 its bottom-right pixel's centre.
	Move struct{ X, Y float64 }
	// Button carries where it happened, so that a lost Move cannot misplace a click.
	Button struct {
		At   Move
		Code uint8 // 1 left, 2 middle, 3 right, 4 back, 5 forward
		Down bool
	}
	// Scroll is in wheel detents at a place; positive is right and down.
	Scroll struct {
		At     Move
		DX, DY float64 // each within ±100
	}
	// Key is a USB HID usage, page 7: a place on the keyboard, not a letter. The
	// layout of the machine being shared applies. Repeats are made by that machine.
	Key struct {
		Usage uint16 // 0x04..0xE7
		Down  bool
	}
	// Text is already composed: at most MaxText runes, no control characters but \n and \t.
	Text struct{ S string }
)

// MaxText is the longest Text, in runes.
const MaxText = 256

func (Move) event()   {}
func (Button) event() {}
func (Scroll) event() {}
func (Key) event()    {}
func (Text) event()   {}

var (
	// ErrRefused wraps the reason an event was not injected.
	ErrRefused = errors.New("input: refused")
	// ErrUnsupported means this build cannot inject on this platform.
	ErrUnsupported = errors.New("input: not on this platform")
)

// An Injector acts on events, in order. Inject is called by one goroutine at a time
// unless an implementation says otherwise. It returns once the event has been handed
// to the system.
type Injector interface{ Inject(Event) error }

// InjectorFunc lets a function be an Injector.
type InjectorFunc func(Event) error

// Inject calls f.
func (f InjectorFunc) Inject(e Event) error { return f(e) }
