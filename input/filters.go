package input

import (
	"errors"
	"fmt"
	"image"
	"math"
	"time"
)

// Why a filter refused. Both come wrapped in ErrRefused.
var (
	// ErrLocal means that the person at the machine is using it.
	ErrLocal = errors.New("the person at the machine is using it")
	// ErrOwn means that the event aims at Beside itself.
	ErrOwn = errors.New("aimed at Beside's own window")
)

// Local tells when the person at the machine last touched it, by a real device.
type Local interface {
	// Since is how long ago; ok is false when it never was, or cannot be known.
	Since() (ago time.Duration, ok bool)
}

// LocalFor is how long after the person's last touch the helper waits.
const LocalFor = 700 * time.Millisecond

// releases says whether e only lifts something.
func releases(e Event) bool {
	switch e := e.(type) {
	case Key:
		return !e.Down
	case Button:
		return !e.Down
	}
	return false
}

// NewLocalWins returns a filter that refuses events while the person is using the machine.
// Releases always pass, so that nothing stays down.
func NewLocalWins(next Injector, local Local) Injector {
	return InjectorFunc(func(e Event) error {
		if ago, ok := local.Since(); ok && ago < LocalFor && !releases(e) {
			return fmt.Errorf("%w: %w", ErrRefused, ErrLocal)
		}
		return next.Inject(e)
	})
}

// Windows knows Beside's own windows. When it cannot tell, it says yes.
type Windows interface {
	// OwnAt says whether the topmost window at p, in desktop coordinates, is Beside's.
	OwnAt(p image.Point) bool
	// OwnFocused says whether keys would reach a window of Beside.
	OwnFocused() bool
}

// NewOwnWindows returns a filter that refuses presses, scrolls, keys and text that would reach
// one of Beside's own windows. Pointer positions and releases pass. area is where the shared
// picture lies on the desktop.
func NewOwnWindows(next Injector, w Windows, area func() image.Rectangle) Injector {
	return InjectorFunc(func(e Event) error {
		own := false
		switch e := e.(type) {
		case Button:
			own = e.Down && w.OwnAt(Place(e.At, area()))
		case Scroll:
			own = w.OwnAt(Place(e.At, area()))
		case Key:
			own = e.Down && w.OwnFocused()
		case Text:
			own = w.OwnFocused()
		}
		if own {
			return fmt.Errorf("%w: %w", ErrRefused, ErrOwn)
		}
		return next.Inject(e)
	})
}

// Place is the desktop pixel of a fraction of area. An empty area has none: the result is its
// corner.
func Place(m Move, area image.Rectangle) image.Point {
	at := func(f float64, n int) int { return int(math.Round(f * float64(max(n-1, 0)))) }
	return area.Min.Add(image.Pt(at(m.X, area.Dx()), at(m.Y, area.Dy())))
}
