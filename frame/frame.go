package frame

import (
	"image"
	"time"
)

// Format is the byte order of a pixel in memory. Every pixel is 4 bytes.
type Format uint8

const (
	// BGRX is what X11, DXGI and ScreenCaptureKit deliver. X has no meaning.
	BGRX Format = iota
	// RGBX is what image.RGBA holds; X is 0xFF.
	RGBX
)

// MaxSide is the largest width or height, in pixels, that Beside handles.
// It bounds what a hostile peer can make us allocate.
const MaxSide = 16384

// MaxPixels is the largest number of pixels in a picture (an 8K display with room).
const MaxPixels = 64 << 20

// Frame is one picture of one display. Its owner is whoever allocated it: nobody
// else may hold Pix after the call it was passed to returns. The zero Frame is
// empty. A Frame is not safe for concurrent use.
type Frame struct {
	Pix    []byte        // len >= Stride*Size.Y
	Stride int           // bytes between rows, >= 4*Size.X
	Format Format        // byte order of Pix
	Size   image.Point   // physical pixels
	Origin image.Point   // top-left in desktop coordinates, physical pixels; may be negative
	Damage Region        // frame coordinates; writers add, only the consumer clears
	At     time.Duration // when the picture was taken, since the Source was opened
}

// Resize makes f hold size pixels. If that changes the size, the pixels are new
// (black) and the whole of f is added to Damage.
func (f *Frame) Resize(size image.Point) {
	if f.Size == size && f.Pix != nil {
		return
	}
	f.Size, f.Stride = size, 4*size.X
	f.Pix = make([]byte, f.Stride*size.Y)
	f.Damage.Clear()
	f.Damage.Add(f.Bounds())
}

// Bounds is the picture's rectangle in frame coordinates.
func (f *Frame) Bounds() image.Rectangle { return image.Rectangle{Max: f.Size} }

// ValidSize says whether a picture of that size may be made at all.
func ValidSize(size image.Point) bool {
	return size.X > 0 && size.Y > 0 && size.X <= MaxSide && size.Y <= MaxSide && size.X*size.Y <= MaxPixels
}
