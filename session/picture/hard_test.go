package picture_test

import (
	"encoding/binary"
	"image"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"beside/frame"
)

// clock paints numbers into one corner, each with its time, and times when they are seen.
type clock struct {
	at    image.Point
	made  []time.Time
	seen  map[uint32]time.Time
	worst time.Duration // age of what was seen when it was replaced
}

func newClock(r *rig, at image.Point) *clock {
	c := &clock{at: at, seen: map[uint32]time.Time{}}
	last := uint32(0)
	r.g.mu.Lock()
	r.g.seen = func(f *frame.Frame) {
		n := binary.LittleEndian.Uint32(f.Pix[at.Y*f.Stride+4*at.X:]) & 0xFFFFFF
		if n == 0 || n == last || int(n) > len(c.made) {
			return
		}
		last = n
		if c.seen[n].IsZero() {
			c.seen[n] = time.Now()
			c.worst = max(c.worst, time.Since(c.made[n-1]))
		}
	}
	r.g.mu.Unlock()
	return c
}

func (c *clock) tick(r *rig) {
	r.g.mu.Lock()
	c.made = append(c.made, time.Now())
	n := uint32(len(c.made))
	r.g.mu.Unlock()
	r.d.paint(image.Rectangle{Min: c.at, Max: c.at.Add(image.Pt(8, 8))}, flat(n))
}

// figures are how many were seen, and the age of the oldest.
func (c *clock) figures(r *rig) (seen int, worst time.Duration) {
	r.g.mu.Lock()
	defer r.g.mu.Unlock()
	return len(c.seen), c.worst
}

// What changes far from the pointer is seen although more changes near it than the path carries.
func TestNothingStarves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisplay(640, 480)
		r := newRig(t, d, 25*time.Millisecond) // its focus is at the top left
		defer r.stop()
		time.Sleep(time.Second)
		r.w.rate.Store(5_000_000)
		c := newClock(r, image.Pt(600, 440))
		for i := range uint32(150) {
			d.paint(image.Rect(0, 0, 480, 320), noise(i))
			c.tick(r)
			time.Sleep(33 * time.Millisecond)
		}
		time.Sleep(20 * time.Second)
		seen, worst := c.figures(r)
		t.Logf("%d of %d seen, the oldest after %v", seen, len(c.made), worst)
		if seen < 10 || worst > time.Second {
			t.Errorf("%d of %d seen, the oldest after %v", seen, len(c.made), worst)
		}
		r.equal()
	})
}

// A helper that is slow sees fewer pictures, not older ones, and costs the sharer nothing.
func TestSlowHelper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisplay(640, 480)
		r := newRig(t, d, 10*time.Millisecond)
		defer r.stop()
		time.Sleep(time.Second)
		r.g.slow.Store(int64(120 * time.Millisecond))
		c := newClock(r, image.Pt(0, 0))
		for i := range uint32(300) {
			d.paint(image.Rect(16, 16, 80, 80), noise(i))
			c.tick(r)
			time.Sleep(20 * time.Millisecond)
			if i == 100 { // it is known to be slow by now
				r.g.mu.Lock()
				c.worst = 0
				r.g.mu.Unlock()
			}
		}
		seen, worst := c.figures(r)
		t.Logf("%d of %d seen, the oldest after %v", seen, len(c.made), worst)
		if seen < 30 || worst > 400*time.Millisecond {
			t.Errorf("%d of %d seen, the oldest after %v", seen, len(c.made), worst)
		}
		r.g.slow.Store(0)
		time.Sleep(20 * time.Second)
		r.equal()
	})
}

// A helper that acknowledges nothing, or nonsense, costs the sharer a bounded amount of
// memory and traffic, and is served as before when it comes to its senses.
func TestHostileHelper(t *testing.T) {
	for name, turn := range map[string]func(w *wire, on bool){
		"silent":   func(w *wire, on bool) { w.deaf.Store(on) },
		"nonsense": func(w *wire, on bool) { w.garble.Store(on) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDisplay(320, 240)
				r := newRig(t, d, 10*time.Millisecond)
				defer r.stop()
				time.Sleep(time.Second)
				turn(r.w, true)
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				sent := r.w.bytes.Load()
				for i := range uint32(500) {
					d.paint(d.f.Bounds(), noise(i))
					time.Sleep(20 * time.Millisecond)
				}
				n := r.w.bytes.Load() - sent
				runtime.GC()
				runtime.ReadMemStats(&after)
				grown := int64(after.HeapAlloc) - int64(before.HeapAlloc)
				t.Logf("%d kB sent in 10 s, %d kB more memory", n/1000, grown/1000)
				if name == "silent" && n > 2_000_000 {
					t.Errorf("%d bytes sent to a helper that says nothing", n)
				}
				if grown > 32<<20 {
					t.Errorf("%d bytes more memory", grown)
				}
				turn(r.w, false)
				time.Sleep(30 * time.Second)
				r.equal()
				if !r.s.Exact() {
					t.Error("not exact in the end")
				}
			})
		})
	}
}
