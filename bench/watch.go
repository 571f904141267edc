package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"
)

// A view is what one measurement needs: a connection to each display, both its own.
type view struct {
	src, dst *display
	run      *running
	place    *place
	srcName  string // for who needs another connection
	dstName  string
}

func (s *scene) look(r *running) (*view, error) {
	src, err := openDisplay(s.sharer)
	if err != nil {
		return nil, err
	}
	dst, err := openDisplay(s.helper)
	if err != nil {
		src.close()
		return nil, err
	}
	return &view{src: src, dst: dst, run: r, place: s.place, srcName: s.sharer, dstName: s.helper}, nil
}

func (v *view) close() {
	v.src.close()
	v.dst.close()
}

// pollEvery is how often the helper's display is looked at while waiting for a change.
const pollEvery = 200 * time.Microsecond

// waitLimit is how long the two pictures may differ before that is for ever.
const waitLimit = 10 * time.Second

var errUnseen = errors.New("the helper's display does not show the sharer's")

// within looks at r of the helper's display until ok says yes, and returns when that
// look was complete. The error is errUnseen after limit.
func (v *view) within(ctx context.Context, r image.Rectangle, limit, every time.Duration, ok func(pix []byte) bool) (time.Time, error) {
	for end := time.Now().Add(limit); ; {
		pix, err := v.dst.look(r)
		if err != nil {
			return time.Time{}, err
		}
		at := time.Now()
		if ok(pix) {
			return at, nil
		}
		if at.After(end) {
			return at, errUnseen
		}
		if err := ctx.Err(); err != nil {
			return at, err
		}
		time.Sleep(every)
	}
}

// settle waits until the helper's picture of r equals the sharer's, and returns when it did.
func (v *view) settle(ctx context.Context, r image.Rectangle, limit time.Duration) (time.Time, error) {
	pix, err := v.src.look(r)
	if err != nil {
		return time.Time{}, err
	}
	want := append([]byte(nil), pix...)
	at, err := v.within(ctx, r, limit, time.Millisecond, func(got []byte) bool { return identical(want, got) })
	if err != nil {
		if got, lookErr := v.dst.look(r); lookErr == nil {
			equal, n := same(want, got)
			err = fmt.Errorf("%d of %d pixels equal after %v: %w", equal, n, limit, err)
		}
	}
	return at, err
}

// bright is a check of one pixel.
func bright(want bool) func([]byte) bool {
	return func(pix []byte) bool { return (luma(pix) > 128) == want }
}

// shown proves that a canvas is seen in its place, black and white, before anything is timed.
func (v *view) shown(ctx context.Context, c *canvas) error {
	mid := pixelAt(c.r.Min.Add(c.r.Size().Div(2)))
	for _, white := range []bool{false, true, false} {
		c.fill(c.all(), grey(white))
		c.d.sync()
		if _, err := v.within(ctx, mid, 15*time.Second, 5*time.Millisecond, bright(white)); err != nil {
			return fmt.Errorf("a window at %v: %w", c.r, err)
		}
	}
	return nil
}

func grey(white bool) uint32 {
	if white {
		return 0xffffff
	}
	return 0
}

func pixelAt(p image.Point) image.Rectangle {
	return image.Rectangle{Min: p, Max: p.Add(image.Pt(1, 1))}
}

// spent is what the processes and the network have used since it was made.
type spent struct {
	v     *view
	at    time.Time
	cpu   time.Duration
	bytes traffic
}

func (v *view) spend() (spent, error) {
	b, err := carried(v.run.sharer, v.place.device)
	return spent{v, time.Now(), processorTime(v.run.pids()), b}, err
}

// used says it as shares: processor time in percent of one processor, and kB/s.
func (s spent) used() (percent, kB float64, t traffic, err error) {
	now, err := carried(s.v.run.sharer, s.v.place.device)
	if err != nil {
		return 0, 0, traffic{}, err
	}
	secs := time.Since(s.at).Seconds()
	t = now.since(s.bytes)
	return 100 * (processorTime(s.v.run.pids()) - s.cpu).Seconds() / secs, float64(t.bytes) / 1000 / secs, t, nil
}

// whole is all of a display.
func whole(d *display) image.Rectangle { return image.Rect(0, 0, d.size.X, d.size.Y) }
