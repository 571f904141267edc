package session

import (
	"image"

	"beside/frame"
)

// Screen is where the helper sees the picture; app/glass implements it. Frame and Show
// are called by one goroutine, Cursor by another.
type Screen interface {
	// Frame is the picture to decode into, of that size, format BGRX. It stays valid and
	// the same until Frame is called with another size. Its content survives between calls.
	Frame(size image.Point) *frame.Frame
	// Show says these rectangles of Frame changed. It does not block; damage merges.
	Show(rs []image.Rectangle)
	// Cursor places or changes the remote pointer.
	Cursor(c frame.Cursor)
	// Pause hides the picture entirely (true) until the next Show after Pause(false).
	Pause(on bool)
}

// Meter is a snapshot of the stages between the two screens; durations are recent medians, 0 if unknown.
type Meter struct {
	Capture, Encode, Network, Decode, Display Milliseconds
	PerSecond                                 float64 // pictures shown per second
	Loss                                      float64 // 0..1
	Relay                                     bool
	Exact                                     bool // the picture shown equals the sharer's screen, pixel for pixel
}

// Milliseconds is a duration as the meter shows it.
type Milliseconds float64

// Total is from their screen to yours.
func (m Meter) Total() Milliseconds {
	return m.Capture + m.Encode + m.Network + m.Decode + m.Display
}
