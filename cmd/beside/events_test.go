package main

import (
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"beside/auth"
	"beside/eventlog"
	"beside/policy"
	"beside/policy/api"
	"beside/session"
)

// rig is a witness whose log is lines.
func rig(t *testing.T) (w *witness, lines func() []string) {
	t.Helper()
	var b strings.Builder
	p := &parts{events: eventlog.Open(eventlog.Options{Fallback: &b, Socket: "/nowhere"}), who: auth.Identity{Tenant: "t1", Object: "me"}}
	w = p.newWitness("sharer")
	run := regexp.MustCompile(` run=[0-9a-f]{16}`)
	return w, func() []string {
		var all []string
		for l := range strings.Lines(b.String()) {
			if !run.MatchString(l) || !strings.Contains(l, "role=sharer") || !strings.Contains(l, "tenant=t1 self=me") {
				t.Errorf("no role, run or self in %q", l)
			}
			l = run.ReplaceAllString(l, "")
			l = strings.NewReplacer("beside event ", "", " role=sharer tenant=t1 self=me", "").Replace(strings.TrimSpace(l))
			n, rest, _ := strings.Cut(l, ":")
			_, rest, _ = strings.Cut(rest, "[")
			all = append(all, n+" "+strings.TrimSuffix(rest, "]"))
		}
		return all
	}
}

func TestWitness(t *testing.T) {
	began := time.Unix(1, 0)
	noa := session.Person{Object: "noa", Name: "Noa Winters"}
	vc := policy.View | policy.Control
	for name, c := range map[string]struct {
		events []session.Event
		want   []string
	}{
		"a session": {
			[]session.Event{
				session.Checking{},
				session.MetHelper{Helper: noa, Device: session.Device{ID: "d1"}},
				session.Started{Rights: policy.View},
				session.RightsNow{Rights: vc, By: session.BySharer},
				session.Unreachable{},
				session.Back{},
				session.Expiring{},
				session.LocalInput{},
				session.Ended{By: session.ByHelper, Code: api.EndStopped, Began: began, Lasted: 90 * time.Second, Used: vc},
			},
			[]string{
				"201 session.paired peer=noa device=d1", "202 session.started peer=noa device=d1 rights=view",
				"214 rights.changed peer=noa device=d1 rights=view+control by=sharer", "221 link.silent peer=noa device=d1", "222 link.back peer=noa device=d1",
				"223 grant.expiring peer=noa device=d1", "203 session.ended peer=noa device=d1 code=stopped by=helper rights=view+control seconds=90",
			},
		},
		"lost":              {[]session.Event{session.Ended{Code: api.EndLost, Began: began, Used: policy.View}}, []string{"204 session.lost code=lost by=nobody rights=view seconds=0"}},
		"forged in session": {[]session.Event{session.Ended{Code: api.GrantInvalid, Began: began, Used: policy.View}}, []string{"312 verify.failed code=grant.invalid", "204 session.lost code=grant.invalid by=nobody rights=view seconds=0"}},
		"forged before":     {[]session.Event{session.Ended{Code: api.CardsMismatch}}, []string{"312 verify.failed code=cards.mismatch"}},
		"wrong code":        {[]session.Event{session.Ended{Code: api.CodeInvalid, By: session.ByEndpoint}}, []string{"311 code.refused code=code.invalid"}},
		"refused":           {[]session.Event{session.Ended{Code: api.ScopeOutside, By: session.ByEndpoint}}, []string{"313 policy.refused code=scope.outside"}},
		"offline":           {[]session.Event{session.Ended{Code: session.CodeOffline}}, []string{"205 session.notstarted code=local.offline by=nobody"}},
		"code ran out":      {[]session.Event{session.CodeReady{Code: "1234567890"}, session.CodeDead{Code: "expired"}}, nil},
		"code burnt":        {[]session.Event{session.CodeDead{Code: api.CodeMismatch}}, []string{"311 code.refused code=code.mismatch"}},
		"helper's side":     {[]session.Event{session.Asked{Rights: vc}, session.Declined{Rights: vc}}, []string{"211 consent.asked rights=view+control", "213 consent.declined rights=view+control"}},
	} {
		t.Run(name, func(t *testing.T) {
			w, lines := rig(t)
			in := make(chan session.Event, len(c.events))
			for _, e := range c.events {
				in <- e
			}
			close(in)
			w.watch(in)
			n := 0
			for range w.out {
				n++
			}
			got := lines()
			if n != len(c.events) {
				t.Errorf("%d of %d events came through", n, len(c.events))
			}
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if all := strings.Join(got, " "); strings.Contains(all, "Noa") || strings.Contains(all, "1234567890") {
				t.Errorf("a name or a code is in the log: %s", all)
			}
		})
	}
}

func TestWitnessAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(session.Consent, *witness)
		want string
		said []bool
	}{
		"allowed":           {func(q session.Consent, w *witness) { q.Answer(true); w.see(session.ConsentOver{}) }, "212 consent.given rights=view", []bool{true}},
		"declined":          {func(q session.Consent, w *witness) { q.Answer(false); w.see(session.ConsentOver{}) }, "213 consent.declined rights=view", []bool{false}},
		"nobody there":      {func(q session.Consent, w *witness) { w.see(session.ConsentOver{}) }, "213 consent.declined code=unanswered", nil},
		"answered too late": {func(q session.Consent, w *witness) { w.see(session.ConsentOver{}); q.Answer(true) }, "213 consent.declined code=unanswered", []bool{true}},
	} {
		t.Run(name, func(t *testing.T) {
			w, lines := rig(t)
			var said []bool
			q, ok := w.see(session.Consent{Rights: policy.View, Answer: func(a bool) { said = append(said, a) }}).(session.Consent)
			if !ok {
				t.Fatal("not a Consent any more")
			}
			c.do(q, w)
			if got := strings.Join(lines(), "\n"); got != "211 consent.asked rights=view\n"+c.want {
				t.Errorf("got\n%s", got)
			}
			if len(said) != len(c.said) || len(said) > 0 && said[0] != c.said[0] {
				t.Errorf("the session was told %v, want %v", said, c.said)
			}
		})
	}
}

// TestWitnessDeaf: a window that reads nothing holds up neither the session nor the log.
func TestWitnessDeaf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, lines := rig(t)
		in := make(chan session.Event)
		go w.watch(in)
		start := time.Now()
		for range eventRoom + 100 {
			in <- session.Back{}
		}
		close(in)
		synctest.Wait()
		if d := time.Since(start); d > eventPatience {
			t.Errorf("held up for %v", d)
		}
		if n := len(lines()); n != eventRoom+100 {
			t.Errorf("the log has %d events", n)
		}
	})
}
