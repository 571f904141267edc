package screen

import (
	"cmp"
	"image"
	"slices"

	"beside/codec"
	"beside/frame"
)

const (
	firstEstimate = 48 // bytes a block, before anything was measured
	// moveFrom is how many changed blocks make the search for moves worth its time.
	moveFrom = 40
	// pieceBlocks is how many blocks of pixels an update takes at most where more would do, so that
	// one can be decoded while the next is made. Larger, and the decoder waits; smaller, and every
	// update's own cost counts.
	pieceBlocks = 1024
	// replaceFrom is how many blocks of pixels make an update a change of page: the cache
	// serves no smaller ones.
	replaceFrom = 64
	// bridge is how many unchanged blocks between two copied ones are copied with them,
	// which costs nothing on the wire while another run does.
	bridge = 6
)

// plan is what the next update is to be made of, and memory for that.
type plan struct {
	est       float64 // bytes a block of pixels takes
	src       view    // what the update is made from
	converted view    // the picture in our byte order, where it has another
	kind      []byte  // of every block; kindNone between two Encodes

	searched        bool     // for copies and tiles, and nothing was marked since
	todo            []uint32 // blocks to carry as pixels, rising
	split           []split  // of every block; those of kindRows count
	vectors         []vector
	copied          []uint32 // blocks to carry as copies
	deps            []uint32
	refs            []tileSlot
	saves           []tileSlot
	hashes          []tileHash // of tiles of src that were looked up in the cache
	all             []uint32   // todo, copied and refs' blocks
	runs            []run
	splitRun        split // of the last run of kindRows
	naturals, bases []uint32
	scratchSet      []uint64
	move            moveSearch
	writer
}

// choose finds what has to be carried and how, all but how much of it; false if nothing.
func (e *Encoder) choose(f *frame.Frame) bool {
	for _, b := range e.all {
		e.kind[b] = kindNone
	}
	e.all, e.todo, e.copied = e.all[:0], e.todo[:0], e.copied[:0]
	e.vectors, e.deps, e.refs, e.saves, e.hashes = e.vectors[:0], e.deps[:0], e.refs[:0], e.saves[:0], e.hashes[:0]
	searched := e.searched
	if f == nil {
		e.src = e.last
		e.todo = e.lost.appendTo(e.todo)
		e.todo = slices.DeleteFunc(e.todo, func(b uint32) bool { return e.dirty.has(int(b)) || e.held.has(int(b)) })
	} else {
		e.dirty.addAll(&e.lost)
		e.todo = e.dirty.appendTo(e.todo)
		e.view(f)
		e.confirm(!searched)
		e.searched = true
	}
	if len(e.todo) == 0 {
		return false
	}
	for _, b := range e.todo {
		e.kind[b] = kindRaw
	}
	if f == nil || searched {
		return true
	}
	seen := e.seenBefore()
	if seen {
		e.findTiles()
	}
	// No update builds on more than are outstanding.
	if len(e.todo) > moveFrom && e.never.n < e.grid.count() && len(e.sent) <= MaxDeps {
		e.findMoves()
	}
	if !seen && len(e.todo) >= replaceFrom && len(e.copied) < len(e.todo) {
		e.findTiles()
	}
	return true
}

// view makes src the picture f, in our byte order at least where it is to be looked at.
func (e *Encoder) view(f *frame.Frame) {
	if f.Format == frame.BGRX {
		e.src = view{f.Pix, f.Stride}
		return
	}
	e.converted = view{resized(e.converted.pix, len(e.last.pix)), e.last.stride}
	for _, b := range e.todo {
		x, y, w, h := e.grid.rect(int(b))
		convert(e.converted, f, x, y, w, h)
	}
	// What is not in todo is as it was last sent, or nobody's business.
	e.src = e.converted
}

// confirm keeps the blocks of todo that really differ, and unmarks the others. Without compare it
// only leaves out those that are another codec's: nothing was marked since the last time.
func (e *Encoder) confirm(compare bool) {
	kept := e.todo[:0]
	for _, b32 := range e.todo {
		b := int(b32)
		if e.held.has(b) {
			continue
		}
		if compare && !e.never.has(b) && !e.lost.has(b) {
			x, y, w, h := e.grid.rect(b)
			if same(e.src, x, y, e.last, x, y, w, h) {
				e.dirty.remove(b)
				e.inexact.remove(b)
				continue
			}
		}
		kept = append(kept, b32)
	}
	e.todo = kept
}

// drop takes from todo what became something else than pixels.
func (e *Encoder) drop() {
	e.todo = slices.DeleteFunc(e.todo, func(b uint32) bool { return e.kind[b] != kindRaw && e.kind[b] != kindRows })
}

// fit serialises the plan. If its pixels exceed budget it leaves out those far from focus.
func (e *Encoder) fit(budget int, focus image.Point) []byte {
	if n := int(float64(budget) / e.est); n < len(e.todo) && n < pieceBlocks {
		e.cut(n, focus)
	} else if len(e.todo) > pieceBlocks {
		e.keep(pieceBlocks) // it does not matter which go first
	}
	for {
		data := e.serialise()
		if len(e.todo) == 0 {
			return data
		}
		perBlock := float64(len(data)) / float64(len(e.todo))
		if n := int(float64(budget) / perBlock); len(data) > 2*budget && n < len(e.todo) && len(e.todo) > 16 {
			// The estimate was far off (a photograph): keep what fits, nearest first.
			e.est = perBlock
			e.cut(max(16, n), focus)
			continue
		}
		if len(e.todo) >= 16 && len(e.todo) > len(e.copied) {
			e.est = max(4, (e.est+3*perBlock)/4)
		}
		return data
	}
}

// cut leaves n blocks in todo (or one, if there is nothing else), whole tiles nearest to
// focus first.
func (e *Encoder) cut(n int, focus image.Point) {
	if n == 0 && len(e.copied)+len(e.refs) == 0 {
		n = 1
	}
	if n >= len(e.todo) {
		return
	}
	fx, fy := focus.X/Block, focus.Y/Block
	dist := func(b uint32) int {
		x, y := int(b)%e.grid.cols, int(b)/e.grid.cols
		tx, ty := x/perTile-fx/perTile, y/perTile-fy/perTile
		dx, dy := x-fx, y-fy
		return (tx*tx+ty*ty)<<32 + dx*dx + dy*dy
	}
	slices.SortFunc(e.todo, func(a, b uint32) int { return cmp.Compare(dist(a), dist(b)) })
	e.keep(n)
	slices.Sort(e.todo)
}

// keep leaves the first n blocks in todo.
func (e *Encoder) keep(n int) {
	for _, b := range e.todo[n:] {
		e.kind[b] = kindNone
	}
	e.todo = e.todo[:n]
}

// commit records that the plan was sent as data.
func (e *Encoder) commit(data []byte) codec.Update {
	id := e.next
	u := e.take(e.all)
	for _, dep := range e.deps {
		if d := e.sent[dep]; d != nil {
			d.needed++
			u.deps = append(u.deps, dep)
		}
	}
	for _, s := range e.refs {
		u.refs = append(u.refs, uint16(s.slot))
	}
	for _, s := range e.saves {
		u.saves = append(u.saves, uint16(s.slot))
		e.cache.filling(s, id)
	}
	if &e.src.pix[0] != &e.last.pix[0] {
		for _, r := range e.runs {
			x, y, w, h := e.grid.runRect(r)
			copyRect(e.last, e.src, x, y, w, h)
		}
		for _, s := range e.refs {
			x, y, w, h := e.grid.tileRect(s.tile)
			copyRect(e.last, e.src, x, y, w, h)
		}
	}
	for _, b := range e.all {
		e.carried(int(b), id)
	}
	for _, h := range e.hashes {
		e.knowTile(h)
	}
	return codec.Update{ID: id, Size: e.grid.size, Data: data, Blocks: len(e.all)}
}
