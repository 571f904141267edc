package screen

import (
	"bytes"
	"encoding/binary"

	"beside/frame"
)

// view is a picture in memory, 4 bytes a pixel: blue, green, red and one without meaning.
type view struct {
	pix    []byte
	stride int
}

func (v view) row(x, y, w int) []byte { return v.pix[y*v.stride+4*x:][:4*w] }

const colours = 0x00FFFFFF_00FFFFFF // of two pixels in a little endian word

// sameRow compares the colours of two rows of equal length.
func sameRow(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	i := 0
	for ; i+8 <= len(a) && i+8 <= len(b); i += 8 {
		if (binary.LittleEndian.Uint64(a[i:])^binary.LittleEndian.Uint64(b[i:]))&colours != 0 {
			return false
		}
	}
	return i >= len(a) || (a[i] == b[i] && a[i+1] == b[i+1] && a[i+2] == b[i+2])
}

// same compares w×h pixels of a at (ax,ay) with those of b at (bx,by).
func same(a view, ax, ay int, b view, bx, by, w, h int) bool {
	for r := range h {
		if !sameRow(a.row(ax, ay+r, w), b.row(bx, by+r, w)) {
			return false
		}
	}
	return true
}

// copyRect copies w×h pixels at (x,y) to the same place of dst.
func copyRect(dst, src view, x, y, w, h int) {
	for r := range h {
		copy(dst.row(x, y+r, w), src.row(x, y+r, w))
	}
}

// convert copies w×h pixels at (x,y) of a picture in some format to the same place of dst.
func convert(dst view, f *frame.Frame, x, y, w, h int) {
	src := view{f.Pix, f.Stride}
	if f.Format == frame.BGRX {
		copyRect(dst, src, x, y, w, h)
		return
	}
	for r := range h {
		in, out := src.row(x, y+r, w), dst.row(x, y+r, w)
		for i := 0; i+4 <= len(in) && i+4 <= len(out); i += 4 {
			out[i], out[i+1], out[i+2], out[i+3] = in[i+2], in[i+1], in[i], 0xFF
		}
	}
}

// pack appends a row of pixels with 3 bytes each. out has room for that.
func pack(out, src []byte) []byte {
	n := len(out)
	out = out[:n+len(src)/4*3]
	dst := out[n:]
	for len(src) >= 16 && len(dst) >= 12 {
		a, b := binary.LittleEndian.Uint64(src), binary.LittleEndian.Uint64(src[8:])
		put12(dst, a, b)
		src, dst = src[16:], dst[12:]
	}
	for ; len(src) >= 4 && len(dst) >= 3; src, dst = src[4:], dst[3:] {
		dst[0], dst[1], dst[2] = src[0], src[1], src[2]
	}
	return out
}

// packXor appends the difference of two rows like pack.
func packXor(out, p, q []byte) []byte {
	n := len(out)
	out = out[:n+len(p)/4*3]
	dst := out[n:]
	for len(p) >= 16 && len(q) >= 16 && len(dst) >= 12 {
		a := binary.LittleEndian.Uint64(p) ^ binary.LittleEndian.Uint64(q)
		b := binary.LittleEndian.Uint64(p[8:]) ^ binary.LittleEndian.Uint64(q[8:])
		put12(dst, a, b)
		p, q, dst = p[16:], q[16:], dst[12:]
	}
	for ; len(p) >= 4 && len(q) >= 4 && len(dst) >= 3; p, q, dst = p[4:], q[4:], dst[3:] {
		dst[0], dst[1], dst[2] = p[0]^q[0], p[1]^q[1], p[2]^q[2]
	}
	return out
}

// put12 writes the colours of four pixels.
func put12(dst []byte, a, b uint64) {
	a = a&0xFFFFFF | a>>8&0xFFFFFF000000
	b = b&0xFFFFFF | b>>8&0xFFFFFF000000
	binary.LittleEndian.PutUint64(dst, a|b<<48)
	binary.LittleEndian.PutUint32(dst[8:], uint32(b>>16))
}

// get12 reads the colours of four pixels.
func get12(src []byte) (a, b uint64) {
	a = binary.LittleEndian.Uint64(src)
	b = uint64(binary.LittleEndian.Uint32(src[8:]))<<16 | a>>48
	return a&0xFFFFFF | a&0xFFFFFF000000<<8, b&0xFFFFFF | b&0xFFFFFF000000<<8
}

// unpack writes a row of 3-byte pixels to dst.
func unpack(dst, src []byte) {
	for ; len(src) >= 12 && len(dst) >= 16; src, dst = src[12:], dst[16:] {
		a, b := get12(src)
		binary.LittleEndian.PutUint64(dst, a|0xFF000000FF000000)
		binary.LittleEndian.PutUint64(dst[8:], b|0xFF000000FF000000)
	}
	for ; len(src) >= 3 && len(dst) >= 4; src, dst = src[3:], dst[4:] {
		dst[0], dst[1], dst[2], dst[3] = src[0], src[1], src[2], 0xFF
	}
}

// unpackXor adds a row of 3-byte differences to dst.
func unpackXor(dst, src []byte) {
	for ; len(src) >= 12 && len(dst) >= 16; src, dst = src[12:], dst[16:] {
		a, b := get12(src)
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(dst)^a)
		binary.LittleEndian.PutUint64(dst[8:], binary.LittleEndian.Uint64(dst[8:])^b)
	}
	for ; len(src) >= 3 && len(dst) >= 4; src, dst = src[3:], dst[4:] {
		dst[0], dst[1], dst[2] = dst[0]^src[0], dst[1]^src[1], dst[2]^src[2]
	}
}

// natural says whether a block looks like a photograph: next to no neighbours are equal.
func natural(v view, x, y, w, h int) bool {
	if w < Block || h < Block {
		return false
	}
	equal := 0
	for r := 0; r < Block; r += 2 {
		row := v.row(x, y+r, Block)
		before := binary.LittleEndian.Uint32(row) & 0xFFFFFF
		for i := 4; i < len(row); i += 4 {
			c := binary.LittleEndian.Uint32(row[i:]) & 0xFFFFFF
			if c == before {
				equal++
			}
			before = c
		}
		if equal > 15 {
			return false
		}
	}
	return equal < 15
}

// delta writes a block as three planes of differences from the pixel to the left (at the
// left edge from the one above, in the corner from black): green, blue less green, red
// less green. step is how far the planes lie apart in out.
func delta(out []byte, step int, v view, x, y int) {
	g, b, r := out[:blockPixels], out[step:][:blockPixels], out[2*step:][:blockPixels]
	var above [3]byte
	for j := range Block {
		row := v.row(x, y+j, Block)
		left := above
		for i := range Block {
			p := row[4*i : 4*i+3]
			cg := p[1]
			cb, cr := p[0]-cg, p[2]-cg
			at := j*Block + i
			g[at], b[at], r[at] = cg-left[0], cb-left[1], cr-left[2]
			left = [3]byte{cg, cb, cr}
			if i == 0 {
				above = left
			}
		}
	}
}

// undelta is the inverse of delta.
func undelta(v view, x, y int, in []byte, step int) {
	g, b, r := in[:blockPixels], in[step:][:blockPixels], in[2*step:][:blockPixels]
	var above [3]byte
	for j := range Block {
		row := v.row(x, y+j, Block)
		left := above
		for i := range Block {
			at := j*Block + i
			left = [3]byte{left[0] + g[at], left[1] + b[at], left[2] + r[at]}
			p := row[4*i : 4*i+4]
			p[0], p[1], p[2], p[3] = left[1]+left[0], left[0], left[2]+left[0], 0xFF
			if i == 0 {
				above = left
			}
		}
	}
}
