package glass

import (
	"image"
	"image/color"
	"time"

	"beside/frame"
)

// A surface puts a buffer's pixels on the screen. place, cut and close are called on
// the Fyne goroutine, the others on any; none blocks on the network or on Fyne.
type surface interface {
	// way names the surface for the log and the session's information.
	way() string
	// attach makes b what is shown; all of it is damaged. The surface keeps b until the
	// next attach.
	attach(b *buffer)
	// place puts the picture there. A layout of another size than the buffer's shows
	// nothing until both agree.
	place(l layout)
	// cut leaves these rectangles, device pixels of the window, to Fyne.
	cut(holes []image.Rectangle)
	// damage says that these rectangles of the buffer changed at that time.
	damage(rs []image.Rectangle, at time.Time)
	// hide covers the whole glass with the stage's colour. Uncovering shows all of the buffer.
	hide(on bool)
	// sprite draws the remote pointer over the picture.
	sprite(s sprite)
	// close frees what the surface holds. No other method does anything afterwards.
	close()
}

// sprite is the remote pointer as it is drawn. The zero sprite is none.
type sprite struct {
	shape *frame.CursorShape // nil: no pointer
	at    image.Point        // the hot spot, in frame coordinates
}

// box is where s lies in the window.
func (s sprite) box(l layout) image.Rectangle {
	if s.shape == nil || l.empty() {
		return image.Rectangle{}
	}
	min := l.point(s.at).Sub(s.shape.Hot)
	return image.Rectangle{Min: min, Max: min.Add(s.shape.Size)}
}

// buffer is the memory a picture is decoded into.
type buffer struct {
	frame *frame.Frame
	share uint32 // the X server's name of the memory; 0: it is ours alone
}

// newBuffer makes a buffer in ordinary memory.
func newBuffer(size image.Point) *buffer {
	f := &frame.Frame{Format: frame.BGRX}
	f.Resize(size)
	f.Damage.Clear()
	return &buffer{frame: f}
}

// rgb is the colour as X11 wants it.
func rgb(c color.Color) uint32 {
	r, g, b, _ := c.RGBA()
	return r>>8<<16 | g>>8<<8 | b>>8
}
