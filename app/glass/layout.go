package glass

import (
	"image"
	"math"

	"beside/input"
)

// Mode says how the picture is sized in the glass.
type Mode uint8

// The modes.
const (
	// Fit scales the whole picture into the glass and keeps its proportions.
	Fit Mode = iota
	// Actual shows one remote pixel per device pixel, centred when it is smaller than
	// the glass and panned when it is larger.
	Actual
)

// snap is how many pixels a glass may be larger than the picture, or a multiple of it, before Fit scales:
// Fyne's rounding of sizes must not turn an exact picture into a blurred one.
const snap = 2

// layout is where the picture lies. All rectangles are device pixels in the window.
// The zero layout shows nothing.
type layout struct {
	area image.Rectangle // the glass
	pic  image.Rectangle // the whole picture; may reach beyond area
	size image.Point     // of the remote picture, in its own pixels
}

// exact says whether one remote pixel is one device pixel.
func (l layout) exact() bool { return l.pic.Size() == l.size }

// sharp says whether one remote pixel is a square of whole device pixels, which is then drawn with
// hard edges.
func (l layout) sharp() bool { return l.pic.Size() == l.size.Mul(l.pic.Dx()/max(1, l.size.X)) }

// empty says whether there is nothing to show or no place for it.
func (l layout) empty() bool { return l.area.Empty() || l.pic.Empty() }

// seen is the part of the picture inside the glass.
func (l layout) seen() image.Rectangle { return l.pic.Intersect(l.area) }

// arrange computes the layout of a picture of that size in area. pan is the part of a
// too large picture that lies left of and above the area in Actual; it is clamped.
func arrange(mode Mode, area image.Rectangle, size, pan image.Point) layout {
	l := layout{area: area, size: size}
	if area.Empty() || size.X <= 0 || size.Y <= 0 {
		return layout{}
	}
	if mode == Fit {
		l.pic = fit(area, size)
		return l
	}
	at := image.Pt(place1(area.Dx(), size.X, pan.X), place1(area.Dy(), size.Y, pan.Y))
	l.pic = image.Rectangle{Max: size}.Add(area.Min).Add(at)
	return l
}

// fit is the picture in whole multiples of its size where that fills area but for snap, else fitted.
func fit(area image.Rectangle, size image.Point) image.Rectangle {
	n := min(area.Dx()/size.X, area.Dy()/size.Y)
	spare := area.Size().Sub(size.Mul(n))
	if n < 1 || min(spare.X, spare.Y) > snap {
		return fitted(area, size)
	}
	at := image.Point{}
	if spare.X > snap {
		at.X = spare.X / 2
	}
	if spare.Y > snap {
		at.Y = spare.Y / 2
	}
	return image.Rectangle{Max: size.Mul(n)}.Add(area.Min).Add(at)
}

// fitted is the largest rectangle of size's proportions in the middle of area.
func fitted(area image.Rectangle, size image.Point) image.Rectangle {
	w, h := area.Dx(), area.Dy()
	if w*size.Y > h*size.X {
		w = max(1, (h*size.X+size.Y/2)/size.Y)
	} else {
		h = max(1, (w*size.Y+size.X/2)/size.X)
	}
	at := area.Min.Add(image.Pt((area.Dx()-w)/2, (area.Dy()-h)/2))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
}

// place1 is where a picture of n pixels starts in an area of room pixels.
func place1(room, n, pan int) int {
	if n <= room {
		return (room - n) / 2
	}
	return -min(max(pan, 0), n-room)
}

// edge is the width, as a fraction of the glass, of the band along its border in which
// the pointer pushes a too large picture.
const edge = 0.08

// push moves pan so that a pointer at x,y in the border band sees more of that side;
// a pointer at the very edge sees the picture's very edge.
func (l layout) push(pan image.Point, x, y float64) image.Point {
	return image.Pt(
		push1(pan.X, l.area.Dx(), l.size.X, x-float64(l.area.Min.X)),
		push1(pan.Y, l.area.Dy(), l.size.Y, y-float64(l.area.Min.Y)))
}

func push1(pan, room, n int, at float64) int {
	most := n - room
	if most <= 0 {
		return 0
	}
	pan = min(max(pan, 0), most)
	band := edge * float64(room)
	if low := 1 - at/band; low > 0 {
		return min(pan, int(math.Round((1-min(low, 1))*float64(most))))
	}
	if high := 1 - (float64(room-1)-at)/band; high > 0 {
		return max(pan, int(math.Round(min(high, 1)*float64(most))))
	}
	return pan
}

// fraction says where in the picture the device pixel x,y of the window lies. Places
// outside the picture become the nearest place in it.
func (l layout) fraction(x, y float64) input.Move {
	return input.Move{
		X: fraction1(x-float64(l.pic.Min.X), l.pic.Dx(), l.size.X),
		Y: fraction1(y-float64(l.pic.Min.Y), l.pic.Dy(), l.size.Y),
	}
}

// fraction1: pixel x of w shown pixels, as a fraction between the centres of the first
// and the last of n remote pixels.
func fraction1(x float64, w, n int) float64 {
	if w <= 0 || n <= 1 {
		return 0
	}
	centre := (x+0.5)*float64(n)/float64(w) - 0.5
	return min(max(centre/float64(n-1), 0), 1)
}

// covers says whether the device pixel x,y of the window shows the picture.
func (l layout) covers(x, y float64) bool {
	return image.Pt(int(math.Floor(x)), int(math.Floor(y))).In(l.seen())
}

// toWindow is the part of the window that shows the remote rectangle r. When scaled it
// is one pixel wider on each side, for the filter reads its neighbours.
func (l layout) toWindow(r image.Rectangle) image.Rectangle {
	if r.Empty() || l.empty() {
		return image.Rectangle{}
	}
	if l.exact() {
		return r.Add(l.pic.Min).Intersect(l.area)
	}
	w, h := l.pic.Dx(), l.pic.Dy()
	out := image.Rect(
		r.Min.X*w/l.size.X-1, r.Min.Y*h/l.size.Y-1,
		(r.Max.X*w+l.size.X-1)/l.size.X+1, (r.Max.Y*h+l.size.Y-1)/l.size.Y+1)
	return out.Add(l.pic.Min).Intersect(l.seen())
}

// point is the device pixel of the window that shows the middle of remote pixel p.
func (l layout) point(p image.Point) image.Point {
	if l.size.X <= 0 || l.size.Y <= 0 {
		return image.Point{}
	}
	return image.Pt(
		(2*p.X+1)*l.pic.Dx()/(2*l.size.X), (2*p.Y+1)*l.pic.Dy()/(2*l.size.Y)).Add(l.pic.Min)
}

// outside cuts r into the parts of it that lie outside hole.
func outside(r, hole image.Rectangle) []image.Rectangle {
	in := r.Intersect(hole)
	if in.Empty() {
		return []image.Rectangle{r}
	}
	var out []image.Rectangle
	for _, c := range []image.Rectangle{
		image.Rect(r.Min.X, r.Min.Y, r.Max.X, in.Min.Y),
		image.Rect(r.Min.X, in.Max.Y, r.Max.X, r.Max.Y),
		image.Rect(r.Min.X, in.Min.Y, in.Min.X, in.Max.Y),
		image.Rect(in.Max.X, in.Min.Y, r.Max.X, in.Max.Y),
	} {
		if c.Dx() > 0 && c.Dy() > 0 {
			out = append(out, c)
		}
	}
	return out
}
