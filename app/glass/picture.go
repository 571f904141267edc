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
	pointer func(frame.Cursor)             // the remote pointer changed; must not block
	alloc   func(size image.Point) *buffer // any goroutine

	mu     sync.Mutex
	buf    *buffer
	surf   surface // nil before the window is there and after close
	paused bool
	shown  atomic.Bool // pictures are visible; false until the first Show. Changed under mu
}

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
func (p *picture) Cursor(c frame.Cursor) { p.pointer(c) }

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
}
