package x11

import (
	"context"
	"errors"
	"image"
	"testing"
	"time"

	"github.com/jezek/xgb/composite"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"

	"beside/capture"
	"beside/frame"
	"beside/internal/xconn"
	"beside/internal/xvfb"
)

// watched is a display that is captured while a test changes it.
type watched struct {
	t   *testing.T
	p   *painter
	src capture.Source
	f   frame.Frame
	ctx context.Context
}

// watch captures one monitor of a display and takes its first picture.
func watch(t *testing.T, b *Backend, id string) *watched {
	t.Helper()
	src, err := b.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	w := &watched{t: t, p: newPainter(t, b.display), src: src, ctx: ctx}
	if err := src.Next(ctx, &w.f); err != nil {
		t.Fatal(err)
	}
	w.f.Damage.Clear()
	return w
}

// until takes pictures until ok.
func (w *watched) until(what string, ok func() bool) {
	w.t.Helper()
	for !ok() {
		if err := w.src.Next(w.ctx, &w.f); err != nil && !errors.Is(err, capture.ErrTemporary) {
			w.t.Fatalf("waiting for %s: %v (%v at %v)", what, err, w.f.Size, w.f.Origin)
		}
	}
}

// all says whether the whole picture has one colour.
func (w *watched) all(rgb uint32) bool {
	for y := range w.f.Size.Y {
		for x := range w.f.Size.X {
			if !w.is(image.Pt(x, y), rgb) {
				return false
			}
		}
	}
	return true
}

func (w *watched) is(at image.Point, rgb uint32) bool {
	if !at.In(w.f.Bounds()) {
		return false
	}
	p := w.f.Pix[at.Y*w.f.Stride+4*at.X:]
	return uint32(p[2])<<16|uint32(p[1])<<8|uint32(p[0]) == rgb
}

// setMonitor and deleteMonitor plug and unplug.
func (w *watched) setMonitor(name string, r image.Rectangle, instead bool) {
	w.t.Helper()
	if err := xvfb.SetMonitor(w.p.c, name, r, instead); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watched) deleteMonitor(name string) {
	w.t.Helper()
	if err := xvfb.DeleteMonitor(w.p.c, name); err != nil {
		w.t.Fatal(err)
	}
}

// desktop is a display of 1600×900 with a wide and an upright monitor.
func desktop(t *testing.T) *Backend {
	t.Helper()
	b := New(Options{Display: xvfb.Start(t, "1600x900")})
	c := xvfb.Dial(t, b.display)
	for name, r := range map[string]image.Rectangle{"wide": image.Rect(0, 0, 1000, 600), "upright": image.Rect(1000, 0, 1600, 900)} {
		if err := xvfb.SetMonitor(c, name, r, name == "wide"); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func TestMonitors(t *testing.T) {
	t.Run("list", func(t *testing.T) {
		ds, err := desktop(t).Displays(t.Context())
		if err != nil || len(ds) != 2 {
			t.Fatalf("%+v, %v", ds, err)
		}
		got := map[string]image.Rectangle{}
		for _, d := range ds {
			got[d.ID] = d.Bounds
		}
		if got["wide"] != image.Rect(0, 0, 1000, 600) || got["upright"] != image.Rect(1000, 0, 1600, 900) || !ds[0].Primary || ds[1].Primary {
			t.Errorf("%+v", ds)
		}
	})
	t.Run("one at a time", func(t *testing.T) {
		w := watch(t, desktop(t), "upright")
		if w.f.Size != image.Pt(600, 900) || w.f.Origin != image.Pt(1000, 0) {
			t.Fatalf("%v at %v", w.f.Size, w.f.Origin)
		}
		w.p.fill(image.Rect(0, 0, 1000, 900), 0xff0000)   // beside it: none of its business
		w.p.fill(image.Rect(990, 40, 1010, 60), 0x00ff00) // over the edge
		w.until("the part on it", func() bool { return w.is(image.Pt(9, 59), 0x00ff00) })
		if got := w.f.Damage.Bounds(); !got.In(image.Rect(0, 32, 16, 64)) {
			t.Errorf("damage %v", got)
		}
		for x := range 600 {
			if w.is(image.Pt(x, 100), 0xff0000) {
				t.Fatal("the other monitor is in the picture")
			}
		}
	})
	t.Run("pointer", func(t *testing.T) {
		w := watch(t, desktop(t), "upright")
		for _, at := range []image.Point{{1010, 20}, {500, 20}, {1599, 899}} {
			w.p.point(at)
			for {
				c, err := w.src.Cursor(w.ctx)
				if err != nil {
					t.Fatal(err)
				}
				if c.Pos == at.Sub(image.Pt(1000, 0)) {
					if c.Visible != (at.X >= 1000) {
						t.Errorf("at %v: visible %v", at, c.Visible)
					}
					break
				}
			}
		}
	})
	t.Run("one canvas", func(t *testing.T) {
		w := watch(t, desktop(t), "")
		w.p.fill(image.Rect(950, 0, 1050, 50), 0x123456)
		w.until("both", func() bool { return w.is(image.Pt(950, 0), 0x123456) && w.is(image.Pt(1049, 49), 0x123456) })
		w.deleteMonitor("upright") // the desktop stays as large
		w.p.fill(image.Rect(1500, 800, 1600, 900), 0x654321)
		w.until("what no monitor shows", func() bool { return w.is(image.Pt(1599, 899), 0x654321) })
	})
	t.Run("plugged in", func(t *testing.T) {
		b := desktop(t)
		w := watch(t, b, "wide")
		relaid := w.src.(*Source).Relaid()
		drain(relaid)
		w.setMonitor("third", image.Rect(0, 600, 1000, 900), false)
		select {
		case <-relaid:
		case <-w.ctx.Done():
			t.Fatal("nobody was told")
		}
		if ds, err := b.Displays(t.Context()); err != nil || len(ds) != 3 {
			t.Errorf("%+v, %v", ds, err)
		}
		w.p.fill(image.Rect(0, 0, 1000, 600), 0x777777)
		w.until("the picture", func() bool { return w.all(0x777777) })
	})
	t.Run("unplugged", func(t *testing.T) {
		w := watch(t, desktop(t), "upright")
		w.deleteMonitor("upright")
		var err error
		for err == nil || errors.Is(err, capture.ErrTemporary) {
			err = w.src.Next(w.ctx, &w.f)
		}
		if !errors.Is(err, capture.ErrDisplayGone) {
			t.Errorf("Next = %v, want ErrDisplayGone", err)
		}
	})
	t.Run("moved, turned and grown", func(t *testing.T) {
		w := watch(t, desktop(t), "upright")
		for i, r := range []image.Rectangle{
			image.Rect(600, 0, 1200, 900), image.Rect(600, 0, 1500, 600), image.Rect(0, 0, 1600, 900), image.Rect(1599, 899, 1600, 900),
		} {
			colour := uint32(0x102030 * (i + 1))
			w.p.fill(image.Rect(0, 0, 1600, 900), 0)
			w.p.fill(r, colour)
			w.f.Damage.Clear()
			w.setMonitor("upright", r, false)
			w.until("the monitor at its new place", func() bool { return w.f.Size == r.Size() && w.f.Origin == r.Min && w.all(colour) })
			if w.f.Damage.Bounds() != w.f.Bounds() {
				t.Errorf("damage %v of %v", w.f.Damage.Bounds(), w.f.Bounds())
			}
		}
	})
}

func drain(c <-chan struct{}) {
	for {
		select {
		case <-c:
		default:
			return
		}
	}
}

// TestResolutionChanges runs through sizes, larger and smaller, while something is drawn.
func TestResolutionChanges(t *testing.T) {
	for name, b := range map[string]Backend{"shared memory": {}, "socket": {noSHM: true}, "polling": {noDamage: true}} {
		t.Run(name, func(t *testing.T) {
			b.display = xvfb.Start(t, "1920x1200")
			w := watch(t, &b, "")
			off(t, w.p.c)
			for i, size := range []image.Point{{1024, 768}, {640, 480}, {1920, 1080}, {801, 601}, {1920, 1200}} {
				colour := uint32(0x0a0b0c * (i + 1))
				if err := randr.SetScreenSizeChecked(w.p.c.Conn, w.p.c.Root, uint16(size.X), uint16(size.Y), 200, 150).Check(); err != nil {
					t.Fatal(err)
				}
				w.p.fill(image.Rectangle{Max: size}, colour)
				w.until("the new size", func() bool { return w.f.Size == size && w.all(colour) })
			}
		})
	}
}

// off switches the only output off: a screen may not shrink below what shows a part of it.
func off(t *testing.T, c *xconn.Conn) {
	t.Helper()
	res, err := randr.GetScreenResources(c.Conn, c.Root).Reply()
	if err != nil {
		t.Fatal(err)
	}
	r, err := randr.SetCrtcConfig(c.Conn, res.Crtcs[0], 0, res.ConfigTimestamp, 0, 0, 0, randr.RotationRotate0, nil).Reply()
	if err != nil || r.Status != 0 {
		t.Fatalf("switch the monitor off: %v %+v", err, r)
	}
}

// TestCompositor: windows are redirected and back while the screen is captured, by the server itself
// and by a client that paints them, which is what compositing window managers do.
func TestCompositor(t *testing.T) {
	for name, update := range map[string]byte{"automatic": composite.RedirectAutomatic, "manual": composite.RedirectManual} {
		t.Run(name, func(t *testing.T) {
			b := New(Options{Display: xvfb.Start(t, "800x600")})
			w := watch(t, b, "")
			x := newCompositor(t, b.display)
			win := x.window(image.Rect(100, 100, 300, 250))
			paint := func(rgb uint32) {
				t.Helper()
				x.fill(win, rgb)
				if x.on {
					x.show(win, image.Pt(100, 100))
				}
				w.until("the window", func() bool { return w.is(image.Pt(100, 100), rgb) && w.is(image.Pt(299, 249), rgb) })
			}
			paint(0x111111)
			for i := range 3 {
				x.redirect(update)
				paint(0x220000 + uint32(i))
				paint(0x330000 + uint32(i))
				x.unredirect(update)
				paint(0x440000 + uint32(i))
			}
		})
	}
}

// compositor is a client that redirects windows.
type compositor struct {
	*painter
	on bool // windows are to be painted
}

func newCompositor(t *testing.T, display string) *compositor {
	t.Helper()
	c := &compositor{painter: newPainter(t, display)}
	ext, err := xproto.QueryExtension(c.c.Conn, uint16(len("Composite")), "Composite").Reply()
	if err != nil || !ext.Present {
		t.Fatalf("no Composite: %v", err)
	}
	c.c.ExtLock.Lock()
	c.c.Extensions["Composite"] = ext.MajorOpcode
	c.c.ExtLock.Unlock()
	if _, err := composite.QueryVersion(c.c.Conn, 0, 4).Reply(); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *compositor) check(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *compositor) window(r image.Rectangle) xproto.Window {
	id, err := xproto.NewWindowId(c.c.Conn)
	c.check(err)
	c.check(xproto.CreateWindowChecked(c.c.Conn, 0, id, c.c.Root, int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), 0,
		xproto.WindowClassInputOutput, 0, xproto.CwOverrideRedirect, []uint32{1}).Check())
	c.check(xproto.MapWindowChecked(c.c.Conn, id).Check())
	return id
}

func (c *compositor) fill(w xproto.Window, rgb uint32) {
	xproto.ChangeGC(c.c.Conn, c.gc, xproto.GcForeground, []uint32{rgb})
	c.check(xproto.PolyFillRectangleChecked(c.c.Conn, xproto.Drawable(w), c.gc, []xproto.Rectangle{{Width: 4000, Height: 4000}}).Check())
}

// show copies a redirected window onto the screen.
func (c *compositor) show(w xproto.Window, at image.Point) {
	pix, err := xproto.NewPixmapId(c.c.Conn)
	c.check(err)
	c.check(composite.NameWindowPixmapChecked(c.c.Conn, w, pix).Check())
	c.check(xproto.CopyAreaChecked(c.c.Conn, xproto.Drawable(pix), xproto.Drawable(c.c.Root), c.gc, 0, 0, int16(at.X), int16(at.Y), 4000, 4000).Check())
	c.check(xproto.FreePixmapChecked(c.c.Conn, pix).Check())
}

func (c *compositor) redirect(update byte) {
	c.check(composite.RedirectSubwindowsChecked(c.c.Conn, c.c.Root, update).Check())
	c.on = update == composite.RedirectManual
}

func (c *compositor) unredirect(update byte) {
	c.check(composite.UnredirectSubwindowsChecked(c.c.Conn, c.c.Root, update).Check())
	c.on = false
}

// TestVeryWide: 8K, whole and in its last corner.
func TestVeryWide(t *testing.T) {
	b := New(Options{Display: xvfb.Start(t, "7680x4320")})
	w := watch(t, b, "")
	if w.f.Size != image.Pt(7680, 4320) {
		t.Fatalf("%v", w.f.Size)
	}
	w.p.fill(image.Rect(7671, 4304, 7680, 4320), 0xabcdef)
	w.until("a character in the corner", func() bool { return w.is(image.Pt(7679, 4319), 0xabcdef) })
	if got := w.f.Damage.Bounds(); got.Dx() > 32 || got.Dy() > 32 {
		t.Errorf("damage %v", got)
	}
	w.f.Damage.Clear()
	w.p.fill(image.Rect(0, 0, 7680, 4320), 0x314159)
	w.until("the whole screen", func() bool { return w.is(image.Pt(0, 0), 0x314159) && w.is(image.Pt(7679, 4319), 0x314159) })
	if w.f.Damage.Bounds() != w.f.Bounds() {
		t.Errorf("damage %v", w.f.Damage.Bounds())
	}
}
