package screen

import (
	"fmt"
	"image"

	"beside/codec"
	"beside/frame"
)

// Foreign names an update that another codec carries, in the same sequence and under the
// same rules as this codec's own. Whatever that codec puts on the wire has to say it.
type Foreign struct {
	ID, Epoch uint32
	Size      image.Point     // of the whole picture
	Rect      image.Rectangle // the blocks wholly inside it are written, no others
}

// Hold leaves the blocks wholly inside one of rs to another codec, in place of all that
// were held before: until they are let go they are neither encoded nor repaired, and
// what is marked or lost there does not count for Pending and Repairs. A block that is
// let go is pending if it was marked or lost meanwhile or is not known to be exact.
// Reset and a new size let everything go.
func (e *Encoder) Hold(rs []image.Rectangle) {
	before := append(e.scratchSet[:0], e.held.words...)
	e.scratchSet = before
	e.held.reset(e.grid.count())
	e.searched = false
	for _, r := range rs {
		e.grid.inside(r, func(b int) { e.held.add(b) })
	}
	for i, w := range before {
		gone := w &^ e.held.words[i]
		e.dirty.words[i] |= gone & e.inexact.words[i]
	}
	e.dirty.recount()
}

// Adopt takes the next update for another codec, which writes pixels (a picture of the
// same size, only read inside rect and not kept) to the blocks wholly inside rect. From
// then on it is outstanding like any other: Acked, Lost and Live apply to its ID. Its
// blocks are not exact until this codec has sent them. It says false if there is no such
// block, or no picture of that size yet.
func (e *Encoder) Adopt(rect image.Rectangle, pixels *frame.Frame) (Foreign, bool) {
	if pixels.Size != e.grid.size {
		return Foreign{}, false
	}
	e.todo = e.todo[:0]
	e.grid.inside(rect, func(b int) { e.todo = append(e.todo, uint32(b)) })
	if len(e.todo) == 0 {
		return Foreign{}, false
	}
	id := e.next
	e.searched = false
	e.take(e.todo)
	for _, b := range e.todo {
		x, y, w, h := e.grid.rect(int(b))
		convert(e.last, pixels, x, y, w, h)
		e.carried(int(b), id)
		e.inexact.add(int(b))
		if !e.held.has(int(b)) {
			e.dirty.add(int(b))
		}
	}
	return Foreign{ID: id, Epoch: e.epoch, Size: e.grid.size, Rect: rect}, true
}

// Exact says whether the blocks that touch r are neither marked, nor lost, nor as
// another codec left them.
func (e *Encoder) Exact(r image.Rectangle) bool {
	exact := true
	e.grid.touching(r, func(b int) {
		exact = exact && !e.dirty.has(b) && !e.lost.has(b) && !e.never.has(b) && !e.inexact.has(b)
	})
	return exact
}

// Check says ErrCorrupt of an f that no Encoder makes.
func (f Foreign) Check() error {
	if !frame.ValidSize(f.Size) || newer(f.Epoch, f.ID) || f.Rect.Empty() || !f.Rect.In(image.Rectangle{Max: f.Size}) {
		return fmt.Errorf("%w: foreign update", codec.ErrCorrupt)
	}
	return nil
}

// Fresh says whether f belongs to the current picture or a newer one. If not, it counts
// as received and must not be applied.
func (d *Decoder) Fresh(f Foreign) bool { return !d.begun || !newer(d.epoch, f.Epoch) }

// Adopt applies another codec's update by the same rules as Apply, with the same errors
// and result: paint is called for the parts of f.Rect that nothing newer has overtaken,
// and must write each wholly into dst. The rectangles given to paint are what is returned.
func (d *Decoder) Adopt(f Foreign, dst *frame.Frame, paint func(r image.Rectangle)) ([]image.Rectangle, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	if !d.Fresh(f) {
		return nil, nil
	}
	fresh := !d.begun || f.Epoch != d.epoch
	if !fresh && f.Size != d.grid.size {
		return nil, fmt.Errorf("%w: size changed within an epoch", codec.ErrCorrupt)
	}
	if dst.Size != f.Size || dst.Format != frame.BGRX {
		return nil, fmt.Errorf("codec/screen: adopt into a frame of %v, want BGRX of %v", dst.Size, f.Size)
	}
	if fresh {
		d.begin(f.Epoch, newGrid(f.Size))
	}
	d.damage = d.damage[:0]
	d.grid.inside(f.Rect, func(b int) {
		if newer(f.ID, d.ids[b]) {
			d.ids[b] = f.ID
			d.damaged(b)
		}
	})
	for _, r := range d.damage {
		paint(r)
	}
	return d.damage, nil
}
