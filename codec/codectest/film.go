package codectest

import (
	"image"
	"math"

	"beside/frame"
)

// Film paints picture n of a smooth moving scene with fine texture into r of f, as a
// video player would; thirty a second look natural.
func Film(f *frame.Frame, r image.Rectangle, n int) {
	ph := 0.12 * float64(n+1)
	type wave struct{ own, sin, cos float64 } // of a column or a row
	across := make([]wave, r.Dx())
	for x := range across {
		fx := float64(x) / 60
		s, c := math.Sincos(fx*.6 + ph*1.3)
		across[x] = wave{math.Sin(fx + ph), s, c}
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		fy := float64(y-r.Min.Y) / 45
		s, c := math.Sincos(fy * .6)
		own := math.Sin(fy - ph*.7)
		for x := r.Min.X; x < r.Max.X; x++ {
			a := across[x-r.Min.X]
			v := a.own + own + a.sin*c + a.cos*s
			p := f.Pix[y*f.Stride+4*x:]
			p[0], p[1], p[2] = byte(128+40*v), byte(128+30*v+float64((x^y)&7)), byte(128-38*v)
		}
	}
	f.Damage.Add(r)
}

// PSNR compares the colours of two BGRX pictures within r, in dB; +Inf if they are equal.
func PSNR(a, b *frame.Frame, r image.Rectangle) float64 {
	sum := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p, q := a.Pix[y*a.Stride+4*x:][:3], b.Pix[y*b.Stride+4*x:][:3]
			for i := range p {
				d := int(p[i]) - int(q[i])
				sum += d * d
			}
		}
	}
	return 10 * math.Log10(255*255*3*float64(r.Dx()*r.Dy())/float64(sum))
}
