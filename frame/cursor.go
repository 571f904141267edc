package frame

import "image"

// MaxCursorSide bounds a cursor's width and height in pixels.
const MaxCursorSide = 256

// Cursor is the pointer of a display: never part of the picture, drawn by the viewer.
type Cursor struct {
	Pos     image.Point  // the hot spot, frame coordinates
	Visible bool         // false when the pointer is on another display or hidden
	Shape   *CursorShape // immutable once made; nil means unknown (draw an arrow)
}

// CursorShape is a pointer's picture. It must not be changed after it was handed on,
// so that it can be compared by address and shared between goroutines.
type CursorShape struct {
	Size image.Point // physical pixels, each side 1..MaxCursorSide
	Hot  image.Point // hot spot inside the picture
	Pix  []byte      // premultiplied RGBA, len == 4*Size.X*Size.Y
}
