package screen

import (
	"cmp"
	"encoding/binary"
	"slices"
)

const (
	anchorTable = 16384
	maxAnchors  = anchorTable / 4
	anchorWidth = 32 // pixels an anchor spans
	bands       = 3
	minVotes    = 3
	minCopied   = 4 // blocks a vector must serve
)

// moveSearch finds by which vectors parts of the picture have moved. Anchors, short
// textured rows at block positions of the old picture, are looked for at every position
// of a few bands of the new one. In each column of blocks the anchors are a block's height
// apart, so a band of that height meets one of them whatever the vector.
type moveSearch struct {
	keys  [anchorTable]uint32 // 0: free
	at    [anchorTable]anchor
	seen  [1 << 10]uint64 // bit set over the upper 16 bits of the keys, so that most positions are done with quickly
	votes map[vector]int
	found []voted
	last  []vector // of the update before
}

type anchor struct{ x, y int32 } // x < 0: the same row is in several places

type voted struct {
	v vector
	n int
}

// Rows are hashed as polynomials of their pixels, so that the hash can roll along.
const (
	factor = 0x9E3779B97F4A7C15
	spread = 0xC2B2AE3D27D4EB4F
)

// outFactor is factor to the power of anchorWidth.
func outFactor() uint64 {
	f := uint64(1)
	for range anchorWidth {
		f *= factor
	}
	return f
}

func pixel(p []byte) uint64 { return uint64(binary.LittleEndian.Uint32(p) & 0xFFFFFF) }

// key makes a table key, never 0, of a hash.
func key(h uint64) uint32 { return uint32(h*spread>>32) | 1 }

func rowHash(p []byte) uint64 {
	h := uint64(0)
	for i := 0; i < 4*anchorWidth; i += 4 {
		h = h*factor + pixel(p[i:])
	}
	return h
}

// textured says whether an anchor is worth having: its pairs of pixels change a few times.
func textured(p []byte) bool {
	before, changes := binary.LittleEndian.Uint64(p)&colours, 0
	for p = p[8 : 4*anchorWidth]; len(p) >= 8; p = p[8:] {
		c := binary.LittleEndian.Uint64(p) & colours
		if c != before {
			if changes++; changes == 4 {
				return true
			}
		}
		before = c
	}
	return false
}

// search returns the most likely vectors, best first.
func (s *moveSearch) search(g grid, old, now view, todo []uint32) []voted {
	clear(s.keys[:])
	clear(s.seen[:])
	if s.votes == nil {
		s.votes = map[vector]int{}
	}
	clear(s.votes)
	s.found = s.found[:0]
	step := len(todo)/maxAnchors + 1
	minX, maxX := g.size.X, 0
	for i, b := range todo {
		x, y, w, h := g.rect(int(b))
		minX, maxX = min(minX, x), max(maxX, x+w)
		y += int(b) % g.cols * 7 % Block
		if i%step != 0 || x+anchorWidth > g.size.X || h < Block {
			continue
		}
		row := old.row(x, y, anchorWidth)
		if !textured(row) {
			continue
		}
		s.anchor(key(rowHash(row)), x, y)
	}
	out := outFactor()
	for _, by := range pickBands(g, todo) {
		for y := by * Block; y < min((by+1)*Block, g.size.Y); y++ {
			s.scan(now.row(minX, y, maxX-minX), minX, y, out)
		}
	}
	for _, v := range s.last {
		s.votes[v] += minVotes // movement tends to go on
	}
	for v, n := range s.votes {
		if n >= minVotes {
			s.found = append(s.found, voted{v, n})
		}
	}
	slices.SortFunc(s.found, func(a, b voted) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.v.dy, b.v.dy), cmp.Compare(a.v.dx, b.v.dx))
	})
	return s.found
}

func (s *moveSearch) anchor(key uint32, x, y int) {
	for i := key % anchorTable; ; i = (i + 1) % anchorTable {
		if s.keys[i] == key {
			s.at[i].x = -1
			return
		}
		if s.keys[i] == 0 {
			s.keys[i], s.at[i] = key, anchor{int32(x), int32(y)}
			s.seen[key>>22] |= 1 << (key >> 16 & 63)
			return
		}
	}
}

func (s *moveSearch) scan(row []byte, x0, y int, out uint64) {
	if len(row) < 4*anchorWidth {
		return
	}
	h := rowHash(row)
	for i := 0; ; i += 4 {
		s.look(key(h), x0+i/4, y)
		if i+4*anchorWidth+4 > len(row) {
			return
		}
		h = h*factor + pixel(row[i+4*anchorWidth:]) - pixel(row[i:])*out
	}
}

// look votes for the vector from (x,y) to the anchor with that key, if there is one.
func (s *moveSearch) look(key uint32, x, y int) {
	if s.seen[key>>22]&(1<<(key>>16&63)) == 0 {
		return
	}
	for j := key % anchorTable; s.keys[j] != 0; j = (j + 1) % anchorTable {
		if s.keys[j] != key {
			continue
		}
		if a := s.at[j]; a.x >= 0 {
			v := vector{int(a.x) - x, int(a.y) - y}
			if v != (vector{}) {
				s.votes[v]++
			}
		}
		return
	}
}

// pickBands chooses the rows of blocks with the most changes in each part of the picture.
func pickBands(g grid, todo []uint32) [bands]int {
	first, last := int(todo[0])/g.cols, int(todo[len(todo)-1])/g.cols
	var best, rows [bands]int
	for i := 0; i < len(todo); {
		row, n := int(todo[i])/g.cols, 0
		for ; i < len(todo) && int(todo[i])/g.cols == row; i++ {
			n++
		}
		k := (row - first) * bands / (last - first + 1)
		if n > best[k] {
			best[k], rows[k] = n, row
		}
	}
	for k := range rows {
		if best[k] == 0 {
			rows[k] = rows[max(0, k-1)]
		}
	}
	if rows[0] == 0 {
		rows[0] = first
	}
	return rows
}

// findMoves turns blocks of todo that lie elsewhere in last into copies.
func (e *Encoder) findMoves() {
	found := e.move.search(e.grid, e.last, e.src, e.todo)
	for _, f := range found[:min(len(found), 8)] {
		if len(e.vectors) == MaxVectors || f.n*16 < found[0].n {
			break
		}
		k := byte(len(e.vectors))
		n := e.copyAll(f.v, kindCopy+k)
		if n < minCopied {
			for _, b := range e.todo {
				if e.kind[b] == kindCopy+k {
					e.kind[b] = kindRaw
				}
			}
			continue
		}
		e.vectors = append(e.vectors, f.v)
	}
	e.move.last = append(e.move.last[:0], e.vectors...)
	if len(e.vectors) == 0 {
		return
	}
	e.bridgeRuns()
	for _, b := range e.todo {
		if e.kind[b] >= kindCopy && e.kind[b] < kinds {
			e.copied = append(e.copied, b)
		}
	}
	slices.Sort(e.copied)
	e.drop()
	if len(e.todo) <= maxSplit {
		e.splitRows()
	}
}

// copyAll makes every raw block of todo that can be copied by v of that kind, and counts them.
func (e *Encoder) copyAll(v vector, kind byte) (n int) {
	for i := 0; i < len(e.todo); {
		j := i
		for j < len(e.todo) && e.kind[e.todo[j]] == kindRaw && e.todo[j] == e.todo[i]+uint32(j-i) &&
			(j == i || int(e.todo[j])%e.grid.cols != 0) {
			j++
		}
		if j > i {
			n += e.copyRun(run{b: int(e.todo[i]), n: j - i, kind: kind}, v)
		}
		i = max(j, i+1)
	}
	return n
}

// copyRun does so for a run of raw blocks: at once if it can, since most of a moved area can.
func (e *Encoder) copyRun(r run, v vector) int {
	if e.canCopy(r, v) {
		for b := r.b; b < r.b+r.n; b++ {
			e.kind[b] = r.kind
		}
		return r.n
	}
	if r.n == 1 {
		return 0
	}
	half := r.n / 2
	return e.copyRun(run{b: r.b, n: half, kind: r.kind}, v) + e.copyRun(run{b: r.b + half, n: r.n - half, kind: r.kind}, v)
}

// canCopy says whether run r of src is what the receiver has, or will have by then, at v.
func (e *Encoder) canCopy(r run, v vector) bool {
	x, y, w, h := e.grid.runRect(r)
	sx, sy := x+v.dx, y+v.dy
	if sx < 0 || sy < 0 || sx+w > e.grid.size.X || sy+h > e.grid.size.Y || !same(e.src, x, y, e.last, sx, sy, w, h) {
		return false
	}
	if e.never.n+e.lost.n == 0 {
		return true
	}
	return e.sendable(sx, sy, w, h)
}

// sendable says whether every block that w×h pixels at (x,y) touch is one that the receiver has, or
// will have by then.
func (e *Encoder) sendable(x, y, w, h int) bool {
	ok := true
	e.grid.sources(x, y, w, h, func(s int) { ok = ok && !e.never.has(s) && !e.lost.has(s) })
	return ok
}

// bridgeRuns copies unchanged blocks too where they part blocks copied alike.
func (e *Encoder) bridgeRuns() {
	before := -1
	for _, b32 := range e.todo {
		b := int(b32)
		k := e.kind[b]
		if k < kindCopy || k >= kinds {
			before = -1
			continue
		}
		if before >= 0 && e.kind[before] == k && b-before > 1 && b-before <= bridge+1 && b/e.grid.cols == before/e.grid.cols {
			ok := true
			for m := before + 1; m < b && ok; m++ {
				ok = e.kind[m] == kindNone && !e.dirty.has(m) && !e.held.has(m) && !e.never.has(m) &&
					!e.lost.has(m) && !e.inexact.has(m) && e.canCopy(run{b: m, n: 1, kind: k}, e.vectors[k-kindCopy])
			}
			for m := before + 1; m < b && ok; m++ {
				e.kind[m] = k
				e.copied = append(e.copied, uint32(m))
			}
		}
		before = b
	}
}
