//go:build e2e

package e2e

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"beside/internal/screenbot"
	"beside/internal/stage"
)

// TestControl is the main job: sign-in, code, consent, typed text, end by the sharer.
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

	start := time.Now()
	s.must(s.sharer.Press(t.Context(), "stop"))
	s.must(see(s.sharer, "e.sharer.title"))
	s.must(see(s.helper, "e.helper.title"))
	t.Logf("both saw the end %v after the sharer began to move to Stop", time.Since(start).Round(10*time.Millisecond))
	if shows(s.sharer, "stop") {
		t.Error("the session bar is still there after the end")
	}
}

// TestViewOnly: under View, nothing of what the helper clicks or types arrives.
func TestViewOnly(t *testing.T) {
	s := open(t, "compliant")
	s.pair()
	s.ask("mode.view")
	s.allow()
	s.point()
	if err := s.types("must not arrive", 3*time.Second); err == nil {
		t.Error("a helper who may only look has typed")
	}
	if got := s.typed(); got != "" {
		t.Errorf("the sharer's terminal got %q", got)
	}
	s.must(s.helper.Press(t.Context(), "v.end"))
	s.must(see(s.sharer, "e.sharer.title"))
	s.must(see(s.helper, "e.helper.title"))
}

// TestDecline: nothing is shared, the helper is told, and may ask again.
func TestDecline(t *testing.T) {
	s := open(t, "noncompliant")
	s.pair()
	if !shows(s.helper, stage.DeviceWarnings...) {
		t.Error("the helper is not warned about the device")
	}
	s.ask("mode.control")
	time.Sleep(800 * time.Millisecond) // the dialog ignores what comes too early
	s.must(s.sharer.Press(t.Context(), "decline"))
	s.must(see(s.helper, "mode.declined", "x.declined"))
	if shows(s.helper, "v.end") || shows(s.sharer, "stop") {
		t.Error("a session after Decline")
	}
}

// TestTakeBackWhileKeyHeld: when the sharer takes control back, a key that the helper holds is
// let go, and what follows does not arrive.
func TestTakeBackWhileKeyHeld(t *testing.T) {
	s := open(t, "compliant")
	s.pair()
	s.ask("mode.control")
	s.allow()
	s.point()
	s.must(s.types("before", 15*time.Second))

	s.must(s.helper.Bot.Key('q', true))
	held := func() error {
		n, err := s.sharer.Bot.Held()
		if err == nil && n == 0 {
			err = errors.New("no key is down")
		}
		return err
	}
	s.must(s.wait(10*time.Second, "the key to be down on the sharer's side", held))
	s.must(s.sharer.Press(t.Context(), "takeback", "stop"))
	if err := s.wait(3*time.Second, "the key to be let go", func() error {
		if held() == nil {
			return errors.New("a key is still down")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	got := s.typed()
	s.must(s.helper.Bot.Key('q', false))
	if err := s.types("after", 3*time.Second); err == nil {
		t.Error("the helper typed after control was taken back")
	}
	if now := s.typed(); now != got {
		t.Errorf("the terminal got %q after control was taken back", strings.TrimPrefix(now, got))
	}
}

// TestKilledHelper: the sharer's app notices within five seconds that the helper's was killed.
func TestKilledHelper(t *testing.T) {
	s := open(t, "compliant")
	s.pair()
	s.ask("mode.control")
	s.allow()
	s.killed(s.helper, s.sharer, "e.sharer.title", "x.lost", "bar.lost", "r.title")
}

// TestKilledSharer: the same the other way round.
func TestKilledSharer(t *testing.T) {
	s := open(t, "compliant")
	s.pair()
	s.ask("mode.view")
	s.allow()
	s.killed(s.sharer, s.helper, "e.helper.title", "x.lost", "r.title")
}

// killed kills one app and times how long the other person looks at a session that is gone.
func (s *scene) killed(who, other *stage.Actor, names ...string) {
	s.t.Helper()
	start := time.Now()
	s.must(who.App.Process.Signal(syscall.SIGKILL))
	s.must(see(other, names...))
	took := time.Since(start)
	s.t.Logf("the %s was told after %v", other.Name, took.Round(10*time.Millisecond))
	if took > 5*time.Second {
		s.t.Errorf("it took %v until the %s was told, more than 5 s", took, other.Name)
	}
}

// TestEndpointRestart: a running session does not need the endpoint until its grant must be renewed.
func TestEndpointRestart(t *testing.T) {
	s := open(t, "compliant")
	s.pair()
	s.ask("mode.control")
	s.allow()
	s.point()
	s.must(s.types("before", 15*time.Second))
	s.endpoint.Process.Stop()
	s.must(s.types("without", 15*time.Second))
	again, err := stage.StartEndpoint(t.Context(), s.g, stage.EndpointOptions{
		Binary: bin(t, "beside-endpoint-dev"), Data: s.data, Port: s.endpoint.Port(), Name: "endpoint-again",
	})
	s.must(err)
	s.endpoint = again
	s.must(s.types("after", 15*time.Second))
	s.must(s.helper.Press(t.Context(), "v.end"))
	s.must(see(s.sharer, "e.sharer.title"))
	s.must(see(s.helper, "e.helper.title"))
}

// TestWrongCode: a wrong code is refused in friendly words, burns the code, and shares nothing.
func TestWrongCode(t *testing.T) {
	s := open(t, "compliant")
	ctx := t.Context()
	s.must(s.helper.Press(ctx, "start.give"))
	code, err := s.helper.Code(ctx)
	s.must(err)
	s.must(s.sharer.Press(ctx, "start.get"))
	wrong := []byte(code)
	wrong[len(wrong)-1] = map[bool]byte{true: '3', false: '2'}[wrong[len(wrong)-1] == '2']
	s.must(s.sharer.TypeCode(ctx, string(wrong)))
	s.must(s.sharer.Press(ctx, "join.go"))
	s.must(see(s.sharer, "x.wrong"))
	s.must(see(s.helper, "code.getnew"))
	if shows(s.helper, "who.title") {
		t.Error("the helper sees somebody who did not know the code")
	}
	if _, err := screenbot.ReadMap(s.sharer.App.Map); err != nil {
		t.Errorf("the sharer's app: %v", err)
	}
}
