package glass

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"

	"beside/frame"
)

func pointerTest(t *testing.T, way string) {
	r := newRig(t, way, 700, 500, false)
	size := image.Pt(600, 400)
	f := r.g.Screen().Frame(size)
	for i := range f.Pix {
		f.Pix[i] = 0x40
	}
	r.g.Screen().Show([]image.Rectangle{f.Bounds()})
	fyne.DoAndWait(func() { r.g.SetMode(Actual) })
	r.until("a layout", func() bool { return r.g.tr.lay.exact() })
	r.same("without")
	p := r.layout().pic.Min
	shape := &frame.CursorShape{Size: image.Pt(8, 8), Hot: image.Pt(2, 2), Pix: make([]byte, 4*64)}
	for i := range 64 {
		copy(shape.Pix[4*i:], []byte{0x80, 0, 0, 0x80}) // half transparent red, premultiplied
	}
	mixed := func(x, y int) bool {
		c := r.colour(p.X+x, p.Y+y)
		red, green := c>>16, c>>8&0xFF
		return red >= 0x9E && red <= 0xA2 && green >= 0x1E && green <= 0x22
	}
	r.g.Screen().Cursor(frame.Cursor{Pos: image.Pt(100, 50), Visible: true, Shape: shape})
	r.until("the pointer", func() bool { return mixed(98, 48) && mixed(105, 55) && !mixed(97, 48) && !mixed(106, 55) })
	// The picture changes beneath it: it must neither vanish nor darken.
	for range 3 {
		r.g.Screen().Show([]image.Rectangle{image.Rect(0, 0, 102, 52)})
	}
	r.until("the pointer after a change", func() bool { return mixed(98, 48) && mixed(105, 55) })
	r.g.Screen().Cursor(frame.Cursor{Pos: image.Pt(300, 200), Visible: true, Shape: shape})
	r.until("the pointer elsewhere", func() bool { return mixed(300, 200) && r.colour(p.X+98, p.Y+48) == 0x404040 })
	r.g.Screen().Cursor(frame.Cursor{Pos: image.Pt(300, 200), Visible: true})
	r.until("an unknown pointer", func() bool { return r.colour(p.X+300, p.Y+200) == 0 })
	r.g.Screen().Cursor(frame.Cursor{Pos: image.Pt(300, 200), Shape: shape})
	r.same("invisible")
	r.g.Screen().Cursor(frame.Cursor{Pos: image.Pt(300, 200), Visible: true, Shape: shape})
	r.until("the pointer again", func() bool { return mixed(300, 200) })
	fyne.DoAndWait(func() { r.g.SetControl(true) })
	r.same("under control")
}
