package desk

import (
	"image"
	"testing"
	"testing/synctest"
	"time"
)

func TestTopCentre(t *testing.T) {
	for name, c := range map[string]struct {
		m     image.Rectangle
		width int
		want  image.Point
	}{
		"one monitor":   {image.Rect(0, 0, 1920, 1080), 400, image.Pt(760, 0)},
		"the second":    {image.Rect(1920, 200, 3200, 1224), 280, image.Pt(2420, 200)},
		"wider than it": {image.Rect(100, 0, 200, 100), 400, image.Pt(100, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			if got := topCentre(c.m, c.width); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestUnder(t *testing.T) {
	m := image.Rect(0, 0, 1000, 800)
	for name, c := range map[string]struct {
		bar  image.Rectangle
		want image.Point
	}{
		"centred":      {image.Rect(400, 0, 600, 40), image.Pt(350, 48)},
		"at the left":  {image.Rect(0, 0, 200, 40), image.Pt(0, 48)},
		"at the right": {image.Rect(800, 0, 1000, 40), image.Pt(700, 48)},
	} {
		t.Run(name, func(t *testing.T) {
			if got := under(c.bar, image.Pt(300, 200), 8, m); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestAt(t *testing.T) {
	two := []image.Rectangle{image.Rect(0, 0, 100, 100), image.Rect(100, 0, 200, 100)}
	for name, c := range map[string]struct {
		ms   []image.Rectangle
		p    image.Point
		want image.Rectangle
	}{
		"first": {two, image.Pt(99, 5), two[0]}, "second": {two, image.Pt(100, 5), two[1]},
		"nowhere": {two, image.Pt(-5, 5), two[0]}, "no monitors": {nil, image.Point{}, image.Rectangle{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := at(c.ms, c.p); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// Two windows that both want to be on top: the machine must survive, and ours must be
// on top in the end.
func TestKeeperLimitsRaises(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var raises int
		var last time.Time
		k := &keeper{raise: func() { raises++; last = time.Now() }}
		start := time.Now()
		var covered time.Time
		for time.Since(start) < 2*time.Second {
			covered = time.Now()
			k.covered(covered)
			<-time.After(7 * time.Millisecond)
			synctest.Wait()
		}
		<-time.After(time.Second)
		if raises < 9 || raises > 12 {
			t.Errorf("%d raises in 2 s", raises)
		}
		if last.Before(covered) {
			t.Error("not on top in the end")
		}
		if raises = 0; true {
			k.covered(time.Now())
		}
		if raises != 1 {
			t.Error("after a pause it must not wait")
		}
		k.covered(time.Now())
		k.stop()
		<-time.After(time.Second)
		if raises != 1 {
			t.Error("raised after stop")
		}
	})
}
