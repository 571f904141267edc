package glass

import (
	"image"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The picture must be exact whatever Fyne's scale is. The scale is read once, so this
// runs the other tests again in a process of its own on the same display.
func TestScaled(t *testing.T) {
	if os.Getenv(inner) != "" {
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Fyne places its own objects by its own units, so the plain image is not exact then.
	const what = "(TestOverlays|TestPointerComes|TestDrag|TestExactF|TestRemotePointer)/(child|put)"
	for _, scale := range []string{"1.25", "2"} {
		t.Run(scale, func(t *testing.T) {
			cmd := exec.Command(exe, "-test.run="+what, "-test.timeout=60s")
			cmd.Env = append(os.Environ(), inner+"=1", "FYNE_SCALE="+scale)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// An idle X server sends nothing: input has to arrive without waiting for Fyne's tick.
func TestInputArrivesAtOnce(t *testing.T) {
	r, p := controlled(t)
	var took []time.Duration
	for i := range 60 {
		r.events()
		<-time.After(time.Duration(23+i*7%17) * time.Millisecond)
		start := time.Now()
		r.point(p.Min.X+100+i, p.Min.Y+100)
		for len(r.events()) == 0 && time.Since(start) < time.Second {
		}
		took = append(took, time.Since(start))
	}
	n := 0
	for _, d := range took {
		if d < 8*time.Millisecond {
			n++
		}
	}
	t.Logf("%d of %d within 8 ms: %v", n, len(took), took[:8])
}

// Many goroutines at once, for the race detector.
func TestConcurrentScreen(t *testing.T) {
	r := newRig(t, wayChild, 500, 400, false)
	s := r.g.Screen()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 200 {
			size := image.Pt(100+i%7, 100)
			f := s.Frame(size)
			f.Pix[i] = byte(i)
			s.Show([]image.Rectangle{{Max: size}})
		}
	}()
	for i := range 100 {
		s.Pause(i%3 == 0)
	}
	<-done
	s.Pause(false)
	r.fill(image.Pt(400, 300), image.Rect(0, 0, 400, 300), 5)
	r.until("a layout", func() bool { return r.g.tr.lay.size == image.Pt(400, 300) })
	if strings.TrimSpace(r.g.Way()) == "" {
		t.Error("no way")
	}
}
