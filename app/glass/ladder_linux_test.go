package glass

import (
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/jezek/xgb/xproto"

	"beside/internal/xvfb"
)

// Where the picture is enlarged to whole multiples, every pixel is a square with hard edges.
func TestSharpMultiples(t *testing.T) {
	for _, way := range []string{wayChild, wayPut, wayGL, wayImage} {
		t.Run(way, func(t *testing.T) {
			r := newRig(t, way, 800, 600, true)
			for _, n := range []int{2, 3} {
				size := hd.Div(n)
				r.fill(size, image.Rectangle{Max: size}, n)
				r.until("the layout", func() bool { return r.g.tr.lay.size == size && r.g.tr.lay.pic == image.Rectangle{Max: hd} })
				r.enlarged("whole", n)
				r.fill(size, image.Rect(33, 21, 50, 34), n+50)
				r.enlarged("a small change", n)
			}
		})
	}
}

// enlarged waits until the window shows every pixel of the picture n times n times.
func (r *rig) enlarged(what string, n int) {
	r.t.Helper()
	wrong := 0
	r.until(what, func() bool {
		l := r.g.tr.lay
		got, f := r.see(l.pic), r.g.Screen().Frame(l.size)
		wrong = 0
		for y := range l.pic.Dy() {
			for x := range l.pic.Dx() {
				s, p := f.Pix[y/n*f.Stride+4*(x/n):], got[4*(y*l.pic.Dx()+x):]
				if s[0] != p[0] || s[1] != p[1] || s[2] != p[2] {
					wrong++
				}
			}
		}
		return wrong == 0
	})
}

// noChild is a childMaker that cannot.
type noChild struct{}

func (noChild) alloc(size image.Point) *buffer        { return newBuffer(size) }
func (noChild) child(*Glass, uint32) (surface, error) { return nil, errors.New("refused") }
func (noChild) close()                                {}

// A rung that breaks leads to the next one, and the last one always holds.
func TestLadderFalls(t *testing.T) {
	r := newRig(t, wayChild, 400, 300, false)
	fyne.DoAndWait(func() {
		raw := r.g.raw
		defer func() { r.g.raw = raw }()
		for _, c := range []struct {
			name, want string
			real       bool
			from       int
			window     bool
		}{
			{"no child", wayGL, true, 0, true},
			{"no texture either", wayImage, true, 0, false},
			{"forced to the image", wayImage, true, 3, true},
			{"another driver", wayImage, false, 0, true},
		} {
			if r.g.raw = raw; !c.window {
				r.g.raw = nil
			}
			s := (&ladder{real: c.real, from: c.from, x: noChild{}}).open(r.g)
			if got := s.way(); !strings.HasPrefix(got, c.want) {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
			if r.g.raw != nil {
				s.close()
			}
		}
	})
}

// What TestWayHere wants in a second process.
const (
	wantWay   = "GLASS_TEST_WAY"
	wantScale = "GLASS_TEST_SCALE"
)

// TestServers runs on X servers that lack something, and on one whose desktop says that pixels are
// small: the picture is exact on each, by the best way there is.
func TestServers(t *testing.T) {
	if os.Getenv(inner) != "" {
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		dpi  bool
		want string
		run  string
	}{
		"no shared memory": {[]string{"-extension", "MIT-SHM"}, false, wayPut, "^TestWayHere$"},
		"no RENDER":        {[]string{"-extension", "RENDER"}, false, wayGL, "^TestWayHere$"},
		"192 dpi":          {[]string{"-dpi", "192"}, true, wayChild, "^(TestWayHere|TestPointerComesThrough|TestRemotePointer/child)$"},
	} {
		t.Run(name, func(t *testing.T) {
			display, stop, err := xvfb.Managed("1920x1080", c.args...)
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			cmd := exec.Command(exe, "-test.run="+c.run, "-test.timeout=60s", "-test.v")
			cmd.Env = os.Environ()
			if c.dpi { // Fyne itself goes by the size in millimetres, which an Xvfb has not
				setDPI(t, display)
				cmd.Env = append(cmd.Env, wantScale+"=2", "FYNE_SCALE=2")
			}
			cmd.Env = append(cmd.Env, inner+"=1", "DISPLAY="+display, wantWay+"="+c.want)
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "--- PASS: TestWayHere") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// setDPI says what desktops say for screens with small pixels.
func setDPI(t *testing.T, display string) {
	t.Helper()
	c := xvfb.Dial(t, display)
	const name, value = "RESOURCE_MANAGER", "Xft.dpi:\t192\n"
	a, err := xproto.InternAtom(c.Conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		t.Fatal(err)
	}
	if err := xproto.ChangePropertyChecked(c.Conn, xproto.PropModeReplace, c.Root, a.Atom, xproto.AtomString, 8, uint32(len(value)), []byte(value)).Check(); err != nil {
		t.Fatal(err)
	}
}

// TestWayHere is what TestServers runs elsewhere; here it is the best way.
func TestWayHere(t *testing.T) {
	want := os.Getenv(wantWay)
	if want == "" {
		want = wayChild
	}
	r := newRig(t, "", 800, 600, true)
	if got := r.g.Way(); !strings.HasPrefix(got, want) {
		t.Fatalf("shown by %q, want %q", got, want)
	}
	r.fill(hd, image.Rectangle{Max: hd}, 3)
	r.until("a layout", func() bool { return r.g.tr.lay.pic == image.Rectangle{Max: hd} })
	r.same("whole")
	if want := os.Getenv(wantScale); want != "" {
		var scale float32
		fyne.DoAndWait(func() { scale = r.w.Canvas().Scale() })
		if got := fmt.Sprint(scale); got != want {
			t.Errorf("Fyne draws at a scale of %s, want %s: nothing was tested", got, want)
		}
	}
}
