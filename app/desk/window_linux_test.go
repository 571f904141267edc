package desk

import (
	"errors"
	"image"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"beside/internal/xconn"
)

// rig is a Desk with eyes and hands of its own on the X server.
type rig struct {
	t *testing.T
	d *Desk
	x *xgb.Conn
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t}
	var err error
	if r.d, err = Open(); err != nil {
		t.Fatal(err)
	}
	d, err := xconn.Dial("") // xgb's own Init races with every other connection
	if err != nil {
		t.Fatal(err)
	}
	r.x = d.Conn
	t.Cleanup(func() { r.d.Close(); r.x.Close() })
	return r
}

func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); <-time.After(5 * time.Millisecond) {
		var is bool
		fyne.DoAndWait(func() { is = ok() })
		if is {
			return
		}
	}
	r.t.Fatalf("waited in vain: %s", what)
}

// window shows a window by show, and closes it at the end.
func (r *rig) window(w func() fyne.Window, show func(fyne.Window) error) fyne.Window {
	r.t.Helper()
	var win fyne.Window
	var err error
	fyne.DoAndWait(func() { win = w(); err = show(win) })
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { fyne.DoAndWait(win.Close) })
	r.until("shown", func() bool { _, ok := r.d.Bounds(win); return ok })
	return win
}

func bar() fyne.Window {
	w := Frameless(fyne.CurrentApp())
	w.SetContent(container.NewHBox(widget.NewLabel("Anna sees this screen"), widget.NewButton("Stop", nil)))
	return w
}

func plain(w fyne.Window) error { w.Show(); w.RequestFocus(); return nil }

func large() fyne.Window {
	w := fyne.CurrentApp().NewWindow("large")
	w.SetContent(widget.NewLabel("work"))
	w.Resize(fyne.NewSize(900, 700))
	return w
}

func (r *rig) id(w fyne.Window) (id xproto.Window) {
	fyne.DoAndWait(func() { h, _ := Handle(w); id = xproto.Window(h) })
	return id
}

// on says whether w is what the X server shows at p.
func (r *rig) on(w xproto.Window, p image.Point) bool {
	root := xproto.Setup(r.x).DefaultScreen(r.x).Root
	q, err := xproto.TranslateCoordinates(r.x, root, root, int16(p.X), int16(p.Y)).Reply()
	if err != nil {
		return false
	}
	for at := q.Child; at != 0; {
		if at == w {
			return true
		}
		q, err := xproto.TranslateCoordinates(r.x, root, at, int16(p.X), int16(p.Y)).Reply()
		if err != nil {
			return false
		}
		at = q.Child
	}
	return false
}

func (r *rig) property(w xproto.Window, name string) []uint32 {
	a, err := xproto.InternAtom(r.x, false, uint16(len(name)), name).Reply()
	if err != nil {
		return nil
	}
	p, err := xproto.GetProperty(r.x, false, w, a.Atom, xproto.GetPropertyTypeAny, 0, 64).Reply()
	if err != nil {
		return nil
	}
	var out []uint32
	for i := 0; i+3 < len(p.Value); i += 4 {
		out = append(out, xgb.Get32(p.Value[i:]))
	}
	return out
}

func (r *rig) focus() xproto.Window {
	f, err := xproto.GetInputFocus(r.x).Reply()
	if err != nil {
		return 0
	}
	return f.Focus
}

func TestBar(t *testing.T) {
	r := newRig(t)
	work := r.window(large, plain)
	r.until("the focus", func() bool { h, _ := Handle(work); return r.focus() == xproto.Window(h) })
	b := r.window(bar, func(w fyne.Window) error { return r.d.Show(w, Bar) })
	id := r.id(b)
	var at image.Rectangle
	r.until("at the top", func() bool { at, _ = r.d.Bounds(b); return at.Min.Y == 0 && at.Dx() > 50 })
	if mid := (at.Min.X + at.Max.X) / 2; mid < 958 || mid > 962 {
		t.Errorf("the bar lies at %v", at)
	}
	if r.focus() != r.id(work) {
		t.Error("the bar took the keyboard")
	}
	mid := image.Pt(960, 10)
	r.until("seen", func() bool { return r.on(id, mid) })
	fyne.DoAndWait(func() { work.SetFullScreen(true) })
	r.until("full screen", func() bool { w, _ := r.d.Bounds(work); return w.Dx() == 1920 && w.Min == image.Point{} })
	r.until("above full screen", func() bool { return r.on(id, mid) })
	// Somebody puts himself on top by force.
	o := r.stranger()
	r.until("above a stranger", func() bool { return r.on(id, mid) && !r.on(o, mid) })
	// Clicking does not take the keyboard.
	r.fake(6, 0, mid)
	r.fake(4, 1, image.Point{})
	r.fake(5, 1, image.Point{})
	r.until("settled", func() bool { return true })
	if r.focus() != r.id(work) {
		t.Error("clicking the bar took the keyboard")
	}
}

// stranger is a window over the whole screen, above all others and unmanaged.
func (r *rig) stranger() xproto.Window {
	s := xproto.Setup(r.x).DefaultScreen(r.x)
	id, err := xproto.NewWindowId(r.x)
	if err != nil {
		r.t.Fatal(err)
	}
	err = xproto.CreateWindowChecked(r.x, s.RootDepth, id, s.Root, 0, 0, 1920, 1080, 0, xproto.WindowClassInputOutput,
		s.RootVisual, xproto.CwBackPixel|xproto.CwOverrideRedirect, []uint32{0x00FF00, 1}).Check()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := xproto.MapWindowChecked(r.x, id).Check(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { xproto.DestroyWindow(r.x, id) })
	return id
}

func (r *rig) fake(kind, detail byte, p image.Point) {
	root := xproto.Setup(r.x).DefaultScreen(r.x).Root
	if err := xtest.FakeInputChecked(r.x, kind, detail, 0, root, int16(p.X), int16(p.Y), 0).Check(); err != nil {
		r.t.Error(err)
	}
}

func TestPromptDoesNotTakeTheKeyboard(t *testing.T) {
	r := newRig(t)
	work := r.window(large, plain)
	r.until("the focus", func() bool { h, _ := Handle(work); return r.focus() == xproto.Window(h) })
	b := r.window(bar, func(w fyne.Window) error { return r.d.Show(w, Bar) })
	p := r.window(func() fyne.Window {
		w := fyne.CurrentApp().NewWindow("Allow?")
		w.SetContent(widget.NewButton("Allow", nil))
		w.Resize(fyne.NewSize(360, 200))
		return w
	}, func(w fyne.Window) error { return r.d.Show(w, Prompt) })
	fyne.DoAndWait(func() {
		if err := r.d.Below(p, b, 8); err != nil {
			t.Error(err)
		}
	})
	r.until("below the bar", func() bool {
		at, _ := r.d.Bounds(p)
		over, _ := r.d.Bounds(b)
		d := at.Min.X + at.Max.X - over.Min.X - over.Max.X
		return at.Min.Y >= over.Max.Y+8 && at.Min.Y < over.Max.Y+48 && d > -12 && d < 12
	})
	if got := r.property(r.id(p), "_NET_WM_DESKTOP"); !slices.Equal(got, []uint32{0xFFFFFFFF}) {
		t.Errorf("on desktop %v", got)
	}
	above, err := xproto.InternAtom(r.x, false, 19, "_NET_WM_STATE_ABOVE").Reply()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(r.property(r.id(p), "_NET_WM_STATE"), uint32(above.Atom)) {
		t.Error("not above others")
	}
	if r.focus() != r.id(work) {
		t.Error("the prompt took the keyboard")
	}
	fyne.DoAndWait(func() {
		if err := r.d.Attention(p); err != nil {
			t.Error(err)
		}
		if err := r.d.Raise(p); err != nil {
			t.Error(err)
		}
	})
}

func TestGripDragsAlongTheTop(t *testing.T) {
	r := newRig(t)
	b := r.window(func() fyne.Window {
		w := Frameless(fyne.CurrentApp())
		w.SetContent(NewGrip(r.d, w, container.NewHBox(widget.NewLabel("hold me and pull me along"))))
		return w
	}, func(w fyne.Window) error { return r.d.Show(w, Bar) })
	var at image.Rectangle
	r.until("at the top", func() bool { at, _ = r.d.Bounds(b); return at.Min.Y == 0 && at.Dx() > 50 })
	from := image.Pt(at.Min.X+20, 12)
	r.fake(6, 0, from)
	r.until("settled", func() bool { return true })
	<-time.After(50 * time.Millisecond)
	r.fake(4, 1, from)
	for i := 1; i <= 10; i++ {
		r.fake(6, 0, from.Add(image.Pt(-30*i, 5*i)))
		<-time.After(30 * time.Millisecond)
	}
	r.until("moved", func() bool {
		now, _ := r.d.Bounds(b)
		return now.Min == image.Pt(at.Min.X-300, 0)
	})
	r.fake(6, 0, image.Pt(0, 300))
	r.until("held by the edge", func() bool { now, _ := r.d.Bounds(b); return now.Min == image.Point{} })
	r.fake(5, 1, from)
}

func TestNoDesk(t *testing.T) {
	var d *Desk
	var w fyne.Window
	fyne.DoAndWait(func() { w = large() })
	t.Cleanup(func() { fyne.DoAndWait(w.Close) })
	if err := d.Move(w, image.Point{}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("got %v", err)
	}
	if _, ok := d.Origin(w); ok {
		t.Error("an origin without a desk")
	}
	d.Close()
	r := newRig(t)
	fyne.DoAndWait(func() {
		if err := r.d.Raise(w); !errors.Is(err, ErrNoWindow) {
			t.Errorf("a window never shown: %v", err)
		}
	})
}
