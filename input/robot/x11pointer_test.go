//go:build linux && cgo

package robot

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/input"
	"beside/internal/xvfb"
)

// losing is robotgo on a bad day: what it is told to lose it takes without an error.
type losing struct {
	pointer
	moves, presses, releases bool
}

func (l *losing) move(p image.Point) error {
	if l.moves {
		return nil
	}
	return l.pointer.move(p)
}

func (l *losing) button(name string, down bool) error {
	if down && l.presses || !down && l.releases {
		return nil
	}
	return l.pointer.button(name, down)
}

// mask is the pointer's buttons and place as another program sees them.
func mask(t *testing.T, display string) (buttons uint16, at image.Point) {
	t.Helper()
	c := xvfb.Dial(t, display)
	p, err := xproto.QueryPointer(c.Conn, c.Root).Reply()
	if err != nil {
		t.Fatal(err)
	}
	return p.Mask & (xproto.ButtonMask1 | xproto.ButtonMask2 | xproto.ButtonMask3), image.Pt(int(p.RootX), int(p.RootY))
}

func TestLostEvents(t *testing.T) {
	display := xvfb.Start(t, "640x480")
	press, release := input.Button{At: input.Move{X: 0.5, Y: 0.5}, Code: 1, Down: true}, input.Button{At: input.Move{X: 0.5, Y: 0.5}, Code: 1}
	for name, c := range map[string]struct {
		lose losing
		want error // of the press
	}{
		"nothing":   {losing{}, nil},
		"a press":   {losing{presses: true}, ErrLost},
		"a release": {losing{releases: true}, nil},
		"a move":    {losing{moves: true}, input.ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, display, image.Rect(0, 0, 640, 480))
			inject(t, r, input.Move{X: 0.25, Y: 0.25})
			lose := c.lose
			lose.pointer = r.pointer
			r.pointer = &lose
			held := input.NewHeld(r)
			if err := held.Inject(press); !errors.Is(err, c.want) || c.want == nil && err != nil {
				t.Errorf("press = %v, want %v", err, c.want)
			}
			if b, _ := mask(t, display); (b != 0) != (c.want == nil) {
				t.Errorf("buttons %#x are down", b)
			}
			// Nothing stays down, whatever is lost.
			if err := held.Inject(release); err != nil {
				t.Errorf("release = %v", err)
			}
			if err := held.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
			if b, _ := mask(t, display); b != 0 {
				t.Errorf("buttons %#x stayed down", b)
			}
		})
	}
}

// TestLostPressIsHeld: a press that does not show may still come; Held must lift it at the end.
func TestLostPressIsHeld(t *testing.T) {
	display := xvfb.Start(t, "640x480")
	r := open(t, display, image.Rect(0, 0, 640, 480))
	robotgo := r.pointer
	r.pointer = &losing{pointer: robotgo, presses: true}
	held := input.NewHeld(r)
	if err := held.Inject(input.Button{Code: 3, Down: true}); !errors.Is(err, ErrLost) {
		t.Fatalf("press = %v, want ErrLost", err)
	}
	if err := robotgo.button("right", true); err != nil {
		t.Fatal(err)
	}
	if err := held.ReleaseAll(); err != nil {
		t.Fatal(err)
	}
	if b, _ := mask(t, display); b != 0 {
		t.Errorf("buttons %#x are down", b)
	}
}

// TestOrder: keys go over our own connection and clicks over robotgo's; a program gets them in order.
func TestOrder(t *testing.T) {
	display := xvfb.Start(t, "640x480")
	c := xvfb.Dial(t, display)
	id, err := xproto.NewWindowId(c.Conn)
	if err != nil {
		t.Fatal(err)
	}
	const chosen = xproto.EventMaskKeyPress | xproto.EventMaskKeyRelease | xproto.EventMaskButtonPress | xproto.EventMaskButtonRelease
	for _, err := range []error{
		xproto.CreateWindowChecked(c.Conn, 0, id, c.Root, 0, 0, 640, 480, 0, xproto.WindowClassInputOutput, 0,
			xproto.CwEventMask, []uint32{chosen}).Check(),
		xproto.MapWindowChecked(c.Conn, id).Check(),
		xproto.SetInputFocusChecked(c.Conn, 0, id, 0).Check(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r := open(t, display, image.Rect(0, 0, 640, 480))
	const ctrl, rounds = 0xE0, 50
	want := []string{"key down 0", "down 4", "up 260", "key up 4"} // the state before the event: Control is 4, button 1 is 256
	for n := range rounds {
		at := input.Move{X: float64(n) / rounds, Y: 0.5}
		inject(t, r, input.Key{Usage: ctrl, Down: true}, input.Button{At: at, Code: 1, Down: true},
			input.Button{At: at, Code: 1}, input.Key{Usage: ctrl})
	}
	for n := range rounds {
		for _, w := range want {
			got := ""
			ev, xerr := c.WaitForEvent()
			for ; xerr == nil; ev, xerr = c.WaitForEvent() {
				if _, other := ev.(xproto.MappingNotifyEvent); !other {
					break
				}
			}
			switch e := ev.(type) {
			case xproto.KeyPressEvent:
				got = fmt.Sprint("key down ", e.State)
			case xproto.KeyReleaseEvent:
				got = fmt.Sprint("key up ", e.State)
			case xproto.ButtonPressEvent:
				got = fmt.Sprint("down ", e.State)
			case xproto.ButtonReleaseEvent:
				got = fmt.Sprint("up ", e.State)
			default:
				t.Fatalf("event %v %v", ev, xerr)
			}
			if got != w {
				t.Fatalf("round %d: %q, want %q", n, got, w)
			}
		}
	}
}

// TestFrozenPointer: a window manager freezes the pointer on a click until it has dealt with it.
func TestFrozenPointer(t *testing.T) {
	display := xvfb.Start(t, "640x480")
	c := xvfb.Dial(t, display)
	err := xproto.GrabButtonChecked(c.Conn, false, c.Root, xproto.EventMaskButtonPress,
		xproto.GrabModeSync, xproto.GrabModeAsync, 0, 0, 1, xproto.ModMaskAny).Check()
	if err != nil {
		t.Fatal(err)
	}
	thaw := make(chan struct{})
	presses := make(chan struct{}, 8)
	go func() { // ends with the connection
		for {
			ev, xerr := c.WaitForEvent()
			if ev == nil && xerr == nil {
				return
			}
			if _, ok := ev.(xproto.ButtonPressEvent); ok {
				presses <- struct{}{}
				<-thaw
				xproto.AllowEvents(c.Conn, xproto.AllowAsyncPointer, 0)
			}
		}
	}()
	r := open(t, display, image.Rect(0, 0, 640, 480))
	a, b := input.Move{X: 0.2, Y: 0.2}, input.Move{X: 0.7, Y: 0.7}
	inject(t, r, input.Button{At: a, Code: 1, Down: true})
	await := func() {
		t.Helper()
		select {
		case <-presses:
		case <-time.After(15 * time.Second):
			t.Fatal("the press never came")
		}
	}
	await()
	inject(t, r, input.Button{At: a, Code: 1})
	time.AfterFunc(20*time.Millisecond, func() { close(thaw) }) // the next press has to wait
	inject(t, r, input.Button{At: b, Code: 1, Down: true}, input.Button{At: b, Code: 1})
	await()
	until(t, "all is up", func() bool {
		m, at := mask(t, display)
		return m == 0 && at == input.Place(b, image.Rect(0, 0, 640, 480))
	})
}

func TestLeftHanded(t *testing.T) {
	display := xvfb.Start(t, "640x480")
	r := open(t, display, image.Rect(0, 0, 640, 480))
	c := xvfb.Dial(t, display)
	m, err := xproto.GetPointerMapping(c.Conn).Reply()
	if err != nil {
		t.Fatal(err)
	}
	m.Map[0], m.Map[2] = 3, 1
	set, err := xproto.SetPointerMapping(c.Conn, byte(len(m.Map)), m.Map).Reply()
	if err != nil || set.Status != xproto.MappingStatusSuccess {
		t.Fatal(set, err)
	}
	inject(t, r, input.Button{Code: 1, Down: true})
	if b, _ := mask(t, display); b != xproto.ButtonMask3 {
		t.Errorf("buttons %#x, want the third", b)
	}
	inject(t, r, input.Button{Code: 1})
	if b, _ := mask(t, display); b != 0 {
		t.Errorf("buttons %#x stayed down", b)
	}
}

func TestOneDisplayAtATime(t *testing.T) {
	first, second := xvfb.Start(t, "640x480"), xvfb.Start(t, "640x480")
	area := func() image.Rectangle { return image.Rect(0, 0, 640, 480) }
	a, again := open(t, first, area()), open(t, first, area())
	if _, err := New(Options{Display: second, Area: area}); !errors.Is(err, ErrOtherDisplay) {
		t.Errorf("New on a second display = %v, want ErrOtherDisplay", err)
	}
	_ = a.Close()
	_ = a.Close()
	inject(t, again, input.Move{X: 1, Y: 1})
	if _, at := mask(t, first); at != image.Pt(639, 479) {
		t.Errorf("pointer at %v after the other Robot closed", at)
	}
	_ = again.Close()
	b := open(t, second, area())
	inject(t, b, input.Move{})
	if _, at := mask(t, second); at != (image.Point{}) {
		t.Errorf("pointer of the second display at %v", at)
	}
	if _, at := mask(t, first); at != image.Pt(639, 479) {
		t.Errorf("pointer of the first display moved to %v", at)
	}
}

// TestNoOtherDisplay: robotgo opens $DISPLAY or :0 when it cannot open the display it was told.
func TestNoOtherDisplay(t *testing.T) {
	t.Setenv("DISPLAY", xvfb.Start(t, "640x480"))
	if err := theMouse.hold(":59998"); err == nil {
		theMouse.drop()
		t.Error("a display that is not there was opened")
	}
	if theMouse.users != 0 {
		t.Errorf("%d users", theMouse.users)
	}
}

// TestServerDies runs in a process of its own, because Xlib ends the process when it finds its
// connection broken, unless it is told not to.
func TestServerDies(t *testing.T) {
	const name = "BESIDE_TEST_DYING_DISPLAY"
	if display := os.Getenv(name); display != "" {
		outlive(t, display)
		return
	}
	display, stop := xvfb.StartServer(t, "320x200")
	defer stop()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestServerDies$", "-test.v")
	cmd.Env = append(os.Environ(), name+"="+display)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	survived := false
	for s := bufio.NewScanner(out); s.Scan(); {
		log.WriteString(s.Text() + "\n")
		if strings.Contains(s.Text(), "the display is in use") {
			stop()
			_, _ = io.WriteString(in, "dead\n")
		}
		survived = survived || strings.Contains(s.Text(), "the process lives on")
	}
	if err := cmd.Wait(); err != nil || !survived {
		t.Errorf("the process ended: %v\n%s", err, log.String())
	}
}

func outlive(t *testing.T, display string) {
	r := open(t, display, image.Rect(0, 0, 320, 200))
	inject(t, r, input.Button{Code: 1, Down: true})
	t.Log("the display is in use")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	// Our own connection may not have seen the end yet: robotgo is called all the same.
	for range 3 {
		if err := theMouse.move(image.Pt(1, 1)); !errors.Is(err, ErrGone) {
			t.Errorf("robotgo on a dead server = %v, want ErrGone", err)
		}
	}
	if err := r.Inject(input.Button{Code: 1}); !errors.Is(err, ErrGone) {
		t.Errorf("Inject = %v, want ErrGone", err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	other := xvfb.Start(t, "320x200")
	inject(t, open(t, other, image.Rect(0, 0, 320, 200)), input.Move{X: 1, Y: 1})
	if _, at := mask(t, other); at != image.Pt(319, 199) {
		t.Errorf("pointer of the next display at %v", at)
	}
	t.Log("the process lives on")
}
