package screen

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

// How pixels are written.
const (
	codingPlain   = 0
	codingPalette = 1
)

const (
	paletteFirst = 3   // colours with a code of two bits
	paletteMore  = 255 // colours with a code of a byte more
	maxPalette   = paletteFirst + paletteMore
	codeMore     = 3   // in the two-bit codes
	codeLiteral  = 255 // in the bytes
	colourTable  = 8192
	maxColours   = 4096 // that are told apart while counting
	mostLiterals = 16   // a palette is not worthwhile if one pixel in so many has none of its colours
)

// palette counts colours and codes pixels by them.
type palette struct {
	table   [colourTable]uint32 // colour<<8 | 1<<7 of a used place; see id
	ids     [colourTable]uint16
	colours [maxColours]counted
	rank    [maxColours]uint16
	order   []uint16
	sample  []byte
	index   []uint16 // of each pixel, into colours
}

type counted struct {
	colour uint32
	n      int32
}

// code appends px, 3 bytes a pixel, by palette; false, with out as it was, if that is not worthwhile.
func (p *palette) code(out, px []byte) ([]byte, bool) {
	total := len(px) / 3
	if p.colourful(px) {
		return out, false
	}
	found := p.count(px)
	p.order = p.order[:0]
	for i := range found {
		p.order = append(p.order, uint16(i))
	}
	slices.SortFunc(p.order, func(a, b uint16) int {
		return cmp.Or(cmp.Compare(p.colours[b].n, p.colours[a].n), cmp.Compare(a, b))
	})
	literals, n := total, min(found, maxPalette)
	for r, i := range p.order {
		p.rank[i] = uint16(min(r, maxPalette))
		if i == maxColours-1 {
			p.rank[i] = maxPalette // what was not told apart any more
		}
		if p.rank[i] < maxPalette {
			literals -= int(p.colours[i].n)
		}
	}
	if literals*mostLiterals > total {
		return out, false
	}
	out = slices.Grow(out, 8+3*n+total/4+1+total+3*literals)
	out = append(out, codingPalette)
	out = binary.AppendUvarint(out, uint64(n))
	for _, i := range p.order[:n] {
		c := p.colours[i].colour
		out = append(out, byte(c), byte(c>>8), byte(c>>16))
	}
	at := len(out)
	out = out[:at+(total+3)/4]
	more := at + (total+3)/4
	clear(out[at:more])
	codes, bytes := out[at:more], out[more:more:cap(out)]
	for i, c := range p.index[:total] {
		r := p.rank[c]
		if r < paletteFirst {
			codes[i/4] |= byte(r) << (6 - i%4*2)
			continue
		}
		codes[i/4] |= codeMore << (6 - i%4*2)
		bytes = append(bytes, byte(r-paletteFirst))
	}
	out = out[:more+len(bytes)]
	if literals > 0 {
		for i, c := range p.index[:total] {
			if p.rank[c] == maxPalette {
				out = append(out, px[3*i:3*i+3]...)
			}
		}
	}
	return out, true
}

// count fills index and colours, and says how many of these there are.
func (p *palette) count(px []byte) (found int) {
	clear(p.table[:])
	total := len(px) / 3
	p.index = resized(p.index, total)
	last, id := uint32(1<<31), uint16(0)
	for i := range p.index {
		q := px[3*i : 3*i+3]
		c := uint32(q[0]) | uint32(q[1])<<8 | uint32(q[2])<<16
		if c != last {
			last = c
			h := c * 0x9E3779B1 >> 19
			for p.table[h] != c<<8|1 {
				if p.table[h] == 0 {
					if found == maxColours {
						break
					}
					p.table[h], p.ids[h] = c<<8|1, uint16(found)
					p.colours[found] = counted{c, 0}
					found++
					break
				}
				h = (h + 1) % colourTable
			}
			if p.table[h] == 0 {
				id = maxColours - 1
			} else {
				id = p.ids[h]
			}
		}
		p.index[i] = id
		p.colours[id].n++
	}
	return found
}

// expand appends the pixels that in begins with, total of them, and returns what follows.
func expand(out, in []byte, total int) (px, rest []byte, ok bool) {
	r := reader{in: in}
	n := r.number(maxPalette)
	if r.bad || len(r.in) < 3*n+(total+3)/4 {
		return out, nil, false
	}
	colours, codes := r.in[:3*n], r.in[3*n:][:(total+3)/4]
	bytes := r.in[3*n+len(codes):]
	// The bytes come before the literals: count them.
	more := 0
	for i, c := range codes {
		if i == len(codes)-1 && total%4 != 0 {
			c &= 0xFF << (8 - total%4*2) // what follows the last pixel is no pixel
		}
		more += bits.OnesCount8(c & (c >> 1) & 0x55)
	}
	if len(bytes) < more {
		return out, nil, false
	}
	literals := bytes[more:]
	bytes = bytes[:more]
	at := len(out)
	out = slices.Grow(out, 3*total)[:at+3*total]
	dst := out[at:]
	var first [3 * paletteFirst]byte
	copy(first[:], colours)
	for i, code := range codes {
		k := min(4, total-4*i)
		if n > 0 && code == 0 && k == 4 { // four times the commonest colour
			d := dst[:12]
			for j := 0; j < 12; j += 3 {
				d[j], d[j+1], d[j+2] = first[0], first[1], first[2]
			}
			dst = dst[12:]
			continue
		}
		for ; k > 0; k-- {
			c := int(code >> 6)
			code <<= 2
			from := colours
			switch {
			case c < codeMore:
			case bytes[0] != codeLiteral:
				c = paletteFirst + int(bytes[0])
				bytes = bytes[1:]
			case len(literals) < 3:
				return out, nil, false
			default:
				from, c = literals, 0
				literals, bytes = literals[3:], bytes[1:]
			}
			if 3*c+3 > len(from) {
				return out, nil, false
			}
			q := from[3*c : 3*c+3]
			dst[0], dst[1], dst[2] = q[0], q[1], q[2]
			dst = dst[3:]
		}
	}
	return out, literals, true
}

// colourful samples px and says whether a palette is not worth looking for.
func (p *palette) colourful(px []byte) bool {
	const piece, every = 3 * 64, 3 * 1024
	if len(px) < 32*every {
		return false
	}
	p.sample = p.sample[:0]
	for at := 0; at+piece <= len(px); at += every {
		p.sample = append(p.sample, px[at:at+piece]...)
	}
	found := p.count(p.sample)
	if found <= maxPalette {
		return false
	}
	p.order = p.order[:0]
	for i := range found {
		p.order = append(p.order, uint16(i))
	}
	slices.SortFunc(p.order, func(a, b uint16) int { return cmp.Compare(p.colours[b].n, p.colours[a].n) })
	rare := 0
	for _, i := range p.order[maxPalette:] {
		rare += int(p.colours[i].n)
	}
	return rare*mostLiterals > len(p.sample)/3
}
