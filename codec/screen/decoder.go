package screen

import (
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"image"

	"github.com/klauspost/compress/zstd"

	"beside/codec"
	"beside/frame"
)

// Decoder is the helper's half.
type Decoder struct {
	zstd  *zstd.Decoder
	begun bool
	grid  grid
	epoch uint32
	ids   []uint32 // update that last wrote each block

	blocks, bases []uint32 // scratch from here on
	pixels        []byte
	damage        []image.Rectangle
}

var _ codec.Decoder = (*Decoder)(nil)

// NewDecoder makes a decoder that has seen nothing.
func NewDecoder() (*Decoder, error) {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(MaxWindow),
		zstd.WithDecoderMaxMemory(MaxBlocks*bytesBlock), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("screen: make decompressor: %w", err)
	}
	return &Decoder{zstd: z}, nil
}

type header struct {
	flags     byte
	id, epoch uint32
	size      image.Point
	count     int
}

func parseHeader(data []byte) (header, []byte, error) {
	if len(data) < headerLen || len(data) > MaxData || data[0] != Version || data[1]&^flagsKnown != 0 {
		return header{}, nil, fmt.Errorf("%w: header", codec.ErrCorrupt)
	}
	h := header{
		flags: data[1],
		id:    binary.BigEndian.Uint32(data[2:]),
		epoch: binary.BigEndian.Uint32(data[6:]),
		size:  image.Pt(int(binary.BigEndian.Uint16(data[10:])), int(binary.BigEndian.Uint16(data[12:]))),
		count: int(binary.BigEndian.Uint16(data[14:])) + 1,
	}
	if !frame.ValidSize(h.size) || newer(h.epoch, h.id) || h.count > MaxBlocks || h.count > newGrid(h.size).count() {
		return header{}, nil, fmt.Errorf("%w: limits", codec.ErrCorrupt)
	}
	return h, data[headerLen:], nil
}

// stale says whether h belongs to a picture already left behind.
func (d *Decoder) stale(h header) bool { return d.begun && newer(d.epoch, h.epoch) }

// Size implements codec.Decoder.
func (d *Decoder) Size(data []byte) (image.Point, bool, error) {
	h, _, err := parseHeader(data)
	if err != nil {
		return image.Point{}, false, err
	}
	return h.size, !d.stale(h), nil
}

// Apply implements codec.Decoder.
func (d *Decoder) Apply(data []byte, dst *frame.Frame) ([]image.Rectangle, error) {
	h, rest, err := parseHeader(data)
	if err != nil {
		return nil, err
	}
	if d.stale(h) {
		return nil, nil
	}
	fresh := !d.begun || h.epoch != d.epoch
	if !fresh && h.size != d.grid.size {
		return nil, fmt.Errorf("%w: size changed within an epoch", codec.ErrCorrupt)
	}
	if dst.Size != h.size || dst.Format != frame.BGRX {
		return nil, fmt.Errorf("codec/screen: apply to a frame of %v, want BGRX of %v", dst.Size, h.size)
	}
	g := newGrid(h.size)
	total, rest, err := d.parsePlaces(h, g, rest)
	if err != nil {
		return nil, err
	}
	if rest, err = d.parseBases(h, rest); err != nil {
		return nil, err
	}
	// Refuse before decompressing: nothing is written unless every base is there.
	for i, b := range d.blocks {
		if d.bases[i] == 0 {
			continue
		}
		if fresh || (newer(h.id, d.ids[b]) && d.ids[b] != h.id-d.bases[i]) {
			return nil, codec.ErrBase
		}
	}
	pixels, err := d.unpack(h, rest, total)
	if err != nil {
		return nil, err
	}
	if fresh {
		d.begin(h.epoch, g)
	}
	d.write(h, pixels, dst)
	return d.damage, nil
}

// parsePlaces fills blocks and returns how many bytes their pixels are.
func (d *Decoder) parsePlaces(h header, g grid, in []byte) (int, []byte, error) {
	d.blocks = d.blocks[:0]
	at, total := uint64(0), 0
	for len(d.blocks) < h.count {
		skip, n, rest, ok := twoUvarints(in)
		in = rest
		n++
		if !ok || n > uint64(h.count-len(d.blocks)) || at+skip+n > uint64(g.count()) {
			return 0, nil, fmt.Errorf("%w: places", codec.ErrCorrupt)
		}
		at += skip
		for ; n > 0; n-- {
			_, _, w, h := g.rect(int(at))
			total += 3 * w * h
			d.blocks = append(d.blocks, uint32(at))
			at++
		}
	}
	return total, in, nil
}

// parseBases fills bases, as distances back from the update; 0 means raw.
func (d *Decoder) parseBases(h header, in []byte) ([]byte, error) {
	d.bases = resized(d.bases, h.count)
	clear(d.bases)
	if h.flags&flagDiff == 0 {
		return in, nil
	}
	for at := 0; at < h.count; {
		n, back, rest, ok := twoUvarints(in)
		in = rest
		n++
		if !ok || n > uint64(h.count-at) {
			return nil, fmt.Errorf("%w: bases", codec.ErrCorrupt)
		}
		for ; n > 0; n-- {
			d.bases[at] = uint32(back)
			at++
		}
	}
	return in, nil
}

func twoUvarints(in []byte) (a, b uint64, rest []byte, ok bool) {
	a, n := binary.Uvarint(in)
	if n <= 0 || n > maxUvarint5 || a > 1<<32-1 {
		return 0, 0, in, false
	}
	b, m := binary.Uvarint(in[n:])
	if m <= 0 || m > maxUvarint5 || b > 1<<32-1 {
		return 0, 0, in, false
	}
	return a, b, in[n+m:], true
}

func (d *Decoder) unpack(h header, in []byte, total int) ([]byte, error) {
	if h.flags&flagZstd == 0 {
		if len(in) != total {
			return nil, fmt.Errorf("%w: pixels", codec.ErrCorrupt)
		}
		return in, nil
	}
	d.pixels = resized(d.pixels, total)
	out, err := d.zstd.DecodeAll(in, d.pixels[:0:total])
	if err != nil || len(out) != total {
		return nil, fmt.Errorf("%w: compressed pixels", codec.ErrCorrupt)
	}
	return out, nil
}

// write puts the blocks that are not overtaken into dst and collects the damage, one
// rectangle for each run of neighbours.
func (d *Decoder) write(h header, pixels []byte, dst *frame.Frame) {
	d.damage = d.damage[:0]
	for i, b := range d.blocks {
		x, y, w, ht := d.grid.rect(int(b))
		src := pixels[:3*w*ht]
		pixels = pixels[3*w*ht:]
		if !newer(h.id, d.ids[b]) {
			continue
		}
		d.ids[b] = h.id
		for r := range ht {
			scatter(dst.Pix[(y+r)*dst.Stride+4*x:][:4*w], src[r*3*w:][:3*w], d.bases[i] != 0)
		}
		d.damaged(int(b))
	}
}

// begin starts a new picture.
func (d *Decoder) begin(epoch uint32, g grid) {
	d.begun, d.grid, d.epoch = true, g, epoch
	d.ids = resized(d.ids, g.count())
	for b := range d.ids {
		d.ids[b] = epoch - 1
	}
}

// damaged adds block b to the damage.
func (d *Decoder) damaged(b int) {
	x, y, w, h := d.grid.rect(b)
	if n := len(d.damage); n > 0 && d.damage[n-1].Max.X == x && d.damage[n-1].Min.Y == y {
		d.damage[n-1].Max.X = x + w
		return
	}
	d.damage = append(d.damage, image.Rect(x, y, x+w, y+h))
}

// scatter unpacks a row of 3-byte pixels into dst, or adds it as a difference.
func scatter(dst, src []byte, diff bool) {
	if diff {
		var row [4 * Block]byte
		for i, j := 0, 0; j+3 <= len(src); i, j = i+4, j+3 {
			row[i], row[i+1], row[i+2] = src[j], src[j+1], src[j+2]
		}
		subtle.XORBytes(dst, dst, row[:len(dst)])
		return
	}
	i, j := 0, 0
	for ; j+8 <= len(src) && i+8 <= len(dst); i, j = i+8, j+6 {
		v := binary.LittleEndian.Uint64(src[j:])
		binary.LittleEndian.PutUint64(dst[i:], v&0xFFFFFF|(v&0xFFFFFF000000)<<8|0xFF000000FF000000)
	}
	for ; j+3 <= len(src); i, j = i+4, j+3 {
		dst[i], dst[i+1], dst[i+2], dst[i+3] = src[j], src[j+1], src[j+2], 0xFF
	}
}

// ID is the serial number of an update.
func ID(data []byte) (uint32, error) {
	h, _, err := parseHeader(data)
	return h.id, err
}
