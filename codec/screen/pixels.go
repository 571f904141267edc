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

// pack appends a row of pixels with 3 bytes each. out has room for 2 bytes more than that.
func pack(out, src []byte) []byte {
	n := len(out)
	dst := out[n : n+len(src)/4*3+2]
	// Two pixels at a time: eight bytes in, eight out of which two are overwritten next.
	i, j := 0, 0
	for ; i+8 <= len(src) && j+8 <= len(dst); i, j = i+8, j+6 {
		v := binary.LittleEndian.Uint64(src[i:])
		binary.LittleEndian.PutUint64(dst[j:], v&0xFFFFFF|v>>8&0xFFFFFF000000)
	}
	for ; i+4 <= len(src); i, j = i+4, j+3 {
		dst[j], dst[j+1], dst[j+2] = src[i], src[i+1], src[i+2]
	}
	return out[:n+j]
}

// packXor appends the difference of two rows like pack.
func packXor(out, a, b []byte) []byte {
	n := len(out)
	dst := out[n : n+len(a)/4*3+2]
	i, j := 0, 0
	for ; i+8 <= len(a) && i+8 <= len(b) && j+8 <= len(dst); i, j = i+8, j+6 {
		v := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:])
		binary.LittleEndian.PutUint64(dst[j:], v&0xFFFFFF|v>>8&0xFFFFFF000000)
	}
	for ; i+4 <= len(a) && i+4 <= len(b); i, j = i+4, j+3 {
		dst[j], dst[j+1], dst[j+2] = a[i]^b[i], a[i+1]^b[i+1], a[i+2]^b[i+2]
	}
	return out[:n+j]
}

// unpack writes a row of 3-byte pixels to dst.
func unpack(dst, src []byte) {
	i, j := 0, 0
	for ; j+8 <= len(src) && i+8 <= len(dst); i, j = i+8, j+6 {
		v := binary.LittleEndian.Uint64(src[j:])
		binary.LittleEndian.PutUint64(dst[i:], v&0xFFFFFF|(v&0xFFFFFF000000)<<8|0xFF000000FF000000)
	}
	for ; j+3 <= len(src); i, j = i+4, j+3 {
		dst[i], dst[i+1], dst[i+2], dst[i+3] = src[j], src[j+1], src[j+2], 0xFF
	}
}

// unpackXor adds a row of 3-byte differences to dst.
func unpackXor(dst, src []byte) {
	i, j := 0, 0
	for ; j+8 <= len(src) && i+8 <= len(dst); i, j = i+8, j+6 {
		v := binary.LittleEndian.Uint64(src[j:])
		v = v&0xFFFFFF | (v&0xFFFFFF000000)<<8
		binary.LittleEndian.PutUint64(dst[i:], binary.LittleEndian.Uint64(dst[i:])^v)
	}
	for ; j+3 <= len(src); i, j = i+4, j+3 {
		dst[i], dst[i+1], dst[i+2] = dst[i]^src[j], dst[i+1]^src[j+1], dst[i+2]^src[j+2]
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
