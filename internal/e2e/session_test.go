//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"beside/internal/screenbot"
	"beside/internal/stage"
)

// TestControl is the main job: sign-in, code, consent, typed text, end by the sharer. Then the
// helper helps somebody else and gives control back and ends.
func TestControl(t *testing.T) {
	s := open(t, "compliant")
	s.pair()
	if !shows(s.helper, "dev.ok", "Compliant") || shows(s.helper, stage.DeviceWarnings...) {
		t.Error("the helper is not told that the device is compliant")
	}
	if shows(s.sharer, "stop") {
		t.Error("the session bar is there before anything is shared")
	}
	s.ask("mode.control")
	s.allow()
	s.must(see(s.sharer, "stop"))
	s.point()
	s.must(s.types("Hello, Sam! (1 + 1 = 2)", 15*time.Second))
	s.over("the sharer pressed Stop", s.press(s.sharer, "stop"))

	s.must(s.helper.Press(t.Context(), "e.again"))
	code, err := s.helper.Code(t.Context())
	s.must(err)
	s.secrets.code(code)
	s.must(s.sharer.Press(t.Context(), "done"))
	s.join(code)
	s.must(see(s.helper, "who.title"))
	s.ask("mode.control")
	s.allow()
	s.point()
	s.must(s.types("once more", 15*time.Second))
	s.over("the helper pressed End", s.press(s.helper, "v.end"))
}

// TestByRelay: two apps that must not reach each other directly meet at the endpoint's relay.
func TestByRelay(t *testing.T) {
	s := openWith(t, cast{relay: true})
	s.pair()
	s.ask("mode.control")
	s.allow()
	s.must(see(s.sharer, "stop"))
	s.point()
	s.must(s.types("by way of the endpoint", 15*time.Second))
	s.over("the sharer pressed Stop", s.press(s.sharer, "stop"))
}

// TestViewOnly: under View, nothing of what the helper does arrives.
func TestViewOnly(t *testing.T) {
	s := open(t, "compliant")
	s.pair()
	s.ask("mode.view")
	s.allow()
	before, _, err := s.sharer.Bot.Pointer()
	s.must(err)
	s.point()
	// Without e, f, m and 1: with the keyboard not in the picture these are keys of the window.
	if err := s.types("not a word by hand", 2*time.Second); err == nil {
		t.Error("a helper who may only look has typed")
	}
	s.must(s.helper.Bot.Move(s.there(middle(s.terminal))))
	s.must(s.helper.Bot.Button(1, true))
	s.must(s.helper.Bot.Key('x', true))
	time.Sleep(time.Second) // nothing must arrive, however long one waits
	now, down, err := s.sharer.Bot.Pointer()
	s.must(err)
	keys, err := s.sharer.Bot.Held()
	s.must(err)
	if now != before || down != 0 || keys != 0 {
		t.Errorf("the sharer's pointer went from %v to %v, buttons %b and %d keys are down", before, now, down, keys)
	}
	s.must(s.helper.Bot.Key('x', false))
	s.must(s.helper.Bot.Button(1, false))
	if got := s.typed(); got != "" {
		t.Errorf("the sharer's terminal got %q", got)
	}
	s.over("the helper pressed End", s.press(s.helper, "v.end"))
}

// TestDecline: nothing is shared, the helper is told, and may ask again.
func TestDecline(t *testing.T) {
	s := open(t, "noncompliant")
	s.pair()
	if !shows(s.helper, stage.DeviceWarnings...) {
		t.Error("the helper is not warned about the device")
	}
	for _, mode := range []string{"mode.control", "mode.view"} {
		s.ask(mode)
		s.answer("decline")
		s.must(see(s.helper, "mode.declined"))
		if shows(s.helper, "v.end") || shows(s.sharer, "stop") {
			t.Error("a session after Decline")
		}
		if s.helper.Shows(sharerDesktop) {
			t.Error("the helper sees the desktop after Decline")
		}
	}
	s.ask("mode.view")
	s.allow()
	s.over("the helper pressed End", s.press(s.helper, "v.end"))
}

// held says whether keys are down on the sharer's display.
func (s *scene) held() error {
	n, err := s.sharer.Bot.Held()
	if err == nil && n == 0 {
		err = errors.New("no key is down")
	}
	return err
}

// lifted waits until nothing is down on the sharer's display.
func (s *scene) lifted() error {
	return s.wait(3*time.Second, "keys and buttons to be let go", func() error {
		n, err := s.sharer.Bot.Held()
		if err != nil {
			return err
		}
		_, down, err := s.sharer.Bot.Pointer()
		if err == nil && (n > 0 || down != 0) {
			err = fmt.Errorf("%d keys and buttons %b are down", n, down)
		}
		return err
	})
}

// TestTakeBackWhileKeyHeld: when the sharer takes control back, a key that the helper holds is
// let go, and what follows does not arrive.
func TestTakeBackWhileKeyHeld(t *testing.T) {
	s := open(t, "compliant")
	s.control()
	s.point()
	s.must(s.types("typed with control", 15*time.Second))

	s.must(s.helper.Bot.Key('q', true))
	s.must(s.wait(10*time.Second, "the key to be down on the sharer's side", s.held))
	start := s.press(s.sharer, "takeback")
	if err := s.lifted(); err != nil {
		t.Error(err)
	}
	t.Logf("the key was up %v after the click", time.Since(start).Round(10*time.Millisecond))
	s.must(see(s.helper, "v.request"))
	if shows(s.sharer, "takeback") {
		t.Error("control can be taken back twice")
	}
	got := s.typed()
	s.must(s.helper.Bot.Key('q', false))
	if err := s.types("what a day", 2*time.Second); err == nil {
		t.Error("the helper typed after control was taken back")
	}
	if now := s.typed(); now != got {
		t.Errorf("the terminal got %q after control was taken back", strings.TrimPrefix(now, got))
	}
	s.over("the sharer pressed Stop", s.press(s.sharer, "stop"))
}

// TestStopKey: Ctrl+Shift+Backspace on the sharer's keyboard ends the session, even while a
// mouse button is held down.
func TestStopKey(t *testing.T) {
	s := open(t, "compliant")
	s.control()
	s.point()
	s.must(s.helper.Bot.Button(1, true))
	s.must(s.wait(10*time.Second, "the button to be down on the sharer's side", func() error {
		_, down, err := s.sharer.Bot.Pointer()
		if err == nil && down != 1 {
			err = fmt.Errorf("buttons %b are down", down)
		}
		return err
	}))
	start := time.Now()
	s.must(s.sharer.Bot.Tap(screenbot.Control, screenbot.Shift, screenbot.BackSpace))
	s.over("the stop key", start)
	if err := s.lifted(); err != nil {
		t.Error(err)
	}
	s.must(s.helper.Bot.Button(1, false))
}
