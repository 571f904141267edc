package screen

import (
	"encoding/binary"
	"image"
	"math/bits"

	"beside/frame"
)

// Limits of the bitstream; a decoder refuses what exceeds them.
const (
	// Version is the bitstream's version byte.
	Version = 1
	// Block is the side of a block in pixels.
	Block = 16
	// MaxBlocks bounds the blocks in one update, and so what decoding allocates: 12 MiB.
	MaxBlocks = 16384
	// MaxWindow bounds the zstd window in bytes.
	MaxWindow = 8 << 20
	// MaxData bounds the bytes of one update.
	MaxData = headerLen + MaxBlocks*(3*Block*Block+10)
)

const (
	headerLen   = 16
	bytesBlock  = 3 * Block * Block
	flagDiff    = 1 << 0
	flagZstd    = 1 << 1
	flagsKnown  = flagDiff | flagZstd
	maxUvarint5 = 5
)

// grid is how a picture of some size is cut into blocks.
type grid struct {
	size       image.Point
	cols, rows int
}

func newGrid(size image.Point) grid {
	return grid{size: size, cols: (size.X + Block - 1) / Block, rows: (size.Y + Block - 1) / Block}
}

func (g grid) count() int { return g.cols * g.rows }

// rect is block b in frame coordinates, cut to the picture.
func (g grid) rect(b int) (x, y, w, h int) {
	x, y = b%g.cols*Block, b/g.cols*Block
	return x, y, min(Block, g.size.X-x), min(Block, g.size.Y-y)
}

// touching calls do with every block that r touches, in rising order.
func (g grid) touching(r image.Rectangle, do func(b int)) {
	r = r.Intersect(image.Rectangle{Max: g.size})
	if r.Empty() {
		return
	}
	for y := r.Min.Y / Block; y <= (r.Max.Y-1)/Block; y++ {
		for x := r.Min.X / Block; x <= (r.Max.X-1)/Block; x++ {
			do(y*g.cols + x)
		}
	}
}

// inside calls do with every block wholly inside r, in rising order. Blocks at the right
// and bottom edges count as they are cut.
func (g grid) inside(r image.Rectangle, do func(b int)) {
	r = r.Intersect(image.Rectangle{Max: g.size})
	if r.Max.X == g.size.X {
		r.Max.X = g.cols * Block
	}
	if r.Max.Y == g.size.Y {
		r.Max.Y = g.rows * Block
	}
	for y := (r.Min.Y + Block - 1) / Block; y < r.Max.Y/Block; y++ {
		for x := (r.Min.X + Block - 1) / Block; x < r.Max.X/Block; x++ {
			do(y*g.cols + x)
		}
	}
}

func newer(a, b uint32) bool { return int32(a-b) > 0 }

// bitset is a set of block numbers that can be walked quickly.
type bitset struct {
	words []uint64
	n     int
}

func (s *bitset) reset(count int) {
	s.words = resized(s.words, (count+63)/64)
	clear(s.words)
	s.n = 0
}

func (s *bitset) has(b int) bool { return s.words[b>>6]&(1<<(b&63)) != 0 }

func (s *bitset) add(b int) {
	if w := &s.words[b>>6]; *w&(1<<(b&63)) == 0 {
		*w |= 1 << (b & 63)
		s.n++
	}
}

func (s *bitset) remove(b int) {
	if w := &s.words[b>>6]; *w&(1<<(b&63)) != 0 {
		*w &^= 1 << (b & 63)
		s.n--
	}
}

// recount mends n after words were changed directly.
func (s *bitset) recount() {
	s.n = 0
	for _, w := range s.words {
		s.n += bits.OnesCount64(w)
	}
}

// without counts the members that are not in o, a set over the same blocks.
func (s *bitset) without(o *bitset) int {
	if o.n == 0 || s.n == 0 {
		return s.n
	}
	n := 0
	for i, w := range s.words {
		n += bits.OnesCount64(w &^ o.words[i])
	}
	return n
}

// addAll adds the members of o, a set over the same blocks.
func (s *bitset) addAll(o *bitset) {
	if o.n == 0 {
		return
	}
	s.n = 0
	for i, w := range o.words {
		s.words[i] |= w
		s.n += bits.OnesCount64(s.words[i])
	}
}

// appendTo appends the members in rising order.
func (s *bitset) appendTo(list []uint32) []uint32 {
	if s.n == 0 {
		return list
	}
	for i, w := range s.words {
		for ; w != 0; w &= w - 1 {
			list = append(list, uint32(i<<6+bits.TrailingZeros64(w)))
		}
	}
	return list
}

func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// gather appends block b of pix, packed to 3 bytes a pixel in the order blue, green, red.
func gather(out []byte, g grid, pix []byte, stride, b int, format frame.Format) []byte {
	x, y, w, h := g.rect(b)
	n := len(out)
	out = out[:n+3*w*h] // the caller made room
	for r := range h {
		src := pix[(y+r)*stride+4*x:][:4*w]
		dst := out[n:][:3*w]
		n += 3 * w
		if format == frame.RGBX {
			for i, j := 0, 0; i+4 <= len(src); i, j = i+4, j+3 {
				dst[j], dst[j+1], dst[j+2] = src[i+2], src[i+1], src[i]
			}
			continue
		}
		// Two pixels at a time: eight bytes in, eight out of which two are overwritten next.
		i, j := 0, 0
		for ; i+8 <= len(src) && j+8 <= len(dst); i, j = i+8, j+6 {
			v := binary.LittleEndian.Uint64(src[i:])
			binary.LittleEndian.PutUint64(dst[j:], v&0xFFFFFF|v>>8&0xFFFFFF000000)
		}
		for ; i+4 <= len(src); i, j = i+4, j+3 {
			dst[j], dst[j+1], dst[j+2] = src[i], src[i+1], src[i+2]
		}
	}
	return out
}
