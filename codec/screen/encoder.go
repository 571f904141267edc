package screen

import (
	"fmt"
	"image"

	"github.com/klauspost/compress/zstd"

	"beside/codec"
	"beside/frame"
)

// maxOutstanding bounds the updates whose fate is not known yet.
const maxOutstanding = 1024

// smallBelow is the budget below which bytes cost more time than compressing does: new pages become
// 3 to 14 % smaller, the more the more goes at once (9 % at 5 Mbit/s).
const smallBelow = 64 << 10

// Encoder is the sharer's half. It keeps one copy of the picture as it was last sent, and
// for each block the update that sent it.
type Encoder struct {
	quick, small *zstd.Encoder // with the same decoder
	zstd         *zstd.Encoder // the one for this update
	next         uint32        // id of the next update

	grid  grid
	epoch uint32
	last  view     // the picture as last sent
	ids   []uint32 // update that last carried the block
	// A block is in at most one of never, lost and unacked; in none, the receiver is
	// known to hold it as in last. dirty is independent of that.
	never, lost, unacked, dirty bitset
	// held blocks are another codec's for now, inexact ones hold what it made of them.
	// A block that is inexact and not held is dirty.
	held, inexact bitset

	sent   map[uint32]*outstanding
	free   []*outstanding
	oldest uint32 // not newer than any key of sent

	cache cache
	plan
}

// outstanding is an update whose fate is not known yet.
type outstanding struct {
	blocks      []uint32
	deps        []uint32 // outstanding updates it builds on
	saves, refs []uint16 // slots
	needed      int      // how many outstanding updates build on it
}

var _ codec.Encoder = (*Encoder)(nil)

// NewEncoder makes an encoder that has sent nothing.
func NewEncoder() (*Encoder, error) {
	quick, err := compressor(zstd.SpeedFastest)
	if err != nil {
		return nil, err
	}
	small, err := compressor(zstd.SpeedBetterCompression)
	if err != nil {
		return nil, err
	}
	e := &Encoder{quick: quick, small: small, next: 1, sent: map[uint32]*outstanding{}}
	e.est = firstEstimate
	return e, nil
}

func compressor(level zstd.EncoderLevel) (*zstd.Encoder, error) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderCRC(false), zstd.WithWindowSize(MaxWindow), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("screen: make compressor: %w", err)
	}
	return z, nil
}

// Reset implements codec.Encoder.
func (e *Encoder) Reset() { e.restart(image.Point{}) }

func (e *Encoder) restart(size image.Point) {
	e.grid, e.epoch, e.searched = newGrid(size), e.next, false
	n := e.grid.count()
	e.last = view{resized(e.last.pix, 4*size.X*size.Y), 4 * size.X}
	clear(e.last.pix)
	clear(e.converted.pix)
	e.ids = resized(e.ids, n)
	e.kind, e.split, e.all = resized(e.kind, n), resized(e.split, n), e.all[:0]
	for _, s := range []*bitset{&e.never, &e.lost, &e.unacked, &e.dirty, &e.held, &e.inexact} {
		s.reset(n)
	}
	for b := range n {
		e.kind[b] = kindNone
		e.never.add(b)
		e.dirty.add(b)
	}
	for id := range e.sent {
		e.forget(id)
	}
	e.cache.reset(e.grid.tiles())
	e.oldest = e.next
	e.est = max(e.est, firstEstimate)
}

// Mark implements codec.Encoder.
func (e *Encoder) Mark(rects []image.Rectangle) {
	if len(rects) > 0 {
		e.searched = false
	}
	for _, r := range rects {
		e.grid.touching(r, func(b int) { e.dirty.add(b) })
	}
}

// Acked implements codec.Encoder.
func (e *Encoder) Acked(id uint32) {
	u := e.sent[id]
	if u == nil {
		return
	}
	for _, b := range u.blocks {
		if e.ids[b] == id {
			e.unacked.remove(int(b))
		}
	}
	e.cache.acked(id, u)
	deps := u.deps
	e.forget(id)
	for _, dep := range deps {
		e.Acked(dep) // it could not have been applied otherwise
	}
}

// Lost implements codec.Encoder.
func (e *Encoder) Lost(id uint32) {
	u := e.sent[id]
	if u == nil {
		return
	}
	for _, b := range u.blocks {
		if e.ids[b] == id {
			e.unacked.remove(int(b))
			e.lost.add(int(b))
		}
	}
	e.cache.lost(id, u)
	needed := u.needed
	e.forget(id)
	if needed == 0 {
		return
	}
	// What builds on it will be refused: do not wait to be told.
	for other, o := range e.sent {
		for _, dep := range o.deps {
			if dep == id {
				e.Lost(other)
				break
			}
		}
	}
}

// forget drops id from what is outstanding. Its lists stay as they are until the next Encode.
func (e *Encoder) forget(id uint32) {
	u := e.sent[id]
	if u == nil {
		return
	}
	for _, dep := range u.deps {
		if d := e.sent[dep]; d != nil {
			d.needed--
		}
	}
	delete(e.sent, id)
	if len(e.free) < 8 {
		e.free = append(e.free, u)
	}
}

// take makes an outstanding update that carries blocks.
func (e *Encoder) take(blocks []uint32) *outstanding {
	u := &outstanding{}
	if n := len(e.free); n > 0 {
		u, e.free = e.free[n-1], e.free[:n-1]
	}
	u.blocks = append(u.blocks[:0], blocks...)
	u.deps, u.saves, u.refs, u.needed = u.deps[:0], u.saves[:0], u.refs[:0], 0
	if len(e.sent) >= maxOutstanding {
		for ; len(e.sent) >= maxOutstanding; e.oldest++ {
			e.Lost(e.oldest)
		}
	}
	e.sent[e.next] = u
	e.next++
	return u
}

// carried records that block b, whose pixels last holds by now, is in update id.
func (e *Encoder) carried(b int, id uint32) {
	e.never.remove(b)
	e.lost.remove(b)
	e.dirty.remove(b)
	e.inexact.remove(b)
	e.unacked.add(b)
	e.ids[b] = id
	e.cache.changed(e.grid.tileOf(b))
}

// Live implements codec.Encoder.
func (e *Encoder) Live(id uint32) float64 {
	u := e.sent[id]
	switch {
	case u == nil || len(u.blocks) == 0:
		return 0
	case u.needed > 0:
		return 1
	}
	live := 0
	for _, b := range u.blocks {
		if e.ids[b] == id && !e.dirty.has(int(b)) {
			live++
		}
	}
	return float64(live) / float64(len(u.blocks))
}

// Pending implements codec.Encoder.
func (e *Encoder) Pending() bool { return e.dirty.without(&e.held)+e.lost.without(&e.held) > 0 }

// Repairs implements codec.Encoder.
func (e *Encoder) Repairs() bool {
	if e.lost.n == 0 {
		return false
	}
	for i, w := range e.lost.words {
		if w&^e.dirty.words[i]&^e.held.words[i] != 0 {
			return true
		}
	}
	return false
}

// Settled implements codec.Encoder.
func (e *Encoder) Settled() bool {
	return e.grid.count() > 0 && e.dirty.n+e.lost.n+e.unacked.n+e.never.n+e.inexact.n == 0
}

// Encode implements codec.Encoder.
func (e *Encoder) Encode(f *frame.Frame, budget int, focus image.Point) (codec.Update, bool) {
	if f != nil && f.Size != e.grid.size {
		if !frame.ValidSize(f.Size) {
			return codec.Update{}, false
		}
		e.restart(f.Size)
	}
	if !e.choose(f) {
		return codec.Update{}, false
	}
	if e.zstd = e.quick; budget < smallBelow {
		e.zstd = e.small
	}
	data := e.fit(budget, focus)
	return e.commit(data), true
}
