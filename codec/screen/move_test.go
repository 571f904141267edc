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

// stage shows pictures through a pair without a network.
type stage struct {
	t        *testing.T
	e        *screen.Encoder
	d        *screen.Decoder
	src, dst *frame.Frame
}

func newStage(t *testing.T, w, h int) *stage {
	s := &stage{t: t, src: newFrame(w, h), dst: newFrame(w, h)}
	s.e, s.d = pair(t)
	return s
}

// encode takes all that changed in one update.
func (s *stage) encode() codec.Update {
	s.t.Helper()
	s.e.Mark([]image.Rectangle{s.src.Bounds()})
	u, ok := s.e.Encode(s.src, 1<<30, image.Point{})
	if !ok {
		s.t.Fatal("nothing to send")
	}
	u.Data = append([]byte(nil), u.Data...)
	return u
}

// apply shows u, acknowledges it if that is wanted, and compares.
func (s *stage) apply(u codec.Update, ack bool) {
	s.t.Helper()
	if _, err := s.d.Apply(u.Data, s.dst); err != nil {
		s.t.Fatal(err)
	}
	if ack {
		s.e.Acked(u.ID)
	}
}

func (s *stage) equal() {
	s.t.Helper()
	if err := codectest.Equal(s.src, s.dst, s.src.Bounds()); err != nil {
		s.t.Fatal(err)
	}
}

func TestMovesAreCopiedBeforeAnythingIsAcknowledged(t *testing.T) {
	for name, step := range map[string]image.Point{
		"down": {0, 5}, "up": {0, -6}, "one line": {0, 1}, "right": {9, 0}, "left": {-16, 0}, "aslant": {-7, 21},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, 512, 480) // one update
			page := newFrame(2000, 2000)
			noise(page, page.Bounds(), rand.New(rand.NewPCG(1, 1)))
			at := image.Pt(700, 700)
			codectest.Blit(s.src, s.src.Bounds(), page, at)
			s.apply(s.encode(), false)
			for range 5 {
				at = at.Add(step)
				codectest.Blit(s.src, s.src.Bounds(), page, at)
				u := s.encode()
				// The new strip, of whole blocks only from side to side, and nothing else of 737 kB.
				wide := (abs(step.X) + 15) / 16 * 16
				if most := 3*(512*abs(step.Y)+480*wide+16*wide) + 2000; len(u.Data) > most {
					t.Fatalf("%d B, want at most %d", len(u.Data), most)
				}
				s.apply(u, false)
				s.equal()
			}
		})
	}
}

func abs(n int) int { return max(n, -n) }

func TestUpdateThatCameEarlyWaits(t *testing.T) {
	s := newStage(t, 320, 240)
	page := newFrame(320, 800)
	noise(page, page.Bounds(), rand.New(rand.NewPCG(1, 1)))
	scroll := func(y int) codec.Update {
		codectest.Blit(s.src, s.src.Bounds(), page, image.Pt(0, y))
		return s.encode()
	}
	s.apply(scroll(0), true)
	first, second, third := scroll(20), scroll(40), scroll(60)
	before := string(s.dst.Pix)
	for _, u := range []codec.Update{third, second, second} {
		if _, err := s.d.Apply(u.Data, s.dst); !errors.Is(err, codec.ErrEarly) || !errors.Is(err, codec.ErrBase) {
			t.Fatalf("Apply = %v, want ErrEarly", err)
		}
	}
	if string(s.dst.Pix) != before {
		t.Fatal("written in spite of an error")
	}
	if s.e.Live(first.ID) != 1 {
		t.Errorf("Live = %v of an update that others build on", s.e.Live(first.ID))
	}
	for _, u := range []codec.Update{first, second, third} {
		s.apply(u, false)
	}
	s.equal()
	s.e.Acked(third.ID)
	if !s.e.Settled() {
		t.Error("the bases of an applied update are not acknowledged with it")
	}
	if damage, err := s.d.Apply(second.Data, s.dst); err != nil || len(damage) > 0 {
		t.Errorf("a second time: %v, %v", damage, err)
	}
}

func TestLossTakesWhatBuildsOnItAlong(t *testing.T) {
	s := newStage(t, 320, 240)
	page := newFrame(320, 800)
	noise(page, page.Bounds(), rand.New(rand.NewPCG(1, 1)))
	scroll := func(y int) codec.Update {
		codectest.Blit(s.src, s.src.Bounds(), page, image.Pt(0, y))
		return s.encode()
	}
	s.apply(scroll(0), true)
	first, second := scroll(20), scroll(40)
	s.e.Lost(first.ID)
	if s.e.Live(second.ID) != 0 || !s.e.Repairs() {
		t.Fatal("what builds on a lost update is not lost")
	}
	u, ok := s.e.Encode(s.src, 1<<30, image.Point{})
	if !ok {
		t.Fatal("nothing sent again")
	}
	s.apply(u, true)
	s.equal()
	if !s.e.Settled() {
		t.Error("not settled")
	}
}

func TestSeenPageComesFromTheCache(t *testing.T) {
	s := newStage(t, 480, 480) // one update each
	pages := [...]*frame.Frame{newFrame(480, 480), newFrame(480, 480), newFrame(480, 480)}
	for i, p := range pages {
		noise(p, p.Bounds(), rand.New(rand.NewPCG(uint64(i), 1)))
	}
	show := func(i int) int {
		codectest.Blit(s.src, s.src.Bounds(), pages[i], image.Point{})
		u := s.encode()
		s.apply(u, true)
		s.equal()
		return len(u.Data)
	}
	for i := range pages {
		show(i)
	}
	for _, i := range []int{0, 1, 2, 1, 0, 2} {
		if n := show(i); n > 1000 {
			t.Errorf("page %d took %d B although it was seen", i, n)
		}
	}
	// A decoder that does not have the tiles refuses; then they are sent as they are.
	codectest.Blit(s.src, s.src.Bounds(), pages[0], image.Point{})
	for range 5 {
		u := s.encode()
		fresh, err := screen.NewDecoder()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fresh.Apply(u.Data, newFrame(480, 480)); err == nil {
			return
		} else if !errors.Is(err, codec.ErrBase) {
			t.Fatalf("Apply = %v, want ErrBase", err)
		}
		s.e.Lost(u.ID)
	}
	t.Error("never sent without the cache")
}

func TestUnacknowledgedTilesAreNotTakenFromTheCache(t *testing.T) {
	s := newStage(t, 480, 480) // one update each
	pages := [...]*frame.Frame{newFrame(480, 480), newFrame(480, 480)}
	for i, p := range pages {
		noise(p, p.Bounds(), rand.New(rand.NewPCG(uint64(i), 1)))
	}
	show := func(i int) codec.Update {
		codectest.Blit(s.src, s.src.Bounds(), pages[i], image.Point{})
		return s.encode()
	}
	s.apply(show(0), true)
	show(1) // saves the tiles of page 0, but is lost on the way
	u := show(0)
	s.apply(u, false)
	s.equal()
}
