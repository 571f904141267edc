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
	mostLiterals = 64   // a palette is not worthwhile if one pixel in so many has none of its colours
)

// palette counts colours and codes pixels by them.
type palette struct {
	table   [colourTable]uint32 // colour<<8 | 1<<7 of a used place; see id
	ids     [colourTable]uint16
	colours [maxColours]counted
	rank    [maxColours]uint16
	order   []uint16
	sample  []byte
	spans   []uint32 // of pixels of one colour: how many, and above that which of colours
}

// A span holds this many bits of its length.
const (
	spanBits = 20
	spanMost = 1<<spanBits - 1
)

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
	i := 0
	for _, span := range p.spans {
		long, r := int(span&spanMost), p.rank[span>>spanBits]
		code := byte(min(r, codeMore))
		if code != 0 {
			setCodes(codes, i, long, code)
		}
		i += long
		if code == codeMore {
			for range long {
				bytes = append(bytes, byte(r-paletteFirst))
			}
		}
	}
	out = out[:more+len(bytes)]
	if literals > 0 {
		i = 0
		for _, span := range p.spans {
			long := int(span & spanMost)
			if p.rank[span>>spanBits] == maxPalette {
				out = append(out, px[3*i:3*(i+long)]...)
			}
			i += long
		}
	}
	return out, true
}

// setCodes writes n times code from pixel i on, where zeros are.
func setCodes(codes []byte, i, n int, code byte) {
	for ; n > 0 && i%4 != 0; i, n = i+1, n-1 {
		codes[i/4] |= code << (6 - i%4*2)
	}
	for ; n >= 4; i, n = i+4, n-4 {
		codes[i/4] = code * 0x55
	}
	for ; n > 0; i, n = i+1, n-1 {
		codes[i/4] |= code << (6 - i%4*2)
	}
}

// count fills spans and colours, and says how many of these there are.
func (p *palette) count(px []byte) (found int) {
	clear(p.table[:])
	p.spans = p.spans[:0]
	total := len(px) / 3
	at := func(i int) uint32 {
		q := px[3*i : 3*i+3]
		return uint32(q[0]) | uint32(q[1])<<8 | uint32(q[2])<<16
	}
	for i := 0; i < total; {
		c, j := at(i), i+1
		for j < total && j-i < spanMost && at(j) == c {
			j++
		}
		id := p.find(c, &found)
		p.colours[id].n += int32(j - i)
		p.spans = append(p.spans, uint32(id)<<spanBits|uint32(j-i))
		i = j
	}
	return found
}

// find is the number of a colour, the last one if there are too many.
func (p *palette) find(c uint32, found *int) uint16 {
	h := c * 0x9E3779B1 >> 19
	for ; p.table[h] != 0; h = (h + 1) % colourTable {
		if p.table[h] == c<<8|1 {
			return p.ids[h]
		}
	}
	if *found == maxColours {
		return maxColours - 1
	}
	id := uint16(*found)
	p.table[h], p.ids[h], p.colours[id] = c<<8|1, id, counted{c, 0}
	*found++
	return id
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
	out = slices.Grow(out, 3*total+1)[:at+3*total]
	dst := out[at : at+3*total+1] // pixels are written as 4 bytes, of which the last is written over
	var table [maxPalette]uint32
	for i := range n {
		table[i] = uint32(colours[3*i]) | uint32(colours[3*i+1])<<8 | uint32(colours[3*i+2])<<16
	}
	c0 := uint64(table[0])
	low, high := c0|c0<<24|c0<<48, uint32(c0>>16|c0<<8) // four times the commonest colour
	for i, code := range codes {
		k := min(4, total-4*i)
		if code == 0 && k == 4 && n > 0 && len(dst) >= 12 {
			binary.LittleEndian.PutUint64(dst, low)
			binary.LittleEndian.PutUint32(dst[8:], high)
			dst = dst[12:]
			continue
		}
		for ; k > 0; k-- {
			c := int(code >> 6)
			code <<= 2
			if c == codeMore {
				v := bytes[0]
				bytes = bytes[1:]
				if v == codeLiteral {
					if len(literals) < 3 {
						return out, nil, false
					}
					dst[0], dst[1], dst[2] = literals[0], literals[1], literals[2]
					literals, dst = literals[3:], dst[3:]
					continue
				}
				c = paletteFirst + int(v)
			}
			if c >= n || len(dst) < 4 {
				return out, nil, false
			}
			binary.LittleEndian.PutUint32(dst, table[c])
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
