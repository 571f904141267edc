package x11

import (
	"context"
	"fmt"
	"image"
	"time"

	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"beside/frame"
)

const (
	movingEvery = time.Second / 30
	stillEvery  = time.Second / 10
	restEvery   = time.Second / 5
	sleepEvery  = time.Second / 2
	// toldEvery is for where somebody tells of moves: only a program that sets the pointer
	// somewhere else goes unnoticed for so long.
	toldEvery = time.Second
	// After so long without a move the pointer is asked for less often: a question costs
	// some 0.3 ms of CPU, most of it the library's goroutines waking each other.
	stillAfter = time.Second
	restAfter  = 5 * time.Second
	sleepAfter = 30 * time.Second
)

// cursor is what Cursor said last.
type cursor struct {
	said    bool
	last    frame.Cursor
	serial  uint32
	hidden  bool // the shape is wholly transparent
	movedAt time.Time
}

// Cursor implements capture.Source.
func (s *Source) Cursor(ctx context.Context) (frame.Cursor, error) {
	shapeMayDiffer := !s.cur.said
	for {
		if err := s.ended(); err != nil {
			return frame.Cursor{}, err
		}
		if err := ctx.Err(); err != nil {
			return frame.Cursor{}, err
		}
		if s.cur.said {
			changed, err := s.waitPointer(ctx)
			if err != nil {
				return frame.Cursor{}, err
			}
			shapeMayDiffer = shapeMayDiffer || changed
		}
		now, err := s.pointer(shapeMayDiffer)
		if err != nil {
			if end := s.ended(); end != nil {
				return frame.Cursor{}, end
			}
			return frame.Cursor{}, gone(err)
		}
		shapeMayDiffer = false
		if s.cur.said && now == s.cur.last {
			continue
		}
		if now.Pos != s.cur.last.Pos {
			s.cur.movedAt = time.Now()
		}
		s.cur.said, s.cur.last = true, now
		return now, nil
	}
}

// waitPointer returns after a change of shape (true) or when it is time to look.
func (s *Source) waitPointer(ctx context.Context) (bool, error) {
	every := sleepEvery
	switch still := time.Since(s.cur.movedAt); {
	case still < stillAfter:
		every = movingEvery
	case still < restAfter:
		every = stillEvery
	case still < sleepAfter:
		every = restEvery
	}
	told := s.moved
	if still := time.Since(s.cur.movedAt); told != nil && still >= stillAfter {
		every = toldEvery
	} else {
		told = nil // it is looked at often enough
	}
	t := time.NewTimer(every)
	defer t.Stop()
	select {
	case <-s.wakeShape:
		return true, nil
	case <-told:
		return false, nil
	case <-t.C:
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	case <-s.closed:
		return false, s.ended()
	case <-s.lost:
		return false, s.ended()
	}
}

// pointer asks where the pointer is and, if told so, what it looks like.
func (s *Source) pointer(shape bool) (frame.Cursor, error) {
	p, err := xproto.QueryPointer(s.c.Conn, s.root).Reply()
	if err != nil {
		return frame.Cursor{}, fmt.Errorf("find the pointer: %w", err)
	}
	area := s.getBounds()
	at := image.Pt(int(p.RootX), int(p.RootY))
	now := frame.Cursor{Pos: at.Sub(area.Min), Shape: s.cur.last.Shape}
	if shape && s.fixes {
		if now.Shape, err = s.shape(); err != nil {
			return frame.Cursor{}, err
		}
	}
	now.Visible = p.SameScreen && at.In(area) && !s.cur.hidden
	return now, nil
}

// shape fetches the pointer's picture, and returns the one we have if it is the same.
func (s *Source) shape() (*frame.CursorShape, error) {
	reply, err := xfixes.GetCursorImage(s.c.Conn).Reply()
	if err != nil {
		return nil, fmt.Errorf("fetch the pointer's shape: %w", err)
	}
	if s.cur.last.Shape != nil && reply.CursorSerial == s.cur.serial {
		return s.cur.last.Shape, nil
	}
	s.cur.serial = reply.CursorSerial
	var made *frame.CursorShape
	made, s.cur.hidden = shapeOf(reply)
	return made, nil
}

// shapeOf converts ARGB words to RGBA bytes, both premultiplied. A picture with no
// visible pixel is how programs hide the pointer. One that is too large is unknown.
func shapeOf(r *xfixes.GetCursorImageReply) (made *frame.CursorShape, hidden bool) {
	w, h := int(r.Width), int(r.Height)
	if w < 1 || h < 1 || w > frame.MaxCursorSide || h > frame.MaxCursorSide || len(r.CursorImage) < w*h {
		return nil, false
	}
	pix := make([]byte, 4*w*h)
	hidden = true
	for i, v := range r.CursorImage[:w*h] {
		pix[4*i], pix[4*i+1], pix[4*i+2], pix[4*i+3] = byte(v>>16), byte(v>>8), byte(v), byte(v>>24)
		hidden = hidden && v>>24 == 0
	}
	hot := image.Pt(min(int(r.Xhot), w-1), min(int(r.Yhot), h-1))
	return &frame.CursorShape{Size: image.Pt(w, h), Hot: hot, Pix: pix}, hidden
}
