package capturetest

import (
	"context"
	"errors"
	"image"
	"testing"
	"time"

	"beside/capture"
	"beside/frame"
)

// patience bounds waits that must end; a test that passes never waits so long.
const patience = 10 * time.Second

// Rig is a Source and the means to change what it shows. The screen must be at least
// 320×200, and nobody else may draw on it.
type Rig struct {
	Source capture.Source
	Fill   func(r image.Rectangle, rgb uint32) // paint; frame coordinates, 0xRRGGBB
	Point  func(p image.Point)                 // move the pointer; nil if the Source tells no place
}

// Contract checks what capture.Source promises. open makes a fresh Rig whose resources
// end with the test.
func Contract(t *testing.T, open func(t *testing.T) Rig) {
	t.Run("first picture is whole", func(t *testing.T) {
		rig, f := start(t, open)
		if got, want := f.Damage.Bounds(), f.Bounds(); got != want {
			t.Errorf("damage of the first picture = %v, want %v", got, want)
		}
		if !frame.ValidSize(f.Size) || len(f.Pix) < f.Stride*f.Size.Y {
			t.Errorf("size %v stride %d pixels %d", f.Size, f.Stride, len(f.Pix))
		}
		_ = rig
	})
	t.Run("change is damage", func(t *testing.T) {
		rig, f := start(t, open)
		f.Damage.Clear()
		r := image.Rect(33, 41, 90, 77)
		rig.Fill(r, 0x123456)
		await(t, rig, f, func() bool { return filled(f, r, 0x123456) })
		if !covers(f.Damage, r) {
			t.Errorf("damage %v does not cover %v", f.Damage.Rects(), r)
		}
		if b := f.Damage.Bounds(); !b.In(r.Inset(-16)) {
			t.Errorf("damage %v is more than a block beyond %v", b, r)
		}
	})
	t.Run("damage adds up", func(t *testing.T) {
		rig, f := start(t, open)
		f.Damage.Clear()
		a, b := image.Rect(0, 0, 16, 16), image.Rect(200, 150, 230, 170)
		rig.Fill(a, 0x00ff00)
		await(t, rig, f, func() bool { return filled(f, a, 0x00ff00) })
		rig.Fill(b, 0x0000ff)
		await(t, rig, f, func() bool { return filled(f, b, 0x0000ff) })
		if !covers(f.Damage, a) || !covers(f.Damage, b) {
			t.Errorf("damage %v does not hold both %v and %v", f.Damage.Rects(), a, b)
		}
	})
	t.Run("Next ends with its context", func(t *testing.T) {
		rig, f := start(t, open)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := rig.Source.Next(ctx, f); !errors.Is(err, context.Canceled) {
			t.Errorf("Next = %v, want context.Canceled", err)
		}
		ctx, cancel = context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			for {
				if err := rig.Source.Next(ctx, f); err != nil {
					done <- err
					return
				}
			}
		}()
		cancel()
		finish(t, "Next", done, context.Canceled)
	})
	t.Run("Cursor answers at once, then waits", func(t *testing.T) {
		rig, _ := start(t, open)
		if _, err := rig.Source.Cursor(t.Context()); err != nil {
			t.Fatalf("first Cursor: %v", err)
		}
		if rig.Point == nil {
			return
		}
		want := image.Pt(123, 45)
		rig.Point(want)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		for {
			c, err := rig.Source.Cursor(ctx)
			if err != nil {
				t.Fatalf("Cursor: %v", err)
			}
			if c.Pos == want {
				if !c.Visible {
					t.Error("the pointer is on the screen and not Visible")
				}
				return
			}
		}
	})
	t.Run("Close wakes both and is idempotent", func(t *testing.T) {
		rig, f := start(t, open)
		next, cur := make(chan error, 1), make(chan error, 1)
		go func() {
			var err error
			for err == nil {
				err = rig.Source.Next(t.Context(), f)
			}
			next <- err
		}()
		go func() {
			var err error
			for err == nil {
				_, err = rig.Source.Cursor(t.Context())
			}
			cur <- err
		}()
		for range 2 {
			if err := rig.Source.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		finish(t, "Next", next, capture.ErrDisplayGone)
		finish(t, "Cursor", cur, capture.ErrDisplayGone)
	})
}

func start(t *testing.T, open func(*testing.T) Rig) (Rig, *frame.Frame) {
	t.Helper()
	rig := open(t)
	t.Cleanup(func() { _ = rig.Source.Close() })
	f := new(frame.Frame)
	if err := rig.Source.Next(t.Context(), f); err != nil {
		t.Fatalf("first Next: %v", err)
	}
	return rig, f
}

func await(t *testing.T, rig Rig, f *frame.Frame, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !ok() {
		if err := rig.Source.Next(ctx, f); err != nil && !errors.Is(err, capture.ErrTemporary) {
			t.Fatalf("Next: %v", err)
		}
	}
}

func finish(t *testing.T, what string, done chan error, want error) {
	t.Helper()
	select {
	case err := <-done:
		if !errors.Is(err, want) {
			t.Errorf("%s = %v, want %v", what, err, want)
		}
	case <-time.After(patience):
		t.Fatalf("%s did not return", what)
	}
}

// filled says whether all of r has the colour.
func filled(f *frame.Frame, r image.Rectangle, rgb uint32) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p := f.Pix[y*f.Stride+4*x:]
			b, g, red := p[0], p[1], p[2]
			if f.Format == frame.RGBX {
				b, red = red, b
			}
			if uint32(red)<<16|uint32(g)<<8|uint32(b) != rgb {
				return false
			}
		}
	}
	return true
}

// covers says whether every pixel of r is in g.
func covers(g frame.Region, r image.Rectangle) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			in := false
			for _, have := range g.Rects() {
				in = in || image.Pt(x, y).In(have)
			}
			if !in {
				return false
			}
		}
	}
	return true
}
