package screen

import "math/bits"

const (
	// maxSplit is up to how many blocks of pixels are looked at row by row.
	maxSplit = 2048
	// minSplit is how many rows a vector must save.
	minSplit = 3
)

// split is what is known of a block's rows: which are those of last moved by a vector, and
// which are those of last in their place.
type split struct {
	moved, kept uint16
	vector      byte
}

// splitRows finds the blocks of pixels that a vector serves in part: those at the border of
// what has moved.
func (e *Encoder) splitRows() {
	for _, b32 := range e.todo {
		b := int(b32)
		if e.kind[b] != kindRaw || e.never.has(b) || e.lost.has(b) {
			continue
		}
		x, y, w, h := e.grid.rect(b)
		s, best := split{}, 0
		for i := range h {
			if sameRow(e.src.row(x, y+i, w), e.last.row(x, y+i, w)) {
				s.kept |= 1 << i
			}
		}
		for k, v := range e.vectors {
			moved := e.movedRows(x, y, w, h, v)
			if n := bits.OnesCount16(moved &^ s.kept); n > best && n >= minSplit {
				first, span := rows{copied: moved}.span()
				if e.sendable(x+v.dx, y+first+v.dy, w, span) {
					best = n
					s.moved, s.vector = moved, byte(k)
				}
			}
		}
		if best == 0 || (bits.OnesCount16(s.moved|s.kept) < h/2 && natural(e.src, x, y, w, h)) {
			continue
		}
		e.kind[b], e.split[b] = kindRows, s
	}
}

// movedRows is which rows of a block lie at v in last.
func (e *Encoder) movedRows(x, y, w, h int, v vector) (moved uint16) {
	if x+v.dx < 0 || x+v.dx+w > e.grid.size.X {
		return 0
	}
	for i := range h {
		if sy := y + i + v.dy; sy >= 0 && sy < e.grid.size.Y && sameRow(e.src.row(x, y+i, w), e.last.row(x+v.dx, sy, w)) {
			moved |= 1 << i
		}
	}
	return moved
}

// startRows makes r the run of its one block.
func (e *Encoder) startRows(r *run) {
	s := e.split[r.b]
	e.splitRun = s
	r.rows = s.rows(e.height(r.b))
}

// joinRows lets block b join r if that makes no more rows to be carried.
func (e *Encoder) joinRows(r *run, b int) bool {
	s := e.split[b]
	if s.vector != e.splitRun.vector {
		return false
	}
	alone := s.rows(e.height(b))
	both := split{s.moved & e.splitRun.moved, s.kept & e.splitRun.kept, s.vector}
	joint := both.rows(e.height(b))
	if bits.OnesCount16(joint.carried) > max(bits.OnesCount16(alone.carried), bits.OnesCount16(r.carried)) {
		return false
	}
	e.splitRun, r.rows = both, joint
	return true
}

func (e *Encoder) height(b int) int {
	_, _, _, h := e.grid.rect(b)
	return h
}

func (s split) rows(h int) rows {
	return rows{copied: s.moved, carried: allRows(h) &^ (s.moved | s.kept), vector: s.vector}
}
