package screen

import (
	"fmt"
	"image"

	"github.com/klauspost/compress/zstd"

	"beside/codec"
	"beside/frame"
)

// Decoder is the helper's half.
type Decoder struct {
	zstd    *zstd.Decoder
	begun   bool
	grid    grid
	epoch   uint32
	ids     []uint32 // update that last wrote each block
	applied window
	cache   [Slots]stored

	body    // scratch from here on
	decoded []byte
	aside   []byte
	damage  []image.Rectangle
}

// stored is a slot of the cache.
type stored struct {
	id   uint32
	good bool
	pix  []byte // a tile, 4 bytes a pixel; nil until first used
}

// window is the set of updates applied, as far as they are not long past.
type window struct {
	begun  bool
	newest uint32
	bits   [1024 / 64]uint64
}

func (w *window) has(id uint32) bool {
	return w.begun && w.newest-id < 1024 && w.bits[id%1024/64]&(1<<(id%64)) != 0
}

func (w *window) add(id uint32) {
	if !w.begun || id-w.newest-1 < 1<<31 { // newer
		if !w.begun || id-w.newest >= 1024 {
			clear(w.bits[:])
		} else {
			for n := w.newest + 1; n != id; n++ {
				w.bits[n%1024/64] &^= 1 << (n % 64)
			}
		}
		w.begun, w.newest = true, id
	} else if w.newest-id >= 1024 {
		return
	}
	w.bits[id%1024/64] |= 1 << (id % 64)
}

var _ codec.Decoder = (*Decoder)(nil)

// NewDecoder makes a decoder that has seen nothing.
func NewDecoder() (*Decoder, error) {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(MaxWindow),
		zstd.WithDecoderMaxMemory(MaxBody), zstd.WithDecodeAllCapLimit(false), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("screen: make decompressor: %w", err)
	}
	return &Decoder{zstd: z}, nil
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
	h, in, err := parseHeader(data)
	if err != nil {
		return nil, err
	}
	if d.stale(h) {
		return nil, nil
	}
	fresh := !d.begun || h.epoch != d.epoch
	switch {
	case !fresh && h.size != d.grid.size:
		return nil, fmt.Errorf("%w: size changed within an epoch", codec.ErrCorrupt)
	case dst.Size != h.size || dst.Format != frame.BGRX:
		return nil, fmt.Errorf("codec/screen: apply to a frame of %v, want BGRX of %v", dst.Size, h.size)
	case !fresh && d.applied.has(h.id):
		return nil, nil
	}
	if h.flags&flagZstd != 0 {
		if d.decoded, err = d.zstd.DecodeAll(in, d.decoded[:0]); err != nil || len(d.decoded) > MaxBody {
			return nil, fmt.Errorf("%w: compressed body", codec.ErrCorrupt)
		}
		in = d.decoded
	}
	g := newGrid(h.size)
	if err := d.parse(h, g, in); err != nil {
		return nil, err
	}
	if err := d.refuse(h, fresh); err != nil {
		return nil, err
	}
	if fresh {
		d.begin(h.epoch, g)
	}
	d.applied.add(h.id)
	d.write(h.id, view{dst.Pix, dst.Stride})
	return d.damage, nil
}

// refuse checks what the update builds on.
func (d *Decoder) refuse(h header, fresh bool) error {
	if fresh {
		switch {
		case len(d.deps) > 0:
			return codec.ErrEarly
		case len(d.bases) > 0 || d.checked:
			return codec.ErrBase
		}
		return nil
	}
	for _, dep := range d.deps {
		if !d.applied.has(dep) {
			return codec.ErrEarly
		}
	}
	bases, sum := d.bases, uint64(0)
	for _, r := range d.runs {
		if r.kind == kindXor {
			for i, base := range bases[:r.n] {
				if id := d.ids[r.b+i]; newer(h.id, id) && id != base {
					return codec.ErrBase
				}
			}
			bases = bases[r.n:]
		}
		d.grid.bases(r, d.vectors, func(b int) { sum = mix(sum, d.ids[b]) })
	}
	for _, s := range d.refs {
		if !d.cache[s.slot].good {
			return codec.ErrBase
		}
		sum = mix(sum, d.cache[s.slot].id)
	}
	if d.checked && sum != d.sum {
		return codec.ErrBase
	}
	return nil
}

// begin starts a new picture.
func (d *Decoder) begin(epoch uint32, g grid) {
	d.begun, d.grid, d.epoch, d.applied = true, g, epoch, window{}
	d.ids = resized(d.ids, g.count())
	for b := range d.ids {
		d.ids[b] = epoch - 1
	}
	for i := range d.cache {
		d.cache[i].id, d.cache[i].good = epoch-1, false
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
