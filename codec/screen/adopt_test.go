package screen_test

import (
	"errors"
	"image"
	"math/rand/v2"
	"testing"

	"beside/codec"
	"beside/codec/codectest"
	"beside/codec/screen"
	"beside/frame"
)

func copyFrame(f *frame.Frame) *frame.Frame {
	c := newFrame(f.Size.X, f.Size.Y)
	copy(c.Pix, f.Pix)
	return c
}

func noise(f *frame.Frame, r image.Rectangle, rnd *rand.Rand) {
	r = r.Intersect(f.Bounds())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			v := rnd.Uint32()
			p := f.Pix[y*f.Stride+4*x:]
			p[0], p[1], p[2] = byte(v), byte(v>>8), byte(v>>16)
		}
	}
}

// blurred is what a lossy codec makes of f.
func blurred(f *frame.Frame) *frame.Frame {
	c := copyFrame(f)
	for i := range c.Pix {
		c.Pix[i] &= 0xF0
	}
	return c
}

// apply gives an adopted update to d as a second codec would.
func apply(d *screen.Decoder, a screen.Foreign, pixels, dst *frame.Frame) ([]image.Rectangle, error) {
	return d.Adopt(a, dst, func(r image.Rectangle) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			copy(dst.Pix[y*dst.Stride+4*r.Min.X:][:4*r.Dx()], pixels.Pix[y*pixels.Stride+4*r.Min.X:])
		}
	})
}

func TestHeldBlocksWaitUntilLetGo(t *testing.T) {
	e, d := pair(t)
	f, dst := newFrame(100, 70), newFrame(100, 70)
	rnd := rand.New(rand.NewPCG(1, 2))
	noise(f, f.Bounds(), rnd)
	send := func(want int) {
		t.Helper()
		u, ok := e.Encode(f, 1<<20, image.Point{})
		if u.Blocks != want {
			t.Fatalf("%d blocks, want %d", u.Blocks, want)
		}
		if !ok {
			return
		}
		if _, err := d.Apply(u.Data, dst); err != nil {
			t.Fatal(err)
		}
		e.Acked(u.ID)
	}
	send(35)
	held := image.Rect(15, 16, 50, 49) // wholly inside: columns 1, 2 of rows 1, 2
	e.Hold([]image.Rectangle{held})
	noise(f, image.Rect(16, 16, 48, 32), rnd)
	e.Mark([]image.Rectangle{image.Rect(16, 16, 48, 32)})
	if e.Pending() {
		t.Error("held marks are pending")
	}
	send(0)
	if e.Settled() {
		t.Error("settled although a held block has changed")
	}
	a, ok := e.Adopt(held, blurred(f))
	if !ok || a.Rect != held || a.Size != f.Size {
		t.Fatalf("Adopt = %+v, %v", a, ok)
	}
	if e.Live(a.ID) != 1 {
		t.Errorf("Live = %v", e.Live(a.ID))
	}
	damage, err := apply(d, a, blurred(f), dst)
	if err != nil || len(damage) != 2 {
		t.Fatalf("damage %v, %v", damage, err)
	}
	e.Acked(a.ID)
	if e.Settled() || e.Pending() || e.Exact(held) {
		t.Error("an adopted block counts as exact, or as pending while held")
	}
	e.Hold([]image.Rectangle{image.Rect(16, 16, 48, 32)})
	if !e.Pending() {
		t.Error("blocks let go are not pending")
	}
	send(2)
	b, _ := e.Adopt(image.Rect(16, 16, 32, 32), blurred(f))
	e.Lost(b.ID)
	if e.Repairs() {
		t.Error("a held block is to be repaired")
	}
	e.Hold(nil)
	send(2)
	if !e.Settled() || !e.Exact(f.Bounds()) {
		t.Error("not settled")
	}
	if err := codectest.Equal(f, dst, f.Bounds()); err != nil {
		t.Error(err)
	}
}

func TestAdoptRefuses(t *testing.T) {
	e, d := pair(t)
	f, dst := newFrame(64, 64), newFrame(64, 64)
	if _, ok := e.Adopt(f.Bounds(), f); ok {
		t.Error("adopted before the first picture")
	}
	u, _ := e.Encode(f, 1<<20, image.Point{})
	if _, err := d.Apply(u.Data, dst); err != nil {
		t.Fatal(err)
	}
	if _, ok := e.Adopt(image.Rect(1, 1, 31, 31), f); ok {
		t.Error("adopted no block at all")
	}
	if _, ok := e.Adopt(f.Bounds(), newFrame(64, 65)); ok {
		t.Error("adopted another size")
	}
	good, _ := e.Adopt(image.Rect(0, 0, 32, 32), f)
	for name, a := range map[string]screen.Foreign{
		"size":    {ID: good.ID, Epoch: good.Epoch, Size: image.Pt(64, 80), Rect: good.Rect},
		"outside": {ID: good.ID, Epoch: good.Epoch, Size: good.Size, Rect: image.Rect(0, 0, 65, 64)},
		"empty":   {ID: good.ID, Epoch: good.Epoch, Size: good.Size},
		"epoch":   {ID: good.ID, Epoch: good.ID + 1, Size: good.Size, Rect: good.Rect},
	} {
		if _, err := d.Adopt(a, dst, func(image.Rectangle) { t.Error(name, "painted") }); !errors.Is(err, codec.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	e.Reset()
	u, _ = e.Encode(f, 1<<20, image.Point{})
	if _, err := d.Apply(u.Data, dst); err != nil {
		t.Fatal(err)
	}
	if d.Fresh(good) {
		t.Error("an update of a picture left behind is fresh")
	}
	if rs, err := d.Adopt(good, dst, func(image.Rectangle) { t.Error("painted") }); err != nil || rs != nil {
		t.Errorf("stale: %v, %v", rs, err)
	}
}

// TestForeignUpdatesInDisorder walks at random, with both kinds of update lost and
// overtaken, and compares every block written with the sender's picture of that update.
func TestForeignUpdatesInDisorder(t *testing.T) {
	type packet struct {
		id      uint32
		data    []byte // nil: foreign
		foreign screen.Foreign
		pixels  *frame.Frame
	}
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		e, d := pair(t)
		f, dst := newFrame(150, 90), newFrame(150, 90)
		noise(f, f.Bounds(), rnd)
		rect := image.Rect(20, 10, 110, 90)
		var air []packet
		calm := false
		send := func(p packet) {
			if !calm && rnd.IntN(5) == 0 {
				e.Lost(p.id)
				return
			}
			air = append(air, p)
		}
		deliver := func() {
			if len(air) == 0 {
				return
			}
			i := rnd.IntN(len(air))
			p := air[i]
			air = append(air[:i], air[i+1:]...)
			var damage []image.Rectangle
			var err error
			if p.data == nil {
				damage, err = apply(d, p.foreign, p.pixels, dst)
			} else {
				damage, err = d.Apply(p.data, dst)
			}
			if errors.Is(err, codec.ErrBase) {
				e.Lost(p.id)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range damage {
				if err := codectest.Equal(dst, p.pixels, r); err != nil {
					t.Fatalf("seed %d: update %d: %v", seed, p.id, err)
				}
			}
			e.Acked(p.id)
		}
		for range 200 {
			x, y := rnd.IntN(150), rnd.IntN(90)
			r := image.Rect(x, y, x+1+rnd.IntN(40), y+1+rnd.IntN(30))
			noise(f, r, rnd)
			e.Mark([]image.Rectangle{r})
			switch rnd.IntN(8) {
			case 0:
				e.Hold([]image.Rectangle{rect})
			case 1:
				e.Hold(nil)
			case 2, 3:
				if a, ok := e.Adopt(rect, blurred(f)); ok {
					send(packet{id: a.ID, foreign: a, pixels: blurred(f)})
				}
			}
			if u, ok := e.Encode(f, 20000, image.Point{}); ok {
				send(packet{id: u.ID, data: append([]byte(nil), u.Data...), pixels: copyFrame(f)})
			}
			if rnd.IntN(2) == 0 {
				deliver()
			}
		}
		calm = true
		e.Hold(nil)
		for n := 0; !e.Settled(); n++ {
			if n > 1000 {
				t.Fatal("never settles")
			}
			if u, ok := e.Encode(f, 20000, image.Point{}); ok {
				send(packet{id: u.ID, data: append([]byte(nil), u.Data...), pixels: copyFrame(f)})
			}
			for len(air) > 0 {
				deliver()
			}
		}
		if err := codectest.Equal(dst, f, f.Bounds()); err != nil {
			t.Fatalf("seed %d: settled, but %v", seed, err)
		}
	}
}
