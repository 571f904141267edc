package overlay

import (
	"image"
	"testing"

	"github.com/jezek/xgb/xproto"

	"beside/internal/xconn"
	"beside/internal/xvfb"
)

// eye looks at the screen over a connection of its own.
type eye struct{ c *xconn.Conn }

func open(t *testing.T) (*Overlay, eye) {
	t.Helper()
	display := xvfb.Start(t, "400x300x24")
	c := xvfb.Dial(t, display)
	v, err := Open(Options{Display: display})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	return v, eye{c}
}

// drawn is how many pixels have the helper's colour, and where.
func drawn(t *testing.T, e eye) (n int, box image.Rectangle) {
	t.Helper()
	r, err := xproto.GetImage(e.c.Conn, xproto.ImageFormatZPixmap, xproto.Drawable(e.c.Root), 0, 0, 400, 300, ^uint32(0)).Reply()
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+3 < len(r.Data); i += 4 {
		if r.Data[i] == 0x5C && r.Data[i+1] == 0x3B && r.Data[i+2] == 0xFF {
			n++
			x, y := i/4%400, i/4/400
			box = box.Union(image.Rect(x, y, x+1, y+1))
		}
	}
	return n, box
}

func TestWhatIsDrawnIsOnTheScreen(t *testing.T) {
	v, e := open(t)
	if n, _ := drawn(t, e); n != 0 {
		t.Fatalf("%d pixels before anything was drawn", n)
	}
	if err := v.Line([]image.Point{{50, 50}, {150, 50}, {150, 120}}); err != nil {
		t.Fatal(err)
	}
	if n, box := drawn(t, e); box != image.Rect(48, 48, 153, 123) || n < 170*5 || n > 180*5 {
		t.Errorf("%d pixels in %v", n, box)
	}
	if err := v.Laser(image.Pt(300, 200), true); err != nil {
		t.Fatal(err)
	}
	if _, box := drawn(t, e); box.Max.X < 310 || box.Max.X > 315 || box.Max.Y < 210 || box.Max.Y > 215 {
		t.Errorf("the laser is at %v", box)
	}
	if err := v.Laser(image.Pt(5, 5), true); err != nil { // partly outside
		t.Fatal(err)
	}
	if _, box := drawn(t, e); box.Min != (image.Point{}) || box.Max.X != 153 {
		t.Errorf("the laser moved to %v", box)
	}
	if err := v.Clear(); err != nil {
		t.Fatal(err)
	}
	if n, _ := drawn(t, e); n != 0 {
		t.Errorf("%d pixels after Clear", n)
	}
	if err := v.Line([]image.Point{{0, 0}}); err != nil {
		t.Fatal(err)
	}
	if n, box := drawn(t, e); n == 0 || box.Max.X > 4 {
		t.Errorf("what was cleared came back: %d pixels in %v", n, box)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	if n, _ := drawn(t, e); n != 0 {
		t.Errorf("%d pixels after Close", n)
	}
	if v.Line([]image.Point{{9, 9}}) == nil {
		t.Error("a closed overlay draws")
	}
}

// A click goes through what is drawn to the window beneath.
func TestClicksGoThrough(t *testing.T) {
	v, e := open(t)
	x := beneath(t, v)
	if err := v.Line([]image.Point{{100, 100}, {140, 140}}); err != nil {
		t.Fatal(err)
	}
	if err := v.Laser(image.Pt(120, 120), true); err != nil {
		t.Fatal(err)
	}
	if err := xproto.WarpPointerChecked(e.c.Conn, 0, e.c.Root, 0, 0, 0, 0, 120, 120).Check(); err != nil {
		t.Fatal(err)
	}
	p, err := xproto.QueryPointer(v.c.Conn, v.c.Root).Reply()
	if err != nil || p.Child != x {
		t.Errorf("the pointer is over %v, not %v (%v)", p.Child, x, err)
	}
}

// beneath puts an ordinary window on the screen.
func beneath(t *testing.T, v *Overlay) xproto.Window {
	t.Helper()
	id, err := xproto.NewWindowId(v.c.Conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := xproto.CreateWindowChecked(v.c.Conn, 0, id, v.c.Root, 60, 60, 200, 200, 0, xproto.WindowClassInputOutput, 0,
		xproto.CwOverrideRedirect, []uint32{1}).Check(); err != nil {
		t.Fatal(err)
	}
	if err := xproto.MapWindowChecked(v.c.Conn, id).Check(); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestThickStaysInside(t *testing.T) {
	clip := image.Rect(0, 0, 50, 40)
	for _, l := range [][2]image.Point{{{0, 0}, {49, 39}}, {{-500, -500}, {600, 600}}, {{49, 0}, {0, 39}}, {{7, 7}, {7, 7}}, {{0, 20}, {49, 20}}} {
		rs := thick(l[0], l[1], penRadius, clip)
		if len(rs) == 0 {
			t.Errorf("%v draws nothing", l)
		}
		for _, r := range rs {
			if !r.In(clip) || r.Empty() {
				t.Errorf("%v draws %v", l, r)
			}
		}
	}
}
