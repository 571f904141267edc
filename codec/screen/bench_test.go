package screen_test

import (
	"encoding/binary"
	"image"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"beside/codec/codectest"
	"beside/codec/screen"
	"beside/frame"
)

var full = image.Pt(1920, 1080)

// rig plays pictures through a pair with acknowledgements some updates late, as on a path
// with a round trip.
type rig struct {
	b        *testing.B
	e        *screen.Encoder
	d        *screen.Decoder
	src, dst *frame.Frame
	lag      int
	open     []uint32
	n, bytes int
	most     int
	enc, dec time.Duration
	worst    time.Duration
}

func newRig(b *testing.B, lag int) *rig {
	r := &rig{b: b, lag: lag, src: newFrame(full.X, full.Y), dst: newFrame(full.X, full.Y)}
	r.e, r.d = pair(b)
	runtime.LockOSThread() // for cpuNow
	b.Cleanup(runtime.UnlockOSThread)
	return r
}

// show sends src until nothing is left of it.
func (r *rig) show() {
	r.e.Mark(r.src.Damage.Rects())
	r.src.Damage.Clear()
	for {
		began := cpuNow()
		u, ok := r.e.Encode(r.src, 1<<30, image.Pt(960, 540))
		took := cpuNow() - began
		if !ok {
			return
		}
		r.enc += took
		r.worst = max(r.worst, took)
		began = cpuNow()
		if _, err := r.d.Apply(u.Data, r.dst); err != nil {
			r.b.Fatal(err)
		}
		r.dec += cpuNow() - began
		r.n++
		r.bytes += len(u.Data)
		r.most = max(r.most, len(u.Data))
		r.open = append(r.open, u.ID)
		for len(r.open) > r.lag {
			r.e.Acked(r.open[0])
			r.open = r.open[1:]
		}
	}
}

// settle acknowledges everything and begins the figures anew.
func (r *rig) settle() {
	for _, id := range r.open {
		r.e.Acked(id)
	}
	r.open = nil
	r.n, r.bytes, r.most, r.enc, r.dec, r.worst = 0, 0, 0, 0, 0, 0
}

func (r *rig) report() {
	if err := codectest.Equal(r.src, r.dst, r.src.Bounds()); err != nil {
		r.b.Fatal(err)
	}
	n := float64(max(1, r.n))
	r.b.ReportMetric(float64(r.bytes)/n, "B/update")
	r.b.ReportMetric(float64(r.most), "B/most")
	r.b.ReportMetric(r.enc.Seconds()*1e3/n, "enc-ms")
	r.b.ReportMetric(r.dec.Seconds()*1e3/n, "dec-ms")
	r.b.ReportMetric(0, "ns/op")
}

func (r *rig) blit(src *frame.Frame, at image.Point) {
	codectest.Blit(r.src, r.src.Bounds(), src, at)
}

func BenchmarkFirstPage(b *testing.B) {
	page := codectest.Page(full, 1, false)
	r := newRig(b, 0)
	b.ReportAllocs()
	for b.Loop() {
		r.e.Reset()
		r.blit(page, image.Point{})
		r.show()
	}
	r.report()
}

func BenchmarkPhotoPage(b *testing.B) {
	r := newRig(b, 0)
	photo := newFrame(full.X, full.Y)
	codectest.Photo(photo, photo.Bounds(), 1)
	b.ReportAllocs()
	for b.Loop() {
		r.e.Reset()
		r.blit(photo, image.Point{})
		r.show()
	}
	r.report()
}

func BenchmarkTyping(b *testing.B) {
	page, line := codectest.Page(full, 1, false), newFrame(800, 19)
	codectest.Text(line, line.Bounds(), 5, 0xFFFFFF, 0)
	r := newRig(b, 2)
	r.blit(page, image.Point{})
	r.show()
	r.settle()
	b.ReportAllocs()
	at := 0
	for b.Loop() {
		if at+16 > 800 {
			at = 0
		}
		codectest.Blit(r.src, image.Rect(300+at, 500, 300+at+16, 519), line, image.Pt(at, 0))
		at += 16
		r.show()
	}
	r.report()
}

func scroll(b *testing.B, photos bool, steps ...int) {
	page := codectest.Page(image.Pt(1920, 1080*6), 1, photos)
	r := newRig(b, 4)
	view := image.Rect(0, 90, 1905, 1080) // below a title bar, beside a scroll bar
	codectest.Text(r.src, r.src.Bounds(), 9, 0xDDDDDD, 0)
	codectest.Blit(r.src, view, page, image.Point{})
	r.show()
	r.settle()
	b.ReportAllocs()
	at, dir := 0, 1
	for i := 0; b.Loop(); i++ {
		step := steps[i%len(steps)] * dir
		if at+step < 0 || at+step+view.Dy() > page.Size.Y {
			dir, step = -dir, -step
		}
		at += step
		codectest.Blit(r.src, view, page, image.Pt(0, at))
		r.show()
	}
	r.report()
}

func BenchmarkScroll(b *testing.B)       { scroll(b, false, 53) }
func BenchmarkScrollSmooth(b *testing.B) { scroll(b, false, 3, 9, 14, 17, 12, 7, 2) }
func BenchmarkScrollPhotos(b *testing.B) { scroll(b, true, 53) }

func BenchmarkDrag(b *testing.B) {
	page, term := codectest.Page(full, 1, false), newFrame(724, 484)
	codectest.Text(term, term.Bounds(), 3, 0x101010, 8)
	r := newRig(b, 4)
	r.blit(page, image.Point{})
	r.show()
	r.settle()
	b.ReportAllocs()
	at := image.Pt(400, 200)
	for i := 0; b.Loop(); i++ {
		was := image.Rectangle{Max: term.Size}.Add(at)
		codectest.Blit(r.src, was, page, was.Min)
		at = at.Add(image.Pt(7*(1-2*(i/60%2)), 5*(1-2*(i/30%2))))
		codectest.Blit(r.src, image.Rectangle{Max: term.Size}.Add(at), term, image.Point{})
		r.show()
	}
	r.report()
}

func BenchmarkTerminal(b *testing.B) {
	lines := newFrame(724, 19*400)
	codectest.Text(lines, lines.Bounds(), 3, 0x101010, 8)
	r := newRig(b, 4)
	r.blit(codectest.Page(full, 1, false), image.Point{})
	r.show()
	r.settle()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		codectest.Blit(r.src, image.Rect(403, 207, 403+724, 207+484), lines, image.Pt(0, 19*(i%370)))
		r.show()
	}
	r.report()
}

func BenchmarkAltTab(b *testing.B) {
	one, two := codectest.Page(full, 1, false), newFrame(full.X, full.Y)
	codectest.Text(two, two.Bounds(), 2, 0x101010, 8)
	r := newRig(b, 0)
	for range 2 {
		r.blit(one, image.Point{})
		r.show()
		r.blit(two, image.Point{})
		r.show()
	}
	r.settle()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r.blit([]*frame.Frame{one, two}[i%2], image.Point{})
		r.show()
	}
	r.report()
}

func BenchmarkSwitchFirst(b *testing.B) {
	var pages [6]*frame.Frame
	for i := range pages {
		pages[i] = codectest.Page(full, uint64(i), false)
	}
	r := newRig(b, 0)
	r.blit(pages[0], image.Point{})
	r.show()
	r.settle()
	b.ReportAllocs()
	for i := 1; b.Loop(); i++ {
		r.blit(pages[i%6], image.Point{})
		r.show()
	}
	r.report()
}

// BenchmarkFreshText is a window of lines of text in colours never seen before, drawn as X11's
// own fonts are: without shades.
func BenchmarkFreshText(b *testing.B) {
	r := newRig(b, 0)
	r.blit(codectest.Page(full, 1, false), image.Point{})
	r.show()
	r.settle()
	rnd := rand.New(rand.NewPCG(1, 2))
	var font [90]uint64 // 5 columns and 9 rows each
	for i := range font {
		font[i] = rnd.Uint64() & rnd.Uint64()
	}
	b.ReportAllocs()
	for b.Loop() {
		area := image.Rect(200, 150, 1400, 850)
		codectest.Flat(r.src, area, 0xFFFFFF)
		r.src.Damage.Add(area)
		for y := 150; y+16 <= 850; y += 16 {
			for x := 204; x+190 <= 1400; x += 190 {
				ink := rnd.Uint32()
				for c := range 26 {
					glyph := font[rnd.IntN(len(font))]
					for k := range 45 {
						if glyph>>k&1 == 1 {
							at := (y+4+k/5)*r.src.Stride + 4*(x+6*c+k%5)
							binary.LittleEndian.PutUint32(r.src.Pix[at:], ink)
						}
					}
				}
			}
		}
		r.show()
	}
	r.report()
}
