package codectest

import (
	"image"
	"math"
	"math/rand/v2"

	"beside/frame"
)

// Pictures of the kinds that fill desktops, the same for the same seed, so that figures of
// size and time can be compared.

// glyph is a letter's coverage, 0..255, rows of w.
type glyph struct {
	w   int
	pix [glyphHeight][12]uint8
}

const (
	glyphHeight = 15
	lineHeight  = 19
)

// font makes 64 letters out of a few strokes each, with soft edges.
func font(rnd *rand.Rand, fixed int) (g [64]glyph) {
	for i := range g {
		w := 5 + rnd.IntN(6)
		if fixed > 0 {
			w = fixed
		}
		g[i].w = w
		for range 2 + rnd.IntN(3) {
			x0, y0 := 1+rnd.Float64()*float64(w-3), 2+rnd.Float64()*10
			x1, y1 := 1+rnd.Float64()*float64(w-3), 2+rnd.Float64()*10
			switch rnd.IntN(3) { // most strokes stand or lie
			case 0:
				x0, x1 = math.Round(x0)+0.5, math.Round(x0)+0.5
			case 1:
				y0, y1 = math.Round(y0)+0.5, math.Round(y0)+0.5
			}
			for y := range glyphHeight {
				for x := range w - 1 {
					d := distance(float64(x)+0.5, float64(y)+0.5, x0, y0, x1, y1)
					c := uint8(255 * min(1, max(0, 1.2-d)))
					g[i].pix[y][x] = max(g[i].pix[y][x], c)
				}
			}
		}
	}
	return g
}

func distance(x, y, x0, y0, x1, y1 float64) float64 {
	dx, dy := x1-x0, y1-y0
	t := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		t = min(1, max(0, ((x-x0)*dx+(y-y0)*dy)/l))
	}
	return math.Hypot(x-x0-t*dx, y-y0-t*dy)
}

// Text fills r with lines of coloured words on paper, fixed pixels wide each letter or,
// if that is 0, as wide as it needs.
func Text(f *frame.Frame, r image.Rectangle, seed uint64, paper uint32, fixed int) {
	rnd := rand.New(rand.NewPCG(7, uint64(fixed)))
	letters := font(rnd, fixed)
	rnd = rand.New(rand.NewPCG(seed, 11))
	Flat(f, r, paper)
	inks := [...]uint32{0x202020, 0x202020, 0x202020, 0x1A4FA0, 0xA03030, 0x207030}
	if paper&0xFF < 128 {
		inks = [...]uint32{0xD0D0D0, 0xD0D0D0, 0xD0D0D0, 0x60A0F0, 0xF08080, 0x80D090}
	}
	for y := r.Min.Y + 2; y+lineHeight <= r.Max.Y; y += lineHeight {
		if rnd.IntN(8) == 0 {
			continue // between paragraphs
		}
		end := r.Max.X - 20 - rnd.IntN(max(1, r.Dx()/3))
		ink := inks[rnd.IntN(len(inks))]
		for x := r.Min.X + 8; x < end; {
			if rnd.IntN(6) == 0 {
				x += max(4, fixed)
				ink = inks[rnd.IntN(len(inks))]
				continue
			}
			g := &letters[min(rnd.IntN(64), rnd.IntN(64))]
			draw(f, r, x, y, g, paper, ink)
			x += g.w
		}
	}
}

func draw(f *frame.Frame, r image.Rectangle, x0, y0 int, g *glyph, paper, ink uint32) {
	for y := range glyphHeight {
		for x := range g.w {
			c := uint32(g.pix[y][x])
			if c == 0 || !image.Pt(x0+x, y0+y).In(r) {
				continue
			}
			p := f.Pix[(y0+y)*f.Stride+4*(x0+x):]
			for i := range 3 {
				a, b := paper>>(8*i)&0xFF, ink>>(8*i)&0xFF
				p[i] = byte((a*(255-c) + b*c) / 255)
			}
		}
	}
}

// Flat fills r with one colour.
func Flat(f *frame.Frame, r image.Rectangle, colour uint32) {
	r = r.Intersect(f.Bounds())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p := f.Pix[y*f.Stride+4*x:]
			p[0], p[1], p[2] = byte(colour), byte(colour>>8), byte(colour>>16)
		}
	}
}

// Photo fills r with soft shapes and the noise of a camera.
func Photo(f *frame.Frame, r image.Rectangle, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 13))
	var wave [8][4]float64
	for i := range wave {
		wave[i] = [4]float64{rnd.NormFloat64() / 60, rnd.NormFloat64() / 60, rnd.Float64() * 6, rnd.Float64()}
	}
	r = r.Intersect(f.Bounds())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			v, hue := 0.0, 0.0
			for i, w := range wave {
				s := math.Sin(float64(x)*w[0] + float64(y)*w[1] + w[2])
				v += s
				hue += s * w[3] * float64(i%3-1)
			}
			p := f.Pix[y*f.Stride+4*x:]
			light := 128 + 14*v + 2*rnd.NormFloat64()
			for i := range 3 {
				c := light + 10*hue*float64(i-1) + 1.5*rnd.NormFloat64()
				p[i] = byte(max(0, min(255, c)))
			}
		}
	}
}

// Page is a document as browsers show them: headings, text, boxes, a few pictures.
func Page(size image.Point, seed uint64, photos bool) *frame.Frame {
	f := &frame.Frame{}
	f.Resize(size)
	Flat(f, f.Bounds(), 0xFFFFFF)
	rnd := rand.New(rand.NewPCG(seed, 17))
	left, right := size.X/10, size.X*9/10
	for y := 0; y < size.Y; {
		h := 150 + rnd.IntN(250)
		r := image.Rect(left, y, right, min(y+h, size.Y))
		switch k := rnd.IntN(6); {
		case k == 0:
			Flat(f, r, 0xF0F4F8)
			Text(f, r.Inset(20), rnd.Uint64(), 0xF0F4F8, 8)
		case k == 1 && photos:
			r.Max.X = r.Min.X + 400
			Photo(f, r, rnd.Uint64())
			Text(f, image.Rect(r.Max.X+20, r.Min.Y, right, r.Max.Y), rnd.Uint64(), 0xFFFFFF, 0)
		default:
			Text(f, r, rnd.Uint64(), 0xFFFFFF, 0)
		}
		y += h + 10
	}
	f.Damage.Clear()
	return f
}

// Blit copies the part of src at from to the rectangle to of dst and adds to its damage.
func Blit(dst *frame.Frame, to image.Rectangle, src *frame.Frame, from image.Point) {
	clipped := to.Intersect(dst.Bounds())
	from = from.Add(clipped.Min.Sub(to.Min))
	for y := range clipped.Dy() {
		copy(dst.Pix[(clipped.Min.Y+y)*dst.Stride+4*clipped.Min.X:][:4*clipped.Dx()], src.Pix[(from.Y+y)*src.Stride+4*from.X:])
	}
	dst.Damage.Add(clipped)
}
