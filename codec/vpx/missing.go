//go:build !cgo || novpx

package vpx

import (
	"image"

	"beside/frame"
)

// Available says whether this program has libvpx.
const Available = false

// Encoder makes the frames of one stream. It is not safe for concurrent use.
type Encoder struct{}

// NewEncoder answers ErrMissing.
func NewEncoder(Options) (*Encoder, error) { return nil, ErrMissing }

// SetRate answers ErrMissing.
func (*Encoder) SetRate(int) error { return ErrMissing }

// Encode answers ErrMissing.
func (*Encoder) Encode(*frame.Frame, image.Point, Picture) ([]byte, error) { return nil, ErrMissing }

// Shown answers ErrMissing.
func (*Encoder) Shown(*frame.Frame, image.Point) error { return ErrMissing }

// Close does nothing.
func (*Encoder) Close() {}

// Decoder shows the frames of one stream. It is not safe for concurrent use.
type Decoder struct{}

// NewDecoder answers ErrMissing.
func NewDecoder(image.Point) (*Decoder, error) { return nil, ErrMissing }

// Decode answers ErrMissing.
func (*Decoder) Decode([]byte) error { return ErrMissing }

// Paint answers ErrMissing.
func (*Decoder) Paint(*frame.Frame, image.Point, image.Rectangle) error { return ErrMissing }

// Close does nothing.
func (*Decoder) Close() {}
