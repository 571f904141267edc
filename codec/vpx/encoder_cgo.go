//go:build cgo && !novpx

package vpx

// #cgo pkg-config: vpx
// #cgo CFLAGS: -O3 -std=gnu11 -Wall
// #include "shim.h"
import "C"

import (
	"fmt"
	"image"
	"unsafe"

	"beside/frame"
)

// Available says whether this program has libvpx.
const Available = true

// Encoder makes the frames of one stream. It is not safe for concurrent use.
type Encoder struct {
	c    *C.beside_enc
	size image.Point
	rate int
	out  *C.uint8_t // here, not on the stack: C writes them
	n    C.size_t
}

// NewEncoder opens a stream. Close must be called.
func NewEncoder(o Options) (*Encoder, error) {
	if !ValidSize(o.Size) {
		return nil, fmt.Errorf("%w: %v", ErrSize, o.Size)
	}
	e := &Encoder{size: o.Size, rate: max(o.Rate, leastRate)}
	e.c = C.beside_enc_open(C.int(o.Size.X), C.int(o.Size.Y), C.int(e.rate/1000))
	if e.c == nil {
		return nil, fmt.Errorf("%w: open encoder", ErrCodec)
	}
	return e, nil
}

// SetRate changes the bits per second aimed at, from the next frame on.
func (e *Encoder) SetRate(bits int) error {
	bits = max(bits, leastRate)
	switch {
	case e.c == nil:
		return ErrClosed
	case bits/1000 == e.rate/1000:
		return nil
	}
	e.rate = bits
	if C.beside_enc_rate(e.c, C.int(bits/1000)) != 0 {
		return fmt.Errorf("%w: set rate", ErrCodec)
	}
	return nil
}

// Encode codes the rectangle of the stream's size at min in f, which must lie within f.
// The bytes are valid until the next call.
func (e *Encoder) Encode(f *frame.Frame, min image.Point, p Picture) ([]byte, error) {
	r := image.Rectangle{Min: min, Max: min.Add(e.size)}
	switch {
	case e.c == nil:
		return nil, ErrClosed
	case !r.In(f.Bounds()):
		return nil, fmt.Errorf("%w: %v outside %v", ErrSize, r, f.Size)
	}
	rgb, keep := C.int(0), C.int(0)
	if f.Format == frame.RGBX {
		rgb = 1
	}
	if p.Keep {
		keep = 1
	}
	src, stride := at(f, r)
	if C.beside_enc_frame(e.c, src, stride, rgb, C.int(p.From), keep, C.int(p.ticks()), &e.out, &e.n) != 0 || e.n > MaxData {
		return nil, fmt.Errorf("%w: encode", ErrCodec)
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(e.out)), int(e.n)), nil
}

// Shown writes into f at min, BGRX, what a decoder shows after the last frame encoded.
func (e *Encoder) Shown(f *frame.Frame, min image.Point) error {
	r := image.Rectangle{Min: min, Max: min.Add(e.size)}
	switch {
	case e.c == nil:
		return ErrClosed
	case !r.In(f.Bounds()) || f.Format != frame.BGRX:
		return fmt.Errorf("%w: %v outside BGRX of %v", ErrSize, r, f.Size)
	}
	dst, stride := at(f, r)
	if C.beside_enc_shown(e.c, dst, stride) != 0 {
		return fmt.Errorf("%w: nothing encoded", ErrCodec)
	}
	return nil
}

// Close frees everything. The Encoder answers ErrClosed from then on.
func (e *Encoder) Close() {
	if e.c != nil {
		C.beside_enc_close(e.c)
		e.c = nil
	}
}

// at is the first pixel of r in f, having checked that all of r is backed by memory.
func at(f *frame.Frame, r image.Rectangle) (*C.uint8_t, C.size_t) {
	first, last := r.Min.Y*f.Stride+4*r.Min.X, (r.Max.Y-1)*f.Stride+4*r.Max.X
	return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(f.Pix[first:last]))), C.size_t(f.Stride)
}
