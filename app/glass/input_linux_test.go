package glass

import (
	"image"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"beside/input"
)

// controlled is a window whose Glass controls a picture of 600 by 400 in actual size
// and has the keyboard. It returns the picture's place in the window.
func controlled(t *testing.T) (*rig, image.Rectangle) {
	t.Helper()
	r := newRig(t, wayChild, 800, 560, false)
	size := image.Pt(600, 400)
	r.fill(size, image.Rectangle{Max: size}, 1)
	fyne.DoAndWait(func() { r.g.SetMode(Actual); r.g.SetControl(true) })
	r.until("a layout", func() bool { return r.g.tr.lay.exact() })
	r.until("the keyboard", func() bool { return r.g.focused && r.g.grabbed })
	return r, r.layout().pic
}

// near says whether m is remote pixel x,y of 600 by 400.
func near(m input.Move, x, y int) bool {
	return math.Abs(m.X*599-float64(x)) < 1e-6 && math.Abs(m.Y*399-float64(y)) < 1e-6
}

func TestPointerComesThrough(t *testing.T) {
	r, p := controlled(t)
	r.point(p.Min.X+100, p.Min.Y+50)
	r.wants("a move", func(es []input.Event) bool {
		return len(es) > 0 && near(es[len(es)-1].(input.Move), 100, 50)
	})
	r.fake(4, 3, 0, 0)
	r.fake(5, 3, 0, 0)
	r.fake(4, 5, 0, 0)
	r.fake(5, 5, 0, 0)
	es := r.wants("a click and the wheel", func(es []input.Event) bool { return len(es) == 3 })
	if b := es[0].(input.Button); b.Code != 3 || !b.Down || !near(b.At, 100, 50) {
		t.Errorf("press: %+v", b)
	}
	if b := es[1].(input.Button); b.Code != 3 || b.Down {
		t.Errorf("release: %+v", b)
	}
	if s := es[2].(input.Scroll); s.DY != 1 || s.DX != 0 {
		t.Errorf("wheel: %+v", s)
	}
	// Out of the picture, over the bar: nothing.
	r.point(20, 5)
	r.fake(4, 1, 0, 0)
	r.fake(5, 1, 0, 0)
	r.until("Fyne has it", func() bool { return true })
	if es := r.events(); len(es) != 0 {
		t.Errorf("outside: %v", es)
	}
}

func TestDragLeavesTheWindow(t *testing.T) {
	r, p := controlled(t)
	r.point(p.Min.X+10, p.Min.Y+20)
	r.fake(4, 1, 0, 0)
	r.point(r.layout().area.Max.X+20, p.Min.Y+30) // right of the window
	r.fake(5, 1, 0, 0)
	es := r.wants("the release", func(es []input.Event) bool {
		b, ok := last(es).(input.Button)
		return ok && !b.Down
	})
	if b := last(es).(input.Button); !near(b.At, 599, 30) {
		t.Errorf("released at %+v", b)
	}
}

func last(es []input.Event) input.Event {
	if len(es) == 0 {
		return nil
	}
	return es[len(es)-1]
}

func TestKeysComeThrough(t *testing.T) {
	r, _ := controlled(t)
	// X key codes: a 38, left Alt 64, Tab 23, right Ctrl 105, keypad 5 84.
	for _, k := range []byte{38, 84} {
		r.fake(2, k, 0, 0)
		r.fake(3, k, 0, 0)
	}
	r.fake(2, 64, 0, 0)
	r.fake(2, 23, 0, 0) // the window manager's, were it not grabbed
	r.fake(3, 23, 0, 0)
	r.fake(3, 64, 0, 0)
	want := []input.Event{
		input.Key{Usage: 0x04, Down: true},
		input.Key{Usage: 0x04},
		input.Key{Usage: 0x5D, Down: true},
		input.Key{Usage: 0x5D},
		input.Key{Usage: 0xE2, Down: true},
		input.Key{Usage: 0x2B, Down: true},
		input.Key{Usage: 0x2B},
		input.Key{Usage: 0xE2},
	}
	es := r.wants("keys", func(es []input.Event) bool { return len(es) >= len(want) })
	for i, e := range want {
		if es[i] != e {
			t.Fatalf("event %d is %v, want %v of %v", i, es[i], e, es)
		}
	}
	r.fake(2, 105, 0, 0)
	r.fake(3, 105, 0, 0)
	r.until("the host key", func() bool { r.mu.Lock(); defer r.mu.Unlock(); return r.hosts == 1 })
	if es := r.events(); len(es) != 0 {
		t.Errorf("the host key was sent: %v", es)
	}
}

func TestHeldKeysAreReleased(t *testing.T) {
	for name, c := range map[string]struct {
		leave func(r *rig)
	}{
		"control ends": {func(r *rig) { fyne.DoAndWait(func() { r.g.SetControl(false) }) }},
		"focus moves":  {func(r *rig) { fyne.DoAndWait(func() { r.w.Canvas().Unfocus() }) }},
		"another window": {func(r *rig) {
			fyne.DoAndWait(func() {
				w := fyne.CurrentApp().NewWindow("other")
				w.SetContent(widget.NewLabel("other"))
				w.Show()
				w.RequestFocus()
				r.t.Cleanup(func() { fyne.DoAndWait(w.Close) })
			})
		}},
		"closed": {func(r *rig) { fyne.DoAndWait(r.g.Close) }},
		"hidden": {func(r *rig) { fyne.DoAndWait(r.g.Hide) }},
	} {
		t.Run(name, func(t *testing.T) {
			r, p := controlled(t)
			defer func() { // the X server's own state
				r.fake(3, 50, 0, 0)
				r.fake(3, 38, 0, 0)
				r.fake(5, 1, 0, 0)
			}()
			r.point(p.Min.X+10, p.Min.Y+20)
			r.fake(2, 50, 0, 0) // left Shift
			r.fake(2, 38, 0, 0)
			r.fake(4, 1, 0, 0)
			r.wants("the presses", func(es []input.Event) bool { b, ok := last(es).(input.Button); return ok && b.Down })
			c.leave(r)
			es := r.wants("the releases", func(es []input.Event) bool { return len(es) >= 3 })
			if es[0] != (input.Key{Usage: 0x04}) || es[1] != (input.Key{Usage: 0xE1}) {
				t.Errorf("keys: %v", es)
			}
			if b, ok := es[2].(input.Button); !ok || b.Down || b.Code != 1 {
				t.Errorf("button: %v", es[2])
			}
			r.until("the keyboard is free", func() bool { return name == "hidden" || !r.g.grabbed })
		})
	}
}

// The remote pointer is drawn where it is while viewing, and not while controlling.
func TestRemotePointer(t *testing.T) {
	for _, way := range []string{wayChild, wayPut, wayGL, wayImage} {
		t.Run(way, func(t *testing.T) { pointerTest(t, way) })
	}
}
