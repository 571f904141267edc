package shot

import (
	"image"
	"testing"

	"github.com/jezek/xgb/xproto"

	"beside/capture/capturetest"
	"beside/internal/xvfb"
)

func TestContract(t *testing.T) {
	display := xvfb.Start(t, "640x480")
	t.Setenv("DISPLAY", display)
	t.Setenv("XDG_SESSION_TYPE", "x11")
	c := xvfb.Dial(t, display)
	gc, _ := xproto.NewGcontextId(c.Conn)
	if err := xproto.CreateGCChecked(c.Conn, gc, xproto.Drawable(c.Root), 0, nil).Check(); err != nil {
		t.Fatal(err)
	}
	fill := func(r image.Rectangle, rgb uint32) {
		xproto.ChangeGC(c.Conn, gc, xproto.GcForeground, []uint32{rgb})
		err := xproto.PolyFillRectangleChecked(c.Conn, xproto.Drawable(c.Root), gc, []xproto.Rectangle{{
			X: int16(r.Min.X), Y: int16(r.Min.Y), Width: uint16(r.Dx()), Height: uint16(r.Dy()),
		}}).Check()
		if err != nil {
			t.Error(err)
		}
	}
	capturetest.Contract(t, func(t *testing.T) capturetest.Rig {
		fill(image.Rect(0, 0, 640, 480), 0)
		s, err := New(Options{}).Open(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		return capturetest.Rig{Source: s, Fill: fill}
	})
}
