package mix

import (
	"image"
	"testing"
	"time"

	"beside/codec/codectest"
	"beside/codec/vpx"
	"beside/frame"
)

// BenchmarkFilm is one frame of a film of 640×360, as the sharer and as the helper have it.
func BenchmarkFilm(b *testing.B) {
	if !vpx.Available {
		b.Skip("built without libvpx")
	}
	for _, side := range []string{"encode", "decode"} {
		b.Run(side, func(b *testing.B) {
			var c clock
			e, d := pair(b, Options{Now: c.Now})
			dst := &frame.Frame{}
			dst.Resize(image.Pt(1920, 1080))
			films := make([]*frame.Frame, 30)
			for n := range films {
				films[n] = picture(1920, 1080)
				codectest.Film(films[n], image.Rect(400, 300, 1040, 660), n)
			}
			n, bytes := 0, 0
			step := func(timed bool) {
				src := films[n%len(films)]
				c.now += 33 * time.Millisecond
				e.Mark([]image.Rectangle{image.Rect(400, 300, 1040, 660)})
				c.now += calm
				for {
					if side == "encode" && timed {
						b.StartTimer()
					}
					u, ok := e.Encode(src, 1<<20, image.Point{})
					b.StopTimer()
					if !ok {
						break
					}
					if side == "decode" && timed {
						b.StartTimer()
					}
					if _, err := d.Apply(u.Data, dst); err != nil {
						b.Fatal(err)
					}
					b.StopTimer()
					e.Acked(u.ID)
					if timed {
						bytes += len(u.Data)
					}
				}
				n++
			}
			for range 10 {
				step(false)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				step(true)
			}
			b.ReportMetric(float64(bytes)/float64(b.N), "B/frame")
		})
	}
}
