//go:build linux && cgo

package robot

import (
	"errors"
	"fmt"
	"image"
	"sync"
	"sync/atomic"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"beside/input"
	"beside/internal/xconn"
)

// A pointer is what robotgo does of a Robot's work. It returns when the server took the event.
type pointer interface {
	move(image.Point) error
	button(name string, down bool) error
	wheel(x, y int) error // detents, positive is right and down
}

// Robot is an input.Injector. It is safe for concurrent use; events do not mix.
type Robot struct {
	c       *xconn.Conn
	o       Options
	pointer pointer
	stale   atomic.Bool // the keyboard's layout changed
	gone    atomic.Bool // the connection ended

	mu      sync.Mutex
	rest    wheel
	buttons []byte // what the person's mapping makes of each button
	layout  layout
	spare   []spare
	closed  bool
}

var _ input.Injector = (*Robot)(nil)

// New connects to the display. input.ErrUnsupported if its server has no XTEST; ErrOtherDisplay
// while a Robot of this process is open on a display of another name.
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
	r := &Robot{c: c, o: o, pointer: &theMouse}
	if err := errors.Join(r.load(), r.loadButtons()); err != nil {
		c.Close()
		return nil, err
	}
	if err := theMouse.hold(o.Display); err != nil {
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
			r.gone.Store(true)
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
		theMouse.drop()
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
	if r.closed || r.gone.Load() {
		return ErrGone
	}
	switch e := e.(type) {
	case input.Move:
		_, err := r.move(e)
		return err
	case input.Button:
		return r.button(e)
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

// move does not look whether the pointer got there: the next press does.
func (r *Robot) move(m input.Move) (image.Point, error) {
	p, err := r.o.place(m)
	if err != nil {
		return p, err
	}
	return p, r.pointer.move(p)
}

func (r *Robot) button(e input.Button) error {
	p, err := r.move(e.At)
	if err == nil && e.Down {
		err = r.arrived(p)
	}
	if err != nil {
		return err
	}
	name, ok := buttonNames[e.Code]
	if !ok {
		return r.fake(buttonType(e.Down), buttonOf(e.Code))
	}
	if err := r.pointer.button(name, e.Down); err != nil {
		return err
	}
	if e.Down {
		return r.pressed(e.Code)
	}
	return r.lifted(e.Code)
}

// scroll turns the wheel by whole detents and keeps what is left for the next time.
func (r *Robot) scroll(e input.Scroll) error {
	if _, err := r.move(e.At); err != nil {
		return err
	}
	x, y := r.rest.turn(e)
	if y != 0 { // first: robotgo would turn sideways before
		if err := r.pointer.wheel(0, y); err != nil {
			return err
		}
	}
	if x != 0 {
		return r.pointer.wheel(x, 0)
	}
	return nil
}
