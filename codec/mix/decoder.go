package mix

import (
	"errors"
	"fmt"
	"image"

	"beside/codec"
	"beside/codec/screen"
	"beside/codec/vpx"
	"beside/frame"
)

// Decoder is the helper's half. Close must be called.
type Decoder struct {
	s     *screen.Decoder
	films [MaxFilms]shown
}

// shown is one film on the helper's side; it is over if dec is nil.
type shown struct {
	dec          *vpx.Decoder
	rect         image.Rectangle
	epoch        uint32
	opened, last uint32
	kept         uint32
}

var _ codec.Decoder = (*Decoder)(nil)

// NewDecoder makes a decoder that has seen nothing.
func NewDecoder() (*Decoder, error) {
	s, err := screen.NewDecoder()
	if err != nil {
		return nil, fmt.Errorf("mix: %w", err)
	}
	return &Decoder{s: s}, nil
}

// Close frees what libvpx holds. The Decoder is not to be used afterwards.
func (d *Decoder) Close() {
	for i := range d.films {
		d.films[i].close()
	}
}

func (m *shown) close() {
	if m.dec != nil {
		m.dec.Close()
		m.dec = nil
	}
}

// Size implements codec.Decoder.
func (d *Decoder) Size(data []byte) (image.Point, bool, error) {
	if !isFrame(data) {
		return d.s.Size(data)
	}
	h, _, err := parse(data)
	if err != nil {
		return image.Point{}, false, err
	}
	return h.size, d.s.Fresh(h.foreign()), nil
}

func (h head) foreign() screen.Foreign {
	return screen.Foreign{ID: h.id, Epoch: h.epoch, Size: h.size, Rect: h.rect}
}

// Apply implements codec.Decoder.
func (d *Decoder) Apply(data []byte, dst *frame.Frame) ([]image.Rectangle, error) {
	if isFrame(data) {
		return d.applyFrame(data, dst)
	}
	damage, err := d.s.Apply(data, dst)
	for i := range d.films {
		m := &d.films[i]
		if m.dec == nil {
			continue
		}
		for _, r := range damage {
			if r.Overlaps(m.rect) { // its blocks are let go: it is over
				m.close()
				break
			}
		}
	}
	return damage, err
}

func (d *Decoder) applyFrame(data []byte, dst *frame.Frame) ([]image.Rectangle, error) {
	h, bits, err := parse(data)
	if err != nil {
		return nil, err
	}
	if !d.s.Fresh(h.foreign()) {
		return nil, nil
	}
	if dst.Size != h.size || dst.Format != frame.BGRX {
		return nil, fmt.Errorf("codec/mix: apply to a frame of %v, want BGRX of %v", dst.Size, h.size)
	}
	m := &d.films[h.slot]
	if m.epoch == h.epoch {
		switch {
		case newer(m.opened, h.opened), m.opened == h.opened && !newer(h.id, m.last):
			return nil, nil // overtaken
		case m.opened == h.opened && m.rect != h.rect:
			return nil, fmt.Errorf("%w: film moved", codec.ErrCorrupt)
		}
	}
	key := h.flags&flagKey != 0
	if m.dec == nil || m.epoch != h.epoch || m.opened != h.opened {
		if !key {
			return nil, codec.ErrEarly // the key frame may yet come
		}
		if err := m.open(h); err != nil {
			return nil, err
		}
	}
	base := m.last
	if h.flags&flagGolden != 0 {
		base = m.kept
	}
	if !key && base != h.base {
		if newer(h.base, base) {
			return nil, codec.ErrEarly
		}
		return nil, codec.ErrBase
	}
	if err := m.dec.Decode(bits); err != nil {
		m.close()
		return nil, refusal(err)
	}
	m.last = h.id
	if h.flags&(flagKey|flagKeep) != 0 {
		m.kept = h.id
	}
	var failed error
	damage, err := d.s.Adopt(h.foreign(), dst, func(r image.Rectangle) {
		if err := m.dec.Paint(dst, m.rect.Min, r.Sub(m.rect.Min)); err != nil {
			failed = err
		}
	})
	if err == nil && failed != nil {
		return nil, refusal(failed)
	}
	return damage, err
}

// open replaces whatever is in the slot.
func (m *shown) open(h head) error {
	dec, err := vpx.NewDecoder(h.rect.Size())
	if err != nil {
		return refusal(err)
	}
	m.close()
	*m = shown{dec: dec, rect: h.rect, epoch: h.epoch, opened: h.opened}
	return nil
}

// refusal is how the contract says what went wrong with a frame.
func refusal(err error) error {
	if errors.Is(err, vpx.ErrMissing) {
		return fmt.Errorf("mix: %w", err)
	}
	return fmt.Errorf("%w: %w", codec.ErrCorrupt, err)
}
