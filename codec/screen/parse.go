package screen

import (
	"encoding/binary"
	"fmt"
	"image"
	"math/bits"

	"beside/codec"
	"beside/frame"
)

type header struct {
	flags     byte
	id, epoch uint32
	size      image.Point
}

func parseHeader(data []byte) (header, []byte, error) {
	if len(data) < headerLen || len(data) > MaxData || data[0] != Version || data[1]&^flagZstd != 0 {
		return header{}, nil, fmt.Errorf("%w: header", codec.ErrCorrupt)
	}
	h := header{
		flags: data[1],
		id:    binary.BigEndian.Uint32(data[2:]),
		epoch: binary.BigEndian.Uint32(data[6:]),
		size:  image.Pt(int(binary.BigEndian.Uint16(data[10:])), int(binary.BigEndian.Uint16(data[12:]))),
	}
	if !frame.ValidSize(h.size) || newer(h.epoch, h.id) {
		return header{}, nil, fmt.Errorf("%w: limits", codec.ErrCorrupt)
	}
	return h, data[headerLen:], nil
}

// ID is the serial number of an update.
func ID(data []byte) (uint32, error) {
	h, _, err := parseHeader(data)
	return h.id, err
}

// body is an update taken apart, and memory for that.
type body struct {
	vectors     []vector
	deps        []uint32
	refs, saves []tileSlot
	checked     bool // there is a sum
	sum         uint64
	runs        []run
	bases       []uint32 // of the blocks of kind 1
	deltas      int      // blocks of kind 2
	pixels      []byte   // of kinds 0 and 1
	planes      []byte
	expanded    []byte
	named       [Slots / 64]uint64
}

// reader reads numbers until one is wrong.
type reader struct {
	in  []byte
	bad bool
}

// number is a uvarint of at most limit.
func (r *reader) number(limit uint64) int {
	v, n := binary.Uvarint(r.in)
	if n <= 0 || n > maxUvarint5 || v > limit {
		r.bad, r.in = true, nil
		return 0
	}
	r.in = r.in[n:]
	return int(v)
}

// signed is a varint of 32 bits.
func (r *reader) signed() int {
	v := uint64(r.number(1<<32 - 1))
	return int(int64(v>>1) ^ -int64(v&1))
}

// parse takes the decoded body of an update h to a picture cut into g apart.
func (b *body) parse(h header, g grid, in []byte) error {
	r := &reader{in: in}
	age := uint64(h.id - h.epoch)
	b.vectors, b.deps = b.vectors[:0], b.deps[:0]
	for range r.number(MaxVectors) {
		b.vectors = append(b.vectors, vector{r.signed(), r.signed()})
	}
	for range r.number(MaxDeps) {
		back := r.number(age)
		r.bad = r.bad || back == 0
		b.deps = append(b.deps, h.id-uint32(back))
	}
	clear(b.named[:])
	b.refs = b.slots(b.refs[:0], r, g)
	for _, s := range b.refs {
		b.named[s.slot/64] |= 1 << (s.slot % 64)
	}
	b.saves = b.slots(b.saves[:0], r, g)
	for _, s := range b.saves {
		r.bad = r.bad || b.named[s.slot/64]&(1<<(s.slot%64)) != 0
		b.named[s.slot/64] |= 1 << (s.slot % 64)
	}
	if b.checked = len(b.vectors)+len(b.refs) > 0; b.checked {
		if len(r.in) < 8 {
			r.bad = true
		} else {
			b.sum, r.in = binary.BigEndian.Uint64(r.in), r.in[8:]
		}
	}
	total := b.parseRuns(r, g)
	for at := 0; at < len(b.bases) && !r.bad; {
		n, back := r.number(uint64(len(b.bases)-at-1))+1, r.number(age)
		r.bad = r.bad || back == 0
		for ; n > 0 && !r.bad; n-- {
			b.bases[at] = h.id - uint32(back)
			at++
		}
	}
	coding := r.number(codingPalette)
	if r.bad {
		return fmt.Errorf("%w: body", codec.ErrCorrupt)
	}
	var ok bool
	if coding == codingPalette {
		b.expanded, b.planes, ok = expand(b.expanded[:0], r.in, total/3)
		b.pixels = b.expanded
	} else if ok = len(r.in) >= total; ok {
		b.pixels, b.planes = r.in[:total], r.in[total:]
	}
	if !ok || len(b.planes) != b.deltas*bytesBlock {
		return fmt.Errorf("%w: pixels", codec.ErrCorrupt)
	}
	return nil
}

// slots reads pairs of tiles and slots.
func (b *body) slots(list []tileSlot, r *reader, g grid) []tileSlot {
	tile, slot := 0, 0
	for n := r.number(uint64(g.tiles())); n > 0 && !r.bad; n-- {
		tile += r.number(uint64(g.tiles()))
		slot += r.signed()
		if r.bad || tile >= g.tiles() || slot < 0 || slot >= Slots {
			r.bad = true
			break
		}
		list = append(list, tileSlot{tile, slot})
		tile++
		slot++
	}
	return list
}

// parseRuns returns how many bytes the pixels of kinds 0 and 1 are, and makes room for bases.
func (b *body) parseRuns(r *reader, g grid) int {
	b.runs, b.deltas = b.runs[:0], 0
	at, total, carried, diffs := 0, 0, 0, 0
	for left := r.number(uint64(g.count())); left > 0 && !r.bad; left-- {
		at += r.number(uint64(g.count()))
		v := r.number(uint64(g.cols)*kinds - 1)
		u := run{b: at, n: v/kinds + 1, kind: byte(v % kinds)}
		if u.kind == kindRows {
			c := r.number(1<<Block*MaxVectors - 1)
			u.rows = rows{uint16(c / MaxVectors), uint16(r.number(1<<Block - 1)), byte(c % MaxVectors)}
		}
		if r.bad || at >= g.count() || at%g.cols+u.n > g.cols {
			r.bad = true
			break
		}
		x, y, w, h := g.runRect(u)
		switch {
		case u.kind == kindRaw || u.kind == kindXor:
			total += 3 * w * h
			carried += u.n
			if u.kind == kindXor {
				diffs += u.n
			}
		case u.kind == kindDelta:
			carried += u.n
			b.deltas += u.n
			r.bad = r.bad || w != u.n*Block || h != Block
		case u.kind == kindRows && int(u.vector) < len(b.vectors):
			total += 3 * w * bits.OnesCount16(u.carried)
			carried += u.n
			first, n := u.span()
			v := b.vectors[u.vector]
			x, y = x+v.dx, y+first+v.dy
			r.bad = (u.copied|u.carried)&^allRows(h) != 0 || u.copied&u.carried != 0 ||
				(n > 0 && (x < 0 || y < 0 || x+w > g.size.X || y+n > g.size.Y))
		case u.kind >= kindCopy && int(u.kind-kindCopy) < len(b.vectors):
			x += b.vectors[u.kind-kindCopy].dx
			y += b.vectors[u.kind-kindCopy].dy
			r.bad = r.bad || x < 0 || y < 0 || x+w > g.size.X || y+h > g.size.Y
		default:
			r.bad = true
		}
		if r.bad = r.bad || carried > MaxBlocks; r.bad {
			break
		}
		b.runs = append(b.runs, u)
		at += u.n
	}
	b.bases = resized(b.bases, diffs)
	return total
}
