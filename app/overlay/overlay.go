package overlay

import "errors"

// ErrUnsupported means that nothing can be drawn on this screen.
var ErrUnsupported = errors.New("overlay: not on this screen")

// Options say where to draw.
type Options struct {
	Display string // "" means $DISPLAY
	Colour  uint32 // 0xRRGGBB; 0: that of the first helper
}

// first is the first helper's colour.
const first = 0xFF3B5C
