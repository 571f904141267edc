package robot

import (
	"errors"
	"fmt"
	"image"
	"math"
	"sync"
	"sync/atomic"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"beside/input"
	"beside/internal/xconn"
)

// ErrGone means the X server is gone; nothing more can be injected.
var ErrGone = errors.New("robot: the X server is gone")

// Options say where to inject.
type Options struct {
	Display string                 // "" means $DISPLAY
	Area    func() image.Rectangle // the shared picture in desktop pixels; empty refuses everything with a place
}

// Robot is an input.Injector. It is safe for concurrent use; events do not mix.
type Robot struct {
	c     *xconn.Conn
	area  func() image.Rectangle
	stale atomic.Bool // the keyboard's layout changed

	mu     sync.Mutex
	rest   struct{ x, y float64 } // scrolling not yet worth a detent
	layout layout
	spare  []spare
	closed bool
}

var _ input.Injector = (*Robot)(nil)

// New connects to the display. input.ErrUnsupported if its server has no XTEST.
func New(o Options) (*Robot, error) {
	if o.Area == nil {
		return nil, errors.New("robot: Options.Area is not set")
	}
	c, err := xconn.Dial(o.Display)
	if err != nil {
		return nil, fmt.Errorf("robot: connect: %w", err)
	}
	if !c.Has("XTEST") {
		c.Close()
		return nil, fmt.Errorf("%w: the X server has no XTEST", input.ErrUnsupported)
	}
	r := &Robot{c: c, area: o.Area}
	if err := r.load(); err != nil {
		c.Close()
		return nil, err
	}
	go r.drain() // ends with the connection
	return r, nil
}

// drain takes events, so that the connection never stops.
func (r *Robot) drain() {
	for {
		ev, xerr := r.c.WaitForEvent()
		if ev == nil && xerr == nil {
			return
		}
		if _, ok := ev.(xproto.MappingNotifyEvent); ok {
			r.stale.Store(true)
		}
	}
}

// Close gives spare key codes back and ends the connection. It lifts nothing: that is
// input.Held's work. It is idempotent; afterwards Inject returns ErrGone.
func (r *Robot) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.closed = true
		r.restore()
		r.c.Close()
	}
	return nil
}

// Inject hands e to the X server and waits until it took it.
func (r *Robot) Inject(e input.Event) error {
	if err := input.Check(e); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrGone
	}
	switch e := e.(type) {
	case input.Move:
		return r.move(e, true)
	case input.Button:
		if err := r.move(e.At, false); err != nil {
			return err
		}
		return r.fake(buttonType(e.Down), buttonOf(e.Code))
	case input.Scroll:
		return r.scroll(e)
	case input.Key:
		code, ok := input.X11FromUsage(e.Usage)
		if setup := xproto.Setup(r.c.Conn); !ok || xproto.Keycode(code) < setup.MinKeycode || xproto.Keycode(code) > setup.MaxKeycode {
			return fmt.Errorf("%w: this machine has no such key", input.ErrRefused)
		}
		return r.fake(keyType(e.Down), code)
	case input.Text:
		return r.text(e.S)
	}
	return fmt.Errorf("%w: unknown kind of event", input.ErrRefused)
}

func buttonType(down bool) byte {
	if down {
		return xproto.ButtonPress
	}
	return xproto.ButtonRelease
}

func keyType(down bool) byte {
	if down {
		return xproto.KeyPress
	}
	return xproto.KeyRelease
}

// buttonOf is X's number: 4 to 7 are its wheel.
func buttonOf(code uint8) byte {
	if code > 3 {
		return code + 4
	}
	return code
}

// fake injects one press or release and waits for the server's answer.
func (r *Robot) fake(kind, detail byte) error {
	return r.failed(xtest.FakeInputChecked(r.c.Conn, kind, detail, 0, r.c.Root, 0, 0, 0).Check())
}

// post injects one press or release; a later fake waits for it too.
func (r *Robot) post(kind, detail byte) {
	xtest.FakeInput(r.c.Conn, kind, detail, 0, r.c.Root, 0, 0, 0)
}

func (r *Robot) failed(err error) error {
	switch {
	case err == nil:
		return nil
	case xconn.Gone(err):
		return ErrGone
	}
	return fmt.Errorf("robot: inject: %w", err)
}

func (r *Robot) move(m input.Move, wait bool) error {
	area := r.area()
	if area.Empty() {
		return fmt.Errorf("%w: nothing is shared", input.ErrRefused)
	}
	p := input.Place(m, area)
	if wait {
		return r.failed(xtest.FakeInputChecked(r.c.Conn, xproto.MotionNotify, 0, 0, r.c.Root, int16(p.X), int16(p.Y), 0).Check()) //nolint:gosec // bounded by the protocol
	}
	xtest.FakeInput(r.c.Conn, xproto.MotionNotify, 0, 0, r.c.Root, int16(p.X), int16(p.Y), 0) //nolint:gosec // bounded by the protocol
	return nil
}

// scroll turns the wheel by whole detents and keeps what is left for the next time.
func (r *Robot) scroll(e input.Scroll) error {
	if err := r.move(e.At, true); err != nil {
		return err
	}
	const up, down, left, right = 4, 5, 6, 7
	if err := r.wheel(&r.rest.y, e.DY, up, down); err != nil {
		return err
	}
	return r.wheel(&r.rest.x, e.DX, left, right)
}

func (r *Robot) wheel(rest *float64, d float64, minus, plus byte) error {
	if *rest*d < 0 {
		*rest = 0 // turned round
	}
	whole, left := math.Modf(*rest + d)
	*rest = left
	button := plus
	if whole < 0 {
		button, whole = minus, -whole
	}
	for n := int(whole); n > 0; n-- {
		r.post(xproto.ButtonPress, button)
		if n > 1 {
			r.post(xproto.ButtonRelease, button)
		} else if err := r.fake(xproto.ButtonRelease, button); err != nil {
			return err
		}
	}
	return nil
}
