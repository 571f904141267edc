package diff

import (
	"bytes"
	"image"

	"beside/frame"
)

// block is the side of the squares that are compared and marked as damage.
const block = 16

// CopyChanged copies pix, the picture of the part at of dst, into dst. With mark it
// compares first, in 16×16 blocks aligned to dst, copies only blocks that differ, adds
// them to dst.Damage and says whether there was one.
func CopyChanged(dst *frame.Frame, at image.Rectangle, pix []byte, stride int, mark bool) bool {
	row := func(y, x0, x1 int) (d, s []byte) {
		o := y*dst.Stride + 4*x0
		p := (y-at.Min.Y)*stride + 4*(x0-at.Min.X)
		n := 4 * (x1 - x0)
		return dst.Pix[o : o+n : o+n], pix[p : p+n : p+n]
	}
	if !mark {
		for y := at.Min.Y; y < at.Max.Y; y++ {
			d, s := row(y, at.Min.X, at.Max.X)
			copy(d, s)
		}
		return true
	}
	changed := false
	var open []image.Rectangle // damage that the next band may extend downwards
	for y0 := at.Min.Y; y0 < at.Max.Y; {
		y1 := min((y0/block+1)*block, at.Max.Y)
		// Most rows are equal as a whole; only the others are looked at in blocks.
		first, last := y1, y0
		for y := y0; y < y1; y++ {
			if d, s := row(y, at.Min.X, at.Max.X); !bytes.Equal(d, s) {
				first, last = min(first, y), y+1
			}
		}
		var runs []image.Rectangle
		for x0 := at.Min.X; first < last && x0 < at.Max.X; {
			x1 := min((x0/block+1)*block, at.Max.X)
			if differs(row, first, last, x0, x1) {
				for y := first; y < last; y++ {
					d, s := row(y, x0, x1)
					copy(d, s)
				}
				if n := len(runs); n > 0 && runs[n-1].Max.X == x0 {
					runs[n-1].Max.X = x1
				} else {
					runs = append(runs, image.Rect(x0, y0, x1, y1))
				}
			}
			x0 = x1
		}
		changed = changed || len(runs) > 0
		open = extend(open, runs, &dst.Damage)
		y0 = y1
	}
	extend(open, nil, &dst.Damage)
	return changed
}

func differs(row func(y, x0, x1 int) (d, s []byte), y0, y1, x0, x1 int) bool {
	for y := y0; y < y1; y++ {
		if d, s := row(y, x0, x1); !bytes.Equal(d, s) {
			return true
		}
	}
	return false
}

// extend joins the runs of a band with the rectangles right above them, and adds to
// damage those that did not go on. It returns what the next band may extend.
func extend(open, runs []image.Rectangle, damage *frame.Region) []image.Rectangle {
	for _, o := range open {
		kept := false
		for i, r := range runs {
			if r.Min.X == o.Min.X && r.Max.X == o.Max.X && r.Min.Y == o.Max.Y {
				runs[i].Min.Y, kept = o.Min.Y, true
				break
			}
		}
		if !kept {
			damage.Add(o)
		}
	}
	return runs
}
