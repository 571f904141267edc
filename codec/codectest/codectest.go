package codectest

import (
	"encoding/binary"
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
		"moves":              {loss: 0.1, late: 0.4, big: true, move: 0.6},
		"moves in order":     {big: true, move: 0.9},
		"moves and loss":     {loss: 0.2, twice: 0.2, liar: 0.1, big: true, move: 0.7, flip: 0.1},
		"pages":              {loss: 0.1, late: 0.2, big: true, flip: 0.3},
		"pages in pieces":    {loss: 0.1, late: 0.4, twice: 0.2, big: true, move: 0.2, flip: 0.3, budget: 6000, resize: 0.01, reset: 0.01},
		"everything at once": {loss: 0.3, late: 0.4, twice: 0.3, liar: 0.2, resize: 0.02, reset: 0.02, budget: 3000},
	} {
		t.Run(name, func(t *testing.T) {
			seeds := uint64(6)
			if w.big {
				seeds = 2
			}
			for seed := range seeds {
				w.run(t, mk, rand.New(rand.NewPCG(seed, 7)))
			}
		})
	}
}

// Random checks the contract on one walk whose network and pictures seed decides.
func Random(t *testing.T, mk Maker, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 23))
	some := func(most float64) float64 {
		if rnd.IntN(2) == 0 {
			return 0
		}
		return rnd.Float64() * most
	}
	w := walk{
		loss: some(0.4), late: some(0.6), twice: some(0.4), liar: some(0.3), resize: some(0.02), reset: some(0.02),
		move: some(1), flip: some(0.4), big: rnd.IntN(3) > 0,
	}
	if rnd.IntN(2) == 0 {
		w.budget = 500 + rnd.IntN(20000)
	}
	w.run(t, mk, rnd)
}

// walk is a random walk over pictures and a network with these probabilities.
type walk struct {
	loss, late, twice, liar, resize, reset float64
	move, flip                             float64 // of parts of the picture, between whole pictures
	big                                    bool
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
	bounds := image.Pt(90, 90)
	src.Resize(image.Pt(70, 53))
	if w.big {
		bounds = image.Pt(400, 330)
		src.Resize(image.Pt(330, 203))
		for range 60 {
			scribble(src, rnd)
		}
	}
	var air, early []inFlight
	var pages []*frame.Frame
	history := map[uint32]*frame.Frame{} // the sender's picture at each update

	var deliver func(p inFlight)
	deliver = func(p inFlight) {
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
		if errors.Is(err, codec.ErrEarly) && len(early) < 8 {
			if !errors.Is(err, codec.ErrBase) {
				t.Fatal("ErrEarly is no ErrBase")
			}
			early = append(early, p)
			return
		}
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
		again := early
		early = nil
		for _, p := range again {
			deliver(p)
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
	steps := 150
	if w.big {
		steps = 80
	}
	for range steps {
		switch {
		case rnd.Float64() < w.resize:
			src.Resize(image.Pt(1+rnd.IntN(bounds.X), 1+rnd.IntN(bounds.Y)))
			fill(src, src.Bounds(), rnd)
			pages = nil
		case rnd.Float64() < w.reset:
			enc.Reset()
		}
		src.Damage.Clear()
		for range rnd.IntN(4) {
			scribble(src, rnd)
		}
		if rnd.Float64() < w.move {
			shift(src, rnd)
		}
		if rnd.Float64() < w.flip {
			pages = flip(src, pages, rnd)
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
		for _, p := range early {
			enc.Lost(p.id)
		}
		early = nil
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
			p, q := a.Pix[y*a.Stride+4*x:][:4], b.Pix[y*b.Stride+4*x:][:4]
			if (binary.LittleEndian.Uint32(p)^binary.LittleEndian.Uint32(q))&0xFFFFFF != 0 {
				return fmt.Errorf("pixel (%d,%d) is %v, want %v", x, y, p[:3], q[:3])
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

// shift moves a part of the picture somewhere else, over itself or not.
func shift(f *frame.Frame, rnd *rand.Rand) {
	from := image.Rect(rnd.IntN(f.Size.X), rnd.IntN(f.Size.Y), f.Size.X-rnd.IntN(f.Size.X), f.Size.Y-rnd.IntN(f.Size.Y))
	d := image.Pt(rnd.IntN(61)-30, rnd.IntN(81)-40)
	if rnd.IntN(3) == 0 {
		d.X = 0
	}
	to := from.Add(d).Intersect(f.Bounds())
	was := clone(f)
	for y := to.Min.Y; y < to.Max.Y; y++ {
		copy(f.Pix[y*f.Stride+4*to.Min.X:y*f.Stride+4*to.Max.X], was.Pix[(y-d.Y)*f.Stride+4*(to.Min.X-d.X):])
	}
	f.Damage.Add(to)
}

// flip shows another page, new or seen before, and remembers the one that was shown.
func flip(f *frame.Frame, pages []*frame.Frame, rnd *rand.Rand) []*frame.Frame {
	was := clone(f)
	if len(pages) > 1 && rnd.IntN(4) > 0 {
		i := rnd.IntN(len(pages))
		copy(f.Pix, pages[i].Pix)
		pages[i] = was
	} else {
		pages = append(pages, was)
		for range 40 {
			scribble(f, rnd)
		}
	}
	f.Damage.Add(f.Bounds())
	return pages
}
