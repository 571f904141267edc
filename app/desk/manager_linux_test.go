package desk

import (
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/internal/xvfb"
)

// TestSettleManager plays a window manager that starts slowly, one that died, and none.
func TestSettleManager(t *testing.T) {
	for name, c := range map[string]struct {
		root, child, late bool // has the property; the child gets it in the end
		stays             bool // the root's is left alone
	}{
		"none":     {},
		"whole":    {root: true, child: true, stays: true},
		"starting": {root: true, late: true, stays: true},
		"dead":     {root: true},
	} {
		t.Run(name, func(t *testing.T) {
			x := xvfb.Dial(t, xvfb.Start(t, "64x64"))
			const property = "_NET_SUPPORTING_WM_CHECK"
			atom, err := xproto.InternAtom(x.Conn, false, uint16(len(property)), property).Reply()
			if err != nil {
				t.Fatal(err)
			}
			own, err := xproto.NewWindowId(x.Conn)
			if err != nil {
				t.Fatal(err)
			}
			if err := xproto.CreateWindowChecked(x.Conn, 0, own, x.Root, 0, 0, 1, 1, 0, xproto.WindowClassInputOnly, 0, 0, nil).Check(); err != nil {
				t.Fatal(err)
			}
			set := func(w xproto.Window) {
				value := []byte{byte(own), byte(own >> 8), byte(own >> 16), byte(own >> 24)}
				if err := xproto.ChangePropertyChecked(x.Conn, xproto.PropModeReplace, w, atom.Atom, xproto.AtomWindow, 32, 1, value).Check(); err != nil {
					t.Error(err)
				}
			}
			if c.root {
				set(x.Root)
			}
			if c.child {
				set(own)
			}
			patience := 10 * time.Millisecond
			done := make(chan struct{})
			if c.late {
				patience = time.Minute
				time.AfterFunc(50*time.Millisecond, func() { set(own); close(done) })
			} else {
				close(done)
			}
			settleManager(x, patience)
			<-done
			p, err := xproto.GetProperty(x.Conn, false, x.Root, atom.Atom, xproto.AtomWindow, 0, 1).Reply()
			if err != nil {
				t.Fatal(err)
			}
			if got := len(p.Value) > 0; got != c.stays {
				t.Errorf("the root window's property is there: %v, want %v", got, c.stays)
			}
		})
	}
}
