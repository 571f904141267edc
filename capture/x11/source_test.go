package x11

import (
	"context"
	"errors"
	"image"
	"os"
	"testing"
	"time"

	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"

	"beside/capture"
	"beside/capture/capturetest"
	"beside/frame"
	"beside/internal/xconn"
	"beside/internal/xvfb"
)

// painter draws on the root window as another program would.
type painter struct {
	t  testing.TB
	c  *xconn.Conn
	gc xproto.Gcontext
}

func newPainter(t testing.TB, display string) *painter {
	t.Helper()
	c := xvfb.Dial(t, display)
	gc, _ := xproto.NewGcontextId(c.Conn)
	// Windows inferior to the root must not be in the way.
	err := xproto.CreateGCChecked(c.Conn, gc, xproto.Drawable(c.Root), xproto.GcSubwindowMode, []uint32{1}).Check()
	if err != nil {
		t.Fatal(err)
	}
	return &painter{t, c, gc}
}

func (p *painter) fill(r image.Rectangle, rgb uint32) {
	xproto.ChangeGC(p.c.Conn, p.gc, xproto.GcForeground, []uint32{rgb})
	err := xproto.PolyFillRectangleChecked(p.c.Conn, xproto.Drawable(p.c.Root), p.gc, []xproto.Rectangle{{
		X: int16(r.Min.X), Y: int16(r.Min.Y), Width: uint16(r.Dx()), Height: uint16(r.Dy()),
	}}).Check()
	if err != nil {
		p.t.Error(err)
	}
}

func (p *painter) point(at image.Point) {
	err := xproto.WarpPointerChecked(p.c.Conn, 0, p.c.Root, 0, 0, 0, 0, int16(at.X), int16(at.Y)).Check()
	if err != nil {
		p.t.Error(err)
	}
}

func TestContract(t *testing.T) {
	for name, b := range map[string]Backend{
		"shared memory and damage": {},
		"socket":                   {noSHM: true},
		"polling":                  {noDamage: true},
		"socket and polling":       {noSHM: true, noDamage: true},
	} {
		t.Run(name, func(t *testing.T) {
			capturetest.Contract(t, func(t *testing.T) capturetest.Rig {
				b.display = xvfb.Start(t, "640x480")
				p := newPainter(t, b.display)
				s, err := b.Open(t.Context(), "")
				if err != nil {
					t.Fatal(err)
				}
				src := s.(*Source)
				if src.img.useSHM == b.noSHM || src.damage == b.noDamage {
					t.Fatalf("shared memory %v, damage %v, not the way under test", src.img.useSHM, src.damage)
				}
				return capturetest.Rig{Source: s, Fill: p.fill, Point: p.point}
			})
		})
	}
}

func TestDisplays(t *testing.T) {
	display := xvfb.Start(t, "800x600")
	b := New(Options{Display: display})
	ds, err := b.Displays(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(ds) != 1 || ds[0].Bounds != image.Rect(0, 0, 800, 600) || !ds[0].Primary || ds[0].ID == "" {
		t.Fatalf("Displays = %+v", ds)
	}
	s, err := b.Open(t.Context(), ds[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var f frame.Frame
	if err := s.Next(t.Context(), &f); err != nil || f.Size != image.Pt(800, 600) {
		t.Errorf("Next = %v, size %v", err, f.Size)
	}
	if _, err := b.Open(t.Context(), "no such monitor"); !errors.Is(err, capture.ErrDisplayGone) {
		t.Errorf("Open of an unknown monitor = %v, want ErrDisplayGone", err)
	}
}

func TestNoDisplay(t *testing.T) {
	t.Setenv("DISPLAY", "")
	for name, b := range map[string]*Backend{
		"none set":  New(Options{}),
		"no server": New(Options{Display: ":59999"}),
		"nonsense":  New(Options{Display: "nonsense"}),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := b.Open(t.Context(), ""); !errors.Is(err, capture.ErrNoDisplay) {
				t.Errorf("Open = %v, want ErrNoDisplay", err)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	auth := t.TempDir() + "/auth"
	// One wild record: family 65535, empty address and number, and a cookie we do not have.
	rec := append([]byte{0xff, 0xff, 0, 0, 0, 0, 0, 18}, "MIT-MAGIC-COOKIE-1\x00\x10sixteen bytes...."...)
	if err := os.WriteFile(auth, rec[:8+18+2+16], 0o600); err != nil {
		t.Fatal(err)
	}
	display, stop := xvfb.StartLocked(t, "320x200", auth)
	defer stop()
	t.Setenv("XAUTHORITY", t.TempDir()+"/none")
	if _, err := New(Options{Display: display}).Open(t.Context(), ""); !errors.Is(err, capture.ErrNotAllowed) {
		t.Errorf("Open without the cookie = %v, want ErrNotAllowed", err)
	}
	t.Setenv("XAUTHORITY", auth)
	s, err := New(Options{Display: display}).Open(t.Context(), "")
	if err != nil {
		t.Fatalf("Open with the cookie = %v", err)
	}
	s.Close()
}

func TestDepth(t *testing.T) {
	display, stop := xvfb.StartServer(t, "320x200", "-screen", "0", "320x200x16")
	defer stop()
	if _, err := New(Options{Display: display}).Open(t.Context(), ""); !errors.Is(err, capture.ErrUnsupported) {
		t.Errorf("Open of 16 bit = %v, want ErrUnsupported", err)
	}
}

func TestServerDies(t *testing.T) {
	display, stop := xvfb.StartServer(t, "640x480")
	defer stop()
	s, err := New(Options{Display: display}).Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var f frame.Frame
	if err := s.Next(t.Context(), &f); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	stop()
	for err == nil {
		err = s.Next(ctx, &f)
	}
	if !errors.Is(err, capture.ErrDisplayGone) {
		t.Errorf("Next = %v, want ErrDisplayGone", err)
	}
	for err = nil; err == nil; {
		_, err = s.Cursor(ctx)
	}
	if !errors.Is(err, capture.ErrDisplayGone) {
		t.Errorf("Cursor = %v, want ErrDisplayGone", err)
	}
}

func TestResize(t *testing.T) {
	display := xvfb.Start(t, "1280x1024")
	s, err := New(Options{Display: display}).Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var f frame.Frame
	if err := s.Next(t.Context(), &f); err != nil {
		t.Fatal(err)
	}
	f.Damage.Clear()
	c := xvfb.Dial(t, display)
	want := image.Pt(800, 600)
	res, err := randr.GetScreenResources(c.Conn, c.Root).Reply()
	if err != nil {
		t.Fatal(err)
	}
	// A screen may not shrink below what shows a part of it.
	off, err := randr.SetCrtcConfig(c.Conn, res.Crtcs[0], 0, res.ConfigTimestamp, 0, 0, 0, randr.RotationRotate0, nil).Reply()
	if err != nil || off.Status != 0 {
		t.Fatalf("switch the monitor off: %v %+v", err, off)
	}
	if err := randr.SetScreenSizeChecked(c.Conn, c.Root, uint16(want.X), uint16(want.Y), 200, 150).Check(); err != nil {
		t.Fatalf("resize: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for f.Size != want {
		if err := s.Next(ctx, &f); err != nil && !errors.Is(err, capture.ErrTemporary) {
			t.Fatalf("Next: %v (size %v)", err, f.Size)
		}
	}
	if f.Damage.Bounds() != f.Bounds() {
		t.Errorf("damage after a resize = %v, want all of %v", f.Damage.Bounds(), f.Bounds())
	}
}

func TestOtherFrame(t *testing.T) {
	display := xvfb.Start(t, "640x480")
	p := newPainter(t, display)
	s, err := New(Options{Display: display}).Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p.fill(image.Rect(0, 0, 640, 480), 0x112233)
	for _, format := range []frame.Format{frame.BGRX, frame.RGBX} {
		f := frame.Frame{Format: format}
		f.Resize(image.Pt(640, 480))
		if err := s.Next(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
		if f.Pix[0] != 0x33 || f.Pix[len(f.Pix)-2] != 0x11 || f.Format != frame.BGRX {
			t.Errorf("another frame was not filled: % x format %d", f.Pix[:4], f.Format)
		}
	}
}

func BenchmarkNextSmall(b *testing.B) {
	display := xvfb.Start(b, "1920x1080")
	p := newPainter(b, display)
	s, err := New(Options{Display: display}).Open(b.Context(), "")
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var f frame.Frame
	if err := s.Next(b.Context(), &f); err != nil {
		b.Fatal(err)
	}
	n := uint32(0)
	for b.Loop() {
		n++
		p.fill(image.Rect(100, 100, 109, 116), n)
		if err := s.Next(b.Context(), &f); err != nil {
			b.Fatal(err)
		}
		f.Damage.Clear()
	}
}

func BenchmarkNextWhole(b *testing.B) {
	display := xvfb.Start(b, "1920x1080")
	p := newPainter(b, display)
	s, err := New(Options{Display: display}).Open(b.Context(), "")
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var f frame.Frame
	n := uint32(0)
	for b.Loop() {
		n++
		p.fill(image.Rect(0, 0, 1920, 1080), n)
		if err := s.Next(b.Context(), &f); err != nil {
			b.Fatal(err)
		}
		f.Damage.Clear()
	}
}
