package picture_test

import (
	"testing"
	"testing/synctest"
	"time"
)

// Updates that build on others under way must survive loss and disorder without the
// whole picture being sent again.
func TestScrollingOverALossyPath(t *testing.T) {
	for name, loss := range map[string]uint64{"clean": 0, "1 %": 10_000, "3 %": 30_000} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDisplay(320, 240)
				d.paint(d.f.Bounds(), noise(1))
				r := newRig(t, d, 40*time.Millisecond)
				defer r.stop()
				time.Sleep(5 * time.Second)
				r.equal()
				r.w.loss.Store(loss)
				before, frames := r.w.bytes.Load(), 0
				for len(r.apply) > 0 {
					<-r.apply
				}
				for i := range 150 {
					d.paint(d.f.Bounds(), func(x, y int) uint32 { return noise(1)(x, y+4*i) })
					time.Sleep(33 * time.Millisecond)
				}
				time.Sleep(3 * time.Second)
				r.equal()
				if !r.r.Exact() {
					t.Error("not exact")
				}
				frames = len(r.apply)
				// A strip of one row of blocks is 15 kB of noise, the whole picture 230 kB.
				per := (r.w.bytes.Load() - before) / 150
				t.Logf("%d B a frame, %d frames of 150", per, frames)
				if per > 40_000 {
					t.Errorf("%d B a frame", per)
				}
				if frames < 75 {
					t.Errorf("%d frames of 150", frames)
				}
			})
		})
	}
}
