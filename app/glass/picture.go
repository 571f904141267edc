package glass

import (
	"image"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"beside/frame"
)

// picture is the side of a Glass that the session sees. It implements session.Screen
// and outlives the surface: pictures may arrive before the window is on the screen and
// after it was closed.
type picture struct {
	resized func()                         // the remote size changed; must not block
	pointer func()                         // the remote pointer's shape changed; must not block
	unknown *frame.CursorShape             // stands for a shape that is not known
	alloc   func(size image.Point) *buffer // any goroutine
	spent   *latency                       // from Show to the screen

	mu     sync.Mutex
	buf    *buffer
	remote frame.Cursor // Shape is never nil once it was set
	own    bool         // the remote pointer is this machine's own: it is not drawn
	drawn  sprite       // what the surface draws
	surf   surface      // nil before the window is there and after close
	paused bool
	shown  atomic.Bool // pictures are visible; false until the first Show. Changed under mu
}

// Display is Glass.Display, for the session's meter.
func (p *picture) Display() time.Duration { return p.spent.median() }

// Frame implements session.Screen.
func (p *picture) Frame(size image.Point) *frame.Frame {
	if !frame.ValidSize(size) {
		return nil
	}
	b, fresh := p.sized(size)
	if fresh {
		p.resized()
	}
	return b.frame
}

// sized is the buffer of that size, and whether it had to be made.
func (p *picture) sized(size image.Point) (b *buffer, fresh bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.buf != nil && p.buf.frame.Size == size {
		return p.buf, false
	}
	p.buf = p.alloc(size)
	if p.surf != nil {
		p.surf.attach(p.buf)
	}
	return p.buf, true
}

// Show implements session.Screen.
func (p *picture) Show(rs []image.Rectangle) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paused || p.buf == nil {
		return
	}
	first := !p.shown.Swap(true)
	if p.surf == nil {
		return
	}
	if first { // what came in while hidden was not passed on
		p.surf.hide(false)
		rs = []image.Rectangle{p.buf.frame.Bounds()}
	}
	p.surf.damage(clipped(rs, p.buf.frame.Bounds()), now)
}

// clipped keeps what lies inside b.
func clipped(rs []image.Rectangle, b image.Rectangle) []image.Rectangle {
	if !slices.ContainsFunc(rs, func(r image.Rectangle) bool { return !r.In(b) }) {
		return rs
	}
	out := make([]image.Rectangle, 0, len(rs))
	for _, r := range rs {
		if r = r.Intersect(b); !r.Empty() {
			out = append(out, r)
		}
	}
	return out
}

// Cursor implements session.Screen.
func (p *picture) Cursor(c frame.Cursor) {
	if c.Shape == nil {
		c.Shape = p.unknown
	}
	p.mu.Lock()
	changed := c.Shape != p.remote.Shape
	p.remote = c
	p.point()
	p.mu.Unlock()
	if changed {
		p.pointer()
	}
}

// point makes the surface draw the remote pointer where it is. mu is held.
func (p *picture) point() {
	var s sprite
	if !p.own && p.remote.Visible {
		s = sprite{shape: p.remote.Shape, at: p.remote.Pos}
	}
	if p.surf != nil && s != p.drawn {
		p.drawn = s
		p.surf.sprite(s)
	}
}

// setOwn says whether the remote pointer is this machine's own.
func (p *picture) setOwn(own bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.own = own
	p.point()
}

// shape is the remote pointer's shape, nil before the first Cursor.
func (p *picture) shape() *frame.CursorShape {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.remote.Shape
}

// Pause implements session.Screen.
func (p *picture) Pause(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = on
	if !on || !p.shown.Swap(false) {
		return
	}
	if p.surf != nil {
		p.surf.hide(true)
	}
}

// size is the remote picture's size, zero before the first Frame.
func (p *picture) size() image.Point {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.buf == nil {
		return image.Point{}
	}
	return p.buf.frame.Size
}

// bind makes s show the picture, or nothing when s is nil.
func (p *picture) bind(s surface) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.surf = s
	if s == nil {
		return
	}
	s.hide(!p.shown.Load())
	if p.buf != nil {
		s.attach(p.buf)
	}
	p.drawn = sprite{}
	p.point()
}
