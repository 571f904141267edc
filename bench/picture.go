package main

import (
	"encoding/binary"
	"image"
	"math"
	"math/bits"
	"math/rand/v2"
)

// luma is the brightness, 0 to 255, of the BGRX pixel at b[0].
func luma(b []byte) float64 {
	return 0.114*float64(b[0]) + 0.587*float64(b[1]) + 0.299*float64(b[2])
}

// rgb drops the fourth byte of a BGRX pixel, which means nothing.
func rgb(b []byte) uint32 { return binary.LittleEndian.Uint32(b) & 0xffffff }

// same counts the pixels that are equal in two pictures of one size; n is how many there are.
func same(a, b []byte) (equal, n int) {
	n = min(len(a), len(b)) / 4
	for i := 0; i < 4*n; i += 4 {
		if (binary.LittleEndian.Uint32(a[i:])^binary.LittleEndian.Uint32(b[i:]))&0xffffff == 0 {
			equal++
		}
	}
	return equal, n
}

// identical is same for those who need no count.
func identical(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i+4 <= len(a); i += 4 {
		if (binary.LittleEndian.Uint32(a[i:])^binary.LittleEndian.Uint32(b[i:]))&0xffffff != 0 {
			return false
		}
	}
	return true
}

// exactPSNR stands for "no difference at all".
const exactPSNR = 99

// psnr is the peak signal to noise ratio over red, green and blue, in dB, at most exactPSNR.
func psnr(a, b []byte) float64 {
	var sum float64
	n := min(len(a), len(b)) / 4
	for i := 0; i < 4*n; i += 4 {
		for k := range 3 {
			d := float64(a[i+k]) - float64(b[i+k])
			sum += d * d
		}
	}
	if sum == 0 || n == 0 {
		return exactPSNR
	}
	return min(exactPSNR, 10*math.Log10(255*255*float64(3*n)/sum))
}

// Markers number the frames of a generator, so that the other side can say which it sees:
// markBits squares of markEdge pixels in a row, black for 0, white for 1.
const (
	markBits = 12
	markEdge = 16
)

// markRect is where the marker of a canvas is, in its coordinates.
func markRect() image.Rectangle { return image.Rect(0, 0, markBits*markEdge, markEdge) }

func (v *canvas) mark(n int) {
	for k := range markBits {
		c := uint32(0)
		if n>>k&1 == 1 {
			c = 0xffffff
		}
		v.fill(image.Rect(k*markEdge, 0, (k+1)*markEdge, markEdge), c)
	}
}

// readMark reads one row of pixels through the middle of a marker.
func readMark(row []byte) int {
	n := 0
	for k := range markBits {
		if luma(row[4*(k*markEdge+markEdge/2):]) > 128 {
			n |= 1 << k
		}
	}
	return n
}

// The video is a smooth moving picture with some grain, as a camera makes it. It never
// repeats, so that no cache may hold it.
var videoSize = image.Pt(640, 360)

// videoFrame paints frame n into pix, 4·640·360 bytes of BGRX.
func videoFrame(n int, pix []byte) {
	w, h := videoSize.X, videoSize.Y
	ph := 0.12 * float64(n)
	// sin(a+b) by tables of a and b: the generator must cost little beside what is measured.
	xs, xd, xc := make([]float64, w), make([]float64, w), make([]float64, w)
	for x := range w {
		fx := float64(x) / 60
		xs[x] = math.Sin(fx + ph)
		xd[x], xc[x] = math.Sincos(fx*.6 + ph*1.3)
	}
	for y := range h {
		fy := float64(y) / 45
		ys := math.Sin(fy - ph*.7)
		yd, yc := math.Sincos(fy * .6)
		row := pix[4*w*y : 4*w*(y+1)]
		for x := range w {
			v := xs[x] + ys + xd[x]*yc + xc[x]*yd
			row[4*x] = byte(128 + 40*v)
			row[4*x+1] = byte(128 + 30*v + float64((x^y)&7))
			row[4*x+2] = byte(128 - 38*v)
			row[4*x+3] = 0
		}
	}
}

// words is a line of n random printable characters.
func words(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(33 + r.IntN(90))
	}
	return string(b)
}

// A recorder compares pictures by tiles of tileEdge pixels, and from afar by square cells
// of cellEdge pixels in them.
const (
	tileEdge  = 64
	cellEdge  = 8
	tileCells = (tileEdge / cellEdge) * (tileEdge / cellEdge)
)

// tiles hashes a picture tile by tile, row by row: equal tiles hash equal, whatever their
// pixels' fourth bytes. Nobody attacks the bench, so mixing well is enough.
func tiles(pix []byte, size image.Point) []uint64 {
	across, down := (size.X+tileEdge-1)/tileEdge, (size.Y+tileEdge-1)/tileEdge
	out := make([]uint64, 0, across*down)
	for ty := range down {
		for tx := range across {
			h := uint64(14695981039346656037)
			x0, x1 := tx*tileEdge, min((tx+1)*tileEdge, size.X)
			for y := ty * tileEdge; y < min((ty+1)*tileEdge, size.Y); y++ {
				row := pix[4*(y*size.X+x0) : 4*(y*size.X+x1)]
				for len(row) >= 8 {
					h = bits.RotateLeft64((h^binary.LittleEndian.Uint64(row)&0x00ffffff00ffffff)*0x9e3779b97f4a7c15, 29)
					row = row[8:]
				}
				if len(row) >= 4 {
					h = bits.RotateLeft64((h^uint64(rgb(row)))*0x9e3779b97f4a7c15, 29)
				}
			}
			out = append(out, h)
		}
	}
	return out
}

// afar is the mean of green, which is most of brightness, in each cell of each tile; 0 for
// cells outside the picture.
func afar(pix []byte, size image.Point) [][tileCells]byte {
	across, down := (size.X+tileEdge-1)/tileEdge, (size.Y+tileEdge-1)/tileEdge
	out := make([][tileCells]byte, across*down)
	for y := 0; y < size.Y; y += cellEdge {
		for x := 0; x < size.X; x += cellEdge {
			sum, n := 0, 0
			for cy := y; cy < min(y+cellEdge, size.Y); cy++ {
				row := pix[4*(cy*size.X+x) : 4*(cy*size.X+min(x+cellEdge, size.X))]
				for i := 1; i < len(row); i += 4 {
					sum += int(row[i])
				}
				n += len(row) / 4
			}
			cell := y%tileEdge/cellEdge*(tileEdge/cellEdge) + x%tileEdge/cellEdge
			out[y/tileEdge*across+x/tileEdge][cell] = byte(sum / n)
		}
	}
	return out
}
