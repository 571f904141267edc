package robot

import (
	"errors"
	"fmt"
	"image"
	"math"

	"beside/input"
)

var (
	// ErrGone means that what injects is gone, or that the Robot was closed.
	ErrGone = errors.New("robot: the X server is gone")
	// ErrOtherDisplay means that a Robot of this process is open on another display.
	ErrOtherDisplay = errors.New("robot: this process already injects into another display")
	// ErrLost means that the system was asked and did not do it, or not in time. A press may
	// have happened all the same.
	ErrLost = errors.New("robot: the event was lost")
)

// Options say where to inject.
type Options struct {
	Display string                 // X11 only; "" means $DISPLAY
	Area    func() image.Rectangle // the shared picture in desktop pixels; empty refuses everything with a place
}

// place is the desktop pixel of m. ErrRefused if nothing is shared.
func (o *Options) place(m input.Move) (image.Point, error) {
	area := o.Area()
	if area.Empty() {
		return image.Point{}, fmt.Errorf("%w: nothing is shared", input.ErrRefused)
	}
	return input.Place(m, area), nil
}

// buttonNames are robotgo's names. It has none for back and forward.
var buttonNames = map[uint8]string{1: "left", 2: "center", 3: "right"}

// wheel is scrolling that is not yet worth a detent.
type wheel struct{ x, y float64 }

// turn adds a scroll and takes out the whole detents, positive is right and down.
func (w *wheel) turn(e input.Scroll) (x, y int) {
	return detents(&w.x, e.DX), detents(&w.y, e.DY)
}

func detents(rest *float64, d float64) int {
	if *rest*d < 0 {
		*rest = 0 // turned round
	}
	whole, left := math.Modf(*rest + d)
	*rest = left
	return int(whole)
}
