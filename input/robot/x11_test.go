//go:build linux && cgo

package robot

import (
	"errors"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/input"
	"beside/internal/xvfb"
)

func open(t testing.TB, display string, area image.Rectangle) *Robot {
	t.Helper()
	r, err := New(Options{Display: display, Area: func() image.Rectangle { return area }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func inject(t testing.TB, in input.Injector, events ...input.Event) {
	t.Helper()
	for _, e := range events {
		if err := in.Inject(e); err != nil {
			t.Fatalf("Inject(%T) = %v", e, err)
		}
	}
}

// terminal runs cat in an xterm over the whole screen; what is typed ends up in the file.
func terminal(t *testing.T, display string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "typed")
	ready := file + ".ready"
	cmd := exec.Command("xterm", "-u8", "-geometry", "120x40+0+0", "-e", "touch "+ready+"; cat > "+file)
	cmd.Env = append(os.Environ(), "DISPLAY="+display, "LC_ALL=C.UTF-8")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	until(t, "xterm starts", func() bool { _, err := os.Stat(ready); return err == nil })
	return file
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) { //nolint:forbidigo // programs read the new key table when they get to it, and say nothing
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func TestTypesIntoRealWindow(t *testing.T) {
	many := ""
	for c := 'А'; c < 'А'+48; c++ { // more than there are spare key codes
		many += string(c)
	}
	for name, text := range map[string]string{
		"plain":       "Hello, World! {[~|\\]} 0123456789\n",
		"not in US":   "äßÄ€é Ω Ж 😀 ääßß\n",
		"many others": many + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			display := xvfb.Start(t, "800x600")
			file := terminal(t, display)
			r := open(t, display, image.Rect(0, 0, 800, 600))
			inject(t, r, input.Move{X: 0.2, Y: 0.2}, input.Text{S: text})
			var got []byte
			until(t, "the text arrives", func() bool {
				got, _ = os.ReadFile(file)
				return len(got) >= len(text)
			})
			if string(got) != text {
				t.Errorf("typed %q, want %q", got, text)
			}
		})
	}
}

func TestTextUnderModifiers(t *testing.T) {
	display := xvfb.Start(t, "800x600")
	file := terminal(t, display)
	r := open(t, display, image.Rect(0, 0, 800, 600))
	const caps, ctrl = 0x39, 0xE0
	inject(t, r, input.Move{X: 0.2, Y: 0.2},
		input.Key{Usage: caps, Down: true}, input.Key{Usage: caps},
		input.Key{Usage: ctrl, Down: true},
		input.Text{S: "aBä€Ä"})
	if !pressed(t, display, 37) {
		t.Error("Control was not put back")
	}
	inject(t, r, input.Key{Usage: ctrl}, input.Text{S: "\n"})
	want := "aBä€Ä\n"
	var got []byte
	until(t, "the text arrives", func() bool { got, _ = os.ReadFile(file); return len(got) >= len(want) })
	if string(got) != want {
		t.Errorf("typed %q, want %q", got, want)
	}
}

func TestKeysReachRealWindow(t *testing.T) {
	display := xvfb.Start(t, "800x600")
	file := terminal(t, display)
	r := open(t, display, image.Rect(0, 0, 800, 600))
	h, i, shift, enter := uint16(0x0B), uint16(0x0C), uint16(0xE1), uint16(0x28)
	inject(t, r, input.Move{X: 0.2, Y: 0.2}, input.Key{Usage: shift, Down: true})
	for _, u := range []uint16{h, i, enter} {
		if u == i {
			inject(t, r, input.Key{Usage: shift})
		}
		inject(t, r, input.Key{Usage: u, Down: true}, input.Key{Usage: u})
	}
	until(t, "the line arrives", func() bool { got, _ := os.ReadFile(file); return string(got) == "Hi\n" })
}

func pressed(t *testing.T, display string, code byte) bool {
	t.Helper()
	c := xvfb.Dial(t, display)
	keys, err := xproto.QueryKeymap(c.Conn).Reply()
	if err != nil {
		t.Fatal(err)
	}
	return keys.Keys[code/8]&(1<<(code%8)) != 0
}

func TestHeldLifts(t *testing.T) {
	display := xvfb.Start(t, "640x480")
	held := input.NewHeld(open(t, display, image.Rect(0, 0, 640, 480)))
	inject(t, held, input.Key{Usage: 0xE0, Down: true}, input.Button{Code: 1, Down: true})
	if !pressed(t, display, 37) {
		t.Fatal("Control is not down")
	}
	if err := held.ReleaseAll(); err != nil {
		t.Fatal(err)
	}
	if pressed(t, display, 37) {
		t.Error("Control is still down")
	}
}

func TestPointer(t *testing.T) {
	display := xvfb.Start(t, "640x480")
	r := open(t, display, image.Rect(100, 50, 300, 250))
	c := xvfb.Dial(t, display)
	err := xproto.ChangeWindowAttributesChecked(c.Conn, c.Root, xproto.CwEventMask, []uint32{xproto.EventMaskButtonPress}).Check()
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]struct {
		events  []input.Event
		at      image.Point
		buttons []byte
	}{
		"move":          {[]input.Event{input.Move{X: 1, Y: 1}}, image.Pt(299, 249), nil},
		"back":          {[]input.Event{input.Button{Code: 4, Down: true}, input.Button{Code: 4}}, image.Pt(100, 50), []byte{8}},
		"down and left": {[]input.Event{input.Scroll{DX: -1, DY: 2}}, image.Pt(100, 50), []byte{5, 5, 6}},
		"half detents":  {[]input.Event{input.Scroll{DY: -0.5}, input.Scroll{DY: -0.5}}, image.Pt(100, 50), []byte{4}},
	} {
		inject(t, r, s.events...)
		p, err := xproto.QueryPointer(c.Conn, c.Root).Reply()
		if err != nil {
			t.Fatal(err)
		}
		if got := image.Pt(int(p.RootX), int(p.RootY)); got != s.at {
			t.Errorf("%s: pointer at %v, want %v", name, got, s.at)
		}
		for _, want := range s.buttons {
			ev, _ := c.WaitForEvent()
			if b, ok := ev.(xproto.ButtonPressEvent); !ok || byte(b.Detail) != want {
				t.Errorf("%s: event %v, want button %d", name, ev, want)
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	display := xvfb.Start(t, "640x480")
	r := open(t, display, image.Rectangle{})
	for name, e := range map[string]input.Event{
		"nothing shared": input.Move{},
		"out of range":   input.Key{Usage: 1},
		"no such key":    input.Key{Usage: 0xA5},
	} {
		if err := r.Inject(e); !errors.Is(err, input.ErrRefused) {
			t.Errorf("%s: Inject = %v, want ErrRefused", name, err)
		}
	}
	_ = r.Close()
	if err := r.Inject(input.Key{Usage: 4}); !errors.Is(err, ErrGone) {
		t.Errorf("Inject after Close = %v, want ErrGone", err)
	}
}

func BenchmarkKey(b *testing.B) {
	r := open(b, xvfb.Start(b, "640x480"), image.Rect(0, 0, 640, 480))
	for b.Loop() {
		inject(b, r, input.Key{Usage: 4, Down: true}, input.Key{Usage: 4})
	}
}
