package screen

import (
	"encoding/binary"
	"slices"
)

// bothLimit is the size of pixels up to which differences are tried beside raw ones.
const bothLimit = 200_000

// bothCodings is the size of pixels up to which both codings are tried.
const bothCodings = 24_000

// writer is memory for serialising.
type writer struct {
	body, px            []byte
	palette             palette
	dataRaw, dataDiff   [2][]byte // by coding
	diffFailed, skipped int       // times in a row that differences were no gain, and that they were not tried
}

// serialise writes the plan the cheapest way. Nothing is committed.
func (e *Encoder) serialise() []byte {
	e.naturals = e.naturals[:0]
	for _, b32 := range e.todo {
		if e.kind[b32] == kindRows {
			continue
		}
		x, y, w, h := e.grid.rect(int(b32))
		e.kind[b32] = kindRaw
		if natural(e.src, x, y, w, h) && !e.hardlyChanged(int(b32)) {
			e.kind[b32] = kindDelta
			e.naturals = append(e.naturals, b32)
		}
	}
	e.all = append(append(e.all[:0], e.todo...), e.copied...)
	slices.Sort(e.all)
	e.makeRuns()
	best := e.code(e.runsTo(e.head(e.body[:0])), &e.dataRaw)
	if e.worthDiff() {
		diff := e.runsTo(e.head(e.body[:0]))
		for i := 0; i < len(e.bases); {
			j := i + 1
			for j < len(e.bases) && e.bases[j] == e.bases[i] {
				j++
			}
			diff = binary.AppendUvarint(diff, uint64(j-i-1))
			diff = binary.AppendUvarint(diff, uint64(e.bases[i]))
			i = j
		}
		if data := e.code(diff, &e.dataDiff); len(data) < len(best) {
			best, e.diffFailed = data, 0
		} else {
			e.diffFailed++
		}
	}
	for _, s := range e.refs {
		e.grid.inTile(s.tile, func(b int) { e.all = append(e.all, uint32(b)) })
	}
	return best
}

// hardlyChanged says whether half of a block's rows are as the receiver is known to have
// them: a difference is better than planes.
func (e *Encoder) hardlyChanged(b int) bool {
	if e.never.has(b) || e.lost.has(b) || e.unacked.has(b) {
		return false
	}
	x, y, w, h := e.grid.rect(b)
	n := 0
	for i := range h {
		if sameRow(e.src.row(x, y+i, w), e.last.row(x, y+i, w)) {
			n++
		}
	}
	return 2*n >= h
}

// makeRuns gathers all into runs by their kinds.
func (e *Encoder) makeRuns() {
	e.runs = e.runs[:0]
	for _, b32 := range e.all {
		b, k := int(b32), e.kind[b32]
		if n := len(e.runs); n > 0 {
			if r := &e.runs[n-1]; r.kind == k && r.b+r.n == b && b%e.grid.cols != 0 && (k != kindRows || e.joinRows(r, b)) {
				r.n++
				continue
			}
		}
		r := run{b: b, n: 1, kind: k}
		if k == kindRows {
			e.startRows(&r)
		}
		e.runs = append(e.runs, r)
	}
}

// worthDiff turns raw blocks into differences where there is a base, and says whether that
// is to be tried.
func (e *Encoder) worthDiff() bool {
	if len(e.todo)*bytesBlock > bothLimit {
		return false
	}
	if len(e.todo) > moveFrom && e.diffFailed >= 3 && e.skipped < 7 {
		e.skipped++
		return false
	}
	e.bases, e.skipped = e.bases[:0], 0
	for _, b := range e.todo {
		if i := int(b); e.kind[b] == kindRaw && !e.never.has(i) && !e.lost.has(i) && !e.unacked.has(i) {
			e.kind[b] = kindXor
			e.bases = append(e.bases, e.next-e.ids[b])
		}
	}
	if len(e.bases) == 0 {
		return false
	}
	e.makeRuns()
	return true
}

// head writes the body down to the sum, which it computes.
func (e *Encoder) head(out []byte) []byte {
	sum := e.baseSum()
	out = binary.AppendUvarint(out, uint64(len(e.vectors)))
	for _, v := range e.vectors {
		out = binary.AppendVarint(out, int64(v.dx))
		out = binary.AppendVarint(out, int64(v.dy))
	}
	out = binary.AppendUvarint(out, uint64(len(e.deps)))
	for _, d := range e.deps {
		out = binary.AppendUvarint(out, uint64(e.next-d))
	}
	for _, list := range [][]tileSlot{e.refs, e.saves} {
		out = binary.AppendUvarint(out, uint64(len(list)))
		tile, slot := 0, 0
		for _, s := range list {
			out = binary.AppendUvarint(out, uint64(s.tile-tile))
			out = binary.AppendVarint(out, int64(s.slot-slot))
			tile, slot = s.tile+1, s.slot+1
		}
	}
	if len(e.vectors)+len(e.refs) > 0 {
		out = binary.BigEndian.AppendUint64(out, sum)
	}
	return out
}

// baseSum sums up what the plan builds on and finds deps.
func (e *Encoder) baseSum() uint64 {
	sum := uint64(0)
	e.deps = e.deps[:0]
	for _, r := range e.runs {
		e.grid.bases(r, e.vectors, func(b int) {
			id := e.ids[b]
			sum = mix(sum, id)
			if n := len(e.deps); e.unacked.has(b) && (n == 0 || e.deps[n-1] != id) && !slices.Contains(e.deps, id) {
				e.deps = append(e.deps, id)
			}
		})
	}
	for _, s := range e.refs {
		sum = mix(sum, e.cache.slots[s.slot].fill)
	}
	return sum
}

func (e *Encoder) runsTo(out []byte) []byte {
	out = binary.AppendUvarint(out, uint64(len(e.runs)))
	end := 0
	for _, r := range e.runs {
		out = binary.AppendUvarint(out, uint64(r.b-end))
		out = binary.AppendUvarint(out, uint64((r.n-1)*kinds)+uint64(r.kind))
		if r.kind == kindRows {
			out = binary.AppendUvarint(out, uint64(r.copied)*MaxVectors+uint64(r.vector))
			out = binary.AppendUvarint(out, uint64(r.carried))
		}
		end = r.b + r.n
	}
	return out
}

// code completes a body, whose beginning is given, with its pixels and planes, and makes
// an update of it: with the coding that is smaller, or is likely to be where trying takes long.
func (e *Encoder) code(body []byte, data *[2][]byte) []byte {
	e.gather()
	start := len(body)
	coded, ok := e.palette.code(body, e.px)
	var best []byte
	if ok {
		data[codingPalette] = e.wrap(data[codingPalette][:0], e.planes(coded))
		best = data[codingPalette]
	}
	if !ok || len(e.px) <= bothCodings {
		body = append(append(coded[:start], codingPlain), e.px...)
		data[codingPlain] = e.wrap(data[codingPlain][:0], e.planes(body))
		if best == nil || len(data[codingPlain]) < len(best) {
			best = data[codingPlain]
		}
		coded = body
	}
	e.body = coded
	return best
}

// gather fills px with the pixels of the runs.
func (e *Encoder) gather() {
	out := slices.Grow(e.px[:0], len(e.todo)*bytesBlock)
	for _, r := range e.runs {
		if r.kind != kindRaw && r.kind != kindXor && r.kind != kindRows {
			continue
		}
		x, y, w, h := e.grid.runRect(r)
		for i := range h {
			switch {
			case r.kind == kindRaw || (r.kind == kindRows && r.carried>>i&1 == 1):
				out = pack(out, e.src.row(x, y+i, w))
			case r.kind == kindXor:
				out = packXor(out, e.src.row(x, y+i, w), e.last.row(x, y+i, w))
			}
		}
	}
	e.px = out
}

// planes appends the planes of natural blocks.
func (e *Encoder) planes(out []byte) []byte {
	step := len(e.naturals) * blockPixels
	at := len(out)
	out = slices.Grow(out, 3*step)[:at+3*step]
	for _, b := range e.naturals {
		x, y, _, _ := e.grid.rect(int(b))
		delta(out[at:], step, e.src, x, y)
		at += blockPixels
	}
	return out
}

// wrap puts the header before body.
func (e *Encoder) wrap(out, body []byte) []byte {
	var h [headerLen]byte
	h[0] = Version
	binary.BigEndian.PutUint32(h[2:], e.next)
	binary.BigEndian.PutUint32(h[6:], e.epoch)
	binary.BigEndian.PutUint16(h[10:], uint16(e.grid.size.X))
	binary.BigEndian.PutUint16(h[12:], uint16(e.grid.size.Y))
	out = append(out, h[:]...)
	out = e.zstd.EncodeAll(body, out)
	if len(out)-headerLen < len(body) {
		out[1] = flagZstd
		return out
	}
	return append(out[:headerLen], body...)
}
