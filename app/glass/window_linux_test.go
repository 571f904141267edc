package glass

import (
	"image"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"
)

var hd = image.Pt(1920, 1080)

// A picture as large as the display must be shown pixel for pixel, in each way, whole
// and where it changed.
func TestExactFullScreen(t *testing.T) {
	for _, way := range []string{wayChild, wayPut, wayGL, wayImage} {
		t.Run(way, func(t *testing.T) {
			r := newRig(t, way, 800, 600, true)
			if r.g.Way() != way {
				t.Fatalf("shown by %q", r.g.Way())
			}
			r.fill(hd, image.Rectangle{Max: hd}, 1)
			r.until("a layout", func() bool { return !r.g.tr.lay.empty() })
			if l := r.layout(); l.pic != (image.Rectangle{Max: hd}) {
				t.Fatalf("the picture lies at %v", l.pic)
			}
			r.same("whole")
			r.fill(hd, image.Rect(100, 100, 164, 116), 9)
			r.same("a small change")
			if m, ok := r.g.Screen().(interface{ Display() time.Duration }); !ok || m.Display() <= 0 || m.Display() != r.g.Display() {
				t.Error("the session's meter is told no display time")
			}
		})
	}
}

// The time from Show to another connection seeing the pixel.
func TestLatency(t *testing.T) {
	for name, b := range map[string]image.Rectangle{
		"small": image.Rect(300, 300, 364, 316), "middle": image.Rect(200, 200, 840, 560), "whole": {Max: hd},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, wayChild, 800, 600, true)
			r.fill(hd, image.Rectangle{Max: hd}, 0)
			r.same("first")
			var took []time.Duration
			f := r.g.Screen().Frame(hd)
			last := b.Max.Sub(image.Pt(1, 1))
			for i := range 60 {
				for y := b.Min.Y; y < b.Max.Y; y++ {
					for x := b.Min.X; x < b.Max.X; x++ {
						f.Pix[y*f.Stride+4*x] = byte(i*3 + 1)
					}
				}
				start := time.Now()
				r.g.Screen().Show([]image.Rectangle{b})
				for byte(r.colour(last.X, last.Y)) != byte(i*3+1) {
					if time.Since(start) > 2*time.Second {
						t.Fatal("not shown")
					}
				}
				took = append(took, time.Since(start))
				<-time.After(5 * time.Millisecond)
			}
			slices.Sort(took)
			t.Logf("Show to visible: p50 %v p95 %v; own median %v", took[len(took)/2], took[len(took)*95/100], r.g.Display())
		})
	}
}

func TestFitResizeAndSizes(t *testing.T) {
	for _, way := range []string{wayChild, wayPut, wayGL} {
		t.Run(way, func(t *testing.T) {
			r := newRig(t, way, 900, 640, false)
			// Large flat fields: away from their borders, scaling does not change a colour.
			paint := func(size image.Point, left, right byte) {
				f := r.g.Screen().Frame(size)
				for y := range size.Y {
					for x := range size.X {
						v := left
						if x >= size.X/2 {
							v = right
						}
						copy(f.Pix[y*f.Stride+4*x:], []byte{v, 255 - v, v / 2, 0})
					}
				}
				r.g.Screen().Show([]image.Rectangle{f.Bounds()})
			}
			field := func(v byte) uint32 { return uint32(v/2)<<16 | uint32(255-v)<<8 | uint32(v) }
			check := func(what string, left, right byte) {
				t.Helper()
				r.until(what, func() bool {
					p := r.g.tr.lay.pic
					q := image.Pt(p.Dx()/4, p.Dy()/2).Add(p.Min)
					return !p.Empty() && r.colour(q.X, q.Y) == field(left) && r.colour(q.X+p.Dx()/2, q.Y) == field(right) &&
						r.colour(p.Min.X, p.Min.Y) == field(left) && r.colour(p.Max.X-1, p.Max.Y-1) == field(right)
				})
			}
			paint(hd, 20, 220)
			check("scaled", 20, 220)
			l := r.layout()
			if l.exact() || !l.pic.In(l.area) {
				t.Fatalf("not fitted: %+v", l)
			}
			if r.colour(l.area.Min.X+l.area.Dx()/2, l.area.Max.Y-1) != 0x23272E && l.pic.Max.Y < l.area.Max.Y {
				t.Error("no stage beneath the picture")
			}
			fyne.DoAndWait(func() { r.w.Resize(fyne.NewSize(1100, 700)) })
			r.until("a new layout", func() bool { return r.g.tr.lay.area.Dx() == 1100 })
			check("after the window's resize", 20, 220)
			paint(image.Pt(640, 480), 90, 160)
			check("after the remote resize", 90, 160)
			fyne.DoAndWait(func() { r.g.SetMode(Actual) })
			r.until("exact", func() bool { return r.g.tr.lay.exact() })
			r.same("actual size")
			paint(hd, 5, 250)
			r.until("larger", func() bool { return r.g.tr.lay.size == hd })
			fyne.DoAndWait(func() { r.g.Pan(300, 5000) })
			if l := r.layout(); l.pic.Min.X != -300 || l.pic.Max.Y != l.area.Max.Y {
				t.Errorf("panned to %v in %v", l.pic, l.area)
			}
			r.same("panned")
		})
	}
}

func TestPauseHidesEverything(t *testing.T) {
	for _, way := range []string{wayChild, wayPut, wayGL, wayImage} {
		t.Run(way, func(t *testing.T) {
			r := newRig(t, way, 700, 500, false)
			r.fill(image.Pt(600, 400), image.Rect(0, 0, 600, 400), 3)
			r.fill(image.Pt(600, 400), image.Rect(0, 0, 600, 400), 4)
			fyne.DoAndWait(func() { r.g.SetMode(Actual) })
			r.until("a layout", func() bool { return r.g.tr.lay.exact() })
			r.same("before")
			r.g.Screen().Pause(true)
			r.fill(image.Pt(600, 400), image.Rect(0, 0, 600, 400), 5) // must not come through
			stage := func() bool {
				p := r.see(r.g.tr.lay.area)
				for i := 0; i < len(p); i += 4 {
					if p[i] != 0x2E || p[i+1] != 0x27 || p[i+2] != 0x23 {
						return false
					}
				}
				return true
			}
			r.until("only the stage", stage)
			r.g.Screen().Pause(false)
			<-time.After(50 * time.Millisecond)
			r.until("still only the stage", stage)
			r.fill(image.Pt(600, 400), image.Rect(0, 0, 10, 10), 6)
			r.same("after")
		})
	}
}

func TestOverlaysShowThrough(t *testing.T) {
	r := newRig(t, wayChild, 800, 600, false)
	size := image.Pt(800, 560)
	r.fill(size, image.Rectangle{Max: size}, 3)
	r.until("a layout", func() bool { return !r.g.tr.lay.empty() })
	holes := func() (h []image.Rectangle) {
		fyne.DoAndWait(func() { h = slices.Clone(r.g.holes) })
		return h
	}
	look := func(what string, within image.Rectangle) {
		t.Helper()
		r.until(what+" is cut out", func() bool { return len(r.g.holes) == 1 })
		h := holes()[0]
		mid := image.Pt(h.Min.X+3, h.Min.Y+h.Dy()/2)
		l := r.layout()
		r.until(what+" is seen", func() bool {
			at := mid.Sub(l.pic.Min)
			f := r.g.pic.buf.frame
			p := f.Pix[at.Y*f.Stride+4*at.X:]
			return r.colour(mid.X, mid.Y) != uint32(p[2])<<16|uint32(p[1])<<8|uint32(p[0])
		})
		// Outside the hole the picture goes on, also when it changes.
		r.fill(size, within, 77)
		r.until("the picture beside "+what, func() bool {
			p := within.Min.Add(l.pic.Min)
			f := r.g.pic.buf.frame
			q := f.Pix[within.Min.Y*f.Stride+4*within.Min.X:]
			return r.colour(p.X, p.Y) == uint32(q[2])<<16|uint32(q[1])<<8|uint32(q[0])
		})
	}
	var d dialog.Dialog
	fyne.DoAndWait(func() { d = dialog.NewInformation("Question", "Over the picture?", r.w); d.Show() })
	look("a dialog", image.Rect(0, 0, 20, 20))
	fyne.DoAndWait(func() { d.Hide() })
	r.until("no hole", func() bool { return len(r.g.holes) == 0 })
	fyne.DoAndWait(func() { r.g.SetMode(Actual) })
	r.same("after the dialog")

	var m *widget.PopUpMenu
	fyne.DoAndWait(func() {
		m = widget.NewPopUpMenu(fyne.NewMenu("", fyne.NewMenuItem("one", nil), fyne.NewMenuItem("two", nil)), r.w.Canvas())
		m.ShowAtPosition(fyne.NewPos(300, 200))
	})
	look("a menu", image.Rect(0, 0, 30, 30))
	fyne.DoAndWait(func() { m.Hide() })
	r.until("no hole", func() bool { return len(r.g.holes) == 0 })
	r.same("after the menu")
}

func TestParentGoneIsQuiet(t *testing.T) {
	r := newRig(t, wayChild, 400, 300, false)
	r.fill(image.Pt(300, 200), image.Rect(0, 0, 300, 200), 1)
	fyne.DoAndWait(func() { r.w.Close() })
	for i := range 20 {
		r.fill(image.Pt(300, 200), image.Rect(0, 0, 300, 200), i)
	}
	fyne.DoAndWait(r.g.Close)
	r.fill(image.Pt(301, 200), image.Rect(0, 0, 300, 200), 1) // a session may be late
	r.g.Screen().Pause(true)
}
