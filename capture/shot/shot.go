package shot

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strconv"
	"sync"
	"time"

	"github.com/kbinani/screenshot"

	"beside/capture"
	"beside/capture/internal/diff"
	"beside/frame"
)

// pollEvery is the shortest time between two pictures: each is a whole screen.
const pollEvery = time.Second / 15

// Options are none yet.
type Options struct{}

// Backend opens Sources with the screenshot library. It is safe for concurrent use.
type Backend struct{}

var _ capture.Backend = (*Backend)(nil)

// New makes a Backend.
func New(Options) *Backend { return &Backend{} }

// Displays lists the monitors. IDs are their numbers, which may change when one is
// connected.
func (b *Backend) Displays(ctx context.Context) ([]capture.Display, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var ds []capture.Display
	for i := range screenshot.NumActiveDisplays() {
		r := screenshot.GetDisplayBounds(i)
		if r.Empty() {
			continue
		}
		ds = append(ds, capture.Display{
			ID: strconv.Itoa(i), Name: fmt.Sprintf("Display %d", i+1), Bounds: r, Scale: 1, Primary: i == 0,
		})
	}
	if len(ds) == 0 {
		return nil, capture.ErrNoDisplay
	}
	return ds, nil
}

// bounds is where a display is now; "" is all of them.
func (b *Backend) bounds(ctx context.Context, id string) (image.Rectangle, error) {
	ds, err := b.Displays(ctx)
	if err != nil {
		return image.Rectangle{}, err
	}
	var r image.Rectangle
	for _, d := range ds {
		if id == "" || id == d.ID {
			r = r.Union(d.Bounds)
		}
	}
	switch {
	case r.Empty():
		return r, fmt.Errorf("%w: no such monitor", capture.ErrDisplayGone)
	case !frame.ValidSize(r.Size()):
		return r, fmt.Errorf("%w: the screen is too large", capture.ErrUnsupported)
	}
	return r, nil
}

// Open starts capturing.
func (b *Backend) Open(ctx context.Context, id string) (capture.Source, error) {
	if _, err := b.bounds(ctx, id); err != nil {
		return nil, err
	}
	return &Source{b: b, id: id, opened: time.Now(), closed: make(chan struct{})}, nil
}

// Source captures one display.
type Source struct {
	b      *Backend
	id     string
	opened time.Time
	once   sync.Once
	closed chan struct{}
	taken  time.Time // when the last picture was
	seen   bool      // Next has succeeded once
	told   bool      // Cursor has answered once
}

// Next implements capture.Source.
func (s *Source) Next(ctx context.Context, dst *frame.Frame) error {
	for {
		if err := s.wait(ctx, time.Until(s.taken.Add(pollEvery))); err != nil {
			return err
		}
		s.taken = time.Now()
		area, err := s.b.bounds(ctx, s.id)
		if err != nil {
			if errors.Is(err, capture.ErrNoDisplay) {
				return fmt.Errorf("%w: no screen is left", capture.ErrDisplayGone)
			}
			return err
		}
		img, err := screenshot.CaptureRect(area)
		switch {
		case errors.Is(err, screenshot.ErrUnsupported):
			return fmt.Errorf("%w: %w", capture.ErrUnsupported, err)
		case err != nil:
			return fmt.Errorf("%w: take a picture: %w", capture.ErrTemporary, err)
		}
		if s.update(dst, area, img) {
			dst.At = s.taken.Sub(s.opened)
			return nil
		}
	}
}

// update brings dst up to date and says whether it changed.
func (s *Source) update(dst *frame.Frame, area image.Rectangle, img *image.RGBA) bool {
	size := area.Size()
	if img.Rect.Size() != size {
		return false // the screen changes its size just now
	}
	toBGRX(img)
	whole := !s.seen || dst.Pix == nil || dst.Size != size || dst.Format != frame.BGRX
	moved := dst.Origin != area.Min
	dst.Format, dst.Origin = frame.BGRX, area.Min
	dst.Resize(size)
	if whole {
		dst.Damage.Clear()
		dst.Damage.Add(dst.Bounds())
	}
	changed := diff.CopyChanged(dst, dst.Bounds(), img.Pix, img.Stride, !whole)
	s.seen = true
	return changed || moved
}

// toBGRX swaps red and blue in place.
func toBGRX(img *image.RGBA) {
	for i := 0; i+3 < len(img.Pix); i += 4 {
		img.Pix[i], img.Pix[i+2] = img.Pix[i+2], img.Pix[i]
	}
}

// wait returns nil after d, at once if d is not positive.
func (s *Source) wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	for fired := false; ; {
		select {
		case <-s.closed:
			return fmt.Errorf("%w: capture was closed", capture.ErrDisplayGone)
		default:
		}
		if err := ctx.Err(); err != nil || fired {
			return err
		}
		select {
		case <-t.C:
			fired = true
		case <-ctx.Done():
		case <-s.closed:
		}
	}
}

// Cursor says once that the pointer is unknown, then waits for the end.
func (s *Source) Cursor(ctx context.Context) (frame.Cursor, error) {
	if !s.told {
		s.told = true
		return frame.Cursor{}, s.wait(ctx, 0)
	}
	select {
	case <-s.closed:
		return frame.Cursor{}, fmt.Errorf("%w: capture was closed", capture.ErrDisplayGone)
	case <-ctx.Done():
		return frame.Cursor{}, ctx.Err()
	}
}

// Close implements capture.Source.
func (s *Source) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}
