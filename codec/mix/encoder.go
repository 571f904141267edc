package mix

import (
	"fmt"
	"image"
	"slices"
	"time"

	"beside/codec"
	"beside/codec/screen"
	"beside/codec/vpx"
	"beside/frame"
)

const (
	// settleDown is how long after one film opened another may open beside it, or in its place.
	settleDown = 100 * time.Millisecond
	// halting is how soon after its end a film that goes on is given more time to stand still.
	halting = 2 * time.Second
	// dear is the number of bytes a pixel that package screen must need for moving
	// blocks before a film is opened for them: what merely scrolls costs far less.
	dear = 0.5
	// filmShare is what films may use of the path's rate.
	filmShare = 0.7
	// rateEvery is how often a film's rate may change.
	rateEvery = 200 * time.Millisecond
)

// Options are what an Encoder is made with.
type Options struct {
	Now      func() time.Duration // since any fixed start; nil means the process's clock
	Lossless bool                 // never make a film
}

// Encoder is the sharer's half. Close must be called.
type Encoder struct {
	s        *screen.Encoder
	now      func() time.Duration
	lossless bool // also after libvpx failed

	size   image.Point
	find   classifier
	films  []*film
	shadow *frame.Frame // what the decoder shows where films are
	out    []byte
	last   kind // of the last update
	moving int  // blocks that moved when last looked

	lastBytes, lastBlocks int             // of the last update of package screen
	quietTo               time.Duration   // no film is opened before
	ended                 image.Rectangle // blocks of the film that ended last
	endedAt               time.Duration
	rate                  float64 // of the path, bits a second; 0 if unknown
	ratedAt               time.Duration
}

type kind uint8

const (
	kindScreen kind = iota
	kindFilm
)

var _ codec.Encoder = (*Encoder)(nil)

// NewEncoder makes an encoder that has sent nothing.
func NewEncoder(o Options) (*Encoder, error) {
	s, err := screen.NewEncoder()
	if err != nil {
		return nil, fmt.Errorf("mix: %w", err)
	}
	e := &Encoder{s: s, now: o.Now, lossless: o.Lossless || !vpx.Available}
	if e.now == nil {
		start := time.Now()
		e.now = func() time.Duration { return time.Since(start) }
	}
	return e, nil
}

// Close frees what libvpx holds. The Encoder is not to be used afterwards.
func (e *Encoder) Close() { e.drop() }

// SetRate tells the bits per second that the path is believed to carry.
func (e *Encoder) SetRate(bits float64) { e.rate = bits }

// Films are the rectangles that are films now.
func (e *Encoder) Films() []image.Rectangle {
	rs := make([]image.Rectangle, len(e.films))
	for i, m := range e.films {
		rs[i] = m.rect
	}
	return rs
}

// Wake is the time until Pending turns true although nothing is marked; false if it will not.
func (e *Encoder) Wake() (time.Duration, bool) {
	if len(e.films) == 0 {
		return 0, false
	}
	at := e.films[0].end()
	for _, m := range e.films {
		at = min(at, m.end())
		if due, ok := m.due(); ok {
			at = min(at, due)
		}
	}
	return max(0, at-e.now()), true
}

// Mark implements codec.Encoder.
func (e *Encoder) Mark(rects []image.Rectangle) {
	e.s.Mark(rects)
	if e.lossless {
		return
	}
	e.find.mark(rects)
	for _, m := range e.films {
		if slices.ContainsFunc(rects, m.rect.Overlaps) {
			m.mark(e.now())
		}
	}
}

// Acked implements codec.Encoder.
func (e *Encoder) Acked(id uint32) {
	for _, m := range e.films {
		m.settle(id, true)
	}
	e.s.Acked(id)
}

// Lost implements codec.Encoder.
func (e *Encoder) Lost(id uint32) {
	for _, m := range e.films {
		m.settle(id, false)
	}
	e.s.Lost(id)
}

// Live implements codec.Encoder. A film's frame lives while later ones are predicted from it.
func (e *Encoder) Live(id uint32) float64 {
	for _, m := range e.films {
		if v, ok := m.live(id); ok {
			return v
		}
	}
	return e.s.Live(id)
}

// Pending implements codec.Encoder.
func (e *Encoder) Pending() bool {
	now := time.Duration(0)
	if len(e.films) > 0 {
		now = e.now()
	}
	return e.s.Pending() || slices.ContainsFunc(e.films, func(m *film) bool { return m.ready(now) || now >= m.end() })
}

// Repairs implements codec.Encoder.
func (e *Encoder) Repairs() bool { return e.s.Repairs() }

// Settled implements codec.Encoder. It is false while there is a film, and after it until
// package screen has made its blocks exact.
func (e *Encoder) Settled() bool { return len(e.films) == 0 && e.s.Settled() }

// Reset implements codec.Encoder.
func (e *Encoder) Reset() {
	e.drop()
	e.size = image.Point{}
	e.s.Reset()
}

// drop ends all films at once, with nothing to be saved of them.
func (e *Encoder) drop() {
	for _, m := range e.films {
		m.enc.Close()
	}
	e.films, e.shadow = e.films[:0], nil
}

// Encode implements codec.Encoder. What package screen has goes first, but films and it
// take turns when both have something.
func (e *Encoder) Encode(f *frame.Frame, budget int, focus image.Point) (codec.Update, bool) {
	if f == nil {
		return e.s.Encode(nil, budget, focus)
	}
	if !e.lossless {
		if f.Size != e.size && frame.ValidSize(f.Size) {
			e.drop()
			e.size = f.Size
			e.find.reset(f.Size)
		}
		e.direct(f)
	}
	if e.last == kindScreen {
		if u, ok := e.film(f); ok {
			return u, true
		}
	}
	if u, ok := e.still(f, budget, focus); ok {
		return u, true
	}
	return e.film(f)
}

// still makes an update of package screen.
func (e *Encoder) still(f *frame.Frame, budget int, focus image.Point) (codec.Update, bool) {
	u, ok := e.s.Encode(f, budget, focus)
	if ok {
		e.last = kindScreen
		e.lastBytes, e.lastBlocks = len(u.Data), u.Blocks
	}
	return u, ok
}

// film makes the next frame of the film that has waited longest.
func (e *Encoder) film(f *frame.Frame) (codec.Update, bool) {
	for now := e.now(); ; {
		var m *film
		for _, c := range e.films {
			if c.ready(now) && (m == nil || c.at < m.at) {
				m = c
			}
		}
		if m == nil {
			return codec.Update{}, false
		}
		u, ok, err := e.frame(m, f)
		if err != nil {
			// Without films everything still works, only with more bytes.
			e.drop()
			e.s.Hold(nil)
			e.lossless = true
			return codec.Update{}, false
		}
		if ok {
			e.last = kindFilm
			return u, true
		}
	}
}

// frame makes the next frame of m; false if nothing changed.
func (e *Encoder) frame(m *film, f *frame.Frame) (codec.Update, bool, error) {
	data, h, err := m.encode(f, e.now())
	if err != nil || data == nil {
		return codec.Update{}, false, err
	}
	if err := m.enc.Shown(e.shadow, m.rect.Min); err != nil {
		return codec.Update{}, false, fmt.Errorf("mix: %w", err)
	}
	a, ok := e.s.Adopt(m.rect, e.shadow)
	if !ok {
		return codec.Update{}, false, fmt.Errorf("mix: %v of %v refused", m.rect, f.Size)
	}
	h.id, h.epoch, h.size = a.ID, a.Epoch, a.Size
	if !m.begun {
		h.opened = h.id
	}
	if h.flags&flagKey != 0 {
		h.base = h.id
	}
	m.commit(h)
	e.out = append(h.append(e.out[:0]), data...)
	return codec.Update{ID: h.id, Size: h.size, Data: e.out, Blocks: m.blocks.Dx() * m.blocks.Dy()}, true, nil
}
