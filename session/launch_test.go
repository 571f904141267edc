package session_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"beside/policy"
	"beside/policy/api"
	"beside/policy/grant"
	"beside/session"
	"beside/session/sessiontest"
)

// ticket starts the helper with the ticket of a link, while Sam's app waits.
func (r *rig) ticket() {
	r.t.Helper()
	r.conns[1] = r.end.Connect(sessiontest.Sam)
	r.conns[0] = r.end.Connect(sessiontest.Noa)
	r.helper = session.NewHelper(session.HelperConfig{Common: r.common(sessiontest.Noa, r.conns[0], false), Screen: r.glass, Ticket: sessiontest.Ticket})
	r.he = collect(r.helper.Events())
	h := r.helper
	r.wg.Go(func() { _ = h.Run(r.ctx) })
	if l := expect[session.LaunchReady](r.t, r.he); l.Device.ID != sessiontest.Device || l.Sharer.Name != "Sam Rivers" {
		r.t.Fatalf("%+v", l)
	}
}

// rung is what Sam's waiting app is told after the helper has pressed.
func (r *rig) rung() *api.Ring {
	r.t.Helper()
	r.helper.Ring()
	expect[session.Ringing](r.t, r.he)
	for f := range r.conns[1].Pushes() {
		var ring api.Ring
		if f.Type == api.TypeRing && json.Unmarshal(f.Body, &ring) == nil {
			return &ring
		}
	}
	r.t.Fatal("not rung")
	return nil
}

// compare goes on until both have the number before them.
func (r *rig) compare() (session.Compare, session.Choose) {
	r.t.Helper()
	r.ticket()
	r.share(session.SharerConfig{Ring: r.rung()})
	return expect[session.Compare](r.t, r.he), expect[session.Choose](r.t, r.se)
}

// endedWith waits for both ends.
func (r *rig) endedWith(code string) {
	r.t.Helper()
	if e := expect[session.Ended](r.t, r.se); e.Code != code {
		r.t.Errorf("sharer: %+v, want %s", e, code)
	}
	expect[session.Ended](r.t, r.he)
	if r.glass.shown() != 0 || len(r.sys.events()) != 0 {
		r.t.Error("something was shown or injected")
	}
}

func TestLaunch(t *testing.T) {
	r := newRig(t)
	modes := map[string]bool{}
	r.end.Grant = func(c *grant.Claims) string { modes[c.Mode] = true; return "" }
	cmp, ch := r.compare()
	n := 0
	for _, x := range ch.Numbers {
		if x == cmp.Number {
			n++
		}
	}
	if n != 1 || len(cmp.Number) != 6 {
		t.Fatalf("%q among %v", cmp.Number, ch.Numbers)
	}
	r.helper.Ask(control) // before the press it means nothing
	r.sharer.Pick(cmp.Number)
	expect[session.MetHelper](t, r.se)
	if r.glass.shown() != 0 {
		t.Fatal("shown before the helper has heard it")
	}
	r.helper.Picked()
	expect[session.MetSharer](t, r.he)
	r.helper.Ask(control)
	if c := expect[session.Consent](t, r.se); c.Rights != control || !c.First {
		t.Fatalf("%+v", c)
	} else {
		c.Answer(true)
	}
	expect[session.Started](t, r.se)
	expect[session.Started](t, r.he)
	eventually(t, "the picture is equal", r.same)
	if !modes[api.ModeSAS] || len(modes) != 1 {
		t.Errorf("%v", modes)
	}
	if bytes.Contains(r.end.Traffic, []byte(cmp.Number)) {
		t.Error("the number went through the endpoint")
	}
	r.sharer.Stop()
	expect[session.Ended](t, r.he)
	expect[session.Ended](t, r.se)
}

// A helper who is too quick is not thrown out: what he asks is looked at once the person has picked.
func TestLaunchPressedTooEarly(t *testing.T) {
	r := newRig(t)
	cmp, _ := r.compare()
	r.helper.Picked()
	expect[session.MetSharer](t, r.he)
	r.helper.Ask(policy.View)
	eventually(t, "it was asked", func() bool { return r.end.Reported(api.EventRequested) == 1 })
	r.sharer.Pick(cmp.Number)
	expect[session.Consent](t, r.se).Answer(true)
	expect[session.Started](t, r.he)
}

func TestLaunchPicks(t *testing.T) {
	for name, pick := range map[string]func(session.Compare, session.Choose) string{
		"none": func(session.Compare, session.Choose) string { return "" },
		"another": func(cmp session.Compare, ch session.Choose) string {
			for _, x := range ch.Numbers {
				if x != cmp.Number {
					return x
				}
			}
			return ""
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			cmp, ch := r.compare()
			r.helper.Picked() // a helper who lies gains nothing
			r.sharer.Pick(pick(cmp, ch))
			r.endedWith(api.SASMismatch)
		})
	}
}

func TestLaunchNotJoined(t *testing.T) {
	r := newRig(t)
	r.ticket()
	ring := r.rung()
	if err := r.conns[1].Call(t.Context(), api.TypeLaunchDecline, api.Ref{Session: ring.Session}, nil); err != nil {
		t.Fatal(err)
	}
	if n := expect[session.NotJoined](t, r.he); n.Code != api.EndDeclined {
		t.Errorf("%+v", n)
	}
	r.conns[1].Close()
	r.helper.Ring()
	if n := expect[session.NotJoined](t, r.he); n.Code != api.DeviceOffline {
		t.Errorf("%+v", n)
	}
	r.conns[1] = r.end.Connect(sessiontest.Sam)
	again := r.rung()
	if again.Session == ring.Session {
		t.Error("the old session rings")
	}
	r.share(session.SharerConfig{Ring: again})
	r.sharer.Pick(expect[session.Compare](t, r.he).Number)
	expect[session.MetHelper](t, r.se)
	r.helper.End()
	expect[session.Ended](t, r.se)
}

// What an endpoint in the middle may do: none of it brings two people to the same number, or a
// picture to anybody.
func TestLaunchEvilEndpoint(t *testing.T) {
	flip := func(kind string) func(*rig) {
		return func(r *rig) {
			r.end.Push = sessiontest.Rewrite(kind, func(_ string, s *api.Signal) bool { s.Body[40%len(s.Body)] ^= 1; return true })
		}
	}
	for name, tt := range map[string]struct {
		cheat func(*rig)
		want  string // what the sharer is told; "" for anything but success
	}{
		"commitment": {flip(api.SignalCommit), api.SASMismatch},
		"share":      {flip(api.SignalShare), ""},
		"reveal":     {flip(api.SignalReveal), ""},
		"another helper than the one shown": {func(r *rig) {
			r.end.Answer = func(_, typ string, b json.RawMessage) json.RawMessage {
				if typ != api.TypeLaunchJoin {
					return b
				}
				return bytes.Replace(b, []byte(sessiontest.Noa), []byte(sessiontest.Device), 1)
			}
		}, api.CardsMismatch},
		"another session": {func(r *rig) {
			r.end.Answer = func(_, typ string, b json.RawMessage) json.RawMessage {
				if typ != api.TypeLaunchJoin {
					return b
				}
				return bytes.Replace(b, []byte("44444444-4444"), []byte("66666666-4444"), 1)
			}
		}, api.ProtocolBroken},
		"another device": {func(r *rig) {
			r.end.Push = sessiontest.RewriteMet(sessiontest.Sam, func(m *api.Met) { m.Device.ID = sessiontest.Tenant })
		}, api.CardsMismatch},
		"no reveal": {func(r *rig) {
			r.end.Push = sessiontest.Rewrite(api.SignalReveal, func(_ string, s *api.Signal) bool { s.Kind = "sealed"; return true })
		}, api.ProtocolBroken},
		"a reveal before the commitment": {func(r *rig) {
			r.end.Push = sessiontest.Rewrite(api.SignalCommit, func(_ string, s *api.Signal) bool { s.Kind = api.SignalReveal; return true })
		}, api.ProtocolBroken},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			tt.cheat(r)
			r.ticket()
			r.share(session.SharerConfig{Ring: r.rung()})
			e := r.untilEnd()
			if tt.want != "" && e.Code != tt.want {
				t.Errorf("%+v, want %s", e, tt.want)
			}
			if r.glass.shown() != 0 {
				t.Error("something was shown")
			}
			r.helper.End()
			expect[session.Ended](t, r.he)
		})
	}
}

// untilEnd has the sharer's person pick none of the numbers, if they get to see any.
func (r *rig) untilEnd() session.Ended {
	r.t.Helper()
	for ev := range r.se.c {
		r.se.all = append(r.se.all, ev)
		switch ev := ev.(type) {
		case session.Choose:
			for _, h := range r.he.all {
				if c, ok := h.(session.Compare); ok {
					r.t.Logf("compared %s", c.Number)
				}
			}
			r.sharer.Pick("")
		case session.Ended:
			return ev
		}
	}
	r.t.Fatal("no end")
	return session.Ended{}
}

// With a code's grant nothing starts: the grant names how the two were paired.
func TestLaunchGrantOfAnotherMode(t *testing.T) {
	r := newRig(t)
	r.end.Grant = func(c *grant.Claims) string { c.Mode = "code"; return "" }
	cmp, _ := r.compare()
	r.sharer.Pick(cmp.Number)
	r.helper.Picked()
	expect[session.MetSharer](t, r.he)
	r.helper.Ask(policy.View)
	r.endedWith(api.GrantInvalid)
}
