package glass

import (
	"image"
	"image/color"
	"os"
	"os/exec"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"beside/frame"
	"beside/input"
)

// Fyne's private drawSingleFrame must still be what now.go declares: it paints at once.
func TestPaintNow(t *testing.T) {
	r := newRig(t, wayGL, 300, 200, false)
	r.fill(image.Pt(40, 40), image.Rect(0, 0, 40, 40), 1)
	r.until("a layout", func() bool { return !r.g.tr.lay.empty() })
	fyne.DoAndWait(func() {
		if !canPaintNow() {
			t.Error("another driver")
			return
		}
		r.g.looking = false // each paint makes the Glass look
		r.bar.SetText("painted")
		paintNow()
		if !r.g.looking {
			t.Error("nothing was painted")
		}
	})
}

// What a window in front hid must be there again when it goes.
func TestExposedAgain(t *testing.T) {
	for _, way := range []string{wayChild, wayPut} {
		for name, mode := range map[string]Mode{"exact": Actual, "scaled": Fit} {
			t.Run(way+" "+name, func(t *testing.T) {
				r := newRig(t, way, 600, 500, false)
				size := image.Pt(500, 300)
				r.fill(size, image.Rectangle{Max: size}, 3)
				fyne.DoAndWait(func() { r.g.SetMode(mode) })
				r.until("a layout", func() bool { return r.g.tr.lay.size == size })
				b := r.layout().pic
				if mode == Actual {
					r.same("before")
				}
				var before string
				r.until("a picture at rest", func() bool {
					last := before
					before = string(r.see(b))
					return before == last && r.colour(b.Max.X-2, b.Max.Y-2) != 0x23272E
				})
				s := xproto.Setup(r.x).DefaultScreen(r.x)
				id, err := xproto.NewWindowId(r.x)
				if err != nil {
					t.Fatal(err)
				}
				o := r.origin()
				if err := xproto.CreateWindowChecked(r.x, s.RootDepth, id, s.Root, int16(o.X+b.Min.X+50), int16(o.Y+b.Min.Y+50), 200, 100, 0,
					xproto.WindowClassInputOutput, s.RootVisual, xproto.CwBackPixel|xproto.CwOverrideRedirect, []uint32{0xFF00FF, 1}).Check(); err != nil {
					t.Fatal(err)
				}
				xproto.MapWindow(r.x, id)
				r.until("hidden", func() bool { return r.colour(b.Min.X+60, b.Min.Y+60) == 0xFF00FF })
				xproto.DestroyWindow(r.x, id)
				r.until("back", func() bool { return string(r.see(b)) == before })
			})
		}
	}
}

// Under control the remote pointer's shape is this machine's own pointer, at once.
func TestLocalPointer(t *testing.T) {
	r, p := controlled(t)
	if _, err := xfixes.QueryVersion(r.x, 4, 0).Reply(); err != nil {
		t.Fatal(err)
	}
	// looks asks for the colour in the middle of the pointer.
	looks := func(argb uint32) func() bool {
		return func() bool {
			im, err := xfixes.GetCursorImage(r.x).Reply()
			return err == nil && len(im.CursorImage) > 0 && im.CursorImage[len(im.CursorImage)/2] == argb
		}
	}
	shape := func(c color.RGBA) *frame.CursorShape {
		s := &frame.CursorShape{Size: image.Pt(16, 16), Hot: image.Pt(3, 4)}
		for range 256 {
			s.Pix = append(s.Pix, c.R, c.G, c.B, c.A)
		}
		return s
	}
	r.point(p.Min.X+50, p.Min.Y+50)
	r.wants("the move", func(es []input.Event) bool { return len(es) > 0 }) // Fyne saw it with no shape yet
	r.g.Screen().Cursor(frame.Cursor{Visible: true, Shape: shape(color.RGBA{R: 255, A: 255})})
	r.until("red", looks(0xFFFF0000))
	r.g.Screen().Cursor(frame.Cursor{Visible: true, Shape: shape(color.RGBA{G: 255, A: 255})})
	r.until("green, without a move", looks(0xFF00FF00))
	r.point(10, 10) // the bar
	r.until("Fyne's own", func() bool { return !looks(0xFF00FF00)() })
	r.point(p.Min.X+50, p.Min.Y+50)
	r.until("green again", looks(0xFF00FF00))
	fyne.DoAndWait(func() { r.g.SetControl(false) })
	r.until("not under control", func() bool { return !looks(0xFF00FF00)() })
}

// Applications are tested with Fyne's test driver: the picture must be seen there too.
func TestWithTestDriver(t *testing.T) {
	if os.Getenv(inner) == "" {
		exe, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(exe, "-test.run=^TestWithTestDriver$")
		cmd.Env = append(os.Environ(), inner+"=test driver")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	test.NewTempApp(t)
	w := test.NewTempWindow(t, canvas.NewRectangle(color.White))
	w.SetPadded(false)
	g := New(Options{Window: w})
	defer g.Close()
	if g.Way() != wayImage {
		t.Errorf("shown by %q", g.Way())
	}
	w.SetContent(g)
	w.Resize(fyne.NewSize(200, 100))
	f := g.Screen().Frame(image.Pt(100, 100))
	for i := 0; i < len(f.Pix); i += 4 {
		copy(f.Pix[i:], []byte{10, 20, 200, 0})
	}
	want := func(what string, x int, c color.Color) {
		t.Helper()
		r, gr, b, _ := w.Canvas().Capture().At(x, 50).RGBA()
		wr, wg, wb, _ := c.RGBA()
		if r != wr || gr != wg || b != wb {
			t.Errorf("%s: %x %x %x, want %x %x %x", what, r, gr, b, wr, wg, wb)
		}
	}
	stage, red := color.NRGBA{R: 0x23, G: 0x27, B: 0x2E, A: 0xFF}, color.NRGBA{R: 200, G: 20, B: 10, A: 0xFF}
	want("before the first Show", 100, stage)
	g.Screen().Show([]image.Rectangle{f.Bounds()})
	want("shown", 100, red)
	want("beside it", 20, stage)
	g.Screen().Pause(true)
	want("paused", 100, stage)
}

// Our own objects over the picture are seen and clicked once they float.
func TestFloat(t *testing.T) {
	r, p := controlled(t)
	var o *canvas.Rectangle
	fyne.DoAndWait(func() {
		o = canvas.NewRectangle(color.NRGBA{R: 0xFF, A: 0xFF})
		box := container.NewWithoutLayout(o)
		o.Resize(fyne.NewSize(100, 50))
		o.Move(fyne.NewPos(200, 100))
		r.w.SetContent(container.NewStack(r.w.Content(), box))
		r.g.Float(o, 0)
	})
	r.until("it floats", func() bool { return r.colour(250, 125) == 0xFF0000 })
	r.point(250, 125)
	r.fake(4, 1, 0, 0)
	r.fake(5, 1, 0, 0)
	r.point(p.Min.X+5, p.Min.Y+5)
	es := r.wants("a move", func(es []input.Event) bool { return len(es) > 0 })
	if _, ok := es[0].(input.Move); !ok || len(es) != 1 {
		t.Errorf("the click went through: %v", es)
	}
	fyne.DoAndWait(func() { o.Move(fyne.NewPos(400, 300)); o.Refresh() })
	r.until("it floats elsewhere", func() bool { return r.colour(450, 325) == 0xFF0000 && r.colour(250, 125) != 0xFF0000 })
	fyne.DoAndWait(func() { r.g.Unfloat(o) })
	r.same("not any more")
}

// A picture larger than the glass is reached by the wheel when viewing, and by pushing
// against the border when controlling.
func TestLargePictureIsReached(t *testing.T) {
	r := newRig(t, wayChild, 600, 500, false)
	r.fill(hd, image.Rectangle{Max: hd}, 1)
	fyne.DoAndWait(func() { r.g.SetMode(Actual) })
	r.until("a layout", func() bool { return r.g.tr.lay.exact() })
	a := r.layout().area
	r.point(a.Min.X+100, a.Min.Y+100)
	r.fake(4, 5, 0, 0)
	r.fake(5, 5, 0, 0)
	r.until("the wheel pans", func() bool { return r.g.pan.Y > 0 && r.g.pan.X == 0 })
	r.same("by the wheel")
	fyne.DoAndWait(func() { r.g.SetControl(true) })
	r.point(a.Max.X-1, a.Max.Y-1)
	r.until("the far corner", func() bool { return r.g.tr.lay.pic.Max == a.Max })
	r.same("pushed")
	// The pointer is over what the new layout shows there.
	r.wants("the corner", func(es []input.Event) bool {
		m, ok := last(es).(input.Move)
		return ok && m == input.Move{X: 1, Y: 1}
	})
}
