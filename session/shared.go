package session

import (
	"context"
	"errors"
	"image"
	"sync/atomic"

	"beside/capture"
	"beside/frame"
	"beside/input"
)

// captureError tells people what kind of thing went wrong with their screen.
func captureError(err error) error {
	code := ""
	switch {
	case errors.Is(err, capture.ErrNotAllowed):
		code = CodeNoPermission
	case errors.Is(err, capture.ErrNoDisplay), errors.Is(err, capture.ErrDisplayGone):
		code = CodeNoDisplay
	case errors.Is(err, capture.ErrUnsupported), errors.Is(err, input.ErrUnsupported):
		code = CodePlatform
	default:
		return err
	}
	return errors.Join(over(BySharer, code), err)
}

// sharedArea is where the shared picture lies on the desktop. It is safe for concurrent use.
type sharedArea struct {
	p atomic.Pointer[image.Rectangle]
}

func (a *sharedArea) get() image.Rectangle {
	if r := a.p.Load(); r != nil {
		return *r
	}
	return image.Rectangle{}
}

// sharedSource notes where the picture lies and where the pointer is, on the way past.
type sharedSource struct {
	capture.Source
	area *sharedArea
	mask *mask
	pos  atomic.Pointer[image.Point]
}

// Next is Source.Next.
func (s *sharedSource) Next(ctx context.Context, dst *frame.Frame) error {
	err := s.Source.Next(ctx, dst)
	if err == nil {
		s.mask.cover(dst)
		r := image.Rectangle{Min: dst.Origin, Max: dst.Origin.Add(dst.Size)}
		if s.area.get() != r {
			s.area.p.Store(&r)
		}
	}
	return err
}

func (s *sharedSource) at(p image.Point) { s.pos.Store(&p) }

// focus is where the person is likely to look.
func (s *sharedSource) focus() image.Point {
	if p := s.pos.Load(); p != nil {
		return *p
	}
	return image.Point{}
}
