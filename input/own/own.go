package own

import (
	"fmt"
	"image"
	"os"
	"sync"

	"github.com/jezek/xgb/xproto"

	"beside/input"
	"beside/internal/xconn"
)

// Options say where our windows are.
type Options struct {
	Display string // "" means $DISPLAY
	PID     int    // whose windows are ours, beside those added; 0 means this process
}

// Windows implements input.Windows. It is safe for concurrent use. When the X server
// gives an error or is gone, every answer is "ours".
type Windows struct {
	c    *xconn.Conn
	pid  uint32
	atom xproto.Atom // _NET_WM_PID

	mu   sync.Mutex
	base map[uint32]bool // our X clients, by the fixed bits of what they make
}

var _ input.Windows = (*Windows)(nil)

// New connects to the display.
func New(o Options) (*Windows, error) {
	c, err := xconn.Dial(o.Display)
	if err != nil {
		return nil, fmt.Errorf("own: connect: %w", err)
	}
	const name = "_NET_WM_PID"
	a, err := xproto.InternAtom(c.Conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("own: connect: %w", err)
	}
	if o.PID == 0 {
		o.PID = os.Getpid()
	}
	go func() { // ends with the connection
		for {
			if ev, xerr := c.WaitForEvent(); ev == nil && xerr == nil {
				return
			}
		}
	}()
	return &Windows{c: c, pid: uint32(o.PID), atom: a.Atom, base: map[uint32]bool{}}, nil //nolint:gosec // bounded by the protocol
}

// Close ends the connection; afterwards everything is ours.
func (w *Windows) Close() error {
	w.c.Close()
	return nil
}

// Add registers a window; everything its X client made or makes is then ours.
func (w *Windows) Add(id uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.base[w.client(xproto.Window(id))] = true
}

func (w *Windows) client(id xproto.Window) uint32 {
	return uint32(id) &^ xproto.Setup(w.c.Conn).ResourceIdMask
}

// OwnAt says whether a press at p, in desktop pixels, would reach one of our windows.
func (w *Windows) OwnAt(p image.Point) bool {
	own, err := w.at(p)
	return own || err != nil
}

// OwnFocused says whether a key would reach one of our windows.
func (w *Windows) OwnFocused() bool {
	own, err := w.focused()
	return own || err != nil
}

// at goes down from the root to the innermost window, as a press would. What the usual
// answer needs is asked for together: a round trip costs more than the questions.
func (w *Windows) at(p image.Point) (bool, error) {
	below := func(id xproto.Window) xproto.TranslateCoordinatesCookie {
		return xproto.TranslateCoordinates(w.c.Conn, w.c.Root, id, int16(p.X), int16(p.Y)) //nolint:gosec // bounded by the protocol
	}
	t, err := below(w.c.Root).Reply()
	if err != nil {
		return false, err
	}
	top := t.Child
	if top == 0 {
		return false, nil
	}
	in := w.inside(top)
	for chain := []xproto.Window{top}; ; chain = []xproto.Window{t.Child} {
		next := below(chain[0])
		own, err := w.any(chain)
		var nextErr error
		if t, nextErr = next.Reply(); err == nil {
			err = nextErr
		}
		if own || err != nil {
			in.drop()
			return own, err
		}
		if t.Child == 0 {
			return w.frames(in)
		}
	}
}

// any says whether one of these windows is ours.
func (w *Windows) any(ids []xproto.Window) (bool, error) {
	w.mu.Lock()
	for _, id := range ids {
		if w.base[w.client(id)] {
			w.mu.Unlock()
			return true, nil
		}
	}
	w.mu.Unlock()
	cookies := make([]xproto.GetPropertyCookie, len(ids))
	for i, id := range ids {
		cookies[i] = xproto.GetProperty(w.c.Conn, false, id, w.atom, xproto.AtomCardinal, 0, 1)
	}
	own := false
	var failed error
	for i, c := range cookies {
		r, err := c.Reply()
		switch {
		case err != nil:
			failed = err
		case r.Format == 32 && len(r.Value) == 4 && le32(r.Value) == w.pid:
			w.Add(uint32(ids[i])) //nolint:gosec // the loop bounds it
			own = true
		}
	}
	return own, failed
}

func le32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// inside is the first questions about a top-level window, on their way.
type inside struct {
	geometry xproto.GetGeometryCookie
	tree     xproto.QueryTreeCookie
}

func (w *Windows) inside(top xproto.Window) inside {
	return inside{xproto.GetGeometry(w.c.Conn, xproto.Drawable(top)), xproto.QueryTree(w.c.Conn, top)}
}

// drop takes the answers without using them.
func (in inside) drop() {
	_, _ = in.geometry.Reply()
	_, _ = in.tree.Reply()
}

// frames says whether a top-level window is the window manager's frame of one of ours: one
// of ours inside covers at least half of it. A panel that shows our tray icon does not count.
func (w *Windows) frames(in inside) (bool, error) {
	outer, err := in.geometry.Reply()
	trees := []xproto.QueryTreeCookie{in.tree}
	if err != nil {
		_, _ = in.tree.Reply()
		return false, err
	}
	for range 3 { // frames nest a client this deep at most
		var level []xproto.Window
		var failed error
		for _, c := range trees {
			t, err := c.Reply()
			if err != nil {
				failed = err
				continue
			}
			level = append(level, t.Children...)
		}
		if failed != nil {
			return false, failed
		}
		if len(level) == 0 || len(level) > 256 {
			break // frames have few windows; this is a program's own
		}
		if own, err := w.fills(level, int(outer.Width)*int(outer.Height)); own || err != nil {
			return own, err
		}
		trees = trees[:0]
		for _, id := range level {
			trees = append(trees, xproto.QueryTree(w.c.Conn, id))
		}
	}
	return false, nil
}

// fills says whether one of ids is ours and at least half as large as area.
func (w *Windows) fills(ids []xproto.Window, area int) (bool, error) {
	if own, err := w.any(ids); !own || err != nil {
		return false, err
	}
	for _, id := range ids {
		own, err := w.any([]xproto.Window{id})
		if err != nil {
			return false, err
		}
		if !own {
			continue
		}
		g, err := xproto.GetGeometry(w.c.Conn, xproto.Drawable(id)).Reply()
		if err != nil {
			return false, err
		}
		if 2*int(g.Width)*int(g.Height) >= area {
			return true, nil
		}
	}
	return false, nil
}

// focused follows the focus up through the window's parents.
func (w *Windows) focused() (bool, error) {
	f, err := xproto.GetInputFocus(w.c.Conn).Reply()
	if err != nil {
		return false, err
	}
	if f.Focus == xproto.InputFocusNone {
		return false, nil
	}
	if f.Focus == xproto.InputFocusPointerRoot || f.Focus == w.c.Root {
		// Keys go to the window under the pointer.
		p, err := xproto.QueryPointer(w.c.Conn, w.c.Root).Reply()
		if err != nil {
			return false, err
		}
		return w.at(image.Pt(int(p.RootX), int(p.RootY)))
	}
	chain, err := w.chain(f.Focus)
	if err != nil {
		return false, err
	}
	if own, err := w.any(chain); own || err != nil {
		return own, err
	}
	return w.frames(w.inside(chain[len(chain)-1]))
}
