package screen_test

import (
	"image"
	"math/rand/v2"
	"testing"

	"beside/codec"
	"beside/codec/codectest"
)

// genuine is a few updates of all kinds, in order.
func genuine(t testing.TB) [][]byte {
	e, _ := pair(t)
	f := newFrame(208, 160)
	rnd := rand.New(rand.NewPCG(1, 1))
	noise(f, f.Bounds(), rnd)
	codectest.Photo(f, image.Rect(32, 32, 64, 64), 1)
	var out [][]byte
	show := func() {
		e.Mark([]image.Rectangle{f.Bounds()})
		u, ok := e.Encode(f, 1<<30, image.Point{})
		if !ok {
			t.Fatal("nothing to send")
		}
		e.Acked(u.ID)
		out = append(out, append([]byte(nil), u.Data...))
	}
	show()
	was := copyFrame(f)
	codectest.Blit(f, image.Rect(5, 0, 200, 140), was, image.Pt(5, 13)) // copies and rows
	show()
	f.Pix[4*40] ^= 1 // a difference
	show()
	seen := copyFrame(f)
	codectest.Text(f, f.Bounds(), 3, 0xFFFFFF, 8) // a palette, and tiles saved
	show()
	codectest.Blit(f, f.Bounds(), seen, image.Point{}) // and taken
	show()
	return out
}

func FuzzApply(f *testing.F) {
	first := genuine(f)
	for _, data := range first {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, d := pair(t)
		for _, in := range append(append([][]byte(nil), first[:4]...), data, data) {
			size, fresh, err := d.Size(in)
			if err != nil || !fresh || size.X*size.Y > 1<<20 {
				continue
			}
			dst := newFrame(size.X, size.Y)
			before := string(dst.Pix)
			damage, err := d.Apply(in, dst)
			if err != nil && string(dst.Pix) != before {
				t.Fatal("written in spite of an error")
			}
			for _, r := range damage {
				if !r.In(dst.Bounds()) {
					t.Fatalf("damage %v outside %v", r, size)
				}
			}
		}
	})
}

// FuzzBody puts any body, not compressed, into a good header, where the parser is soon reached.
func FuzzBody(f *testing.F) {
	first := genuine(f)
	f.Add([]byte{0, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3})
	f.Add([]byte{1, 0, 26, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 4})
	f.Fuzz(func(t *testing.T, body []byte) {
		_, d := pair(t)
		dst := newFrame(208, 160)
		for _, in := range first {
			if _, err := d.Apply(in, dst); err != nil {
				t.Fatal(err)
			}
		}
		in := append([]byte(nil), first[4][:14]...)
		in[1] = 0
		in[5]++ // the next id
		before := string(dst.Pix)
		if _, err := d.Apply(append(in, body...), dst); err != nil && string(dst.Pix) != before {
			t.Fatal("written in spite of an error")
		}
	})
}

// FuzzNetwork walks over pictures and networks of all kinds.
func FuzzNetwork(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		codectest.Random(t, func(t testing.TB) (codec.Encoder, codec.Decoder) { return pair(t) }, seed)
	})
}

func TestGenuineUpdatesAreOfAllKinds(t *testing.T) {
	_, d := pair(t)
	dst := newFrame(208, 160)
	sizes := []int{}
	for _, in := range genuine(t) {
		if _, err := d.Apply(in, dst); err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(in))
	}
	if sizes[0] < 60000 || sizes[1] > 30000 || sizes[2] > 100 || sizes[4] > 500 {
		t.Errorf("sizes %v: copies, differences or the cache are not in the seeds", sizes)
	}
}
