package session_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"beside/input"
	"beside/policy"
	"beside/policy/api"
	"beside/policy/grant"
	"beside/session"
	"beside/session/sessiontest"
)

// virtual runs one test in virtual time, with a rig that is gone when it ends.
func virtual(t *testing.T, name string, f func(t *testing.T, r *rig)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			f(t, r)
			r.cancel()
			r.wg.Wait()
		})
	})
}

// Without an attack the same people get their session: the table above fails for the right reason.
func TestEvilEndpointHonest(t *testing.T) {
	virtual(t, "honest", func(t *testing.T, r *rig) {
		r.end.Offer, r.ceiling = everything, everything
		r.join(r.help())
		p := r.people(control)
		time.Sleep(10 * time.Second)
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.started != 2 || r.glass.shown() == 0 {
			t.Fatalf("%d started", p.started)
		}
	})
}

// Row 2: however often the endpoint says that somebody claims, the helper runs once.
func TestEvilEndpointClaims(t *testing.T) {
	virtual(t, "02 claim a thousand times", func(t *testing.T, r *rig) {
		runs := 0
		r.end.Asked = func(_, typ string, b json.RawMessage) {
			if typ == api.TypeSignal && read[api.Signal](b).Kind == "p1" {
				runs++
			}
		}
		claims := func(f api.Frame) (fs []api.Frame) {
			for i := range 400 {
				c := read[api.Claimant](f.Body)
				c.NS[0] = byte(i)
				fs = append(fs, sessiontest.Frame(api.TypeClaimant, c))
			}
			return fs
		}
		r.end.Push = func(_ string, f api.Frame) []api.Frame {
			if f.Type == api.TypeClaimant {
				return append([]api.Frame{f}, claims(f)...)
			}
			return []api.Frame{f}
		}
		code := r.help()
		wrong := code[:7] + map[bool]string{true: "B", false: "C"}[code[7] != 'B']
		r.join(wrong)
		p := r.people(control)
		<-p.over[1]
		<-p.over[0]
		id, _ := r.end.Session()
		r.end.Change(func() { r.end.Push = nil })
		for range 600 {
			r.end.PushTo(sessiontest.Noa, api.TypeSignal, api.Signal{Session: id, Kind: "p2", Body: []byte{1}})
			r.end.PushTo(sessiontest.Noa, api.TypeClaimant, api.Claimant{Session: id, NS: make([]byte, 32), Sharer: sessiontest.Sam})
			time.Sleep(time.Millisecond)
		}
		r.end.Change(func() {
			if runs != 1 {
				t.Errorf("%d runs for one code", runs)
			}
		})
		r.safe(t)
	})
	// Two windows of one app, the same code, an endpoint that gives it to both: one of them runs.
	virtual(t, "02 two sharers at once", func(t *testing.T, r *rig) {
		r.end.Again = true
		answers := 0
		r.end.Asked = func(_, typ string, b json.RawMessage) {
			if typ == api.TypeSignal && read[api.Signal](b).Kind == "p2" {
				answers++
			}
		}
		// The endpoint invents a P1 for each claim.
		r.end.Push = func(string, api.Frame) []api.Frame { return nil }
		code := r.help()
		var wg sync.WaitGroup
		var conns []*sessiontest.Conn
		for range 2 {
			r.join(code)
			conns = append(conns, r.conns[1])
			over := make(chan session.Ended, 1)
			(&people{}).sharer(r, over)
			wg.Go(func() { <-over })
		}
		synctest.Wait()
		id, _ := r.end.Session()
		p1 := sessiontest.PairingMessage{
			Y: basepoint, Domain: "beside-ad/1", Role: "helper", Versions: []byte{1}, Hash: "sha-256", Fingerprint: foreign[:], AppV: "1",
		}
		for _, c := range conns {
			c.Deliver(api.TypeSignal, api.Signal{Session: id, Kind: "p1", Body: p1.Bytes()})
		}
		wg.Wait()
		r.end.Change(func() {
			if answers != 1 {
				t.Errorf("%d runs for one typed code", answers)
			}
		})
		r.safe(t)
	})
}

// The endpoint chooses the first half of what the person reads out; it may not choose a text, nor
// a length that makes the sharer's app send a part of the secret as the locator.
func TestEvilEndpointLocator(t *testing.T) {
	for _, locator := range []string{"", "BB", "BBCCD", "BBCCDDFF", "bbcc", "OIOI", "call", "é2é2", "B B-"} {
		virtual(t, "02 locator "+locator, func(t *testing.T, r *rig) {
			r.end.Answer = func(_, typ string, b json.RawMessage) json.RawMessage {
				c := read[api.Code](b)
				c.Locator = locator
				return sessiontest.Frame(typ, c).Body
			}
			h := session.NewHelper(session.HelperConfig{Common: r.common(sessiontest.Noa, r.end.Connect(sessiontest.Noa), false), Screen: r.glass})
			r.wg.Go(func() { _ = h.Run(r.ctx) })
			for e := range h.Events() {
				switch e := e.(type) {
				case session.CodeReady:
					t.Error("it was shown")
					r.cancel()
				case session.Ended:
					if e.Code != api.ProtocolBroken && !t.Failed() {
						t.Errorf("%+v", e)
					}
				}
			}
		})
	}
}

// basepoint is a valid element of the group.
var basepoint, _ = hex.DecodeString("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")

// Row 5: grants of another session, of another request, at each state.
func TestEvilEndpointOldGrants(t *testing.T) {
	const invalid = api.GrantInvalid
	virtual(t, "05 of the session before", func(t *testing.T, r *rig) {
		var old string
		r.end.Grant = func(c *grant.Claims) string {
			old, _ = grant.Sign(r.end.Key, "k1", *c)
			return old
		}
		r.start(control)
		r.sharer.Stop()
		expect[session.Ended](t, r.se)
		expect[session.Ended](t, r.he)
		r.end.Change(func() { r.end.Grant = func(*grant.Claims) string { return old } })
		r.glass, r.sys = &glass{}, &sink{}
		r.join(r.help())
		r.people(control)
		time.Sleep(10 * time.Minute)
		r.safe(t)
	})
	virtual(t, "05 when asked for more", func(t *testing.T, r *rig) {
		old := r.keepGrants()
		r.start(policy.View)
		r.end.Change(func() { r.end.Grant = func(*grant.Claims) string { return (*old)[0] } })
		r.helper.RequestControl()
		if e := expect[session.Ended](t, r.se); e.Code != invalid || e.Used.Has(control) {
			t.Fatalf("%+v", e)
		}
	})
	virtual(t, "05 when renewing", func(t *testing.T, r *rig) {
		old := r.keepGrants()
		r.start(control)
		r.helper.Input(input.Key{Usage: 4, Down: true})
		r.end.Change(func() { r.end.Grant = func(*grant.Claims) string { return (*old)[0] } })
		if e := expect[session.Ended](t, r.se); e.Code != invalid {
			t.Fatalf("%+v", e)
		}
		if got := r.sys.events(); got[len(got)-1] != (input.Key{Usage: 4}) {
			t.Error("a key stayed down")
		}
	})
	// The wide grant of before the take-back comes back as the answer to the renewal, and as a revoke.
	virtual(t, "05 after taking back", func(t *testing.T, r *rig) {
		old := r.keepGrants()
		r.start(control)
		r.sharer.TakeBack()
		for expect[session.RightsNow](t, r.he).Rights != policy.View {
		}
		id, _ := r.end.Session()
		r.end.PushTo(sessiontest.Sam, api.TypeRevoke, api.Revoke{Session: id, JWS: (*old)[0]})
		r.end.Change(func() { r.end.Grant = func(*grant.Claims) string { return (*old)[0] } })
		if e := expect[session.Ended](t, r.se); e.Code != invalid {
			t.Fatalf("%+v", e)
		}
		if len(r.sys.events()) != 0 {
			t.Error("input")
		}
	})
}

func (r *rig) keepGrants() *[]string {
	var all []string
	r.end.Grant = func(c *grant.Claims) string {
		jws, _ := grant.Sign(r.end.Key, "k1", *c)
		all = append(all, jws)
		return jws
	}
	return &all
}

// Row 8: a renewal that says more opens nothing, whatever right it names.
func TestEvilEndpointWideRenewal(t *testing.T) {
	for _, c := range []struct{ more, code string }{
		{"control", api.GrantExpired}, {"elevate", api.GrantExpired}, {"clipboard", api.GrantExpired}, // ignored, so it runs out
		{"anything", api.GrantInvalid}, // an unknown name refuses the whole grant
	} {
		virtual(t, "08 view+"+c.more, func(t *testing.T, r *rig) {
			r.end.Offer, r.ceiling = everything, everything
			r.start(policy.View)
			r.end.Change(func() {
				r.end.Grant = func(g *grant.Claims) string { g.Rights = []string{"view", c.more}; return "" }
			})
			if e := expect[session.Ended](t, r.se); e.Code != c.code || e.Used != policy.View {
				t.Fatalf("%+v", e)
			}
		})
	}
}

// Row 9: an endpoint that no longer answers, or hangs, or withholds what it should push, has at most run_for.
func TestEvilEndpointWithholds(t *testing.T) {
	for name, c := range map[string]struct {
		rights policy.Right
		most   time.Duration
	}{"09 control": {control, 600 * time.Second}, "09 elevation": {everything, 300 * time.Second}} {
		virtual(t, name, func(t *testing.T, r *rig) {
			r.end.Offer, r.ceiling = everything, everything
			r.start(c.rights)
			began := time.Now()
			r.cutOff()
			if e := expect[session.Ended](t, r.se); e.Code != api.GrantExpired {
				t.Fatalf("%+v", e)
			}
			if d := time.Since(began); d > c.most+time.Second {
				t.Errorf("lived %v", d)
			}
		})
	}
	virtual(t, "09 longer than allowed", func(t *testing.T, r *rig) {
		r.end.Grant = func(c *grant.Claims) string { c.RunFor, c.StartWithin = 1<<30, 1<<30; return "" }
		r.start(control)
		began := time.Now()
		r.cutOff()
		expect[session.Ended](t, r.se)
		if d := time.Since(began); d > 601*time.Second {
			t.Errorf("lived %v", d)
		}
	})
	virtual(t, "09 a forged revoke changes nothing, a signed one does at once", func(t *testing.T, r *rig) {
		r.start(control)
		id, th := r.end.Session()
		rv := grant.Revocation{Iss: sessiontest.Origin, Tid: sessiontest.Tenant, Sid: r.end.SID(), TH: hex.EncodeToString(th), Seq: 1, Rights: []string{"view"}}
		push := func(jws string) { r.end.PushTo(sessiontest.Sam, api.TypeRevoke, api.Revoke{Session: id, JWS: jws}) }
		forged, _ := grant.SignRevoke(r.end.Anchor, "k1", rv)
		stale := rv
		stale.Seq = 0
		old, _ := grant.SignRevoke(r.end.Key, "k1", stale)
		push("")
		push(forged)
		push(old)
		time.Sleep(5 * time.Second)
		r.helper.Input(input.Key{Usage: 4, Down: true})
		time.Sleep(time.Second)
		if len(r.sys.events()) != 1 {
			t.Fatal("a forged revoke took control")
		}
		good, _ := grant.SignRevoke(r.end.Key, "k1", rv)
		push(good)
		synctest.Wait()
		if got := r.sys.events(); got[len(got)-1] != (input.Key{Usage: 4}) {
			t.Fatal("a key stayed down")
		}
		r.helper.Input(input.Key{Usage: 5, Down: true})
		time.Sleep(time.Second)
		if got := r.sys.events(); len(got) != 2 {
			t.Fatalf("input after a revoke: %v", got)
		}
	})
}

// Row 10: nobody's wall clock opens or closes a session, up to what keys are valid for.
func TestEvilEndpointClocks(t *testing.T) {
	for _, d := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		virtual(t, fmt.Sprintf("10 clock off by %v", d), func(t *testing.T, r *rig) {
			r.clocks(d)
			r.start(control)
			time.Sleep(20 * time.Minute)
			r.helper.Input(input.Key{Usage: 4, Down: true})
			time.Sleep(time.Second)
			if len(r.sys.events()) == 0 {
				t.Error("the session did not live")
			}
		})
	}
	virtual(t, "10 clock off by a week", func(t *testing.T, r *rig) {
		r.clocks(7 * 24 * time.Hour)
		r.join(r.help())
		p := r.people(control)
		if e := <-p.over[1]; e.Code != "clock" {
			t.Errorf("%+v", e)
		}
		r.safe(t)
	})
	virtual(t, "10 the grant lies about time", func(t *testing.T, r *rig) {
		r.end.Grant = func(c *grant.Claims) string { c.Iat = 1 << 50; return "" }
		r.start(control)
	})
}

// clocks makes every wall clock but the endpoint's wrong.
func (r *rig) clocks(off time.Duration) {
	r.end.Keys = func(s *grant.Statement) string {
		s.Keys[0].NotBefore, s.Keys[0].NotAfter = time.Now().Add(-time.Hour).Unix(), time.Now().Add(time.Hour).Unix()
		return ""
	}
	r.tweak = func(c *session.Common, _ bool) {
		c.Statement = func(jws string) (grant.Statement, error) { return r.end.StatementAt(jws, time.Now().Add(off)) }
	}
}
