package own

import (
	"image"
	"testing"

	"github.com/jezek/xgb/xproto"

	"beside/internal/xvfb"
)

func TestFocusedIn(t *testing.T) {
	display := xvfb.Start(t, "640x480")
	c, w := xvfb.Dial(t, display), open(t, display)
	left, right := image.Rect(0, 0, 320, 480), image.Rect(320, 0, 640, 480)
	outer := window(t, c, image.Rect(400, 100, 500, 200), 0)
	over := window(t, c, image.Rect(300, 300, 400, 400), 0)
	inner, _ := xproto.NewWindowId(c.Conn)
	if err := xproto.CreateWindowChecked(c.Conn, 0, inner, outer, -300, 10, 50, 50, 0, xproto.WindowClassInputOutput, 0, 0, nil).Check(); err != nil {
		t.Fatal(err)
	}
	if err := xproto.MapWindowChecked(c.Conn, inner).Check(); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		focus       xproto.Window
		pointer     image.Point
		left, right bool
	}{
		"right":            {outer, image.Pt(10, 10), false, true},
		"a window inside":  {inner, image.Pt(10, 10), false, true},
		"on both":          {over, image.Pt(10, 10), true, true},
		"under pointer":    {xproto.InputFocusPointerRoot, image.Pt(10, 10), true, false},
		"nobody, pointing": {xproto.InputFocusNone, image.Pt(600, 10), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			if err := xproto.SetInputFocusChecked(c.Conn, xproto.InputFocusPointerRoot, tt.focus, 0).Check(); err != nil {
				t.Fatal(err)
			}
			if err := xproto.WarpPointerChecked(c.Conn, 0, c.Root, 0, 0, 0, 0, int16(tt.pointer.X), int16(tt.pointer.Y)).Check(); err != nil {
				t.Fatal(err)
			}
			if l, r := w.FocusedIn(left), w.FocusedIn(right); l != tt.left || r != tt.right {
				t.Errorf("left %v, right %v", l, r)
			}
		})
	}
	if _ = w.Close(); w.FocusedIn(left.Union(right)) {
		t.Error("without a server")
	}
}
