package own

import (
	"image"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/internal/xconn"
	"beside/internal/xvfb"
)

func window(t testing.TB, c *xconn.Conn, r image.Rectangle, override uint32) xproto.Window {
	t.Helper()
	id, _ := xproto.NewWindowId(c.Conn)
	err := xproto.CreateWindowChecked(c.Conn, 0, id, c.Root, int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()),
		0, xproto.WindowClassInputOutput, 0, xproto.CwOverrideRedirect, []uint32{override}).Check()
	if err != nil {
		t.Fatal(err)
	}
	if err := xproto.MapWindowChecked(c.Conn, id).Check(); err != nil {
		t.Fatal(err)
	}
	return id
}

func open(t testing.TB, display string) *Windows {
	t.Helper()
	w, err := New(Options{Display: display})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func TestStacking(t *testing.T) {
	display := xvfb.Start(t, "640x480")
	mine, other, w := xvfb.Dial(t, display), xvfb.Dial(t, display), open(t, display)
	id := window(t, mine, image.Rect(100, 100, 300, 300), 0)
	check := func(what string, p image.Point, want bool) {
		t.Helper()
		if got := w.OwnAt(p); got != want {
			t.Errorf("%s: OwnAt(%v) = %v, want %v", what, p, got, want)
		}
	}
	check("not registered", image.Pt(150, 150), false)
	w.Add(uint32(id))
	check("ours", image.Pt(150, 150), true)
	check("the desktop", image.Pt(50, 50), false)
	window(t, other, image.Rect(200, 200, 400, 400), 0)
	check("covered by another", image.Pt(250, 250), false)
	check("beside the other", image.Pt(150, 150), true)
	window(t, mine, image.Rect(350, 350, 380, 380), 1)
	check("our menu on the other", image.Pt(360, 360), true)
	check("the other", image.Pt(390, 390), false)
}

func TestPID(t *testing.T) {
	display := xvfb.Start(t, "640x480")
	mine, w := xvfb.Dial(t, display), open(t, display)
	id := window(t, mine, image.Rect(0, 0, 100, 100), 0)
	pid := uint32(os.Getpid())
	err := xproto.ChangePropertyChecked(mine.Conn, xproto.PropModeReplace, id, w.atom, xproto.AtomCardinal, 32, 1,
		[]byte{byte(pid), byte(pid >> 8), byte(pid >> 16), byte(pid >> 24)}).Check()
	if err != nil {
		t.Fatal(err)
	}
	if !w.OwnAt(image.Pt(5, 5)) {
		t.Error("a window with our process id is not ours")
	}
}

func TestFocus(t *testing.T) {
	display := xvfb.Start(t, "640x480")
	mine, other, w := xvfb.Dial(t, display), xvfb.Dial(t, display), open(t, display)
	id := window(t, mine, image.Rect(0, 0, 200, 200), 0)
	theirs := window(t, other, image.Rect(300, 0, 500, 200), 0)
	w.Add(uint32(id))
	for name, c := range map[string]struct {
		focus xproto.Window
		at    image.Point // the pointer
		want  bool
	}{
		"ours":                         {id, image.Pt(400, 100), true},
		"theirs":                       {theirs, image.Pt(100, 100), false},
		"pointer over ours":            {xproto.InputFocusPointerRoot, image.Pt(100, 100), true},
		"pointer over theirs":          {xproto.InputFocusPointerRoot, image.Pt(400, 100), false},
		"root focus, pointer on ours":  {mine.Root, image.Pt(100, 100), true},
		"nobody, though pointer is on": {xproto.InputFocusNone, image.Pt(100, 100), false},
	} {
		t.Run(name, func(t *testing.T) {
			xproto.WarpPointer(mine.Conn, 0, mine.Root, 0, 0, 0, 0, int16(c.at.X), int16(c.at.Y))
			if err := xproto.SetInputFocusChecked(mine.Conn, 0, c.focus, 0).Check(); err != nil {
				t.Fatal(err)
			}
			if got := w.OwnFocused(); got != c.want {
				t.Errorf("OwnFocused = %v, want %v", got, c.want)
			}
		})
	}
}

func TestFrame(t *testing.T) {
	display := xvfb.Start(t, "640x480")
	wm := exec.Command("openbox")
	wm.Env = append(os.Environ(), "DISPLAY="+display)
	if err := wm.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = wm.Process.Kill(); _ = wm.Wait() })
	mine, w := xvfb.Dial(t, display), open(t, display)
	w.Add(uint32(window(t, mine, image.Rect(0, 0, 300, 200), 0)))
	id := window(t, mine, image.Rect(0, 0, 300, 200), 0)
	// The frame is there when the window has another parent than the root.
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) { //nolint:forbidigo // the X server tells nobody
		tree, err := xproto.QueryTree(mine.Conn, id).Reply()
		if err != nil || time.Now().After(end) {
			t.Fatalf("no frame: %v", err)
		}
		if tree.Parent == mine.Root {
			continue
		}
		in, err := xproto.TranslateCoordinates(mine.Conn, id, mine.Root, 0, 0).Reply()
		if err != nil {
			t.Fatal(err)
		}
		title := image.Pt(int(in.DstX)+280, int(in.DstY)-8) // where the close button is
		if !w.OwnAt(title) {
			t.Error("the title bar of our window is not ours")
		}
		return
	}
}

func TestGone(t *testing.T) {
	display, stop := xvfb.StartServer(t, "320x200")
	w := open(t, display)
	stop()
	if !w.OwnAt(image.Pt(1, 1)) || !w.OwnFocused() {
		t.Error("without an X server something is not ours")
	}
}

func BenchmarkOwnAt(b *testing.B) {
	display := xvfb.Start(b, "640x480")
	other, w := xvfb.Dial(b, display), open(b, display)
	window(b, other, image.Rect(0, 0, 200, 200), 0)
	for b.Loop() {
		if w.OwnAt(image.Pt(5, 5)) {
			b.Fatal("ours")
		}
	}
}

// Shown are our windows that can be seen, with the place of the frame around them.
func TestShown(t *testing.T) {
	display := xvfb.Start(t, "640x480")
	mine, other, w := xvfb.Dial(t, display), xvfb.Dial(t, display), open(t, display)
	a := window(t, mine, image.Rect(10, 20, 110, 120), 0)
	window(t, other, image.Rect(200, 20, 300, 120), 0)
	hidden := window(t, mine, image.Rect(10, 200, 110, 300), 0)
	if err := xproto.UnmapWindowChecked(mine.Conn, hidden).Check(); err != nil { // the server has it then
		t.Fatal(err)
	}
	w.Add(uint32(a))
	got, err := w.Shown()
	if err != nil || len(got) != 1 || got[uint32(a)] != image.Rect(10, 20, 110, 120) {
		t.Fatalf("%v, %v", got, err)
	}
}
