package glass

import (
	"image"
	"math"
	"testing"

	"beside/input"
)

func TestArrange(t *testing.T) {
	hd := image.Pt(1920, 1080)
	for name, c := range map[string]struct {
		mode Mode
		area image.Rectangle
		size image.Point
		pan  image.Point
		want image.Rectangle
	}{
		"same size":                {Fit, image.Rect(0, 0, 1920, 1080), hd, image.Point{}, image.Rect(0, 0, 1920, 1080)},
		"same size, lower":         {Fit, image.Rect(0, 40, 1920, 1120), hd, image.Point{}, image.Rect(0, 40, 1920, 1120)},
		"rounded up by Fyne":       {Fit, image.Rect(0, 0, 1921, 1082), hd, image.Point{}, image.Rect(0, 0, 1920, 1080)},
		"twice":                    {Fit, image.Rect(0, 0, 3840, 2160), hd, image.Point{}, image.Rect(0, 0, 3840, 2160)},
		"twice, rounded up":        {Fit, image.Rect(0, 0, 3841, 2162), hd, image.Point{}, image.Rect(0, 0, 3840, 2160)},
		"twice, with pillars":      {Fit, image.Rect(0, 0, 4000, 2161), hd, image.Point{}, image.Rect(80, 0, 3920, 2160)},
		"same size, with bars":     {Fit, image.Rect(0, 0, 1921, 1200), hd, image.Point{}, image.Rect(0, 60, 1920, 1140)},
		"one pixel short scales":   {Fit, image.Rect(0, 0, 1919, 1080), hd, image.Point{}, image.Rect(0, 0, 1919, 1079)},
		"pillars":                  {Fit, image.Rect(0, 0, 1920, 540), hd, image.Point{}, image.Rect(480, 0, 1440, 540)},
		"bars":                     {Fit, image.Rect(0, 0, 960, 1080), hd, image.Point{}, image.Rect(0, 270, 960, 810)},
		"enlarged":                 {Fit, image.Rect(0, 0, 200, 100), image.Pt(10, 10), image.Point{}, image.Rect(50, 0, 150, 100)},
		"pan means nothing to fit": {Fit, image.Rect(0, 0, 960, 540), hd, image.Pt(99, 99), image.Rect(0, 0, 960, 540)},
		"actual, centred":          {Actual, image.Rect(0, 0, 200, 100), image.Pt(100, 50), image.Pt(7, 7), image.Rect(50, 25, 150, 75)},
		"actual, larger":           {Actual, image.Rect(10, 10, 110, 110), image.Pt(300, 300), image.Point{}, image.Rect(10, 10, 310, 310)},
		"actual, panned":           {Actual, image.Rect(10, 10, 110, 110), image.Pt(300, 300), image.Pt(50, 60), image.Rect(-40, -50, 260, 250)},
		"actual, panned too far":   {Actual, image.Rect(0, 0, 100, 100), image.Pt(300, 300), image.Pt(999, -5), image.Rect(-200, 0, 100, 300)},
		"no area":                  {Fit, image.Rectangle{}, hd, image.Point{}, image.Rectangle{}},
		"no picture":               {Fit, image.Rect(0, 0, 10, 10), image.Point{}, image.Point{}, image.Rectangle{}},
		"a hair":                   {Fit, image.Rect(0, 0, 100, 100), image.Pt(10000, 1), image.Point{}, image.Rect(0, 49, 100, 50)},
	} {
		t.Run(name, func(t *testing.T) {
			if got := arrange(c.mode, c.area, c.size, c.pan).pic; got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestFraction(t *testing.T) {
	full := arrange(Fit, image.Rect(0, 40, 1920, 1120), image.Pt(1920, 1080), image.Point{})
	half := arrange(Fit, image.Rect(0, 0, 960, 540), image.Pt(1920, 1080), image.Point{})
	panned := arrange(Actual, image.Rect(0, 0, 100, 100), image.Pt(301, 301), image.Pt(50, 50))
	for name, c := range map[string]struct {
		l    layout
		x, y float64
		want input.Move
	}{
		"first pixel":      {full, 0, 40, input.Move{}},
		"last pixel":       {full, 1919, 1119, input.Move{X: 1, Y: 1}},
		"a pixel, exactly": {full, 1000, 540, input.Move{X: 1000.0 / 1919, Y: 500.0 / 1079}},
		"left of it":       {full, -50, 0, input.Move{}},
		"far right below":  {full, 5000, 5000, input.Move{X: 1, Y: 1}},
		"halved":           {half, 480, 270, input.Move{X: 960.5 / 1919, Y: 540.5 / 1079}},
		"panned":           {panned, 0, 99, input.Move{X: 50.0 / 300, Y: 149.0 / 300}},
		"one remote pixel": {arrange(Fit, image.Rect(0, 0, 9, 9), image.Pt(1, 1), image.Point{}), 5, 5, input.Move{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.l.fraction(c.x, c.y)
			if math.Abs(got.X-c.want.X) > 1e-9 || math.Abs(got.Y-c.want.Y) > 1e-9 {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// Every device pixel of an exact picture must come back as the same remote pixel.
func TestFractionIsExact(t *testing.T) {
	const n = 1366
	l := arrange(Fit, image.Rect(13, 7, 13+n, 7+n), image.Pt(n, n), image.Point{})
	for x := range n {
		got := l.fraction(float64(13+x), 7)
		if back := math.Round(got.X * (n - 1)); back != float64(x) {
			t.Fatalf("pixel %d came back as %v", x, back)
		}
	}
}

func TestPush(t *testing.T) {
	l := arrange(Actual, image.Rect(0, 0, 1000, 1000), image.Pt(1500, 800), image.Point{})
	for name, c := range map[string]struct {
		pan  image.Point
		x, y float64
		want image.Point
	}{
		"middle stays":     {image.Pt(100, 0), 500, 500, image.Pt(100, 0)},
		"right edge":       {image.Pt(0, 0), 999, 500, image.Pt(500, 0)},
		"left edge":        {image.Pt(500, 0), 0, 500, image.Pt(0, 0)},
		"in the band":      {image.Pt(0, 0), 959, 500, image.Pt(250, 0)},
		"band never backs": {image.Pt(400, 0), 959, 500, image.Pt(400, 0)},
		"small side":       {image.Pt(0, 9), 500, 999, image.Pt(0, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			if got := l.push(c.pan, c.x, c.y); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestToWindow(t *testing.T) {
	exact := arrange(Actual, image.Rect(10, 10, 60, 60), image.Pt(100, 100), image.Pt(20, 20))
	half := arrange(Fit, image.Rect(0, 0, 50, 50), image.Pt(100, 100), image.Point{})
	for name, c := range map[string]struct {
		l    layout
		r    image.Rectangle
		want image.Rectangle
	}{
		"exact":            {exact, image.Rect(30, 30, 40, 40), image.Rect(20, 20, 30, 30)},
		"exact, cut off":   {exact, image.Rect(0, 0, 25, 100), image.Rect(10, 10, 15, 60)},
		"scaled and wider": {half, image.Rect(20, 20, 41, 41), image.Rect(9, 9, 22, 22)},
		"scaled at border": {half, image.Rect(0, 0, 100, 100), image.Rect(0, 0, 50, 50)},
		"nothing":          {half, image.Rectangle{}, image.Rectangle{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.l.toWindow(c.r); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestOutside(t *testing.T) {
	r := image.Rect(0, 0, 10, 10)
	for name, hole := range map[string]image.Rectangle{
		"inside": image.Rect(3, 4, 5, 6), "corner": image.Rect(-5, -5, 2, 2), "away": image.Rect(20, 20, 30, 30),
		"across": image.Rect(-1, 4, 11, 5), "all": image.Rect(-1, -1, 11, 11), "empty": {},
	} {
		t.Run(name, func(t *testing.T) {
			parts := outside(r, hole)
			for y := range 10 {
				for x := range 10 {
					n := 0
					for _, p := range parts {
						if image.Pt(x, y).In(p) {
							n++
						}
					}
					want := 1
					if image.Pt(x, y).In(hole) {
						want = 0
					}
					if n != want {
						t.Fatalf("%d,%d is in %d parts of %v, want %d", x, y, n, parts, want)
					}
				}
			}
		})
	}
}
