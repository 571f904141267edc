//go:build e2e

package e2e

import (
	"testing"
	"time"

	"beside/internal/screenbot"
)

// TestOwnWindows: what the helper does reaches nothing of Beside on the sharer's screen: not
// the button that would end the session, and not the one that would give more rights.
func TestOwnWindows(t *testing.T) {
	s := open(t, "compliant")
	ctx := t.Context()
	s.pair()
	s.ask("mode.view")
	s.allow()

	// While only looking, the helper asks for control and presses Allow in the picture.
	s.press(s.helper, "v.request")
	s.must(s.sharer.Drawn(ctx, "allow"))
	allow, err := s.sharer.See(ctx, "allow")
	s.must(err)
	if decline, err := s.sharer.See(ctx, "decline"); err != nil || !decline.Focused {
		t.Errorf("Decline has not the focus: %v", err)
	}
	time.Sleep(800 * time.Millisecond) // so that it is not the dialog that ignores it
	for range 3 {
		s.must(s.helper.Bot.Click(s.there(allow.Middle())))
		time.Sleep(200 * time.Millisecond)
	}
	if !shows(s.sharer, "allow") || shows(s.sharer, "takeback") {
		t.Fatal("the helper has answered the question to the sharer")
	}
	s.must(s.sharer.Press(ctx, "allow"))
	s.must(see(s.sharer, "takeback"))
	s.must(see(s.helper, "v.giveback"))
	s.point()
	s.must(s.types("control at last", 15*time.Second))

	// In control, the helper presses the buttons of the session bar in the picture.
	for _, button := range []string{"stop", "takeback"} {
		s.must(s.sharer.Drawn(ctx, button))
		e, err := s.sharer.See(ctx, button)
		s.must(err)
		for range 3 {
			s.must(s.helper.Bot.Click(s.there(e.Middle())))
			time.Sleep(200 * time.Millisecond)
		}
		at, _, err := s.sharer.Bot.Pointer()
		s.must(err)
		if d := at.Sub(e.Middle()); d.X*d.X+d.Y*d.Y > 9 {
			t.Errorf("the click on %q went to %v, not %v: nothing was tested", button, at, e.Middle())
		}
		if !shows(s.sharer, "stop", "takeback") || !shows(s.sharer, "takeback") {
			t.Fatalf("the helper has pressed %q on the sharer's bar", button)
		}
	}
	// The helper clicks into the bar and presses keys: what is written there must not be pressed.
	s.must(s.helper.Bot.Tap(screenbot.Tab))
	s.must(s.helper.Bot.Tap(screenbot.Return))
	s.must(s.helper.Bot.Type(" "))
	time.Sleep(500 * time.Millisecond)
	if !shows(s.sharer, "takeback") || !shows(s.helper, "v.giveback") {
		t.Fatal("the helper has used the bar by its keys")
	}
	// And still everything else can be used.
	s.point()
	s.must(s.types("and still in control", 15*time.Second))
	s.over("the sharer pressed Stop", s.press(s.sharer, "stop"))
}

// TestAllowAfterControl: once a helper had control, Allow must be pressed by a real hand:
// what an injected click could do must not count. On this display every click is injected.
func TestAllowAfterControl(t *testing.T) {
	s := open(t, "compliant")
	s.control()
	s.point()
	s.must(s.types("in control", 15*time.Second))
	s.press(s.helper, "v.giveback")
	s.must(see(s.helper, "v.request"))
	s.press(s.helper, "v.request")
	s.answer("allow")
	s.must(s.wait(10*time.Second, "the question to be over", func() error {
		if shows(s.sharer, "allow", "allow.wait") {
			return screenbot.ErrNotThere
		}
		return nil
	}))
	time.Sleep(500 * time.Millisecond)
	if shows(s.sharer, "takeback") || shows(s.helper, "v.giveback") {
		t.Error("an injected press of Allow gave control")
	}
	s.over("the sharer pressed Stop", s.press(s.sharer, "stop"))
}
