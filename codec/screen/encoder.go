package screen

import (
	"bytes"
	"cmp"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"image"
	"slices"

	"github.com/klauspost/compress/zstd"

	"beside/codec"
	"beside/frame"
)

const (
	// bothLimit is the raw size up to which differences are tried beside raw pixels.
	bothLimit = 200_000
	// maxOutstanding bounds the updates whose fate is not known yet.
	maxOutstanding = 1024
	firstEstimate  = 48 // bytes a block, before anything was measured
)

// Encoder is the sharer's half. It keeps one packed copy of the picture (3 bytes a
// pixel) as it was last sent, and for each block the update that sent it.
type Encoder struct {
	zstd *zstd.Encoder
	next uint32 // id of the next update

	grid  grid
	epoch uint32
	last  []byte   // block b at b*bytesBlock, as last sent
	ids   []uint32 // update that last carried the block
	// A block is in at most one of never, lost and unacked; in none, the receiver is
	// known to hold it as in last. dirty is independent of that.
	never, lost, unacked, dirty bitset
	// held blocks are another codec's for now, inexact ones hold what it made of them.
	// A block that is inexact and not held is dirty.
	held, inexact bitset

	sent   map[uint32][]uint32 // blocks of each outstanding update
	free   [][]uint32
	oldest uint32 // not newer than any key of sent
	est    float64

	todo         []uint32 // scratch from here on
	raw, diff    []byte
	dataR, dataD []byte
	scratch      [bytesBlock]byte
	bases        []uint32
	scratchSet   []uint64
}

var _ codec.Encoder = (*Encoder)(nil)

// NewEncoder makes an encoder that has sent nothing.
func NewEncoder() (*Encoder, error) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderCRC(false), zstd.WithWindowSize(MaxWindow), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("screen: make compressor: %w", err)
	}
	return &Encoder{zstd: z, next: 1, sent: map[uint32][]uint32{}, est: firstEstimate}, nil
}

// Reset implements codec.Encoder.
func (e *Encoder) Reset() { e.restart(image.Point{}) }

func (e *Encoder) restart(size image.Point) {
	e.grid, e.epoch = newGrid(size), e.next
	n := e.grid.count()
	e.last = resized(e.last, n*bytesBlock)
	clear(e.last)
	e.ids = resized(e.ids, n)
	for _, s := range []*bitset{&e.never, &e.lost, &e.unacked, &e.dirty, &e.held, &e.inexact} {
		s.reset(n)
	}
	for b := range n {
		e.never.add(b)
		e.dirty.add(b)
	}
	for id := range e.sent {
		e.forget(id)
	}
	e.oldest = e.next
	e.est = max(e.est, firstEstimate)
}

// Mark implements codec.Encoder.
func (e *Encoder) Mark(rects []image.Rectangle) {
	for _, r := range rects {
		e.grid.touching(r, func(b int) { e.dirty.add(b) })
	}
}

// Acked implements codec.Encoder.
func (e *Encoder) Acked(id uint32) {
	for _, b := range e.sent[id] {
		if e.ids[b] == id {
			e.unacked.remove(int(b))
		}
	}
	e.forget(id)
}

// Lost implements codec.Encoder.
func (e *Encoder) Lost(id uint32) {
	for _, b := range e.sent[id] {
		if e.ids[b] == id {
			e.unacked.remove(int(b))
			e.lost.add(int(b))
		}
	}
	e.forget(id)
}

func (e *Encoder) forget(id uint32) {
	if list, ok := e.sent[id]; ok {
		delete(e.sent, id)
		if len(e.free) < 8 {
			e.free = append(e.free, list[:0])
		}
	}
}

// Live implements codec.Encoder.
func (e *Encoder) Live(id uint32) float64 {
	list := e.sent[id]
	if len(list) == 0 {
		return 0
	}
	live := 0
	for _, b := range list {
		if e.ids[b] == id && !e.dirty.has(int(b)) {
			live++
		}
	}
	return float64(live) / float64(len(list))
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
	e.todo = e.todo[:0]
	if f == nil {
		e.todo = e.lost.appendTo(e.todo)
		e.todo = slices.DeleteFunc(e.todo, func(b uint32) bool { return e.dirty.has(int(b)) || e.held.has(int(b)) })
	} else {
		e.dirty.addAll(&e.lost)
		e.todo = e.dirty.appendTo(e.todo)
		if e.held.n > 0 {
			e.todo = slices.DeleteFunc(e.todo, func(b uint32) bool { return e.held.has(int(b)) })
		}
	}
	if len(e.todo) == 0 {
		return codec.Update{}, false
	}
	if float64(len(e.todo))*e.est > float64(budget) || len(e.todo) > MaxBlocks {
		e.sortByDistance(focus)
		e.confirm(f, min(max(1, int(float64(budget)/e.est)), MaxBlocks))
	} else {
		e.confirm(f, len(e.todo))
	}
	for len(e.todo) > 0 {
		data := e.pack(f)
		perBlock := float64(len(data)) / float64(len(e.todo))
		if n := int(float64(budget) / perBlock); len(data) > 2*budget && n < len(e.todo) && len(e.todo) > 16 {
			// The estimate was far off (a photograph): keep what fits, nearest first.
			e.est = perBlock
			e.sortByDistance(focus)
			e.todo = e.todo[:max(16, n)]
			slices.Sort(e.todo)
			continue
		}
		if len(e.todo) >= 16 {
			e.est = max(4, (e.est+3*perBlock)/4)
		}
		return e.commit(data), true
	}
	return codec.Update{}, false
}

func (e *Encoder) sortByDistance(focus image.Point) {
	fx, fy := focus.X/Block, focus.Y/Block
	dist := func(b uint32) int {
		dx, dy := int(b)%e.grid.cols-fx, int(b)/e.grid.cols-fy
		return dx*dx + dy*dy
	}
	slices.SortFunc(e.todo, func(a, b uint32) int { return cmp.Compare(dist(a), dist(b)) })
}

// confirm keeps the first limit blocks of todo that really differ, in rising order, and
// unmarks those that turn out not to.
func (e *Encoder) confirm(f *frame.Frame, limit int) {
	kept := e.todo[:0]
	for _, b := range e.todo {
		if len(kept) == limit {
			break
		}
		if f != nil && !e.never.has(int(b)) && !e.lost.has(int(b)) {
			now := gather(e.scratch[:0], e.grid, f.Pix, f.Stride, int(b), f.Format)
			if bytes.Equal(now, e.last[int(b)*bytesBlock:][:len(now)]) {
				e.dirty.remove(int(b))
				e.inexact.remove(int(b))
				continue
			}
		}
		kept = append(kept, b)
	}
	slices.Sort(kept)
	e.todo = kept
}

// pack serialises the blocks of todo the cheaper way. Nothing is committed.
func (e *Encoder) pack(f *frame.Frame) []byte {
	e.raw = resized(e.raw, len(e.todo)*bytesBlock)[:0]
	for _, b := range e.todo {
		if f == nil {
			_, _, w, h := e.grid.rect(int(b))
			e.raw = append(e.raw, e.last[int(b)*bytesBlock:][:3*w*h]...)
		} else {
			e.raw = gather(e.raw, e.grid, f.Pix, f.Stride, int(b), f.Format)
		}
	}
	e.dataR = e.write(e.dataR[:0], false, e.raw)
	if len(e.raw) > bothLimit || !e.difference() {
		return e.dataR
	}
	e.dataD = e.write(e.dataD[:0], true, e.diff)
	if len(e.dataD) < len(e.dataR) {
		return e.dataD
	}
	return e.dataR
}

// difference fills diff and bases; false if no block has a base the receiver holds.
func (e *Encoder) difference() bool {
	e.diff = append(e.diff[:0], e.raw...)
	e.bases = e.bases[:0]
	any, at := false, 0
	for _, b32 := range e.todo {
		b := int(b32)
		_, _, w, h := e.grid.rect(b)
		n := 3 * w * h
		back := uint32(0)
		if !e.never.has(b) && !e.lost.has(b) && !e.unacked.has(b) {
			back, any = e.next-e.ids[b], true
			subtle.XORBytes(e.diff[at:at+n], e.diff[at:at+n], e.last[b*bytesBlock:][:n])
		}
		e.bases = append(e.bases, back)
		at += n
	}
	return any
}

func (e *Encoder) write(out []byte, diff bool, pixels []byte) []byte {
	var h [headerLen]byte
	h[0] = Version
	binary.BigEndian.PutUint32(h[2:], e.next)
	binary.BigEndian.PutUint32(h[6:], e.epoch)
	binary.BigEndian.PutUint16(h[10:], uint16(e.grid.size.X))
	binary.BigEndian.PutUint16(h[12:], uint16(e.grid.size.Y))
	binary.BigEndian.PutUint16(h[14:], uint16(len(e.todo)-1))
	out = append(out, h[:]...)
	end := uint32(0)
	for i := 0; i < len(e.todo); {
		j := i + 1
		for j < len(e.todo) && e.todo[j] == e.todo[j-1]+1 {
			j++
		}
		out = binary.AppendUvarint(out, uint64(e.todo[i]-end))
		out = binary.AppendUvarint(out, uint64(j-i-1))
		end, i = e.todo[j-1]+1, j
	}
	flags := byte(0)
	if diff {
		flags |= flagDiff
		for i := 0; i < len(e.bases); {
			j := i + 1
			for j < len(e.bases) && e.bases[j] == e.bases[i] {
				j++
			}
			out = binary.AppendUvarint(out, uint64(j-i-1))
			out = binary.AppendUvarint(out, uint64(e.bases[i]))
			i = j
		}
	}
	at := len(out)
	out = e.zstd.EncodeAll(pixels, out)
	if len(out)-at < len(pixels) {
		flags |= flagZstd
	} else {
		out = append(out[:at], pixels...)
	}
	out[1] = flags
	return out
}

// commit records that todo was sent as packed in raw.
func (e *Encoder) commit(data []byte) codec.Update {
	if len(e.sent) >= maxOutstanding {
		for ; len(e.sent) >= maxOutstanding; e.oldest++ {
			e.Lost(e.oldest)
		}
	}
	id := e.next
	e.next++
	var list []uint32
	if n := len(e.free); n > 0 {
		list, e.free = e.free[n-1], e.free[:n-1]
	}
	at := 0
	for _, b32 := range e.todo {
		b := int(b32)
		_, _, w, h := e.grid.rect(b)
		n := 3 * w * h
		copy(e.last[b*bytesBlock:], e.raw[at:at+n])
		at += n
		e.never.remove(b)
		e.lost.remove(b)
		e.dirty.remove(b)
		e.inexact.remove(b)
		e.unacked.add(b)
		e.ids[b] = id
	}
	e.sent[id] = append(list, e.todo...)
	return codec.Update{ID: id, Size: e.grid.size, Data: data, Blocks: len(e.todo)}
}
