//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"image"
	"strings"
	"syscall"
	"testing"
	"time"

	"beside/internal/screenbot"
	"beside/internal/stage"
)

// TestHasty: whoever is typing when the question comes up does not answer it, and after that
// Enter means no.
func TestHasty(t *testing.T) {
	s := open(t, "compliant")
	s.pair()
	s.must(s.helper.Press(t.Context(), "mode.control"))
	ignored := false
	for try := 0; try < 3 && !ignored; try++ {
		asked := s.press(s.helper, "mode.go") // the question comes up after that
		s.must(see(s.sharer, "allow"))
		presses := 0
		for seen := time.Now(); time.Since(asked) < 600*time.Millisecond || time.Since(seen) < 150*time.Millisecond; presses++ {
			s.must(s.sharer.Bot.Tap(screenbot.Return))
			s.must(s.sharer.Bot.Type(" "))
		}
		took := time.Since(asked)
		time.Sleep(200 * time.Millisecond)
		ignored = shows(s.sharer, "allow") && !shows(s.helper, "mode.declined")
		t.Logf("%d presses until %v after the request", presses, took.Round(time.Millisecond))
		if !ignored && took < 700*time.Millisecond {
			t.Fatal("who was typing has declined")
		}
	}
	if !ignored {
		t.Fatal("presses right after the question came up have declined")
	}
	time.Sleep(time.Second)
	s.must(s.sharer.Bot.Tap(screenbot.Return))
	s.must(see(s.helper, "mode.declined"))
	if shows(s.helper, "v.end") || shows(s.sharer, "stop") {
		t.Error("a session without a yes")
	}
}

// closes lets somebody close a window of the app by the window manager.
func (s *scene) closes(a *stage.Actor, what string, is func(screenbot.Window) bool) time.Time {
	s.t.Helper()
	w, err := a.Window(s.t.Context(), what, func(w screenbot.Window) bool { return w.PID == a.App.Process.PID && is(w) })
	s.must(err)
	start := time.Now()
	s.must(a.Bot.CloseWindow(w.ID))
	return start
}

// TestWindowsClosed: closing a window means what it says, and the other side is told.
func TestWindowsClosed(t *testing.T) {
	s := open(t, "compliant")
	s.control()
	s.point()
	s.must(s.helper.Bot.Button(1, true)) // and even with a button down
	s.over("the helper closed the window", s.closes(s.helper, "the helper's view", func(w screenbot.Window) bool {
		return strings.Contains(w.Title, "Sam")
	}))
	s.must(s.helper.Bot.Button(1, false))
	if err := s.lifted(); err != nil {
		t.Error(err)
	}

	s.must(s.helper.Press(t.Context(), "e.again"))
	code := s.another("")
	s.must(s.sharer.Press(t.Context(), "done"))
	s.join(code)
	s.must(see(s.helper, "who.title"))
	s.ask("mode.view")
	s.allow()
	start := time.Now()
	s.must(s.sharer.App.Process.Signal(syscall.SIGTERM))
	s.must(see(s.helper, "e.helper.title"))
	s.promised("the helper saw the end after the sharer's app was told to end", time.Since(start), 2*time.Second, 4*time.Second)
	s.ends(s.sharer)
	s.start(s.sharer, stage.AppOptions{})

	// In the middle of the question, the sharer closes the app.
	s.must(s.helper.Press(t.Context(), "e.again"))
	s.join(s.another(code))
	s.must(see(s.helper, "who.title"))
	s.ask("mode.control")
	start = s.closes(s.sharer, "the question", func(screenbot.Window) bool { return true })
	s.must(see(s.helper, "x.end.helper"))
	s.promised("the helper was told that the sharer closed the app", time.Since(start), 2*time.Second, 4*time.Second)
	s.ends(s.sharer)
}

// ends waits for somebody's app to end by itself.
func (s *scene) ends(a *stage.Actor) {
	s.t.Helper()
	app := a.App.Process
	s.must(s.wait(10*time.Second, "the "+a.Name+"'s app to end", func() error {
		select {
		case <-app.Done():
			return nil
		default:
			return errors.New("it runs")
		}
	}))
	if app.Err() != nil {
		s.t.Errorf("the %s's app ended with %v", a.Name, app.Err())
	}
}

// TestScreenResized: the picture and the pointer follow when the sharer's screen changes size.
func TestScreenResized(t *testing.T) {
	s := open(t, "compliant")
	s.control()
	s.point()
	s.must(s.types("at the first size", 15*time.Second))
	for _, size := range []image.Point{{X: 1024, Y: 768}, {X: 1280, Y: 800}} {
		start := time.Now()
		s.must(s.sharer.Bot.SetSize(size))
		s.must(s.sharer.Bot.Background(sharerDesktop))
		s.must(s.wait(15*time.Second, "the picture in its new shape", func() error {
			v := s.view()
			if d := v.Dx()*size.Y - v.Dy()*size.X; d > 20*size.X || d < -20*size.X {
				return fmt.Errorf("the helper sees %v of %v", v, size)
			}
			return nil
		}))
		t.Logf("the helper sees %v %v after the change", size, time.Since(start).Round(10*time.Millisecond))
		s.placeTerminal()
		s.must(s.sharer.Bot.Move(image.Pt(1, 1)))
		s.must(s.helper.Bot.Move(s.there(middle(s.terminal))))
		s.must(s.wait(5*time.Second, "the pointer in the right place", func() error {
			at, _, err := s.sharer.Bot.Pointer()
			if d := at.Sub(middle(s.terminal)); err == nil && d.X*d.X+d.Y*d.Y > 9 {
				err = fmt.Errorf("it is at %v, not %v", at, middle(s.terminal))
			}
			return err
		}))
		s.point()
		s.must(s.types(fmt.Sprintf("and with %d by %d", size.X, size.Y), 15*time.Second))
		// The bar is where it can be reached.
		e, err := s.sharer.See(t.Context(), "stop")
		s.must(err)
		if !e.Rect().In(image.Rectangle{Max: size}) {
			t.Errorf("Stop is at %v, outside %v", e.Rect(), size)
		}
	}
	s.over("the sharer pressed Stop", s.press(s.sharer, "stop"))
}

// TestScaled: with a desktop scaled by a quarter, everything is where it seems to be.
func TestScaled(t *testing.T) {
	s := openWith(t, cast{prefix: []string{"env", "FYNE_SCALE=1.25"}})
	s.control()
	s.point()
	s.must(s.types("larger than life", 15*time.Second))
	want := s.terminal.Min.Add(image.Pt(20, 40))
	s.must(s.helper.Bot.Move(s.there(want)))
	s.must(s.wait(5*time.Second, "the pointer in the right place", func() error {
		at, _, err := s.sharer.Bot.Pointer()
		if d := at.Sub(want); err == nil && d.X*d.X+d.Y*d.Y > 9 {
			err = fmt.Errorf("it is at %v, not %v", at, want)
		}
		return err
	}))
	s.over("the sharer pressed Stop", s.press(s.sharer, "stop"))
}
