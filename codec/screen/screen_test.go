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

func pair(t testing.TB) (*screen.Encoder, *screen.Decoder) {
	t.Helper()
	e, err := screen.NewEncoder()
	if err != nil {
		t.Fatal(err)
	}
	d, err := screen.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	return e, d
}

func TestContract(t *testing.T) {
	codectest.Run(t, func(t testing.TB) (codec.Encoder, codec.Decoder) { return pair(t) })
}

func newFrame(w, h int) *frame.Frame {
	f := &frame.Frame{}
	f.Resize(image.Pt(w, h))
	return f
}

// text paints something like text: rows of glyph-sized dark marks on light ground.
func text(f *frame.Frame, r image.Rectangle, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	var glyphs [64][8]byte
	for i := range glyphs {
		for j := range glyphs[i] {
			glyphs[i][j] = byte(rnd.Uint32())
		}
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		line := rand.New(rand.NewPCG(seed, uint64(y/16)))
		colour := line.Uint32() & 0x7F7F7F
		for x := r.Min.X; x < r.Max.X; x += 8 {
			g := glyphs[line.IntN(64)][y%8]
			for i := range min(8, r.Max.X-x) {
				v := uint32(0xF8F8F8)
				if y%16 < 8 && g>>i&1 == 1 {
					v = colour
				}
				p := f.Pix[y*f.Stride+4*(x+i):]
				p[0], p[1], p[2] = byte(v), byte(v>>8), byte(v>>16)
			}
		}
	}
}

func TestDifferenceIsRefusedWithoutItsBase(t *testing.T) {
	e, d := pair(t)
	f, dst := newFrame(320, 200), newFrame(320, 200)
	text(f, f.Bounds(), 1)
	first, _ := e.Encode(f, 1<<20, image.Point{})
	e.Acked(first.ID) // a lie: the decoder has not seen it
	r := image.Rect(16, 16, 64, 32)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		f.Pix[y*f.Stride+4*20] ^= 0xFF
	}
	e.Mark([]image.Rectangle{r})
	u, ok := e.Encode(f, 1<<20, image.Point{})
	if !ok {
		t.Fatal("no update")
	}
	before := string(dst.Pix)
	if _, err := d.Apply(u.Data, dst); !errors.Is(err, codec.ErrBase) {
		t.Fatalf("Apply = %v, want ErrBase", err)
	}
	if string(dst.Pix) != before {
		t.Error("a refused update wrote pixels")
	}
}

func TestNearestToTheFocusGoesFirst(t *testing.T) {
	e, d := pair(t)
	f, dst := newFrame(640, 480), newFrame(640, 480)
	rnd := rand.New(rand.NewPCG(1, 1))
	for i := range f.Pix {
		f.Pix[i] = byte(rnd.Uint32())
	}
	focus := image.Pt(500, 400)
	u, _ := e.Encode(f, 30000, focus)
	if u.Blocks == 1200 || len(u.Data) > 60000 {
		t.Fatalf("%d blocks in %d bytes for a budget of 30000", u.Blocks, len(u.Data))
	}
	damage, err := d.Apply(u.Data, dst)
	if err != nil {
		t.Fatal(err)
	}
	hit := false
	for _, r := range damage {
		hit = hit || focus.In(r)
		if r.Min.X < 200 || r.Min.Y < 150 {
			t.Errorf("%v is far from the focus", r)
		}
	}
	if !hit {
		t.Error("the focus itself is missing")
	}
}

func TestFormatsAgree(t *testing.T) {
	e, d := pair(t)
	f, dst := newFrame(33, 17), newFrame(33, 17)
	f.Format = frame.RGBX
	for i := range f.Pix {
		f.Pix[i] = byte(i * 7)
	}
	u, _ := e.Encode(f, 1<<20, image.Point{})
	if _, err := d.Apply(u.Data, dst); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(f.Pix); i += 4 {
		if f.Pix[i] != dst.Pix[i+2] || f.Pix[i+1] != dst.Pix[i+1] || f.Pix[i+2] != dst.Pix[i] {
			t.Fatalf("pixel %d differs", i/4)
		}
	}
}

// TestLargeChangesComeInPieces checks that a large change is several updates, each applied while
// the next is made, and that what was found out for the first one holds for all.
func TestLargeChangesComeInPieces(t *testing.T) {
	s := newStage(t, 1920, 1080)
	page := codectest.Page(image.Pt(1920, 2000), 1, false)
	codectest.Blit(s.src, s.src.Bounds(), page, image.Point{})
	s.e.Mark([]image.Rectangle{s.src.Bounds()})
	updates, blocks := 0, 0
	for {
		u, ok := s.e.Encode(s.src, 1<<30, image.Point{})
		if !ok {
			break
		}
		if u.Blocks > 1024 {
			t.Errorf("an update of %d blocks", u.Blocks)
		}
		s.apply(u, false)
		updates, blocks = updates+1, blocks+u.Blocks
	}
	s.equal()
	if want := 120 * 68; blocks != want || updates != (want+1023)/1024 {
		t.Errorf("%d updates of %d blocks in all, want %d blocks, each once", updates, blocks, want)
	}
}

// TestSlowPathsGetSmallerUpdates sends a page over a path just below the limit and over one just above.
func TestSlowPathsGetSmallerUpdates(t *testing.T) {
	size := func(budget int) (n float64) {
		s := newStage(t, 1920, 1080)
		codectest.Blit(s.src, s.src.Bounds(), codectest.Page(s.src.Size, 1, false), image.Point{})
		s.e.Mark([]image.Rectangle{s.src.Bounds()})
		for {
			u, ok := s.e.Encode(s.src, budget, image.Point{})
			if !ok {
				break
			}
			s.apply(u, false)
			n += float64(len(u.Data))
		}
		s.equal()
		return n
	}
	if fast, slow := size(66_000), size(65_000); slow > 0.95*fast {
		t.Errorf("%.0f B for a slow path, %.0f B for a fast one", slow, fast)
	}
}
