package screen

import (
	"image"
	"math/bits"
)

// Limits of the bitstream; a decoder refuses what exceeds them.
const (
	// Version is the bitstream's version byte.
	Version = 2
	// Block is the side of a block in pixels, Tile that of a tile of the cache.
	Block = 16
	Tile  = 64
	// Slots is how many tiles the cache has: 32 MiB at the decoder.
	Slots = 2048
	// MaxBlocks bounds the blocks whose pixels are in one update: 12 MiB.
	MaxBlocks = 16384
	// MaxVectors and MaxDeps bound the vectors of one update and the updates it names as
	// what it builds on.
	MaxVectors = 4
	MaxDeps    = 64
	// MaxWindow bounds the zstd window in bytes.
	MaxWindow = 8 << 20
	// MaxBody bounds the decoded body of one update in bytes, MaxData all of it.
	MaxBody = MaxBlocks*bytesBlock + 4<<20
	MaxData = headerLen + MaxBody
)

const (
	headerLen   = 14
	blockPixels = Block * Block
	bytesBlock  = 3 * blockPixels
	flagZstd    = 1 << 0
	maxUvarint5 = 5
	perTile     = Tile / Block
)

// What a run of blocks is made of, as on the wire.
const (
	kindRaw   = 0
	kindXor   = 1
	kindDelta = 2
	kindRows  = 3
	kindCopy  = 4 // and the vector's number
	kinds     = 8 // on the wire below this
	// Only inside the encoder.
	kindRef  = 8 // part of a tile taken from the cache
	kindNone = 9 // not in this update
)

// vector leads from a block to where it is copied from.
type vector struct{ dx, dy int }

// run is n blocks of one row of blocks that are carried in the same way.
type run struct {
	b, n int
	kind byte
	rows // of kindRows
}

// rows says, with a bit for each row of pixels of a block from the top, which are copied by a
// vector and which are carried; the others stay as they are.
type rows struct {
	copied, carried uint16
	vector          byte
}

// span is the first and the number of the rows from the first copied one to the last.
func (r rows) span() (first, n int) {
	if r.copied == 0 {
		return 0, 0
	}
	first = bits.TrailingZeros16(r.copied)
	return first, bits.Len16(r.copied) - first
}

// allRows is the rows of a block h pixels high.
func allRows(h int) uint16 { return uint16(1<<h - 1) }

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

// runRect is a run in frame coordinates, cut to the picture.
func (g grid) runRect(r run) (x, y, w, h int) {
	x, y, _, h = g.rect(r.b)
	return x, y, min(r.n*Block, g.size.X-x), h
}

// bases calls do with every block that a run of copies or rows builds on, in order.
func (g grid) bases(r run, vectors []vector, do func(b int)) {
	switch {
	case r.kind >= kindCopy:
		x, y, w, h := g.runRect(r)
		v := vectors[r.kind-kindCopy]
		g.sources(x+v.dx, y+v.dy, w, h, do)
	case r.kind == kindRows:
		x, y, w, _ := g.runRect(r)
		if first, n := r.span(); n > 0 {
			v := vectors[r.vector]
			g.sources(x+v.dx, y+first+v.dy, w, n, do)
		}
		for b := r.b; b < r.b+r.n; b++ {
			do(b)
		}
	}
}

// sources calls do with every block that w×h pixels at (x,y) touch.
func (g grid) sources(x, y, w, h int, do func(b int)) {
	for by := y / Block; by <= (y+h-1)/Block; by++ {
		for bx := x / Block; bx <= (x+w-1)/Block; bx++ {
			do(by*g.cols + bx)
		}
	}
}

// Tiles are numbered like blocks.
func (g grid) tileCols() int { return (g.cols + perTile - 1) / perTile }
func (g grid) tiles() int    { return g.tileCols() * ((g.rows + perTile - 1) / perTile) }
func (g grid) tileOf(b int) int {
	return b/g.cols/perTile*g.tileCols() + b%g.cols/perTile
}

// tileRect is tile t in frame coordinates, cut to the picture.
func (g grid) tileRect(t int) (x, y, w, h int) {
	x, y = t%g.tileCols()*Tile, t/g.tileCols()*Tile
	return x, y, min(Tile, g.size.X-x), min(Tile, g.size.Y-y)
}

// inTile calls do with every block of tile t.
func (g grid) inTile(t int, do func(b int)) {
	x, y, w, h := g.tileRect(t)
	g.sources(x, y, w, h, do)
}

// mix adds one serial number to the checksum of what an update builds on.
func mix(sum uint64, id uint32) uint64 {
	sum = (sum ^ uint64(id)) * 0x9E3779B97F4A7C15
	return sum ^ sum>>29
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
