package mix

import (
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"testing"
	"time"

	"beside/codec"
	"beside/codec/codectest"
	"beside/codec/vpx"
	"beside/frame"
)

// clock is a clock that stands still until moved.
type clock struct{ now time.Duration }

func (c *clock) Now() time.Duration { return c.now }

func pair(t testing.TB, o Options) (*Encoder, *Decoder) {
	t.Helper()
	e, err := NewEncoder(o)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close(); d.Close() })
	return e, d
}

// Where nothing moves, because time passes quickly, the contract holds to the letter; films
// are looked at below.
func TestContract(t *testing.T) {
	codectest.Run(t, func(t testing.TB) (codec.Encoder, codec.Decoder) {
		var c clock
		return pair(t, Options{Now: func() time.Duration { c.now += time.Second; return c.now }})
	})
}

func picture(w, h int) *frame.Frame {
	f := &frame.Frame{}
	f.Resize(image.Pt(w, h))
	for i := range f.Pix {
		f.Pix[i] = 0xF0
	}
	return f
}

// desk is a sharer and a helper on a perfect path.
type desk struct {
	t        *testing.T
	clock    clock
	e        *Encoder
	d        *Decoder
	src, dst *frame.Frame
	bytes    int
	kinds    [2]int
}

func newDesk(t *testing.T, w, h int) *desk {
	k := &desk{t: t, src: picture(w, h), dst: &frame.Frame{}}
	k.e, k.d = pair(t, Options{Now: k.clock.Now})
	return k
}

// sync encodes until there is nothing to send.
func (k *desk) sync() {
	k.t.Helper()
	k.e.Mark(k.src.Damage.Rects())
	k.src.Damage.Clear()
	before := k.clock.now
	defer func() { k.clock.now = before }()
	for range 100 {
		u, ok := k.e.Encode(k.src, 1<<20, image.Point{})
		if !ok && k.clock.now < before+calm {
			k.clock.now += calm
			continue
		}
		if !ok {
			return
		}
		k.bytes += len(u.Data)
		if isFrame(u.Data) {
			k.kinds[kindFilm]++
		} else {
			k.kinds[kindScreen]++
		}
		size, fresh, err := k.d.Size(u.Data)
		if err != nil || !fresh {
			k.t.Fatalf("Size: %v, %v", fresh, err)
		}
		if id, err := ID(u.Data); err != nil || id != u.ID {
			k.t.Fatalf("ID = %d, %v, want %d", id, err, u.ID)
		}
		k.dst.Resize(size)
		if _, err := k.d.Apply(u.Data, k.dst); err != nil {
			k.t.Fatalf("Apply: %v", err)
		}
		k.e.Acked(u.ID)
	}
	k.t.Fatal("Encode never ends")
}

func needFilms(t *testing.T) {
	if !vpx.Available {
		t.Skip("built without libvpx")
	}
}

// What moves becomes a film within a few frames, looks well at a modest rate, and is
// exact soon after it stops; what is beside it is exact all the time.
func TestFilm(t *testing.T) {
	needFilms(t)
	k := newDesk(t, 1000, 600)
	r := image.Rect(203, 97, 843, 457)
	k.sync()
	began, worst := 0, 99.0
	for n := range 90 {
		codectest.Film(k.src, r, n)
		typed := image.Rect(10+n*7%900, 500, 17+n*7%900, 512)
		for y := typed.Min.Y; y < typed.Max.Y; y++ {
			for x := typed.Min.X; x < typed.Max.X; x++ {
				k.src.Pix[y*k.src.Stride+4*x+n%3] = byte(n)
			}
		}
		k.src.Damage.Add(typed)
		k.sync()
		if len(k.e.Films()) > 0 && began == 0 {
			began, k.bytes = n, 0
		}
		if began > 0 {
			worst = min(worst, codectest.PSNR(k.src, k.dst, r))
			if k.e.Settled() {
				t.Fatal("settled while a film moves")
			}
		}
		if err := codectest.Equal(k.dst, k.src, image.Rect(0, 480, 1000, 600)); err != nil {
			t.Fatalf("frame %d, beside the film: %v", n, err)
		}
		k.clock.now += 33 * time.Millisecond
	}
	rate := float64(k.bytes) / (float64(90-began) / 30)
	t.Logf("film from frame %d in %v: %.0f kB/s, %.1f dB at worst", began, k.e.Films(), rate/1000, worst)
	if began == 0 || began > 8 {
		t.Fatalf("a film from frame %d, want within 8", began)
	}
	if rate > 500_000 || worst < 34 {
		t.Errorf("%.0f B/s and %.1f dB, want at most 500 000 and at least 34", rate, worst)
	}
	stopped := k.clock.now - 33*time.Millisecond
	for !k.e.Settled() {
		d, ok := k.e.Wake()
		if !ok {
			t.Fatal("a film, but nothing to wait for")
		}
		k.clock.now += d
		if !k.e.Pending() {
			t.Fatal("woken for nothing")
		}
		k.sync()
		if k.clock.now-stopped > 400*time.Millisecond {
			t.Fatal("not exact 400 ms after it stopped")
		}
	}
	if err := codectest.Equal(k.dst, k.src, k.src.Bounds()); err != nil {
		t.Error(err)
	}
	if _, ok := k.e.Wake(); ok || k.e.shadow != nil || k.d.films[0].dec != nil {
		t.Error("something is left of the film")
	}
}

// A film that halts and goes on is a film again with its first frame.
func TestFilmHalts(t *testing.T) {
	needFilms(t)
	k := newDesk(t, 700, 500)
	k.sync()
	n := 0
	play := func(frames int) (films int) {
		for range frames {
			codectest.Film(k.src, image.Rect(32, 32, 512, 352), n)
			k.sync()
			n++
			k.clock.now += 33 * time.Millisecond
			films += len(k.e.Films())
		}
		return films
	}
	play(20)
	for range 5 {
		for !k.e.Settled() {
			k.clock.now += 20 * time.Millisecond
			k.sync()
		}
		if films := play(3); films < 2 {
			t.Fatalf("a film in %d frames of 3 after it had halted", films)
		}
	}
}

// Text and pictures that only appear never become films.
func TestNoFilm(t *testing.T) {
	for name, draw := range map[string]func(f *frame.Frame, n int){
		"typing": func(f *frame.Frame, n int) {
			for y := range 400 {
				f.Pix[(100+y)*f.Stride+4*(n*8%500+y%5)] ^= 0x7F
			}
			f.Damage.Add(image.Rect(0, 100, 600, 500))
		},
		"still photo": func(f *frame.Frame, n int) {
			codectest.Film(f, image.Rect(0, 0, 500, 400), 1)
		},
		"small": func(f *frame.Frame, n int) { codectest.Film(f, image.Rect(0, 0, 80, 80), n) },
		"slow": func(f *frame.Frame, n int) {
			if n%10 == 0 {
				codectest.Film(f, image.Rect(0, 0, 500, 400), n)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := newDesk(t, 640, 520)
			for n := range 30 {
				draw(k.src, n)
				k.sync()
				if len(k.e.Films()) > 0 {
					t.Fatalf("a film at frame %d: %v", n, k.e.Films())
				}
				if err := codectest.Equal(k.dst, k.src, k.src.Bounds()); err != nil {
					t.Fatal(err)
				}
				k.clock.now += 33 * time.Millisecond
			}
		})
	}
}

// Two films at a time, a third stays lossless; one that grows is taken in by a larger.
func TestFilmsComeAndGo(t *testing.T) {
	needFilms(t)
	k := newDesk(t, 900, 700)
	at := []image.Rectangle{image.Rect(0, 0, 208, 208), image.Rect(300, 0, 508, 208), image.Rect(0, 300, 208, 508)}
	play := func(frames int, rs ...image.Rectangle) {
		for n := range frames {
			for _, r := range rs {
				codectest.Film(k.src, r, n)
			}
			k.sync()
			k.clock.now += 33 * time.Millisecond
		}
	}
	play(40, at...)
	if n := len(k.e.Films()); n != MaxFilms {
		t.Fatalf("%d films, want %d", n, MaxFilms)
	}
	play(40, at[2])
	if fs := k.e.Films(); len(fs) != 1 || !at[2].In(fs[0]) {
		t.Fatalf("films %v, want one of %v", fs, at[2])
	}
	whole := image.Rect(0, 250, 600, 650)
	play(60, whole)
	if fs := k.e.Films(); len(fs) != 1 || !whole.In(fs[0].Inset(-16)) {
		t.Fatalf("films %v, want one of %v", fs, whole)
	}
	k.src.Resize(image.Pt(400, 300))
	k.sync()
	if len(k.e.Films()) != 0 || !k.e.Settled() {
		t.Errorf("films %v after a new size", k.e.Films())
	}
	if err := codectest.Equal(k.dst, k.src, k.src.Bounds()); err != nil {
		t.Error(err)
	}
}

// flight is an update on its way.
type flight struct {
	id    uint32
	data  []byte
	shows *frame.Frame // the sharer's idea of the helper's picture at its damage
}

// Whatever is lost, doubled or reordered: a block that an update writes is as the sharer
// believes, and in the end the pictures are equal.
func TestDisorder(t *testing.T) {
	needFilms(t)
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { disorder(t, rand.New(rand.NewPCG(seed, 5))) })
	}
}

func disorder(t *testing.T, rnd *rand.Rand) {
	var c clock
	e, d := pair(t, Options{Now: c.Now})
	src, dst := picture(420, 300), &frame.Frame{}
	loss, late, twice := rnd.Float64()*0.25, rnd.Float64()*0.6, rnd.Float64()*0.3
	var air []flight
	films, shownFrames := 0, 0
	deliver := func(p flight) {
		size, fresh, err := d.Size(p.data)
		if err != nil {
			t.Fatalf("Size: %v", err)
		}
		if !fresh {
			e.Acked(p.id)
			return
		}
		dst.Resize(size)
		damage, err := d.Apply(p.data, dst)
		if errors.Is(err, codec.ErrBase) {
			e.Lost(p.id)
			return
		}
		if err != nil {
			t.Fatalf("Apply: %v", err)
		}
		for _, r := range damage {
			if err := codectest.Equal(dst, p.shows, r); err != nil {
				t.Fatalf("update %d, film %v: %v", p.id, isFrame(p.data), err)
			}
		}
		if isFrame(p.data) && len(damage) > 0 {
			shownFrames++
		}
		e.Acked(p.id)
	}
	round := func(move bool, n int) {
		if move {
			codectest.Film(src, image.Rect(50, 40, 290, 232), n)
		}
		x, y := rnd.IntN(400), rnd.IntN(280)
		for i := range 9 {
			src.Pix[(y+i)*src.Stride+4*(x+i)] ^= 0x55
		}
		src.Damage.Add(image.Rect(x, y, x+9, y+9))
		e.Mark(src.Damage.Rects())
		src.Damage.Clear()
		c.now += calm
		for range 3 {
			u, ok := e.Encode(src, 1<<16, image.Point{})
			if !ok {
				break
			}
			p := flight{id: u.ID, data: append([]byte(nil), u.Data...), shows: copyOf(src)}
			if isFrame(u.Data) {
				films++
				p.shows = copyOf(e.shadow)
			}
			if rnd.Float64() < loss {
				e.Lost(u.ID)
				continue
			}
			air = append(air, p)
			if rnd.Float64() < twice {
				air = append(air, p)
			}
		}
		if e.Repairs() {
			if u, ok := e.Encode(nil, 1<<16, image.Point{}); ok {
				e.Lost(u.ID)
			}
		}
		for len(air) > 0 && rnd.Float64() >= late {
			i := 0
			if rnd.Float64() < late {
				i = rnd.IntN(len(air))
			}
			p := air[i]
			air = append(air[:i], air[i+1:]...)
			deliver(p)
		}
		c.now += 33 * time.Millisecond
	}
	for n := range 160 {
		round(n%80 < 55, n)
		if rnd.IntN(150) == 0 {
			e.Reset()
		}
	}
	if films < 50 || shownFrames < 10 {
		t.Errorf("%d frames of films, %d shown: nothing was tested", films, shownFrames)
	}
	loss, late, twice = 0, 0, 0
	for n := 0; !e.Settled(); n++ {
		if n > 300 {
			t.Fatal("never settles")
		}
		u, ok := e.Encode(src, 1<<16, image.Point{})
		if ok {
			air = append(air, flight{u.ID, append([]byte(nil), u.Data...), src})
			if isFrame(u.Data) {
				air[len(air)-1].shows = copyOf(e.shadow)
			}
		}
		for _, p := range air {
			deliver(p)
		}
		air = air[:0]
		c.now += 10 * time.Millisecond
	}
	if err := codectest.Equal(dst, src, src.Bounds()); err != nil {
		t.Errorf("settled, but %v", err)
	}
}

func copyOf(f *frame.Frame) *frame.Frame {
	c := *f
	c.Pix = append([]byte(nil), f.Pix...)
	c.Damage = frame.Region{}
	return &c
}

// A helper that cannot show films makes the sharer give them up.
func TestHelperWithoutFilms(t *testing.T) {
	needFilms(t)
	var c clock
	e, _ := pair(t, Options{Now: c.Now})
	src := picture(400, 300)
	frames := 0
	for n := range 60 {
		codectest.Film(src, image.Rect(0, 0, 240, 192), n)
		e.Mark(src.Damage.Rects())
		src.Damage.Clear()
		c.now += calm
		if u, ok := e.Encode(src, 1<<20, image.Point{}); ok {
			if isFrame(u.Data) {
				frames++
				e.Lost(u.ID)
			} else {
				e.Acked(u.ID)
			}
		}
		c.now += 33 * time.Millisecond
	}
	if frames == 0 || frames > 2*giveUp || len(e.Films()) > 0 {
		t.Errorf("%d frames sent in vain, films %v", frames, e.Films())
	}
	if u, ok := e.Encode(src, 1<<20, image.Point{}); ok {
		e.Acked(u.ID)
	}
	if !e.Settled() {
		t.Error("not settled without films")
	}
}

// Any bytes leave a decoder that a fresh picture heals.
func FuzzApply(f *testing.F) {
	if !vpx.Available {
		f.Skip("built without libvpx")
	}
	var c clock
	e, err := NewEncoder(Options{Now: c.Now})
	if err != nil {
		f.Fatal(err)
	}
	defer e.Close()
	src := picture(192, 144)
	var first [][]byte
	for n := range 12 {
		codectest.Film(src, image.Rect(0, 0, 160, 128), n)
		e.Mark(src.Damage.Rects())
		src.Damage.Clear()
		c.now += calm
		if u, ok := e.Encode(src, 1<<20, image.Point{}); ok {
			e.Acked(u.ID)
			f.Add(u.Data)
			if len(first) == 0 || isFrame(u.Data) && len(first) < 3 {
				first = append(first, append([]byte(nil), u.Data...))
			}
		}
		c.now += 33 * time.Millisecond
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := NewDecoder()
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		dst := &frame.Frame{}
		for _, b := range append([][]byte{data}, append(first, data, data)...) {
			size, fresh, err := d.Size(b)
			if err != nil || !fresh || size.X*size.Y > 1<<20 {
				continue
			}
			dst.Resize(size)
			damage, err := d.Apply(b, dst)
			for _, r := range damage {
				if err != nil || !r.In(dst.Bounds()) {
					t.Fatalf("damage %v, %v", damage, err)
				}
			}
		}
	})
}
