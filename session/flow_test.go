package session_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"beside/capture"
	"beside/input"
	"beside/policy"
	"beside/policy/api"
	"beside/session"
	"beside/session/sessiontest"
)

// The whole product without display or network: code, pairing, consent, picture, input, end.
func TestWholeSession(t *testing.T) {
	r := newRig(t)
	code := r.help()
	if len(code) != 8 {
		t.Fatalf("code of %d symbols", len(code))
	}
	r.join(strings.ToLower(code[:4]) + " - " + code[4:])
	m := expect[session.MetSharer](t, r.he)
	if m.Sharer.Name != "Sam Rivers" || m.Self.Name != "Noa Winters" || m.Device.State != policy.StateCompliant {
		t.Fatalf("met %+v", m)
	}
	if h := expect[session.MetHelper](t, r.se); h.Helper.Name != "Noa Winters" {
		t.Fatalf("met %+v", h)
	}
	if r.glass.shown() != 0 {
		t.Fatal("something was shown before consent")
	}
	r.helper.Ask(control)
	c := expect[session.Consent](t, r.se)
	if !c.First || c.Rights != control {
		t.Fatalf("asked for %v", c.Rights)
	}
	expect[session.Asked](t, r.he)
	c.Answer(true)
	expect[session.Started](t, r.se)
	expect[session.Started](t, r.he)
	eventually(t, "the picture is equal", r.same)
	eventually(t, "the exact badge", func() bool { return r.helper.Meter().Exact })

	r.screen.paint(image.Rect(20, 20, 60, 40), 99)
	eventually(t, "the change arrives", r.same)

	r.helper.Input(input.Move{X: 0.5, Y: 0.5})
	r.helper.Input(input.Key{Usage: 4, Down: true})
	r.helper.Input(input.Key{Usage: 4})
	eventually(t, "the key arrives", func() bool {
		return slices.Contains(r.sys.events(), input.Event(input.Key{Usage: 4}))
	})
	if got := r.sys.events(); !slices.Contains(got, input.Event(input.Key{Usage: 4, Down: true})) {
		t.Fatalf("the press is missing: %v", got)
	}
	eventually(t, "the pointer is shown", func() bool {
		r.glass.mu.Lock()
		defer r.glass.mu.Unlock()
		return r.glass.cur.Pos == image.Pt(3, 4)
	})

	r.sharer.Stop()
	if e := expect[session.Ended](t, r.he); e.By != session.BySharer || e.Code != api.EndStopped || !e.Used.Has(control) {
		t.Fatalf("helper was told %+v", e)
	}
	if e := expect[session.Ended](t, r.se); e.By != session.BySharer || e.Peer.Name != "Noa Winters" {
		t.Fatalf("sharer was told %+v", e)
	}
}

func TestHelperEnds(t *testing.T) {
	r := newRig(t)
	r.start(policy.View)
	r.helper.End()
	if e := expect[session.Ended](t, r.se); e.By != session.ByHelper || e.Code != api.EndStopped {
		t.Fatalf("sharer was told %+v", e)
	}
	expect[session.Ended](t, r.he)
}

// View only: nothing a helper sends is injected, and the refusal is reported.
func TestViewOnlyInjectsNothing(t *testing.T) {
	r := newRig(t)
	r.start(policy.View)
	r.helper.Input(input.Key{Usage: 4, Down: true})
	r.helper.Input(input.Move{X: 0.1, Y: 0.1})
	r.screen.paint(image.Rect(0, 0, 16, 16), 5)
	eventually(t, "the picture goes on", r.same)
	if got := r.sys.events(); len(got) != 0 {
		t.Fatalf("injected %v", got)
	}
}

func TestDeclineAndAskAgain(t *testing.T) {
	r := newRig(t)
	r.join(r.help())
	expect[session.MetSharer](t, r.he)
	r.helper.Ask(control)
	expect[session.Consent](t, r.se).Answer(false)
	if d := expect[session.Declined](t, r.he); d.Rights != control {
		t.Fatalf("declined %v", d.Rights)
	}
	if r.glass.shown() != 0 {
		t.Fatal("shown after a decline")
	}
	r.helper.Ask(policy.View)
	expect[session.Consent](t, r.se).Answer(true)
	if s := expect[session.Started](t, r.he); s.Rights.Has(policy.Control) {
		t.Fatalf("started with %v", s.Rights)
	}
}

func TestWidenAndGiveBack(t *testing.T) {
	r := newRig(t)
	r.start(policy.View)
	r.helper.RequestControl()
	c := expect[session.Consent](t, r.se)
	if c.First || c.Rights != control {
		t.Fatalf("%+v", c)
	}
	c.Answer(true)
	for expect[session.RightsNow](t, r.he).Rights != control {
	}
	r.helper.Input(input.Key{Usage: 4, Down: true})
	eventually(t, "input lands", func() bool { return len(r.sys.events()) > 0 })
	r.helper.GiveBack()
	for expect[session.RightsNow](t, r.se).Rights != policy.View {
	}
	eventually(t, "the held key is lifted", func() bool {
		got := r.sys.events()
		return got[len(got)-1] == input.Key{Usage: 4}
	})
	n := len(r.sys.events())
	r.helper.Input(input.Key{Usage: 5, Down: true})
	r.screen.paint(image.Rect(0, 0, 16, 16), 6)
	eventually(t, "the picture goes on", r.same)
	if len(r.sys.events()) != n {
		t.Fatal("input landed after it was given back")
	}
}

// Once a helper has had control, only a physical device can press Allow.
func TestScriptedAllowDoesNotCount(t *testing.T) {
	r := newRig(t)
	r.start(control)
	r.sharer.TakeBack()
	for expect[session.RightsNow](t, r.he).Rights != policy.View {
	}
	r.helper.RequestControl()
	expect[session.Consent](t, r.se).Answer(true) // pressed by a script: nobody touched the machine
	expect[session.Declined](t, r.he)
	r.helper.RequestControl()
	c := expect[session.Consent](t, r.se)
	r.person.touch()
	c.Answer(true)
	for expect[session.RightsNow](t, r.he).Rights != control {
	}
}

func TestTakeBackWhileAKeyIsHeld(t *testing.T) {
	r := newRig(t)
	r.start(control)
	r.helper.Input(input.Key{Usage: 0xE0, Down: true})
	eventually(t, "Ctrl is down", func() bool { return len(r.sys.events()) == 1 })
	r.sharer.TakeBack()
	if got := r.sys.events(); got[len(got)-1] != (input.Key{Usage: 0xE0}) {
		t.Fatalf("Ctrl is still down when TakeBack returns: %v", got)
	}
}

func TestPersonAtTheMachineWins(t *testing.T) {
	r := newRig(t)
	r.start(control)
	r.person.touch()
	if !expect[session.LocalInput](t, r.he).Active {
		t.Fatal("the helper was not told")
	}
	r.person.touch()
	r.helper.Input(input.Key{Usage: 4, Down: true})
	eventually(t, "the refusal is reported", func() bool { return r.end.Reported(api.EventRefused) > 0 })
	if got := r.sys.events(); len(got) != 0 {
		t.Fatalf("injected over the person: %v", got)
	}
}

func TestWrongCodeKillsTheCode(t *testing.T) {
	r := newRig(t)
	code := r.help()
	wrong := code[:7] + map[bool]string{true: "B", false: "C"}[code[7] != 'B']
	r.join(wrong)
	if e := expect[session.Ended](t, r.se); e.Code != api.CodeMismatch {
		t.Fatalf("sharer: %+v", e)
	}
	if d := expect[session.CodeDead](t, r.he); d.Code == "expired" {
		t.Fatalf("helper: %+v", d)
	}
	r.join(code) // the right one now comes too late
	if e := expect[session.Ended](t, r.se); e.Code != api.CodeInvalid {
		t.Fatalf("a dead code answered %+v", e)
	}
	r.helper.NewCode()
	if again := expect[session.CodeReady](t, r.he).Code; again == code {
		t.Fatal("the same code again")
	}
}

func TestSameTypedCodeIsNeverRunTwice(t *testing.T) {
	r := newRig(t)
	code := r.help()
	r.join(code)
	expect[session.MetHelper](t, r.se)
	r.sharer.Stop()
	expect[session.Ended](t, r.se)
	r.end.Change(func() {
		r.end.Refuse = func(_, typ string) *api.Problem {
			if typ == api.TypeCodeClaim {
				t.Error("a spent code was sent")
			}
			return nil
		}
	})
	r.join(code)
	if e := expect[session.Ended](t, r.se); e.Code != api.CodeUsed {
		t.Fatalf("%+v", e)
	}
}

// Every refusal of policy reaches the person who asked, under its own code.
func TestRefusals(t *testing.T) {
	for _, code := range []string{api.TenantOff, api.LicenceMissing, api.OfferMissing, api.CodeTooMany} {
		t.Run(code, func(t *testing.T) {
			r := newRig(t)
			r.end.Refuse = func(_, typ string) *api.Problem {
				if typ == api.TypeCodeNew {
					return &api.Problem{Code: code, Retry: 60}
				}
				return nil
			}
			r.conns[0] = r.end.Connect(sessiontest.Noa)
			r.helper = session.NewHelper(session.HelperConfig{Common: r.common(sessiontest.Noa, r.conns[0], false), Screen: r.glass})
			he := collect(r.helper.Events())
			r.wg.Go(func() { _ = r.helper.Run(r.ctx) })
			if e := expect[session.Ended](t, he); e.Code != code || e.By != session.ByEndpoint || e.Retry != time.Minute {
				t.Fatalf("%+v", e)
			}
		})
	}
	for _, code := range []string{api.ScopeOutside, api.DeviceUnenroled, api.CodeInvalid, api.CodeUsed} {
		t.Run("claim "+code, func(t *testing.T) {
			r := newRig(t)
			c := r.help()
			r.end.Refuse = func(_, typ string) *api.Problem {
				if typ == api.TypeCodeClaim {
					return &api.Problem{Code: code}
				}
				return nil
			}
			r.join(c)
			if e := expect[session.Ended](t, r.se); e.Code != code {
				t.Fatalf("%+v", e)
			}
		})
	}
}

// nowhere is an endpoint that cannot be reached.
type nowhere struct{}

func (nowhere) Call(context.Context, string, any, any) error { return errors.New("no route") }
func (nowhere) Pushes() <-chan api.Frame                     { return nil }

func TestUnreachableEndpointHasItsOwnWords(t *testing.T) {
	r := newRig(t)
	c := r.common(sessiontest.Noa, nil, false)
	c.Endpoint = nowhere{}
	h := session.NewHelper(session.HelperConfig{Common: c, Screen: r.glass})
	he := collect(h.Events())
	r.wg.Go(func() { _ = h.Run(r.ctx) })
	if e := expect[session.Ended](t, he); e.Code != session.CodeOffline {
		t.Fatalf("%+v", e)
	}
	s := session.NewSharer(session.SharerConfig{Common: c, Code: "BBBBCCCC", Displays: r.screen, Spent: r.spent})
	se := collect(s.Events())
	r.wg.Go(func() { _ = s.Run(r.ctx) })
	if e := expect[session.Ended](t, se); e.Code != session.CodeOffline {
		t.Fatalf("%+v", e)
	}
}

func TestEachLayerAloneDenies(t *testing.T) {
	t.Run("device ceiling", func(t *testing.T) {
		r := newRig(t)
		r.ceiling = policy.View
		r.join(r.help())
		expect[session.MetSharer](t, r.he)
		r.helper.Ask(control)
		if c := expect[session.Consent](t, r.se); c.Rights != policy.View {
			t.Fatalf("the person was asked for %v", c.Rights)
		}
	})
	t.Run("role", func(t *testing.T) {
		r := newRig(t)
		r.end.Offer = policy.View
		r.join(r.help())
		expect[session.MetSharer](t, r.he)
		r.helper.Ask(control)
		if c := expect[session.Consent](t, r.se); c.Rights != policy.View {
			t.Fatalf("the person was asked for %v", c.Rights)
		}
	})
}

func TestCaptureProblemsHaveWords(t *testing.T) {
	for want, err := range map[string]error{
		session.CodeNoDisplay: capture.ErrNoDisplay, session.CodeNoPermission: capture.ErrNotAllowed, session.CodePlatform: capture.ErrUnsupported,
	} {
		t.Run(want, func(t *testing.T) {
			r := newRig(t)
			r.screen.fail = fmt.Errorf("open: %w", err)
			r.join(r.help())
			expect[session.MetSharer](t, r.he)
			r.helper.Ask(policy.View)
			expect[session.Consent](t, r.se).Answer(true)
			if e := expect[session.Ended](t, r.se); e.Code != want {
				t.Fatalf("%+v", e)
			}
			expect[session.Ended](t, r.he)
		})
	}
}

// A picture that overtakes the rights must not make the session look like one without any.
func TestStartedSaysTheRights(t *testing.T) {
	r := newRig(t)
	r.net.Links = func() (session.Link, session.Link) {
		s, h := sessiontest.Pair()
		return lateRights{s}, h
	}
	r.join(r.help())
	expect[session.MetSharer](t, r.he)
	r.helper.Ask(control)
	expect[session.Consent](t, r.se).Answer(true)
	if s := expect[session.Started](t, r.he); s.Rights != control {
		t.Fatalf("started with %q", s.Rights)
	}
}

func TestLossyLinkStaysExact(t *testing.T) {
	r := newRig(t)
	r.net.Links = func() (session.Link, session.Link) { return sessiontest.PairLossy(42, 0.2) }
	r.start(control)
	for i := range 30 {
		r.screen.paint(image.Rect(i, i, i+40, i+30), uint64(i))
		r.helper.Input(input.Key{Usage: 4, Down: i%2 == 0})
		time.Sleep(5 * time.Millisecond)
	}
	eventually(t, "the picture is equal in the end", r.same)
	eventually(t, "every key arrived, in order", func() bool { return len(r.sys.events()) == 30 })
	for i, e := range r.sys.events() {
		if e != (input.Key{Usage: 4, Down: i%2 == 0}) {
			t.Fatalf("event %d is %v", i, e)
		}
	}
}
