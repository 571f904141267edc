package main

import (
	"image"
	"math/rand/v2"
	"slices"
	"testing"
)

func noise(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, 4*n)
	for i := range b {
		b[i] = byte(r.IntN(256))
	}
	return b
}

func TestSame(t *testing.T) {
	a := noise(100, 1)
	b := slices.Clone(a)
	b[3] ^= 0xff // means nothing
	if !identical(a, b) || psnr(a, b) != exactPSNR {
		t.Error("the fourth byte counts")
	}
	if equal, n := same(a, b); equal != 100 || n != 100 {
		t.Errorf("same = %d of %d", equal, n)
	}
	b[41] ^= 1
	if identical(a, b) {
		t.Error("one bit does not count")
	}
	if equal, _ := same(a, b); equal != 99 {
		t.Errorf("%d equal, want 99", equal)
	}
	if identical(a, a[:396]) {
		t.Error("pictures of two sizes are identical")
	}
}

func TestPSNR(t *testing.T) {
	a, b := make([]byte, 400), make([]byte, 400)
	for i := range b {
		b[i] = 255
	}
	if got := psnr(a, b); got != 0 {
		t.Errorf("black and white: %v dB, want 0", got)
	}
	for i := range b {
		b[i] = 1
	}
	if got := psnr(a, b); got < 48.13 || got > 48.14 {
		t.Errorf("off by one: %v dB, want 48.13", got)
	}
}

func TestReadMark(t *testing.T) {
	for _, want := range []int{0, 1, 5, 0xaaa, 0xfff} {
		row := make([]byte, 4*markBits*markEdge)
		for x := range markBits * markEdge {
			if want>>(x/markEdge)&1 == 1 {
				copy(row[4*x:], []byte{255, 255, 255, 0})
			}
		}
		if got := readMark(row); got != want {
			t.Errorf("readMark = %x, want %x", got, want)
		}
	}
}

func TestTiles(t *testing.T) {
	size := image.Pt(150, 70) // three tiles across, two down, none whole but the first two
	a := noise(size.X*size.Y, 2)
	before := tiles(a, size)
	if len(before) != 6 {
		t.Fatalf("%d tiles, want 6", len(before))
	}
	for name, c := range map[string]struct {
		at   image.Point
		tile int
	}{
		"first": {image.Pt(0, 0), 0}, "second": {image.Pt(64, 63), 1}, "third": {image.Pt(149, 0), 2},
		"fourth": {image.Pt(0, 64), 3}, "last": {image.Pt(149, 69), 5},
	} {
		b := slices.Clone(a)
		i := 4 * (c.at.Y*size.X + c.at.X)
		b[i+3] ^= 1
		if !slices.Equal(tiles(b, size), before) {
			t.Errorf("%s: the fourth byte counts", name)
		}
		b[i] ^= 1
		for k, h := range tiles(b, size) {
			if (h != before[k]) != (k == c.tile) {
				t.Errorf("%s: tile %d changed: %v", name, k, h != before[k])
			}
		}
	}
}

func TestVideo(t *testing.T) {
	n := 4 * videoSize.X * videoSize.Y
	a, b, c := make([]byte, n), make([]byte, n), make([]byte, n)
	videoFrame(7, a)
	videoFrame(7, b)
	videoFrame(8, c)
	if !identical(a, b) {
		t.Error("a frame is not the same twice")
	}
	if db := psnr(a, c); db > 34 || db < 10 {
		t.Errorf("the next frame is %v dB off; it should move, and be like it", db)
	}
	// A picture under the marker of the frame before is found.
	res := &loadResult{samples: []sample{{7, c}, {8, c}}}
	if got := res.decibels(); len(got) != 2 || got[0] != exactPSNR || got[1] != exactPSNR {
		t.Errorf("decibels = %v", got)
	}
}

func TestAfar(t *testing.T) {
	size := image.Pt(150, 70)
	a := make([]byte, 4*size.X*size.Y)
	for i := range a {
		a[i] = 100
	}
	one := shot{afar: afar(a, size)}
	if len(one.afar) != 6 || one.afar[0][63] != 100 || one.afar[5][0] != 100 || one.afar[5][63] != 0 {
		t.Errorf("afar = %v", one.afar)
	}
	b := slices.Clone(a)
	for i := range b {
		b[i] += byte(i % 3) // as little as loss makes
	}
	if two := (shot{afar: afar(b, size)}); !one.alike(two, 0) {
		t.Error("a little loss is seen from afar")
	}
	for i := range 4 * 64 * 32 {
		b[i/(4*64)*4*size.X+i%(4*64)] = 0
	}
	if two := (shot{afar: afar(b, size)}); one.alike(two, 0) || !one.alike(two, 2) {
		t.Error("a black half is not seen from afar, or is seen in another tile")
	}
}
