//go:build cgo && !novpx

package vpx

// #include "shim.h"
import "C"

import (
	"encoding/binary"
	"fmt"
	"image"
	"unsafe"

	"beside/frame"
)

// Decoder shows the frames of one stream. It survives any bytes, with memory bounded by
// its size, and is not safe for concurrent use.
type Decoder struct {
	c    *C.beside_dec
	size image.Point
	in   []byte
	keys bool // a key frame was decoded since the last failure
}

// NewDecoder opens a stream of pictures of that size. Close must be called.
func NewDecoder(size image.Point) (*Decoder, error) {
	if !ValidSize(size) {
		return nil, fmt.Errorf("%w: %v", ErrSize, size)
	}
	d := &Decoder{size: size, c: C.beside_dec_open(C.int(size.X), C.int(size.Y))}
	if d.c == nil {
		return nil, fmt.Errorf("%w: open decoder", ErrCodec)
	}
	return d, nil
}

// Decode takes in one frame. That it is predicted from what this decoder has is for the
// caller to know. After an error other than ErrStream only a key frame helps, and there is
// nothing to Paint.
func (d *Decoder) Decode(data []byte) error {
	switch {
	case d.c == nil:
		return ErrClosed
	case len(data) > MaxData:
		return ErrStream
	}
	key, err := parseHeader(data, d.size)
	if err != nil {
		return err
	}
	if !key && !d.keys {
		return ErrStream
	}
	// An index of our own, with one frame in it, keeps libvpx from looking for further
	// frames in what follows: they would escape parseHeader.
	const marker = 0xC0 | 3<<3
	d.in = append(append(d.in[:0], data...), marker)
	d.in = append(binary.LittleEndian.AppendUint32(d.in, uint32(len(data))), marker)
	d.keys = C.beside_dec_frame(d.c, (*C.uint8_t)(unsafe.Pointer(&d.in[0])), C.size_t(len(d.in))) == 0
	if !d.keys {
		return fmt.Errorf("%w: decode", ErrCodec)
	}
	return nil
}

// Paint writes part of the last frame, in coordinates of the stream, into dst, BGRX, with
// the stream's top left at min.
func (d *Decoder) Paint(dst *frame.Frame, min image.Point, part image.Rectangle) error {
	r := part.Add(min)
	switch {
	case d.c == nil:
		return ErrClosed
	case part.Empty() || !part.In(image.Rectangle{Max: d.size}) || !r.In(dst.Bounds()) || dst.Format != frame.BGRX:
		return fmt.Errorf("%w: %v of %v into %v", ErrSize, part, d.size, dst.Size)
	}
	p, stride := at(dst, r)
	if C.beside_dec_paint(d.c, C.int(part.Min.X), C.int(part.Min.Y), C.int(part.Dx()), C.int(part.Dy()), p, stride) != 0 {
		return fmt.Errorf("%w: nothing decoded", ErrCodec)
	}
	return nil
}

// Close frees everything. The Decoder answers ErrClosed from then on.
func (d *Decoder) Close() {
	if d.c != nil {
		C.beside_dec_close(d.c)
		d.c = nil
	}
}
