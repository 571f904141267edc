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

// Decode shows one frame in dst at min, BGRX. That it is predicted from what this decoder
// has is for the caller to know. After an error nothing was written to dst and, unless the
// error is ErrStream, only a key frame helps.
func (d *Decoder) Decode(data []byte, dst *frame.Frame, min image.Point) error {
	r := image.Rectangle{Min: min, Max: min.Add(d.size)}
	switch {
	case d.c == nil:
		return ErrClosed
	case !r.In(dst.Bounds()) || dst.Format != frame.BGRX:
		return fmt.Errorf("%w: %v outside BGRX of %v", ErrSize, r, dst.Size)
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
	p, stride := at(dst, r)
	d.keys = C.beside_dec_frame(d.c, (*C.uint8_t)(unsafe.Pointer(&d.in[0])), C.size_t(len(d.in)), p, stride) == 0
	if !d.keys {
		return fmt.Errorf("%w: decode", ErrCodec)
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
