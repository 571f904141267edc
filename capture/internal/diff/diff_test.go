package diff

import (
	"image"
	"math/rand/v2"
	"testing"

	"beside/frame"
)

// TestCopyChanged changes random pixels and checks the result against the whole truth:
// the picture is equal, every changed pixel is damage, no untouched block is.
func TestCopyChanged(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var dst frame.Frame
		dst.Resize(image.Pt(1+rnd.IntN(90), 1+rnd.IntN(90)))
		dst.Damage.Clear()
		x, y := rnd.IntN(dst.Size.X), rnd.IntN(dst.Size.Y)
		at := image.Rect(x, y, x+1+rnd.IntN(dst.Size.X-x), y+1+rnd.IntN(dst.Size.Y-y))
		stride := 4*at.Dx() + 4*rnd.IntN(3)
		pix := make([]byte, stride*at.Dy())
		touched := map[image.Point]bool{} // blocks
		for range rnd.IntN(6) {
			p := image.Pt(at.Min.X+rnd.IntN(at.Dx()), at.Min.Y+rnd.IntN(at.Dy()))
			pix[(p.Y-at.Min.Y)*stride+4*(p.X-at.Min.X)+1] = 7
			touched[p.Div(block)] = true
		}
		if got := CopyChanged(&dst, at, pix, stride, true); got != (len(touched) > 0) {
			t.Fatalf("CopyChanged = %v with %d changed blocks", got, len(touched))
		}
		for y := at.Min.Y; y < at.Max.Y; y++ {
			for x := at.Min.X; x < at.Max.X; x++ {
				if dst.Pix[y*dst.Stride+4*x+1] != pix[(y-at.Min.Y)*stride+4*(x-at.Min.X)+1] {
					t.Fatalf("pixel %d,%d was not copied", x, y)
				}
			}
		}
		for y := range dst.Size.Y {
			for x := range dst.Size.X {
				p, in := image.Pt(x, y), false
				for _, r := range dst.Damage.Rects() {
					in = in || p.In(r)
				}
				if want := touched[p.Div(block)] && p.In(at); in != want {
					t.Fatalf("damage at %v = %v, want %v", p, in, want)
				}
			}
		}
	}
}
