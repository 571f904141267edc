package frame

import "image"

// maxRects is where a Region stops being exact and becomes its bounding box:
// beyond it the bookkeeping costs more than the pixels saved.
const maxRects = 256

// Region is a set of pixels kept as rectangles, which may overlap. The zero Region
// is empty. It is not safe for concurrent use.
type Region struct{ rects []image.Rectangle }

// Add adds r. An empty r adds nothing. A Region of more than 256 rectangles
// becomes its bounding box, so it may grow but never loses a pixel.
func (g *Region) Add(r image.Rectangle) {
	if r.Empty() {
		return
	}
	for _, have := range g.rects {
		if r.In(have) {
			return
		}
	}
	g.rects = append(g.rects, r)
	if len(g.rects) > maxRects {
		b := g.Bounds()
		g.rects = append(g.rects[:0], b)
	}
}

// AddRegion adds every rectangle of o.
func (g *Region) AddRegion(o Region) {
	for _, r := range o.rects {
		g.Add(r)
	}
}

// Clear empties g and keeps its memory.
func (g *Region) Clear() { g.rects = g.rects[:0] }

// Empty says whether g holds no pixel.
func (g Region) Empty() bool { return len(g.rects) == 0 }

// Rects are g's rectangles; the slice is valid until g next changes.
func (g Region) Rects() []image.Rectangle { return g.rects }

// Bounds is the smallest rectangle that holds g.
func (g Region) Bounds() image.Rectangle {
	var b image.Rectangle
	for _, r := range g.rects {
		b = b.Union(r)
	}
	return b
}
