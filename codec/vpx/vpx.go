package vpx

import (
	"errors"
	"image"
	"time"
)

// What making or using an Encoder or a Decoder may answer, with errors.Is.
var (
	// ErrMissing means the program was built without libvpx.
	ErrMissing = errors.New("vpx: built without libvpx")
	// ErrSize means a size this package does not handle.
	ErrSize = errors.New("vpx: size out of range")
	// ErrStream means bytes that are no frame of the agreed kind and size.
	ErrStream = errors.New("vpx: not a frame of this stream")
	// ErrClosed means use after Close.
	ErrClosed = errors.New("vpx: closed")
	// ErrCodec means libvpx failed; the Encoder or Decoder should be closed.
	ErrCodec = errors.New("vpx: libvpx failed")
)

const (
	// MinSide is the least width and height in pixels.
	MinSide = 16
	// MaxSide is the largest width and height in pixels.
	MaxSide = 4096
	// MaxPixels bounds their product.
	MaxPixels = 1 << 22
	// MaxData bounds the bytes of one frame.
	MaxData = 4 << 20
)

// ValidSize says whether pictures of that size can be coded.
func ValidSize(size image.Point) bool {
	return size.X >= MinSide && size.Y >= MinSide && size.X <= MaxSide && size.Y <= MaxSide && size.X*size.Y <= MaxPixels
}

// Options are what an Encoder is made with.
type Options struct {
	Size image.Point // of every frame; ValidSize
	Rate int         // bits per second aimed at; at least 50 000 is used
}

// Prediction is what a frame is predicted from.
type Prediction uint8

const (
	// Key is predicted from nothing. It becomes Last and Golden.
	Key Prediction = iota
	// Last is predicted from the frame before.
	Last
	// Golden is predicted from the frame that last was kept.
	Golden
)

// Picture says how one frame is to be made.
type Picture struct {
	From Prediction
	Keep bool // it becomes Golden, beside Last which every frame becomes; implied by Key
	// After is the time since the frame before, for the sake of the rate. It is taken
	// as within 1/120 s and 1/4 s, and 0 as 1/30 s.
	After time.Duration
}

const leastRate = 50_000

// ticks is After in 1/90000 s.
func (p Picture) ticks() int {
	if p.After == 0 {
		return 3000
	}
	return int(min(max(p.After, time.Second/120), time.Second/4) * 90000 / time.Second)
}
