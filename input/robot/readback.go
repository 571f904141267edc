//go:build linux && cgo

package robot

import (
	"fmt"
	"image"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/input"
)

// patience is how long an event may take to show. The server holds it back while another program
// has frozen the pointer, as a window manager does for a moment on a click.
const patience = 100 * time.Millisecond

// shows asks the server about the pointer until ok is content or patience ends.
func (r *Robot) shows(ok func(*xproto.QueryPointerReply) (bool, error)) (bool, error) {
	for wait, end := time.Millisecond/4, time.Now().Add(patience); ; wait *= 2 {
		p, err := xproto.QueryPointer(r.c.Conn, r.c.Root).Reply()
		if err != nil {
			return false, r.failed(err)
		}
		if yes, err := ok(p); yes || err != nil || time.Now().After(end) {
			return yes, err
		}
		time.Sleep(wait) //nolint:forbidigo // another program ends its hold on the pointer when it gets to it, and says nothing
	}
}

// arrived makes sure before a press that the pointer is at p: a press in another place is worse
// than none.
func (r *Robot) arrived(p image.Point) error {
	yes, err := r.shows(func(q *xproto.QueryPointerReply) (bool, error) {
		return q.SameScreen && int(q.RootX) == p.X && int(q.RootY) == p.Y, nil
	})
	if err == nil && !yes {
		err = fmt.Errorf("%w: the pointer did not get there", input.ErrRefused)
	}
	return err
}

// pressed makes sure that button 1, 2 or 3 is down.
func (r *Robot) pressed(code uint8) error {
	yes, err := r.shows(func(q *xproto.QueryPointerReply) (bool, error) {
		if down, known := r.isDown(code, q.Mask); down || !known {
			return true, nil
		}
		// The person may have changed hands a moment ago.
		err := r.loadButtons()
		down, known := r.isDown(code, q.Mask)
		return down || !known, err
	})
	if err == nil && !yes {
		err = ErrLost
	}
	return err
}

// lifted makes sure that button 1, 2 or 3 is up. One that still shows is lifted again, with the
// server's answer; what is down after that is held by a hand, or frozen until a program lets go.
func (r *Robot) lifted(code uint8) error {
	q, err := xproto.QueryPointer(r.c.Conn, r.c.Root).Reply()
	if err != nil {
		return r.failed(err)
	}
	if down, _ := r.isDown(code, q.Mask); down {
		return r.fake(xproto.ButtonRelease, code)
	}
	return nil
}

// isDown reads a pointer's state. It is not known for a button that the person's mapping
// switched off or moved beyond the five that the state has.
func (r *Robot) isDown(code uint8, mask uint16) (down, known bool) {
	logical := code
	if int(code) <= len(r.buttons) {
		logical = r.buttons[code-1]
	}
	if logical < 1 || logical > 5 {
		return false, false
	}
	return mask&(xproto.ButtonMask1<<(logical-1)) != 0, true
}

// loadButtons reads what the person's mapping makes of each button.
func (r *Robot) loadButtons() error {
	m, err := xproto.GetPointerMapping(r.c.Conn).Reply()
	if err != nil {
		return r.failed(err)
	}
	r.buttons = m.Map
	return nil
}
