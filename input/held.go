package input

import (
	"errors"
	"sync"
)

// Held remembers what is down, so that nothing stays down when a session ends. It is the last
// filter before the system, and safe for concurrent use.
type Held struct {
	next Injector

	mu      sync.Mutex
	keys    map[uint16]bool
	buttons map[uint8]Move // where each went down
}

// NewHeld returns a Held before next.
func NewHeld(next Injector) *Held {
	return &Held{next: next, keys: map[uint16]bool{}, buttons: map[uint8]Move{}}
}

// Inject passes e on and remembers a press that was accepted. A release of what is not down is
// dropped: the person may be holding that key.
func (h *Held) Inject(e Event) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch e := e.(type) {
	case Key:
		if !e.Down && !h.keys[e.Usage] {
			return nil
		}
	case Button:
		if _, down := h.buttons[e.Code]; !e.Down && !down {
			return nil
		}
	}
	if err := h.next.Inject(e); err != nil {
		return err
	}
	switch e := e.(type) {
	case Key:
		if delete(h.keys, e.Usage); e.Down {
			h.keys[e.Usage] = true
		}
	case Button:
		if delete(h.buttons, e.Code); e.Down {
			h.buttons[e.Code] = e.At
		}
	case Move:
		for c := range h.buttons {
			h.buttons[c] = e
		}
	}
	return nil
}

// ReleaseAll lifts everything that is down, buttons where the pointer was last put. All are tried;
// the errors are joined.
func (h *Held) ReleaseAll() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var errs []error
	for code, at := range h.buttons {
		errs = append(errs, h.next.Inject(Button{At: at, Code: code}))
	}
	for usage := range h.keys {
		errs = append(errs, h.next.Inject(Key{Usage: usage}))
	}
	clear(h.keys)
	clear(h.buttons)
	return errors.Join(errs...)
}
