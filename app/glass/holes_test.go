package glass

import (
	"image"
	"testing"
)

func TestRounded(t *testing.T) {
	r := image.Rect(10, 20, 110, 80)
	for radius, lost := range map[int]int{0: 0, 1: 0, 12: 4 * 32, 1000: 772} {
		parts := rounded(r, radius)
		n := 0
		for i, a := range parts {
			n += a.Dx() * a.Dy()
			if !a.In(r) || a.Empty() {
				t.Errorf("radius %d: %v is not in %v", radius, a, r)
			}
			for _, b := range parts[:i] {
				if a.Overlaps(b) {
					t.Errorf("radius %d: %v and %v overlap", radius, a, b)
				}
			}
		}
		if got := r.Dx()*r.Dy() - n; got != lost {
			t.Errorf("radius %d leaves out %d pixels, want %d", radius, got, lost)
		}
	}
}
