package codectest

import (
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"testing"

	"beside/codec"
	"beside/frame"
)

// Maker makes a fresh encoder and decoder that understand each other.
type Maker func(t testing.TB) (codec.Encoder, codec.Decoder)

// Run checks the contract.
func Run(t *testing.T, mk Maker) {
	for name, w := range map[string]walk{
		"perfect":            {},
		"loss":               {loss: 0.2},
		"reordered":          {late: 0.5},
		"doubled":            {twice: 0.5},
		"loss and all":       {loss: 0.3, late: 0.4, twice: 0.3},
		"small budget":       {loss: 0.1, late: 0.3, budget: 600},
		"size changes":       {loss: 0.2, late: 0.4, twice: 0.2, resize: 0.05},
		"reset":              {loss: 0.2, late: 0.4, twice: 0.2, reset: 0.05},
		"spurious loss":      {loss: 0.2, late: 0.3, twice: 0.2, liar: 0.3},
		"everything at once": {loss: 0.3, late: 0.4, twice: 0.3, liar: 0.2, resize: 0.02, reset: 0.02, budget: 3000},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(6) {
				w.run(t, mk, rand.New(rand.NewPCG(seed, 7)))
			}
		})
	}
}

// walk is a random walk over pictures and a network with these probabilities.
type walk struct {
	loss, late, twice, liar, resize, reset float64
	budget                                 int
}

type inFlight struct {
	id   uint32
	data []byte
	lost bool // reported lost although it arrives
}

func (w walk) run(t *testing.T, mk Maker, rnd *rand.Rand) {
	enc, dec := mk(t)
	if w.budget == 0 {
		w.budget = 1 << 20
	}
	src, dst := &frame.Frame{Format: frame.BGRX}, &frame.Frame{}
	src.Resize(image.Pt(70, 53))
	var air []inFlight
	history := map[uint32]*frame.Frame{} // the sender's picture at each update

	deliver := func(p inFlight) {
		size, fresh, err := dec.Size(p.data)
		if err != nil {
			t.Fatalf("Size of an update: %v", err)
		}
		if !fresh {
			enc.Acked(p.id)
			return
		}
		dst.Resize(size)
		damage, err := dec.Apply(p.data, dst)
		if errors.Is(err, codec.ErrBase) {
			enc.Lost(p.id)
			return
		}
		if err != nil {
			t.Fatalf("Apply: %v", err)
		}
		for _, r := range damage {
			if err := Equal(dst, history[p.id], r); err != nil {
				t.Fatalf("after update %d: %v", p.id, err)
			}
		}
		if !p.lost {
			enc.Acked(p.id)
		}
	}
	send := func(u codec.Update) {
		p := inFlight{id: u.ID, data: append([]byte(nil), u.Data...)}
		history[u.ID] = clone(src)
		switch {
		case rnd.Float64() < w.loss:
			enc.Lost(u.ID)
			return
		case rnd.Float64() < w.liar:
			enc.Lost(u.ID)
			p.lost = true
		}
		air = append(air, p)
		if rnd.Float64() < w.twice {
			air = append(air, p)
		}
	}
	step := func() {
		if rnd.Float64() < w.late || len(air) == 0 {
			return
		}
		i := 0
		if w.late > 0 {
			i = rnd.IntN(len(air))
		}
		p := air[i]
		air = append(air[:i], air[i+1:]...)
		deliver(p)
	}
	for range 150 {
		switch {
		case rnd.Float64() < w.resize:
			src.Resize(image.Pt(1+rnd.IntN(90), 1+rnd.IntN(90)))
			fill(src, src.Bounds(), rnd)
		case rnd.Float64() < w.reset:
			enc.Reset()
		}
		src.Damage.Clear()
		for range rnd.IntN(4) {
			scribble(src, rnd)
		}
		enc.Mark(src.Damage.Rects())
		if u, ok := enc.Encode(src, w.budget, image.Pt(rnd.IntN(70), rnd.IntN(50))); ok {
			send(u)
		}
		if rnd.IntN(4) == 0 && enc.Repairs() {
			if u, ok := enc.Encode(nil, w.budget, image.Point{}); ok {
				send(u)
			}
		}
		step()
		step()
	}
	w.loss, w.liar, w.late, w.twice = 0, 0, 0, 0
	for n := 0; !enc.Settled(); n++ {
		if n > 10000 {
			t.Fatal("never settles once nothing is lost any more")
		}
		if u, ok := enc.Encode(src, w.budget, image.Point{}); ok {
			send(u)
		}
		for len(air) > 0 {
			step()
		}
	}
	if dst.Size != src.Size {
		t.Fatalf("size %v, want %v", dst.Size, src.Size)
	}
	if err := Equal(dst, src, src.Bounds()); err != nil {
		t.Fatalf("settled, but %v", err)
	}
	if _, ok := enc.Encode(src, w.budget, image.Point{}); ok {
		t.Error("an update although nothing changed")
	}
}

// Equal says where the colours of two BGRX pictures differ within r; nil if nowhere.
func Equal(a, b *frame.Frame, r image.Rectangle) error {
	if a.Size != b.Size {
		return fmt.Errorf("sizes %v and %v", a.Size, b.Size)
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p, q := a.Pix[y*a.Stride+4*x:][:3], b.Pix[y*b.Stride+4*x:][:3]
			if p[0] != q[0] || p[1] != q[1] || p[2] != q[2] {
				return fmt.Errorf("pixel (%d,%d) is %v, want %v", x, y, p, q)
			}
		}
	}
	return nil
}

func clone(f *frame.Frame) *frame.Frame {
	c := *f
	c.Pix = append([]byte(nil), f.Pix...)
	c.Damage = frame.Region{}
	return &c
}

func scribble(f *frame.Frame, rnd *rand.Rand) {
	x, y := rnd.IntN(f.Size.X), rnd.IntN(f.Size.Y)
	r := image.Rect(x, y, x+1+rnd.IntN(30), y+1+rnd.IntN(20)).Intersect(f.Bounds())
	fill(f, r, rnd)
}

// fill paints r flat or with noise, with anything in the byte that has no meaning.
func fill(f *frame.Frame, r image.Rectangle, rnd *rand.Rand) {
	flat, noise := rnd.Uint32(), rnd.IntN(2) == 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if noise {
				flat = rnd.Uint32()
			}
			p := f.Pix[y*f.Stride+4*x:]
			p[0], p[1], p[2], p[3] = byte(flat), byte(flat>>8), byte(flat>>16), byte(flat>>24)
		}
	}
	f.Damage.Add(r)
}
