//go:build cgo && !novpx

package vpx

import (
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"beside/codec/codectest"
	"beside/frame"
)

func picture(size image.Point) *frame.Frame {
	f := &frame.Frame{}
	f.Resize(size)
	return f
}

func open(t testing.TB, size image.Point, rate int) (*Encoder, *Decoder) {
	t.Helper()
	e, err := NewEncoder(Options{Size: size, Rate: rate})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	d, err := NewDecoder(size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return e, d
}

// show decodes and paints everything.
func show(d *Decoder, data []byte, dst *frame.Frame, min image.Point) error {
	if err := d.Decode(data); err != nil {
		return err
	}
	return d.Paint(dst, min, image.Rectangle{Max: d.size})
}

// What the encoder says is shown is what the decoder shows, and it looks like the source.
func TestBothSidesAgree(t *testing.T) {
	for name, tc := range map[string]struct {
		size  image.Point
		rgb   bool
		least float64
	}{
		"video":  {size: image.Pt(640, 360), least: 34},
		"rgbx":   {size: image.Pt(320, 192), rgb: true, least: 34},
		"odd":    {size: image.Pt(333, 177), least: 34},
		"narrow": {size: image.Pt(16, 400), least: 28},
	} {
		t.Run(name, func(t *testing.T) {
			e, d := open(t, tc.size, 3_200_000)
			at := image.Pt(5, 3)
			r := image.Rectangle{Min: at, Max: at.Add(tc.size)}
			src, shadow, dst := picture(tc.size.Add(image.Pt(9, 9))), picture(tc.size), picture(tc.size.Add(image.Pt(9, 9)))
			total, worst := 0, 99.0
			for n := range 60 {
				codectest.Film(src, r, n)
				in := src
				if tc.rgb {
					in = swapped(src)
				}
				p := Picture{From: Last}
				if n == 0 {
					p.From = Key
				}
				data, err := e.Encode(in, at, p)
				if err != nil {
					t.Fatal(err)
				}
				total += len(data)
				if err := show(d, data, dst, at); err != nil {
					t.Fatal(err)
				}
				if err := e.Shown(shadow, image.Point{}); err != nil {
					t.Fatal(err)
				}
				for y := range tc.size.Y {
					got := dst.Pix[(y+at.Y)*dst.Stride+4*at.X:][:4*tc.size.X]
					if !slices.Equal(got, shadow.Pix[y*shadow.Stride:][:4*tc.size.X]) {
						t.Fatalf("frame %d row %d: the two sides differ", n, y)
					}
				}
				worst = min(worst, codectest.PSNR(src, dst, r))
			}
			t.Logf("%d B a frame, %.1f dB at worst", total/60, worst)
			if worst < tc.least {
				t.Errorf("%.1f dB at worst, want %.0f", worst, tc.least)
			}
			for y := range dst.Size.Y {
				for x := range dst.Size.X {
					if !image.Pt(x, y).In(r) && dst.Pix[y*dst.Stride+4*x] != 0 {
						t.Fatalf("wrote outside, at (%d,%d)", x, y)
					}
				}
			}
		})
	}
}

func swapped(f *frame.Frame) *frame.Frame {
	c := *f
	c.Format, c.Pix = frame.RGBX, slices.Clone(f.Pix)
	for i := 0; i+4 <= len(c.Pix); i += 4 {
		c.Pix[i], c.Pix[i+2] = c.Pix[i+2], c.Pix[i]
	}
	return &c
}

// Frames may vanish: the next from the kept frame, or any key frame, is exact again.
func TestFramesVanish(t *testing.T) {
	size := image.Pt(192, 128)
	e, d := open(t, size, 1_000_000)
	src, shadow, dst := picture(size), picture(size), picture(size)
	rnd := rand.New(rand.NewPCG(1, 2))
	broken, kept := false, false // d lacks Last, d has Golden
	for n := range 400 {
		codectest.Film(src, src.Bounds(), n)
		p := Picture{From: Last, Keep: !broken && rnd.IntN(20) == 0}
		switch {
		case n == 0 || broken && !kept:
			p = Picture{From: Key}
		case broken:
			p = Picture{From: Golden, Keep: rnd.IntN(4) == 0}
		}
		data, err := e.Encode(src, image.Point{}, p)
		if err != nil {
			t.Fatal(err)
		}
		if rnd.IntN(3) == 0 {
			broken = true
			if p.Keep || p.From == Key {
				kept = false
			}
			continue
		}
		if err := show(d, data, dst, image.Point{}); err != nil {
			t.Fatal(err)
		}
		broken, kept = false, kept || p.Keep || p.From == Key
		if err := e.Shown(shadow, image.Point{}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(dst.Pix, shadow.Pix) {
			t.Fatalf("frame %d, %v: the two sides differ", n, p)
		}
	}
}

// A change of rate takes hold without a key frame.
func TestRate(t *testing.T) {
	size := image.Pt(640, 360)
	e, d := open(t, size, 4_000_000)
	src, dst := picture(size), picture(size)
	var bytes [2]int
	for n := range 120 {
		codectest.Film(src, src.Bounds(), n)
		if n == 60 {
			if err := e.SetRate(300_000); err != nil {
				t.Fatal(err)
			}
		}
		p := Picture{From: Last}
		if n == 0 {
			p.From = Key
		}
		data, err := e.Encode(src, image.Point{}, p)
		if err != nil {
			t.Fatal(err)
		}
		if n%60 >= 30 {
			bytes[n/60] += len(data)
		}
		if err := show(d, data, dst, image.Point{}); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d then %d kbit/s", bytes[0]*8/1000, bytes[1]*8/1000)
	if bytes[1]*8 > 600_000 {
		t.Errorf("%d bit in the second after the rate fell to 300 kbit/s", bytes[1]*8)
	}
}

func TestRefusals(t *testing.T) {
	for _, size := range []image.Point{{}, {15, 100}, {100, MaxSide + 1}, {MaxSide, MaxSide}} {
		if _, err := NewEncoder(Options{Size: size}); !errors.Is(err, ErrSize) {
			t.Errorf("encoder of %v: %v", size, err)
		}
		if _, err := NewDecoder(size); !errors.Is(err, ErrSize) {
			t.Errorf("decoder of %v: %v", size, err)
		}
	}
	size := image.Pt(64, 64)
	e, d := open(t, size, 0)
	src, small := picture(size), picture(image.Pt(63, 64))
	if _, err := e.Encode(small, image.Point{}, Picture{}); !errors.Is(err, ErrSize) {
		t.Errorf("encode of a smaller picture: %v", err)
	}
	key, err := e.Encode(src, image.Point{}, Picture{})
	if err != nil {
		t.Fatal(err)
	}
	key = slices.Clone(key)
	if err := show(d, key, small, image.Point{}); !errors.Is(err, ErrSize) {
		t.Errorf("decode into a smaller picture: %v", err)
	}
	inter, err := e.Encode(src, image.Point{}, Picture{From: Last})
	if err != nil {
		t.Fatal(err)
	}
	late, err := NewDecoder(size)
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	if err := late.Paint(src, image.Point{}, image.Rect(0, 0, 1, 1)); !errors.Is(err, ErrCodec) {
		t.Errorf("paint of nothing: %v", err)
	}
	if err := show(late, inter, src, image.Point{}); !errors.Is(err, ErrStream) {
		t.Errorf("first frame predicted from nothing: %v", err)
	}
	other, err := NewDecoder(image.Pt(64, 80))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := show(other, key, picture(image.Pt(64, 80)), image.Point{}); !errors.Is(err, ErrStream) {
		t.Errorf("frame of another size: %v", err)
	}
	if err := show(other, nil, picture(image.Pt(64, 80)), image.Point{}); !errors.Is(err, ErrStream) {
		t.Errorf("no bytes: %v", err)
	}
	e.Close()
	e.Close()
	d.Close()
	d.Close()
	_, err = e.Encode(src, image.Point{}, Picture{})
	for _, err := range []error{err, e.SetRate(9), e.Shown(src, image.Point{}), show(d, key, src, image.Point{})} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
}

// What follows a frame is not taken for another one, whatever size that would have.
func TestNoFrameBehindAFrame(t *testing.T) {
	size, big := image.Pt(64, 64), image.Pt(1024, 1024)
	e, d := open(t, size, 0)
	large, _ := open(t, big, 0)
	src, dst, shadow := picture(big), picture(size), picture(size)
	codectest.Film(src, src.Bounds(), 0)
	behind, err := large.Encode(src, image.Point{}, Picture{})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		codectest.Film(src, src.Bounds(), n)
		data, err := e.Encode(src, image.Point{}, Picture{From: Prediction(min(n, 1))})
		if err != nil {
			t.Fatal(err)
		}
		if err := show(d, append(slices.Clone(data), behind...), dst, image.Point{}); err != nil {
			t.Fatalf("frame %d: %v", n, err)
		}
		if err := e.Shown(shadow, image.Point{}); err != nil || !slices.Equal(dst.Pix, shadow.Pix) {
			t.Fatalf("frame %d differs; %v", n, err)
		}
	}
}

// resident is this process's memory in MiB.
func resident(t testing.TB) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var all, res int
	if _, err := fmt.Sscan(strings.TrimSpace(string(b)), &all, &res); err != nil {
		t.Fatal(err)
	}
	return res * os.Getpagesize() >> 20
}

// A thousand streams of changing size, opened, used and closed on whatever thread Go likes, leave
// nothing behind.
func TestThousandStreams(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	src := picture(image.Pt(640, 360))
	codectest.Film(src, src.Bounds(), 1)
	start := 0
	for n := range 1000 {
		if n == 100 {
			start = resident(t)
		}
		size := image.Pt(16+rnd.IntN(180), 16+rnd.IntN(180))
		if n%50 == 0 {
			size = src.Size
		}
		done := make(chan error)
		go func() {
			runtime.LockOSThread() // a thread of its own
			if n%8 != 0 {
				defer runtime.UnlockOSThread() // which stays
			}
			done <- oneStream(size, src)
		}()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	// The smallest stream holds half a megabyte.
	if grown := resident(t) - start; grown > 16 {
		t.Errorf("grew by %d MiB over 900 streams", grown)
	}
}

func oneStream(size image.Point, src *frame.Frame) error {
	e, err := NewEncoder(Options{Size: size})
	if err != nil {
		return err
	}
	defer e.Close()
	d, err := NewDecoder(size)
	if err != nil {
		return err
	}
	defer d.Close()
	for i := range 2 {
		data, err := e.Encode(src, image.Point{}, Picture{From: Prediction(i)})
		if err == nil {
			err = show(d, data, src, image.Point{})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Whatever arrives, the decoder keeps its size, its memory and its picture's surroundings.
func FuzzDecode(f *testing.F) {
	size := image.Pt(48, 32)
	e, _ := open(f, size, 100_000)
	src := picture(size)
	var frames [][]byte
	for n, p := range []Picture{{From: Key}, {From: Last}, {From: Golden, Keep: true}} {
		codectest.Film(src, src.Bounds(), n)
		data, err := e.Encode(src, image.Point{}, p)
		if err != nil {
			f.Fatal(err)
		}
		frames = append(frames, slices.Clone(data))
		f.Add(frames[n])
	}
	f.Add(append(slices.Clone(frames[1]), frames[0]...))
	dst := picture(image.Pt(64, 48))
	f.Fuzz(func(t *testing.T, data []byte) {
		began := resident(t)
		d, err := NewDecoder(size)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		clear(dst.Pix)
		for _, b := range [][]byte{data, frames[0], data, data, frames[1]} {
			_ = show(d, b, dst, image.Pt(8, 8))
		}
		if err := show(d, frames[0], dst, image.Pt(8, 8)); err != nil {
			t.Fatalf("a key frame does not heal it: %v", err)
		}
		for _, at := range []int{0, 7*dst.Stride + 40, 8*dst.Stride + 4*7, 8*dst.Stride + 4*56, 40*dst.Stride + 40} {
			if dst.Pix[at] != 0 {
				t.Fatalf("wrote outside, at byte %d", at)
			}
		}
		if grown := resident(t) - began; grown > 64 {
			t.Fatalf("took %d MiB", grown)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	size := image.Pt(640, 360)
	e, _ := open(b, size, 3_000_000)
	films := make([]*frame.Frame, 30)
	for n := range films {
		films[n] = picture(size)
		codectest.Film(films[n], films[n].Bounds(), n)
	}
	b.ReportAllocs()
	total, n := 0, 0
	for b.Loop() {
		p := Picture{From: Last}
		if n == 0 {
			p.From = Key
		}
		data, err := e.Encode(films[n%30], image.Point{}, p)
		if err != nil {
			b.Fatal(err)
		}
		total += len(data)
		n++
	}
	b.ReportMetric(float64(total)/float64(n), "B/frame")
}

func BenchmarkDecode(b *testing.B) {
	size := image.Pt(640, 360)
	e, d := open(b, size, 3_000_000)
	src, dst := picture(size), picture(size)
	n := 0
	for b.Loop() {
		b.StopTimer()
		codectest.Film(src, src.Bounds(), n)
		p := Picture{From: Last}
		if n == 0 {
			p.From = Key
		}
		data, err := e.Encode(src, image.Point{}, p)
		if err != nil {
			b.Fatal(err)
		}
		n++
		b.StartTimer()
		if err := show(d, data, dst, image.Point{}); err != nil {
			b.Fatal(err)
		}
	}
}
