package picture_test

import (
	"hash/crc32"
	"image"
	"testing"
	"testing/synctest"
	"time"

	"beside/codec/codectest"
	"beside/codec/vpx"
	"beside/frame"
)

// A film over a lossy path is seen nearly whole, costs little, and is exact soon after it stops.
func TestFilmOverALossyPath(t *testing.T) {
	if !vpx.Available {
		t.Skip("built without libvpx")
	}
	for name, loss := range map[string]uint64{"clean": 0, "1 %": 10_000, "3 %": 30_000, "20 %": 200_000} {
		least := 95 // of a hundred frames
		if loss > 100_000 {
			least = 60
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDisplay(720, 420)
				r := newRig(t, d, 25*time.Millisecond)
				defer r.stop()
				time.Sleep(2 * time.Second)
				r.equal()
				r.w.loss.Store(loss)
				r.w.rate.Store(5_000_000)
				area := image.Rect(40, 30, 680, 390)
				seen, last := 0, uint32(0)
				r.g.mu.Lock()
				r.g.seen = func(f *frame.Frame) {
					if now := crc32.ChecksumIEEE(f.Pix[170*f.Stride+4*area.Min.X:][:4*area.Dx()]); now != last {
						seen, last = seen+1, now
					}
				}
				r.g.mu.Unlock()
				const frames = 150
				var began int64
				for n := range frames {
					if n == 30 { // it has settled to being a film
						began = r.w.bytes.Load()
						r.g.mu.Lock()
						seen = 0
						r.g.mu.Unlock()
					}
					d.mu.Lock()
					codectest.Film(&d.f, area, n)
					d.wake()
					d.mu.Unlock()
					time.Sleep(33 * time.Millisecond)
				}
				r.g.mu.Lock()
				got := seen
				r.g.mu.Unlock()
				per := (r.w.bytes.Load() - began) / (frames - 30)
				t.Logf("%d of %d frames seen, %d B a frame, %.1f %% lost", got, frames-30, per, 100*r.s.Stats().Loss)
				if got < (frames-30)*least/100 || per > 14_000 {
					t.Errorf("%d of %d frames seen, %d B a frame", got, frames-30, per)
				}
				time.Sleep(3 * time.Second)
				r.equal()
				if !r.r.Exact() {
					t.Error("not exact")
				}
			})
		})
	}
}
