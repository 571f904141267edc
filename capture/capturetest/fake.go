package capturetest

import (
	"context"
	"image"
	"sync"
	"time"

	"beside/capture"
	"beside/frame"
)

// Fake is a capture.Source whose screen, pointer and errors a test sets. Its methods
// are safe for concurrent use. Make one with NewFake.
type Fake struct {
	mu     sync.Mutex
	opened time.Time
	screen frame.Frame // Damage is what Next has not given out
	cursor frame.Cursor
	fresh  bool // the pointer has news
	first  bool // Next has not been answered
	errs   []error
	closed bool
	news   chan struct{} // closed and replaced at each change
}

var _ capture.Source = (*Fake)(nil)

// NewFake makes a Source of a black screen of that size, with a hidden pointer.
func NewFake(size image.Point) *Fake {
	f := &Fake{opened: time.Now(), first: true, fresh: true, news: make(chan struct{})}
	f.screen.Resize(size)
	return f
}

// Fill paints a rectangle of the screen. Colours are 0xRRGGBB.
func (f *Fake) Fill(r image.Rectangle, rgb uint32) {
	f.change(func() {
		r = r.Intersect(f.screen.Bounds())
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				copy(f.screen.Pix[y*f.screen.Stride+4*x:], []byte{byte(rgb), byte(rgb >> 8), byte(rgb >> 16), 0})
			}
		}
		f.screen.Damage.Add(r)
	})
}

// Resize gives the screen another size; it becomes black.
func (f *Fake) Resize(size image.Point) { f.change(func() { f.screen.Resize(size) }) }

// Point places the pointer or changes its shape.
func (f *Fake) Point(c frame.Cursor) { f.change(func() { f.cursor, f.fresh = c, true }) }

// Fail makes the next calls of Next return these errors, one each.
func (f *Fake) Fail(errs ...error) { f.change(func() { f.errs = append(f.errs, errs...) }) }

func (f *Fake) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
	close(f.news)
	f.news = make(chan struct{})
}

// until calls ready under the lock, now and after each change, until it says true.
func (f *Fake) until(ctx context.Context, ready func() bool) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		f.mu.Lock()
		closed, ok, news := f.closed, false, f.news
		if !closed {
			ok = ready()
		}
		f.mu.Unlock()
		if closed {
			return capture.ErrDisplayGone
		}
		if ok {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
		}
	}
}

// Next implements capture.Source.
func (f *Fake) Next(ctx context.Context, dst *frame.Frame) error {
	var failed error
	err := f.until(ctx, func() bool {
		if len(f.errs) > 0 {
			failed, f.errs = f.errs[0], f.errs[1:]
			return true
		}
		resized := dst.Pix == nil || dst.Size != f.screen.Size || dst.Format != f.screen.Format
		if !f.first && !resized && f.screen.Damage.Empty() {
			return false
		}
		dst.Format = f.screen.Format
		dst.Resize(f.screen.Size)
		if f.first || resized {
			dst.Damage.Clear()
			dst.Damage.Add(dst.Bounds())
		}
		dst.Damage.AddRegion(f.screen.Damage)
		for y := range f.screen.Size.Y {
			n := 4 * f.screen.Size.X
			copy(dst.Pix[y*dst.Stride:][:n], f.screen.Pix[y*f.screen.Stride:][:n])
		}
		f.screen.Damage.Clear()
		f.first = false
		dst.At = time.Since(f.opened)
		return true
	})
	if err != nil {
		return err
	}
	return failed
}

// Cursor implements capture.Source.
func (f *Fake) Cursor(ctx context.Context) (frame.Cursor, error) {
	var c frame.Cursor
	err := f.until(ctx, func() bool {
		ok := f.fresh
		c, f.fresh = f.cursor, false
		return ok
	})
	return c, err
}

// Close implements capture.Source.
func (f *Fake) Close() error {
	f.change(func() { f.closed = true })
	return nil
}
