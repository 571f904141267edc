package x11

import (
	"context"
	"image"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/internal/pause"
)

const (
	// gatherMost bounds how often more damage is asked for before a small change is fetched.
	gatherMost = 4
	// largeShare of the screen damaged means that a page is being drawn: to show a part of it
	// first costs more time than to wait for the rest.
	largeShare = 12
	largeStep  = time.Millisecond
	largeMost  = 6 * time.Millisecond
)

// gather takes damage with take until the program that draws pauses: what belongs together is then
// seen at once. A program draws a keystroke in several requests and a page in hundreds. For
// a small change it costs one more question to the server, which serves others meanwhile.
func gather(ctx context.Context, area image.Rectangle, take func() ([]xproto.Rectangle, error)) ([]xproto.Rectangle, error) {
	got, err := take()
	if err != nil || len(got) == 0 {
		return got, err
	}
	began, asked, covered := time.Now(), 1, damagedArea(got, area)
	for {
		if covered >= size(area)/largeShare {
			if time.Since(began) >= largeMost || pause.For(ctx, largeStep) != nil {
				return got, nil
			}
		} else if asked == gatherMost {
			return got, nil
		}
		more, err := take()
		if err != nil {
			return nil, err
		}
		if len(more) == 0 {
			return got, nil
		}
		got, asked = append(got, more...), asked+1
		covered += damagedArea(more, area)
	}
}

// damagedArea is how many pixels of area rs cover, those in several counted as often.
func damagedArea(rs []xproto.Rectangle, area image.Rectangle) (n int) {
	for _, r := range rs {
		at := image.Pt(int(r.X), int(r.Y))
		n += size(image.Rectangle{Min: at, Max: at.Add(image.Pt(int(r.Width), int(r.Height)))}.Intersect(area))
	}
	return n
}
