package main

import (
	"math"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	ten := []float64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}
	for name, c := range map[string]struct {
		v    []float64
		q    float64
		want float64
	}{
		"half":         {ten, .5, 5},
		"ninety-five":  {ten, .95, 10},
		"nothing":      {ten, 0, 1},
		"all":          {ten, 1, 10},
		"of one":       {[]float64{3}, .99, 3},
		"of two, half": {[]float64{3, 4}, .5, 3},
	} {
		t.Run(name, func(t *testing.T) {
			if got := quantile(c.v, c.q); got != c.want {
				t.Errorf("quantile = %v, want %v", got, c.want)
			}
		})
	}
	if !math.IsNaN(quantile(nil, .5)) || !math.IsNaN(median(nil)) {
		t.Error("of nothing is not NaN")
	}
	if ten[0] != 10 {
		t.Error("quantile changed its argument")
	}
}

func TestMedianAndSlope(t *testing.T) {
	if got := median([]float64{9, 1, 5}); got != 5 {
		t.Errorf("median of three = %v", got)
	}
	if got := median([]float64{9, 1, 5, 7}); got != 6 {
		t.Errorf("median of four = %v", got)
	}
	x := []float64{0, 1, 2, 3}
	if got := slope(x, []float64{1, 3, 5, 7}); math.Abs(got-2) > 1e-9 {
		t.Errorf("slope = %v, want 2", got)
	}
	if slope(x, []float64{4, 4, 4, 4}) != 0 || slope(nil, nil) != 0 || slope([]float64{1, 1}, []float64{1, 2}) != 0 {
		t.Error("a slope that is not 0")
	}
}

func TestFlat(t *testing.T) {
	minutes := make([]float64, 60)
	still, grows, settles := make([]float64, 60), make([]float64, 60), make([]float64, 60)
	for i := range minutes {
		minutes[i] = float64(i)
		still[i] = 100 + float64(i%3)
		grows[i] = 100 + 2*float64(i)
		settles[i] = 100 + math.Min(float64(i), 20)
	}
	for name, c := range map[string]struct {
		mb   []float64
		want bool
	}{"still": {still, true}, "grows": {grows, false}, "settles": {settles, true}} {
		if _, got := flat(minutes, c.mb); got != c.want {
			t.Errorf("%s: flat = %v, want %v", name, got, c.want)
		}
	}
	if _, ok := flat(minutes[:2], still[:2]); ok {
		t.Error("two points prove that memory is flat")
	}
}

func TestSightings(t *testing.T) {
	t0 := time.Unix(1000, 0)
	at := func(n int) time.Time { return t0.Add(time.Duration(n) * time.Millisecond) }
	made := []time.Time{at(0), at(100), at(200), at(300), at(400)}
	for name, c := range map[string]struct {
		s       sightings
		seen    int
		behind  float64
		strange int
	}{
		"all, each 10 ms late": {sightings{{at(50), 0}, {at(110), 1}, {at(210), 2}, {at(310), 3}, {at(410), 4}}, 4, 0, 0},
		"one skipped":          {sightings{{at(110), 1}, {at(220), 1}, {at(310), 3}, {at(410), 4}}, 3, 20, 0},
		"stuck":                {sightings{{at(110), 1}, {at(390), 1}, {at(1000), 1}}, 1, 800, 0},
		"from the future":      {sightings{{at(110), 1}, {at(120), 3}}, 1, 0, 1},
		"not a frame":          {sightings{{at(110), 1}, {at(120), 77}}, 1, 0, 1},
		"back in time":         {sightings{{at(210), 2}, {at(220), 1}}, 1, 0, 1},
		"nothing":              {nil, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.s.match(made)
			if got.seen != c.seen || got.behind != c.behind || got.strange != c.strange {
				t.Errorf("match = %d seen, %v behind, %d strange; want %d, %v, %d", got.seen, got.behind, got.strange, c.seen, c.behind, c.strange)
			}
		})
	}
	if got := (sightings{{at(110), 1}, {at(230), 2}}).match(made).ages; len(got) != 2 || got[0] != 10 || got[1] != 30 {
		t.Errorf("ages = %v, want 10 and 30", got)
	}
}

func TestUnwrap(t *testing.T) {
	const all = 1 << markBits
	for name, c := range map[string]struct {
		mark, last, want int
		ok               bool
	}{
		"next":         {5, 4, 5, true},
		"same":         {5, 5, 5, true},
		"past the end": {1, all - 1, all + 1, true},
		"before":       {3, 5, 0, false},
		"third time":   {7, 2*all + 6, 2*all + 7, true},
	} {
		if got, ok := unwrap(c.mark, c.last); ok != c.ok || ok && got != c.want {
			t.Errorf("%s: unwrap = %d, %v, want %d, %v", name, got, ok, c.want, c.ok)
		}
	}
}

func TestLag(t *testing.T) {
	t0 := time.Unix(1000, 0)
	s := func(n int, tiles ...uint64) shot {
		x := shot{at: t0.Add(time.Duration(n) * time.Millisecond), tiles: tiles, afar: make([][tileCells]byte, len(tiles))}
		for i, h := range tiles { // a hash over 100 is a picture that looks like the one 100 less
			for c := range tileCells {
				x.afar[i][c] = byte(20*(h%100)) + byte(h/100)
			}
		}
		return x
	}
	src := []shot{s(0, 1, 1), s(100, 2, 1), s(200, 3, 1), s(300, 3, 1), s(400, 3, 1), s(500, 3, 1)}
	for name, c := range map[string]struct {
		dst   []shot
		worst float64
		still float64
	}{
		"follows":           {[]shot{s(10, 1, 1), s(130, 2, 1), s(230, 3, 1), s(500, 3, 1)}, 0, 30},
		"is late":           {[]shot{s(10, 1, 1), s(150, 1, 1), s(260, 2, 1), s(450, 3, 1)}, 60, 250},
		"never arrives":     {[]shot{s(10, 1, 1), s(500, 2, 1)}, 300, math.NaN()},
		"shows what is not": {[]shot{s(10, 1, 1), s(130, 2, 1), s(250, 9, 1), s(350, 3, 1)}, 50, 150},
		"is only alike":     {[]shot{s(10, 1, 1), s(130, 102, 1), s(230, 103, 1), s(500, 103, 1)}, 0, math.NaN()},
		"one tile is wrong": {[]shot{s(10, 1, 1), s(130, 2, 1), s(500, 3, 7)}, 0, math.NaN()},
	} {
		t.Run(name, func(t *testing.T) {
			got := (&recording{src: src, dst: c.dst}).lag()
			worst := quantile(got.behind, 1)
			if worst != c.worst || got.still != c.still && !(math.IsNaN(got.still) && math.IsNaN(c.still)) {
				t.Errorf("lag = %v worst, still after %v; want %v, %v", worst, got.still, c.worst, c.still)
			}
			if got.changes != 2 {
				t.Errorf("%d changes, want 2", got.changes)
			}
		})
	}
	if got := (&recording{}).lag(); len(got.behind) != 0 || !math.IsNaN(got.still) {
		t.Errorf("of nothing: %+v", got)
	}
}
