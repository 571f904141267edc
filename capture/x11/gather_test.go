package x11

import (
	"context"
	"errors"
	"image"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jezek/xgb/xproto"
)

func TestGather(t *testing.T) {
	area := image.Rect(0, 0, 1200, 1000)
	small := xproto.Rectangle{X: 10, Y: 10, Width: 9, Height: 16}
	large := xproto.Rectangle{Width: 1200, Height: 100}
	beside := xproto.Rectangle{X: 5000, Width: 1200, Height: 1000}
	repeat := func(r xproto.Rectangle, n int) (rs []xproto.Rectangle) {
		for range n {
			rs = append(rs, r)
		}
		return rs
	}
	tests := map[string]struct {
		drawn []xproto.Rectangle // one at each question, then nothing more
		want  int
		asked int
		took  time.Duration
	}{
		"nothing":                {nil, 0, 1, 0},
		"small, at once":         {repeat(small, 1), 1, 2, 0},
		"text and caret":         {repeat(small, 2), 2, 3, 0},
		"small, without end":     {repeat(small, 100), gatherMost, gatherMost, 0},
		"outside":                {repeat(beside, 1), 1, 2, 0},
		"page":                   {repeat(large, 3), 3, 4, 3 * largeStep},
		"page, without end":      {repeat(large, 100), 7, 7, largeMost},
		"page after a keystroke": {[]xproto.Rectangle{small, large, small}, 3, 4, 2 * largeStep},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked, began := 0, time.Now()
				got, err := gather(t.Context(), area, func() ([]xproto.Rectangle, error) {
					if asked++; asked > len(tt.drawn) {
						return nil, nil
					}
					return tt.drawn[asked-1 : asked : asked], nil
				})
				if err != nil || len(got) != tt.want || asked != tt.asked || time.Since(began) != tt.took {
					t.Errorf("%d rectangles after %d questions and %v (%v), want %d after %d and %v",
						len(got), asked, time.Since(began), err, tt.want, tt.asked, tt.took)
				}
			})
		})
	}
	t.Run("canceled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		got, err := gather(ctx, area, func() ([]xproto.Rectangle, error) { return repeat(large, 1), nil })
		if err != nil || len(got) == 0 {
			t.Errorf("%v, %v: what was taken is lost", got, err)
		}
	})
	t.Run("broken", func(t *testing.T) {
		broken := errors.New("broken")
		if _, err := gather(t.Context(), area, func() ([]xproto.Rectangle, error) { return nil, broken }); !errors.Is(err, broken) {
			t.Error(err)
		}
	})
}
