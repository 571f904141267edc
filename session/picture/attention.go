package picture

import (
	"image"
	"math"
)

// caretSize is the side, in pixels, of the largest change that may be somebody typing.
const caretSize = 64

// attention guesses where people look, for when not everything can be sent at once: where the
// pointer is, or where the last small thing was drawn, whichever moved last. It belongs to one
// goroutine.
type attention struct {
	pointer, at image.Point
	cut         bool // the last picture did not hold all there was
	turn        int  // counts pictures that did not
}

// drawn takes in what changed: the smallest of it that a caret or a character may be.
func (a *attention) drawn(damage []image.Rectangle) {
	best := caretSize*caretSize + 1
	for _, r := range damage {
		if n := r.Dx() * r.Dy(); n < best && r.Dx() <= caretSize && r.Dy() <= caretSize {
			best = n
			a.at = r.Min.Add(r.Max).Div(2)
		}
	}
}

// sent takes in whether a picture left something out.
func (a *attention) sent(cut bool) {
	a.cut = cut
	if cut {
		a.turn++
	}
}

// focus is the point near which blocks go first, with the pointer where it is now. While there is
// more to send than fits, every second picture begins somewhere else, at points that fill the
// screen evenly (the R2 sequence): else what moves near the focus would keep the rest from ever
// being sent.
func (a *attention) focus(pointer, size image.Point) image.Point {
	if pointer != a.pointer {
		a.pointer, a.at = pointer, pointer
	}
	if a.cut && a.turn%2 == 1 {
		n := float64(a.turn/2 + 1)
		_, x := math.Modf(n * 0.7548776662466927)
		_, y := math.Modf(n * 0.5698402909980532)
		return image.Pt(int(x*float64(size.X)), int(y*float64(size.Y)))
	}
	return a.at
}
