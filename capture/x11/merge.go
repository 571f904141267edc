package x11

import (
	"image"

	"github.com/jezek/xgb/xproto"
)

const (
	// maxRects bounds the requests made for one picture.
	maxRects = 48
	// mergeSlack is how many untouched pixels may be fetched to save one request,
	// which costs as much as about this many pixels.
	mergeSlack = 8192
)

// merge clips damage to area and joins rectangles where one request for both is
// cheaper than two. The result covers every damaged pixel of area.
func merge(damaged []xproto.Rectangle, area image.Rectangle) []image.Rectangle {
	var rs []image.Rectangle
	var bounds image.Rectangle
	for _, d := range damaged {
		at := image.Pt(int(d.X), int(d.Y))
		r := image.Rectangle{Min: at, Max: at.Add(image.Pt(int(d.Width), int(d.Height)))}.Intersect(area)
		if r.Empty() {
			continue
		}
		bounds = bounds.Union(r)
		rs = join(rs, r)
	}
	if len(rs) > maxRects {
		return []image.Rectangle{bounds}
	}
	sum := 0
	for _, r := range rs {
		sum += size(r)
	}
	if sum+len(rs)*mergeSlack/2 >= size(bounds) && len(rs) > 1 {
		return []image.Rectangle{bounds}
	}
	return rs
}

// join adds r to rs, growing a rectangle of rs where that is cheaper.
func join(rs []image.Rectangle, r image.Rectangle) []image.Rectangle {
	for i := 0; i < len(rs); i++ {
		u := rs[i].Union(r)
		if size(u) <= size(rs[i])+size(r)+mergeSlack {
			rs[i] = rs[len(rs)-1]
			rs = rs[:len(rs)-1]
			r, i = u, -1 // the bigger one may now swallow others
		}
	}
	return append(rs, r)
}

func size(r image.Rectangle) int { return r.Dx() * r.Dy() }
