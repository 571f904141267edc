package desk

import (
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/internal/xconn"
)

// managerPatience is how long a window manager may take to start or to end.
const managerPatience = 2 * time.Second

// settleManager sees to it that GLFW 3.3 can open a window. A window manager says that it is there by
// a property of the root window, which names a window of its own that has the same property. When GLFW
// starts between the two, or after a manager died, it aborts the program at its first window: it
// leaves its error handler in place. So it is waited for, and what a dead manager left is taken away.
func settleManager(x *xconn.Conn, patience time.Duration) {
	const name = "_NET_SUPPORTING_WM_CHECK"
	atom, err := xproto.InternAtom(x.Conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return
	}
	named := func(w xproto.Window) (xproto.Window, bool) {
		p, err := xproto.GetProperty(x.Conn, false, w, atom.Atom, xproto.AtomWindow, 0, 1).Reply()
		if err != nil || p.Format != 32 || len(p.Value) < 4 {
			return 0, false
		}
		return xproto.Window(uint32(p.Value[0]) | uint32(p.Value[1])<<8 | uint32(p.Value[2])<<16 | uint32(p.Value[3])<<24), true
	}
	for end := time.Now().Add(patience); ; <-time.After(20 * time.Millisecond) {
		w, ok := named(x.Root)
		if !ok {
			return
		}
		if _, whole := named(w); whole {
			return
		}
		if time.Now().After(end) {
			_ = xproto.DeletePropertyChecked(x.Conn, x.Root, atom.Atom).Check() // it is a word of nobody
			return
		}
	}
}
