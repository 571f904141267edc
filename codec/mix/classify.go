package mix

import (
	"encoding/binary"
	"image"
	"time"

	"beside/codec/screen"
	"beside/frame"
)

const (
	// hot is how many changes, close after one another, make a natural block move.
	hot = 3
	// cool is the time in which one of them is forgotten.
	cool = 250 * time.Millisecond
	// most bounds what is remembered, so that a block that stops is soon cold.
	most = 5
	// worth is the number of moving blocks below which no film is opened.
	worth = 48
	// gap is how far apart, in blocks, two moving blocks of one film may be.
	gap = 2
)

// block is what the classifier knows about one block.
type block struct {
	at   time.Duration // of the last change
	hash uint32        // of some of its pixels
	heat uint8         // at that time, of changes
	film uint8         // and of changes to something natural
}

// classifier finds where the picture moves like a film.
type classifier struct {
	size       image.Point
	cols, rows int
	blocks     []block
	marked     []bool
	list       []int // the marked ones
	at         time.Duration

	group []int // scratch
	seen  []bool
}

func (c *classifier) reset(size image.Point) {
	c.size = size
	c.cols, c.rows = (size.X+screen.Block-1)/screen.Block, (size.Y+screen.Block-1)/screen.Block
	n := c.cols * c.rows
	c.blocks, c.marked, c.seen = make([]block, n), make([]bool, n), make([]bool, n)
	c.list = c.list[:0]
}

func (c *classifier) mark(rs []image.Rectangle) {
	for _, r := range rs {
		r = c.inBlocks(r)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if b := y*c.cols + x; !c.marked[b] {
					c.marked[b] = true
					c.list = append(c.list, b)
				}
			}
		}
	}
}

// inBlocks is the rectangle of the blocks that touch r.
func (c *classifier) inBlocks(r image.Rectangle) image.Rectangle {
	r = r.Intersect(image.Rectangle{Max: c.size})
	if r.Empty() {
		return image.Rectangle{}
	}
	r.Max = r.Max.Add(image.Pt(screen.Block-1, screen.Block-1))
	return image.Rectangle{Min: r.Min.Div(screen.Block), Max: r.Max.Div(screen.Block)}
}

// inPixels is what a rectangle of blocks covers.
func (c *classifier) inPixels(r image.Rectangle) image.Rectangle {
	return image.Rectangle{Min: r.Min.Mul(screen.Block), Max: r.Max.Mul(screen.Block)}.Intersect(image.Rectangle{Max: c.size})
}

// observe looks at the marked blocks but those that skip names, and says how many move.
func (c *classifier) observe(f *frame.Frame, now time.Duration, skip []image.Rectangle) int {
	c.at = now
	moving := 0
	for _, b := range c.list {
		c.marked[b] = false
		at := image.Pt(b%c.cols, b/c.cols)
		if held(at, skip) {
			continue
		}
		natural, hash := c.sample(f, at)
		p := &c.blocks[b]
		if hash == p.hash {
			continue
		}
		next := block{at: now, hash: hash, heat: min(c.left(p, p.heat)+1, most), film: c.left(p, p.film)}
		if natural {
			next.film = min(next.film+1, most)
		}
		*p = next
		if next.film >= hot {
			moving++
		}
	}
	c.list = c.list[:0]
	return moving
}

// warm remembers that these blocks moved until now: one more change, and they do again.
func (c *classifier) warm(f *frame.Frame, now time.Duration, blocks image.Rectangle) {
	for y := blocks.Min.Y; y < blocks.Max.Y; y++ {
		for x := blocks.Min.X; x < blocks.Max.X; x++ {
			natural, hash := c.sample(f, image.Pt(x, y))
			p := block{at: now, hash: hash, heat: most}
			if natural {
				p.film = most
			}
			c.blocks[y*c.cols+x] = p
		}
	}
}

func held(at image.Point, rs []image.Rectangle) bool {
	for _, r := range rs {
		if at.In(r) {
			return true
		}
	}
	return false
}

// left is what is left of a block's heat.
func (c *classifier) left(p *block, heat uint8) uint8 {
	gone := (c.at - p.at) / cool
	if gone >= time.Duration(heat) {
		return 0
	}
	return heat - uint8(gone)
}

// sample looks at every fourth row of a block. It is natural if fewer than a quarter of
// the neighbours are equal: text, drawings and flat colour are far above, so that two of
// the rows mostly settle it.
func (c *classifier) sample(f *frame.Frame, at image.Point) (natural bool, hash uint32) {
	r := c.inPixels(image.Rectangle{Min: at, Max: at.Add(image.Pt(1, 1))})
	equal, all := 0, 0
	sum := uint64(14695981039346656037)
	for i, dy := range [...]int{0, 8, 4, 12} {
		if r.Min.Y+dy >= r.Max.Y {
			continue
		}
		row := f.Pix[(r.Min.Y+dy)*f.Stride+4*r.Min.X:][:4*r.Dx()]
		sum = hashRow(sum, row)
		if i < 2 || 2*equal <= all {
			equal += equalNeighbours(row)
			all += r.Dx() - 1
		}
	}
	return 4*equal < all, uint32(sum>>32) | 1
}

func hashRow(sum uint64, row []byte) uint64 {
	const colours, prime = 0x00FFFFFF_00FFFFFF, 1099511628211
	for ; len(row) >= 8; row = row[8:] {
		v := binary.LittleEndian.Uint64(row) & colours
		sum = (sum ^ v ^ v>>29) * prime
	}
	if len(row) >= 4 {
		sum = (sum ^ uint64(binary.LittleEndian.Uint32(row)&0xFFFFFF)) * prime
	}
	return sum
}

// equalNeighbours counts the pixels of a row that are like the one before them.
func equalNeighbours(row []byte) (n int) {
	last := binary.LittleEndian.Uint32(row) & 0xFFFFFF
	for row = row[4:]; len(row) >= 4; row = row[4:] {
		p := binary.LittleEndian.Uint32(row) & 0xFFFFFF
		if p == last {
			n++
		}
		last = p
	}
	return n
}

// moving is one group of moving blocks that lie together: its rectangle, in blocks, and
// how many they are.
type moving struct {
	rect  image.Rectangle
	count int
}

// groups finds the groups that are worth a film: large, and filling their rectangle.
func (c *classifier) groups(skip []image.Rectangle) []moving {
	var found []moving
	clear(c.seen)
	for b := range c.blocks {
		if !c.moves(b, skip) {
			continue
		}
		if g := c.flood(b, skip); g.count >= worth && 2*g.count >= area(g.rect) {
			g.rect = c.grow(g.rect, skip)
			found = append(found, g)
		}
	}
	return found
}

func (c *classifier) moves(b int, skip []image.Rectangle) bool {
	return !c.seen[b] && c.blocks[b].film >= hot && c.left(&c.blocks[b], c.blocks[b].film) >= hot && !held(image.Pt(b%c.cols, b/c.cols), skip)
}

// flood collects the group around block b.
func (c *classifier) flood(b int, skip []image.Rectangle) moving {
	var g moving
	c.seen[b] = true
	c.group = append(c.group[:0], b)
	for len(c.group) > 0 {
		last := len(c.group) - 1
		b, c.group = c.group[last], c.group[:last]
		at := image.Pt(b%c.cols, b/c.cols)
		g.rect = g.rect.Union(image.Rectangle{Min: at, Max: at.Add(image.Pt(1, 1))})
		g.count++
		near := image.Rectangle{Min: at.Sub(image.Pt(gap, gap)), Max: at.Add(image.Pt(gap+1, gap+1))}
		near = near.Intersect(image.Rect(0, 0, c.cols, c.rows))
		for y := near.Min.Y; y < near.Max.Y; y++ {
			for x := near.Min.X; x < near.Max.X; x++ {
				if n := y*c.cols + x; c.moves(n, skip) {
					c.seen[n] = true
					c.group = append(c.group, n)
				}
			}
		}
	}
	return g
}

// grow takes in the edges of what moves: blocks that change as often but are half flat,
// because the film does not begin where a block does.
func (c *classifier) grow(r image.Rectangle, skip []image.Rectangle) image.Rectangle {
	for range 2 {
		for _, side := range [4]image.Rectangle{
			{Min: image.Pt(r.Min.X-1, r.Min.Y), Max: image.Pt(r.Min.X, r.Max.Y)},
			{Min: image.Pt(r.Max.X, r.Min.Y), Max: image.Pt(r.Max.X+1, r.Max.Y)},
			{Min: image.Pt(r.Min.X, r.Min.Y-1), Max: image.Pt(r.Max.X, r.Min.Y)},
			{Min: image.Pt(r.Min.X, r.Max.Y), Max: image.Pt(r.Max.X, r.Max.Y+1)},
		} {
			if side.In(image.Rect(0, 0, c.cols, c.rows)) && c.busy(side, skip) {
				r = r.Union(side)
			}
		}
	}
	return r
}

// busy says whether half of these blocks keep changing.
func (c *classifier) busy(r image.Rectangle, skip []image.Rectangle) bool {
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if p := &c.blocks[y*c.cols+x]; c.left(p, p.heat) >= hot && !held(image.Pt(x, y), skip) {
				n++
			}
		}
	}
	return 2*n >= area(r)
}
