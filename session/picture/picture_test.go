package picture_test

import (
	"context"
	"encoding/binary"
	"errors"
	"image"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"beside/capture"
	"beside/codec/codectest"
	"beside/frame"
	"beside/session/picture"
)

// display is a fake screen that a test paints on.
type display struct {
	mu     sync.Mutex
	f      frame.Frame
	change chan struct{}
	gone   bool
	temp   int // so many more calls of Next fail for now
	seen   *byte
	calls  int
}

func newDisplay(w, h int) *display {
	d := &display{change: make(chan struct{}, 1)}
	d.f.Resize(image.Pt(w, h))
	return d
}

func (d *display) paint(r image.Rectangle, colour func(x, y int) uint32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r = r.Intersect(d.f.Bounds())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			binary.LittleEndian.PutUint32(d.f.Pix[y*d.f.Stride+4*x:], colour(x, y))
		}
	}
	d.f.Damage.Add(r)
	d.wake()
}

func (d *display) wake() {
	select {
	case d.change <- struct{}{}:
	default:
	}
}

func (d *display) Next(ctx context.Context, dst *frame.Frame) error {
	for {
		if done, err := d.try(ctx, dst); done {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-d.change:
		}
	}
}

func (d *display) try(ctx context.Context, dst *frame.Frame) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls++
	switch {
	case ctx.Err() != nil:
		return true, ctx.Err()
	case d.gone:
		return true, capture.ErrDisplayGone
	case d.temp > 0:
		d.temp--
		return true, capture.ErrTemporary
	}
	if fresh := dst.Size != d.f.Size || &dst.Pix[0] != d.seen; fresh {
		dst.Resize(d.f.Size)
		d.f.Damage.Add(d.f.Bounds())
		d.seen = &dst.Pix[0]
	}
	if d.f.Damage.Empty() {
		return false, nil
	}
	for _, r := range d.f.Damage.Rects() {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			copy(dst.Pix[y*dst.Stride+4*r.Min.X:y*dst.Stride+4*r.Max.X], d.f.Pix[y*d.f.Stride+4*r.Min.X:])
		}
		dst.Damage.Add(r)
	}
	d.f.Damage.Clear()
	return true, nil
}

func (d *display) Cursor(ctx context.Context) (frame.Cursor, error) {
	<-ctx.Done()
	return frame.Cursor{}, ctx.Err()
}

func (d *display) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gone = true
	d.wake()
	return nil
}

func (d *display) resize(w, h int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.f.Resize(image.Pt(w, h))
	d.wake()
}

// glass is the helper's screen.
type glass struct {
	mu    sync.Mutex
	f     frame.Frame
	shown int
	slow  atomic.Int64 // nanoseconds that showing takes
	seen  func(f *frame.Frame)
}

func (g *glass) Frame(size image.Point) *frame.Frame {
	g.f.Resize(size)
	return &g.f
}

func (g *glass) Show([]image.Rectangle) {
	time.Sleep(time.Duration(g.slow.Load()))
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shown++
	if g.seen != nil {
		g.seen(&g.f)
	}
}

// rig is a sharer and a helper that run until the test ends.
type rig struct {
	t     testing.TB
	d     *display
	w     *wire
	g     *glass
	s     *picture.Sender
	r     *picture.Receiver
	allow atomic.Bool
	limit atomic.Int64 // packets after which permission ends, 0 for never
	first atomic.Int64
	apply chan uint32
	stop  func()
	sErr  error
}

func newRig(t testing.TB, d *display, delay time.Duration) *rig {
	ctx, cancel := context.WithCancel(t.Context())
	r := &rig{t: t, d: d, w: newWire(ctx, delay), g: &glass{}, apply: make(chan uint32, 1<<16)}
	r.allow.Store(true)
	r.s = picture.NewSender(picture.SenderConfig{
		Source: d, Out: r.w,
		Allow:     func() bool { return r.allow.Load() && (r.limit.Load() == 0 || r.w.sent.Load() < r.limit.Load()) },
		Focus:     func() image.Point { return image.Pt(10, 10) },
		RTT:       func() time.Duration { return 2*delay + 100*time.Microsecond },
		FirstSent: func() { r.first.Add(1) },
	})
	r.r = picture.NewReceiver(picture.ReceiverConfig{In: r.w, Screen: r.g, Applied: func(id uint32) {
		select {
		case r.apply <- id:
		default:
		}
	}})
	var wg sync.WaitGroup
	wg.Go(func() { r.sErr = r.s.Run(ctx) })
	wg.Go(func() { _ = r.r.Run(ctx) })
	r.stop = func() { cancel(); wg.Wait(); time.Sleep(delay) } // the last AfterFunc of the wire
	return r
}

func (r *rig) equal() {
	r.t.Helper()
	synctest.Wait()
	r.d.mu.Lock()
	defer r.d.mu.Unlock()
	if err := codectest.Equal(&r.g.f, &r.d.f, r.d.f.Bounds()); err != nil {
		r.t.Fatal(err)
	}
}

func noise(seed uint32) func(x, y int) uint32 {
	return func(x, y int) uint32 { return (uint32(x)*2654435761 ^ uint32(y)*40503 ^ seed) * 2246822519 }
}

func flat(c uint32) func(x, y int) uint32 { return func(int, int) uint32 { return c } }

func TestPictureArrives(t *testing.T) {
	for name, tc := range map[string]struct {
		delay time.Duration
		loss  uint64
	}{
		"local":         {0, 0},
		"near":          {2 * time.Millisecond, 0},
		"far":           {50 * time.Millisecond, 0},
		"far, lossy":    {50 * time.Millisecond, 100_000},
		"lossy":         {10 * time.Millisecond, 300_000},
		"local, lossy ": {0, 200_000},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDisplay(320, 200)
				d.paint(image.Rect(20, 20, 200, 120), noise(1))
				r := newRig(t, d, tc.delay)
				defer r.stop()
				r.w.loss.Store(tc.loss)
				rnd := rand.New(rand.NewPCG(3, 3))
				for i := range 200 {
					time.Sleep(time.Duration(rnd.IntN(40)) * time.Millisecond)
					x, y := rnd.IntN(300), rnd.IntN(190)
					c := noise(uint32(i))
					if i%2 == 0 {
						c = flat(uint32(i) * 12345)
					}
					d.paint(image.Rect(x, y, x+rnd.IntN(60), y+rnd.IntN(30)), c)
					if i == 120 {
						d.resize(250, 240)
					}
				}
				time.Sleep(20 * time.Second)
				r.equal()
				if !r.s.Exact() || !r.r.Exact() {
					t.Errorf("exact: sharer %v, helper %v", r.s.Exact(), r.r.Exact())
				}
				if r.first.Load() != 1 {
					t.Errorf("FirstSent called %d times", r.first.Load())
				}
				before := r.w.sent.Load()
				time.Sleep(time.Minute)
				if n := r.w.sent.Load() - before; n != 0 {
					t.Errorf("a still screen sent %d packets", n)
				}
				d.paint(image.Rect(0, 0, 1, 1), flat(0xABCDEF))
				synctest.Wait()
				if tc.delay > 0 && r.s.Exact() {
					t.Error("exact although a change is under way")
				}
				time.Sleep(5 * time.Second)
				r.equal()
			})
		})
	}
}

func TestRevocationStopsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisplay(640, 480)
		r := newRig(t, d, 10*time.Millisecond)
		defer r.stop()
		time.Sleep(time.Second)
		d.paint(d.f.Bounds(), noise(7))
		time.Sleep(30 * time.Millisecond) // in the middle of some hundred packets
		r.allow.Store(false)
		before := r.w.sent.Load()
		d.mu.Lock()
		calls := d.calls
		d.mu.Unlock()
		for i := range 100 {
			d.paint(image.Rect(0, 0, 50, 50), noise(uint32(i)))
			time.Sleep(50 * time.Millisecond)
		}
		if n := r.w.sent.Load() - before; n != 0 {
			t.Errorf("%d packets left after the revocation", n)
		}
		d.mu.Lock()
		if d.calls > calls+1 {
			t.Errorf("captured %d times after the revocation", d.calls-calls)
		}
		d.mu.Unlock()
		if r.s.Exact() {
			t.Error("exact while nothing may be sent")
		}
		r.allow.Store(true)
		time.Sleep(20 * time.Second)
		r.equal()
	})
}

// TestResetLeaksNothingOld resets in the middle of sending a marked picture, and looks
// for the mark in everything that leaves afterwards.
func TestResetLeaksNothingOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const marker = 0x9B5713
		d := newDisplay(640, 480)
		r := newRig(t, d, 20*time.Millisecond)
		defer r.stop()
		r.w.loss.Store(200_000)
		time.Sleep(time.Second)
		d.paint(d.f.Bounds(), func(x, y int) uint32 {
			if x%2 == 0 {
				return marker
			}
			return noise(9)(x, y)
		})
		time.Sleep(100 * time.Millisecond)
		if r.s.Exact() {
			t.Fatal("too quick for this test to mean anything")
		}
		synctest.Wait()
		// A second helper sees only what leaves from here on.
		ctx, cancel := context.WithCancel(t.Context())
		spy, shows := &spyGlass{marker: marker}, make(chan error, 1)
		tap := newWire(ctx, 0)
		go func() { shows <- picture.NewReceiver(picture.ReceiverConfig{In: tap, Screen: spy}).Run(ctx) }()
		r.w.tap.Store(&tap.packets)
		d.paint(d.f.Bounds(), flat(0x010203))
		r.s.Reset()
		before := r.w.bytes.Load()
		time.Sleep(30 * time.Second)
		if n := r.w.bytes.Load() - before; n > 30_000 {
			t.Errorf("%d bytes for a flat picture: something old was sent", n)
		}
		r.equal()
		cancel()
		<-shows
		if spy.shown == 0 || spy.leaked {
			t.Errorf("shown %d times, leaked %v", spy.shown, spy.leaked)
		}
	})
}

// spyGlass looks for a colour in what it is shown.
type spyGlass struct {
	glass
	marker uint32
	leaked bool
}

func (g *spyGlass) Show(rs []image.Rectangle) {
	g.shown++
	for i := 0; i < len(g.f.Pix); i += 4 {
		if binary.LittleEndian.Uint32(g.f.Pix[i:])&0xFFFFFF == g.marker {
			g.leaked = true
		}
	}
}

// TestPermissionIsAskedAtEveryPacket ends it in the middle of a burst.
func TestPermissionIsAskedAtEveryPacket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisplay(640, 480)
		r := newRig(t, d, 0)
		defer r.stop()
		time.Sleep(time.Second)
		r.limit.Store(r.w.sent.Load() + 7)
		d.paint(d.f.Bounds(), noise(7))
		time.Sleep(time.Second)
		if got, want := r.w.sent.Load(), r.limit.Load(); got != want {
			t.Errorf("%d packets left, want %d", got, want)
		}
	})
}

func TestDisplayGoneEndsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisplay(64, 64)
		d.temp = 3
		r := newRig(t, d, time.Millisecond)
		time.Sleep(time.Second)
		r.equal()
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		r.stop()
		if !errors.Is(r.sErr, capture.ErrDisplayGone) {
			t.Errorf("Run = %v, want ErrDisplayGone", r.sErr)
		}
	})
}

func TestFiguresReachTheHelper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisplay(64, 64)
		r := newRig(t, d, 5*time.Millisecond)
		defer r.stop()
		time.Sleep(time.Second)
		st := r.r.Stats()
		if st.RTT < 10*time.Millisecond || st.RTT > 20*time.Millisecond || !st.Exact || st.Packets == 0 || st.PerSecond == 0 {
			t.Errorf("figures %+v", st)
		}
	})
}

// BenchmarkTyping is from a change on the screen to the glass, without a network.
func BenchmarkTyping(b *testing.B) {
	d := newDisplay(1920, 1080)
	r := newRig(b, d, 0)
	defer r.stop()
	for !r.r.Exact() {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond)
	for len(r.apply) > 0 {
		<-r.apply
	}
	for i := 0; b.Loop(); i++ {
		d.paint(image.Rect(160, 160, 168, 176), flat(uint32(i)+1))
		<-r.apply
	}
}

// BenchmarkPage is a page of fresh coloured noise-like text until the helper knows it is exact.
func BenchmarkPage(b *testing.B) {
	d := newDisplay(1920, 1080)
	r := newRig(b, d, 0)
	defer r.stop()
	for !r.s.Exact() {
		time.Sleep(time.Millisecond)
	}
	for len(r.apply) > 0 {
		<-r.apply
	}
	start := r.w.bytes.Load()
	for i := 0; b.Loop(); i++ {
		n := noise(uint32(i))
		b.StopTimer()
		colours := [4]uint32{0xFFFFFF, 0x203040, 0x802010, 0xFFFFFF}
		b.StartTimer()
		d.paint(image.Rect(100, 100, 1300, 800), func(x, y int) uint32 { return colours[n(x/6, y/3)>>30] })
		<-r.apply
		for !r.s.Exact() {
			time.Sleep(50 * time.Microsecond)
		}
	}
	b.ReportMetric(float64(r.w.bytes.Load()-start)/float64(b.N), "B/page")
}
