//go:build windows || darwin

package robot

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"beside/input"
)

// turn makes all Robots of the process take turns: robotgo's settings are the process's.
var turn sync.Mutex

// Robot is an input.Injector. It is safe for concurrent use; events do not mix.
type Robot struct {
	o      Options
	rest   wheel
	held   [256]bool // modifiers that were pressed here, by usage
	closed bool
}

var _ input.Injector = (*Robot)(nil)

// New makes a Robot for the desktop of the person who runs this process.
func New(o Options) (*Robot, error) {
	if o.Area == nil {
		return nil, errors.New("robot: Options.Area is not set")
	}
	if err := ready(); err != nil {
		return nil, err
	}
	return &Robot{o: o}, nil
}

// Close ends it; it lifts nothing: that is input.Held's work. It is idempotent; afterwards
// Inject returns ErrGone.
func (r *Robot) Close() error {
	turn.Lock()
	defer turn.Unlock()
	r.closed = true
	return nil
}

// Inject hands e to the system.
func (r *Robot) Inject(e input.Event) error {
	if err := input.Check(e); err != nil {
		return err
	}
	turn.Lock()
	defer turn.Unlock()
	if r.closed {
		return ErrGone
	}
	switch e := e.(type) {
	case input.Move:
		return r.move(e, false)
	case input.Button:
		if err := r.move(e.At, e.Down); err != nil {
			return err
		}
		return button(e.Code, e.Down)
	case input.Scroll:
		if err := r.move(e.At, false); err != nil {
			return err
		}
		scroll(r.rest.turn(e))
		return nil
	case input.Key:
		if err := key(e.Usage, e.Down); err != nil {
			return err
		}
		if e.Usage >= firstModifier {
			r.held[e.Usage&0xff] = e.Down
		}
		return nil
	case input.Text:
		return r.text(e.S)
	}
	return fmt.Errorf("%w: unknown kind of event", input.ErrRefused)
}

// HID usages.
const (
	firstModifier = 0xE0
	usageEnter    = 0x28
	usageTab      = 0x2B
)

// move puts the pointer at m, and looks whether it got there if a press follows.
func (r *Robot) move(m input.Move, press bool) error {
	p, err := r.o.place(m)
	if err != nil {
		return err
	}
	moveTo(p)
	if press && !at(p) {
		return fmt.Errorf("%w: the pointer did not get there", input.ErrRefused)
	}
	return nil
}

// text types s. Modifiers that were pressed here are lifted for it and put back.
func (r *Robot) text(s string) error {
	var errs []error
	put := func(down bool) {
		for u := firstModifier; u < len(r.held); u++ {
			if r.held[u] {
				errs = append(errs, key(uint16(u), down))
			}
		}
	}
	tap := func(usage uint16) { errs = append(errs, key(usage, true), key(usage, false)) }
	put(false)
	for s != "" {
		n := strings.IndexAny(s, "\n\t")
		if n < 0 {
			n = len(s)
		}
		if n > 0 {
			typeString(s[:n])
			s = s[n:]
			continue
		}
		if s[0] == '\n' {
			tap(usageEnter)
		} else {
			tap(usageTab)
		}
		s = s[1:]
	}
	put(true)
	return errors.Join(errs...)
}
