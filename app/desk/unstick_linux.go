package desk

import (
	"context"
	"encoding/binary"
	"os"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/internal/pause"
	"beside/internal/xconn"
)

// How often Fyne's goroutine is asked whether it lives, and how long it may take to answer.
const (
	askEvery  = 2 * time.Second
	stuckFrom = 5 * time.Second
)

// Unstick frees the Fyne goroutine from a wait that may never end: when GLFW 3.3 shows a window it
// waits for the X server to say that the window is visible, and while other events lie in its queue
// that wait has no limit. If the goroutine does not answer for 5 seconds, our windows are told that
// they are visible. do is fyne.Do or does the same; seen, which may be nil, says when the goroutine
// was last known to live, so that it need not be asked. It runs until ctx ends.
func Unstick(ctx context.Context, do func(func()), seen func() time.Time) {
	for {
		if seen == nil || time.Since(seen()) >= askEvery {
			ask(ctx, do)
		}
		if pause.For(ctx, askEvery) != nil {
			return
		}
	}
}

// ask waits for an answer of the Fyne goroutine, or the end of ctx.
func ask(ctx context.Context, do func(func())) {
	answered := make(chan struct{})
	do(func() { close(answered) })
	for {
		select {
		case <-ctx.Done():
			return
		case <-answered:
			return
		case <-time.After(stuckFrom):
			sayVisible()
		}
	}
}

// sayVisible tells every window of this process that it is visible. What goes wrong is left to the
// next time.
func sayVisible() {
	x, err := xconn.Dial("")
	if err != nil {
		return
	}
	defer x.Close()
	const name = "_NET_WM_PID"
	atom, err := xproto.InternAtom(x.Conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return
	}
	var walk func(w xproto.Window)
	walk = func(w xproto.Window) {
		p, err := xproto.GetProperty(x.Conn, false, w, atom.Atom, xproto.AtomCardinal, 0, 1).Reply()
		if err == nil && len(p.Value) == 4 && int(binary.LittleEndian.Uint32(p.Value)) == os.Getpid() {
			e := xproto.VisibilityNotifyEvent{Window: w, State: xproto.VisibilityUnobscured}
			_ = xproto.SendEventChecked(x.Conn, false, w, xproto.EventMaskVisibilityChange, string(e.Bytes())).Check()
		}
		tree, err := xproto.QueryTree(x.Conn, w).Reply()
		if err != nil {
			return
		}
		for _, c := range tree.Children {
			walk(c)
		}
	}
	walk(x.Root)
}
