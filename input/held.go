package input

import (
	"errors"
	"fmt"
	"slices"
	"sync"
)

// ErrClosed means the chain takes no more events. It comes wrapped in ErrRefused.
var ErrClosed = errors.New("closed")

// Held remembers what is down, so that nothing stays down when a session ends. It is the last
// filter before the system, and safe for concurrent use: events and ReleaseAll never overlap.
type Held struct {
	next Injector

	mu     sync.Mutex
	closed bool
	down   []Event // presses, oldest first; a Button is where the pointer was last put
}

// NewHeld returns a Held before next.
func NewHeld(next Injector) *Held { return &Held{next: next} }

// Inject passes e on and remembers a press that may have happened. Dropped is what changes
// nothing: a second press, since the machine makes repeats itself, and a release of what is not
// down, since the person may be holding that key.
func (h *Held) Inject(e Event) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return fmt.Errorf("%w: %w", ErrRefused, ErrClosed)
	}
	i := slices.IndexFunc(h.down, func(d Event) bool { return sameSwitch(d, e) })
	switch e.(type) {
	case Key, Button:
		if releases(e) != (i >= 0) {
			return nil
		}
	}
	err := h.next.Inject(e)
	switch m := e.(type) {
	case Key, Button:
		switch {
		case i >= 0 && err == nil:
			h.down = slices.Delete(h.down, i, i+1)
		case i < 0 && !errors.Is(err, ErrRefused):
			// After another error it may be down all the same; lifting in vain does no harm.
			h.down = append(h.down, e)
		}
	case Move:
		for k, d := range h.down {
			if b, ok := d.(Button); ok && err == nil {
				b.At = m
				h.down[k] = b
			}
		}
	}
	return err
}

// ReleaseAll lifts everything that is down, the last pressed first, buttons where the pointer
// was last put. All are tried; the errors are joined, and what failed stays remembered.
func (h *Held) ReleaseAll() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.release()
}

// Close lifts everything and then refuses every event, so that one still on its way cannot
// press a key that nobody will lift.
func (h *Held) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	return h.release()
}

func (h *Held) release() error {
	var errs []error
	var kept []Event
	for _, e := range slices.Backward(h.down) {
		up := e
		switch e := e.(type) {
		case Key:
			e.Down = false
			up = e
		case Button:
			e.Down = false
			up = e
		}
		if err := h.next.Inject(up); err != nil {
			errs, kept = append(errs, err), append(kept, e)
		}
	}
	slices.Reverse(kept)
	h.down = kept
	return errors.Join(errs...)
}

// sameSwitch says whether two events are of one key or one button.
func sameSwitch(a, b Event) bool {
	switch a := a.(type) {
	case Key:
		b, ok := b.(Key)
		return ok && a.Usage == b.Usage
	case Button:
		b, ok := b.(Button)
		return ok && a.Code == b.Code
	}
	return false
}
