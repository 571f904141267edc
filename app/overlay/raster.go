package overlay

import (
	"image"
	"math"
)

// Sizes of what is drawn, in pixels.
const (
	penRadius  = 2.5
	dotRadius  = 6.0
	ringRadius = 13.0
	ringWidth  = 2.5
	laserSize  = 28 // of the laser's square
)

// thick is the line from a to b as one rectangle a row, each inside clip. Equal points are a dot.
func thick(a, b image.Point, r float64, clip image.Rectangle) []image.Rectangle {
	ax, ay, bx, by := float64(a.X), float64(a.Y), float64(b.X), float64(b.Y)
	if ay > by {
		ax, ay, bx, by = bx, by, ax, ay
	}
	var out []image.Rectangle
	for y := max(clip.Min.Y, int(math.Floor(ay-r))); y <= min(clip.Max.Y-1, int(math.Ceil(by+r))); y++ {
		lo, hi := math.Inf(1), math.Inf(-1)
		t0, t1 := 0.0, 1.0 // the part of the line that is near enough to this row
		if d := by - ay; d > 0 {
			t0, t1 = max(0, (float64(y)-r-ay)/d), min(1, (float64(y)+r-ay)/d)
		} else if math.Abs(float64(y)-ay) > r {
			continue
		}
		if t0 > t1 {
			continue
		}
		const steps = 12
		for i := range steps + 1 {
			t := t0 + (t1-t0)*float64(i)/steps
			dy := float64(y) - (ay + t*(by-ay))
			if h := r*r - dy*dy; h >= 0 {
				x := ax + t*(bx-ax)
				lo, hi = min(lo, x-math.Sqrt(h)), max(hi, x+math.Sqrt(h))
			}
		}
		if lo <= hi {
			q := image.Rect(int(math.Ceil(lo)), y, int(math.Floor(hi))+1, y+1).Intersect(clip)
			if !q.Empty() {
				out = append(out, q)
			}
		}
	}
	return out
}

// target is the laser: a dot in a ring, in a square of laserSize.
func target() []image.Rectangle {
	var out []image.Rectangle
	c := float64(laserSize-1) / 2
	for y := range laserSize {
		start := -1
		for x := range laserSize + 1 {
			d := math.Hypot(float64(x)-c, float64(y)-c)
			in := x < laserSize && (d <= dotRadius || d <= ringRadius && d > ringRadius-ringWidth)
			if in && start < 0 {
				start = x
			} else if !in && start >= 0 {
				out = append(out, image.Rect(start, y, x, y+1))
				start = -1
			}
		}
	}
	return out
}
