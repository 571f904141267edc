//go:build e2e

package e2e

import (
	"os/exec"
	"testing"

	"beside/internal/stage"
)

// settings changes settings as an administrator does, by the endpoint's console.
func (s *scene) settings(words ...string) {
	s.t.Helper()
	args := append([]string{"-data", s.data, "settings", "set"}, words...)
	if out, err := exec.CommandContext(s.t.Context(), bin(s.t, "beside-endpoint-dev"), args...).CombinedOutput(); err != nil {
		s.t.Fatalf("settings: %v: %s", err, out)
	}
}

// becomes lets somebody else sit down before a display, with the app opened anew.
func (s *scene) becomes(a *stage.Actor, who string) {
	s.t.Helper()
	a.App.Process.Stop()
	a.User = s.endpoint.Person(who, "")
	s.start(a, stage.AppOptions{})
}

// TestRefusals: who may not help, or not be helped, is told so on the right page, on both
// sides, and nothing is shared.
func TestRefusals(t *testing.T) {
	s := openWith(t, cast{sharer: "tomas"})
	ctx := t.Context()
	refused := func(what, sharer, helper string) {
		t.Helper()
		for a, title := range map[*stage.Actor]string{s.sharer: sharer, s.helper: helper} {
			if title == "" {
				continue
			}
			if err := see(a, title); err != nil { //nolint:contextcheck // it has its own patience
				t.Errorf("%s: the %s does not read %q: %v", what, a.Name, title, err)
			}
		}
		if shows(s.sharer, "stop", "allow") || shows(s.helper, "v.end", "mode.go") {
			t.Errorf("%s: and yet it goes on", what)
		}
		for _, a := range []*stage.Actor{s.sharer, s.helper} {
			if shows(a, "close") {
				s.must(a.Press(ctx, "close"))
			}
		}
	}
	s.join(s.code())
	refused("device not enrolled", "x.unenrolled", "x.unenrolled.h")

	s.becomes(s.sharer, "ruth")
	s.join(s.code())
	refused("out of scope", "x.scope.s", "x.scope")

	s.becomes(s.sharer, "noa")
	s.join(s.code())
	refused("oneself", "x.self", "x.self")

	s.becomes(s.helper, "paul")
	s.must(s.helper.Press(ctx, "start.give"))
	refused("no role", "", "x.norole")

	// One who may only look is offered only that.
	s.becomes(s.helper, "kit")
	s.becomes(s.sharer, "sam")
	s.join(s.code())
	s.must(see(s.helper, "who.title"))
	if e, err := find(s.helper, "mode.control"); err != nil || !e.Disabled {
		t.Errorf("control is offered to one who may only look: %+v, %v", e, err)
	}
	s.ask("mode.view")
	s.settings("enabled=false")
	refused("switched off while the sharer is asked", "x.off", "x.off")

	s.must(s.helper.Press(ctx, "start.give"))
	refused("switched off, code wanted", "", "x.off")
	s.becomes(s.sharer, "ines")
	s.must(s.sharer.Press(ctx, "start.get"))
	refused("switched off, sharer signs in", "x.off", "")
	s.becomes(s.helper, "noa")
	s.must(s.helper.Press(ctx, "start.give"))
	refused("switched off, helper signs in", "", "x.off")
}
