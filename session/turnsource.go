package session

import (
	"context"
	"errors"
	"image"
	"sync"

	"beside/capture"
	"beside/frame"
)

// turnSource is a Source that can be turned to another monitor. While it has none, Next and Cursor
// wait; when its display goes they wait too, and Gone tells. It notes where the picture lies on the
// way past, and covers what must not be seen. Close closes what there is.
type turnSource struct {
	area *sharedArea
	mask *mask
	gone chan struct{} // cap 1: the display is gone; turn it to another one

	mu    sync.Mutex
	src   capture.Source // nil: none
	id    string
	turns chan struct{} // closed and replaced when src changes
	shape *frame.CursorShape
	pos   image.Point
	told  bool // Cursor has said that the pointer is to be seen
	begun bool // Cursor has said something since the turn
	ended bool
}

func newTurnSource(area *sharedArea, m *mask) *turnSource {
	return &turnSource{area: area, mask: m, gone: make(chan struct{}, 1), turns: make(chan struct{})}
}

// turn gives it another Source, which it then owns; nil for none. When it returns, nothing of the
// former one comes any more, and until the next picture nothing can be aimed at.
func (s *turnSource) turn(src capture.Source, id string) {
	s.mu.Lock()
	was := s.src
	s.src, s.id = src, id
	s.area.p.Store(&image.Rectangle{})
	s.shape, s.pos, s.told, s.begun = nil, image.Point{}, false, false
	close(s.turns)
	s.turns = make(chan struct{})
	if s.ended && src != nil {
		_ = src.Close()
	}
	s.mu.Unlock()
	if was != nil {
		_ = was.Close()
	}
}

// on says whether it shows a display of that id now.
func (s *turnSource) on(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.src != nil && s.id == id
}

// none says whether there is nothing to show.
func (s *turnSource) none() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.src == nil
}

// relaid tells that monitors may have come or gone, where the Source can tell; else it is nil.
func (s *turnSource) relaid() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.src.(interface{ Relaid() <-chan struct{} }); ok {
		return r.Relaid()
	}
	return nil
}

func (s *turnSource) current() (capture.Source, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.src, s.turns
}

// wait waits for a turn.
func (s *turnSource) wait(ctx context.Context, turned <-chan struct{}) error {
	select {
	case <-turned:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lost deals with an error of a Source: nil means to look again, after a turn where its display has gone.
func (s *turnSource) lost(ctx context.Context, src capture.Source, turned <-chan struct{}, err error) error {
	if !errors.Is(err, capture.ErrDisplayGone) {
		return err
	}
	s.mu.Lock()
	ended, mine := s.ended, s.src == src
	s.mu.Unlock()
	switch {
	case ended:
		return err
	case mine:
		poke(s.gone)
	}
	return s.wait(ctx, turned)
}

// Next is Source.Next.
func (s *turnSource) Next(ctx context.Context, dst *frame.Frame) error {
	for {
		src, turned := s.current()
		if src == nil {
			if err := s.wait(ctx, turned); err != nil {
				return err
			}
			continue
		}
		if err := src.Next(ctx, dst); err != nil {
			if err := s.lost(ctx, src, turned, err); err != nil {
				return err
			}
			continue
		}
		s.mask.cover(dst)
		if s.note(src, dst) {
			return nil
		}
	}
}

// note notes where the picture lies, and says whether src is still what is shown: if not, the next
// one's first picture replaces every pixel of dst.
func (s *turnSource) note(src capture.Source, dst *frame.Frame) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.src != src {
		return false
	}
	r := image.Rectangle{Min: dst.Origin, Max: dst.Origin.Add(dst.Size)}
	if s.area.get() != r {
		s.area.p.Store(&r)
	}
	return true
}

// Cursor is Source.Cursor. Of a pointer that is not on the shared monitor it tells nothing.
func (s *turnSource) Cursor(ctx context.Context) (frame.Cursor, error) {
	for {
		src, turned := s.current()
		if src == nil {
			if err := s.wait(ctx, turned); err != nil {
				return frame.Cursor{}, err
			}
			continue
		}
		c, err := src.Cursor(ctx)
		if err != nil {
			if err := s.lost(ctx, src, turned, err); err != nil {
				return frame.Cursor{}, err
			}
			continue
		}
		s.mu.Lock()
		mine := s.src == src
		if mine && c.Visible {
			s.shape, s.pos = c.Shape, c.Pos
		} else {
			c = frame.Cursor{Shape: s.shape}
		}
		news := mine && (c.Visible || s.told || !s.begun)
		s.told, s.begun = c.Visible, s.begun || mine
		s.mu.Unlock()
		if news {
			return c, nil
		}
	}
}

// focus is where the person is likely to look.
func (s *turnSource) focus() image.Point {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pos
}

// Close ends it: Next and Cursor answer ErrDisplayGone.
func (s *turnSource) Close() error {
	s.mu.Lock()
	s.ended = true
	src := s.src
	s.mu.Unlock()
	if src == nil {
		return nil
	}
	return src.Close()
}
