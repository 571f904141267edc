//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"image"
	"testing"
	"time"

	"beside/internal/xvfb"
)

// The sharer's two monitors; the terminal is on the right one.
var leftMonitor, rightMonitor = image.Rect(0, 0, 540, 800), image.Rect(540, 0, 1280, 800)

// monitors gives the sharer's display two monitors.
func (s *scene) monitors() {
	s.t.Helper()
	c := xvfb.Dial(s.t, s.sharer.Display)
	s.must(xvfb.SetMonitor(c, "left", leftMonitor, true))
	s.must(xvfb.SetMonitor(c, "right", rightMonitor, false))
	s.placeTerminal()
}

// barHeight is that of the session bar, which may cover the top of a narrow monitor.
const barHeight = 59

// shape waits until the helper's picture has the shape of that part of the sharer's desktop.
func (s *scene) shape(of image.Rectangle) {
	s.t.Helper()
	s.must(s.wait(15*time.Second, fmt.Sprintf("a picture like %v", of), func() error {
		view := s.view()
		for _, h := range []int{of.Dy(), of.Dy() - barHeight} {
			if d := view.Dx()*h - view.Dy()*of.Dx(); max(d, -d) <= 6*(of.Dx()+h) {
				return nil
			}
		}
		return fmt.Errorf("the picture is at %v", view)
	}))
}

// inside is where the helper sees a point of the sharer's desktop while he sees that part of it.
func (s *scene) inside(part image.Rectangle, p image.Point) image.Point {
	s.t.Helper()
	view, p := s.view(), p.Sub(image.Pt(part.Min.X, part.Max.Y)) // its bottom is never covered
	return image.Pt(view.Min.X, view.Max.Y).Add(p.Mul(view.Dx()).Div(part.Dx()))
}

// TestMonitors: the helper turns to a monitor and uses it; the sharer limits the share to one in the
// bar, and then the other can neither be seen, asked for nor typed into.
func TestMonitors(t *testing.T) {
	s := open(t, "compliant")
	ctx := t.Context()
	s.monitors()
	s.control()
	s.shape(image.Rect(0, 0, 1280, 800))
	s.must(s.helper.Press(ctx, "v.screens"))
	s.must(s.helper.Drawn(ctx, "screen.2"))
	s.keepPicture(s.helper, "guide-screens-helper")
	start := s.press(s.helper, "screen.2")
	s.shape(rightMonitor)
	s.promised("the other monitor was seen after the click", time.Since(start), 2*time.Second, 6*time.Second)
	s.must(s.helper.Bot.Click(s.inside(rightMonitor, middle(s.terminal))))
	time.Sleep(500 * time.Millisecond)
	s.must(s.types("on the second screen", 15*time.Second))

	s.must(s.sharer.Press(ctx, "v.screens"))
	s.must(s.sharer.Drawn(ctx, "screen.1"))
	s.keepPicture(s.sharer, "guide-screens-sharer")
	s.press(s.sharer, "screen.1")
	s.says(s.sharer, "bar.does", "can see only screen 1, and control it")
	s.shape(leftMonitor)
	s.gone(s.helper, "v.screens")
	s.keepPicture(s.sharer, "guide-screens-bar")
	before := s.typed()
	for range 5 { // the keyboard is still in the terminal, which he cannot see any more
		s.must(s.helper.Bot.Click(s.inside(leftMonitor, image.Pt(200, 600))))
		s.must(s.helper.Bot.Type("blind\n"))
		time.Sleep(200 * time.Millisecond)
	}
	time.Sleep(500 * time.Millisecond)
	if got := s.typed(); got != before {
		t.Errorf("typed into a window on another monitor: %q", got[len(before):])
	}
	at, _, err := s.sharer.Bot.Pointer()
	s.must(err)
	if d := at.Sub(image.Pt(200, 600)); d.X*d.X+d.Y*d.Y > 9 {
		t.Errorf("the click went to %v: nothing was tested", at)
	}
	s.over("the sharer pressed Stop", s.press(s.sharer, "stop"))
}

// TestShareOneMonitor: the sharer chooses in the question what is shared. A monitor that is unplugged
// pauses the share, and nothing else is shown in its place.
func TestShareOneMonitor(t *testing.T) {
	s := open(t, "compliant")
	s.monitors()
	s.pair()
	s.ask("mode.view")
	s.must(s.sharer.Press(t.Context(), "screen.2"))
	s.keepPicture(s.sharer, "guide-screens-consent")
	s.allow()
	s.must(see(s.sharer, "stop"))
	s.shape(rightMonitor)
	if shows(s.helper, "v.screens") {
		t.Error("the helper has a choice")
	}
	c := xvfb.Dial(t, s.sharer.Display)
	s.must(xvfb.DeleteMonitor(c, "right"))
	s.must(see(s.helper, "p.title"))
	s.must(see(s.sharer, "continue"))
	for range 20 {
		time.Sleep(50 * time.Millisecond)
		if s.helper.Shows(sharerDesktop) {
			t.Fatal("the helper sees what is not shared")
		}
	}
	s.must(xvfb.SetMonitor(c, "right", rightMonitor, false))
	s.must(s.wait(20*time.Second, "the share to go on", func() error {
		if shows(s.sharer, "continue") {
			s.press(s.sharer, "continue")
			time.Sleep(time.Second)
		}
		if shows(s.helper, "p.title") {
			return errors.New("still paused")
		}
		return nil
	}))
	s.shape(rightMonitor)
	s.over("the sharer pressed Stop", s.press(s.sharer, "stop"))
}
