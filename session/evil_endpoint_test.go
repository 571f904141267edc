package session_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"beside/policy"
	"beside/policy/api"
	"beside/policy/grant"
	"beside/session"
	"beside/session/pair"
	"beside/session/sessiontest"
)

// people press what honest people press: the helper asks, the sharer allows. They remember what
// their apps said.
type people struct {
	mu       sync.Mutex
	pairings int
	met      int
	consents int
	started  int
	over     [2]chan session.Ended // helper: a dead code counts too
}

func (r *rig) people(want policy.Right) *people {
	p := &people{over: [2]chan session.Ended{make(chan session.Ended, 8), make(chan session.Ended, 8)}}
	r.wg.Go(func() {
		for e := range r.helper.Events() {
			p.mu.Lock()
			switch e := e.(type) {
			case session.Pairing:
				p.pairings++
			case session.MetSharer:
				p.met++
				r.helper.Ask(want)
			case session.Started:
				p.started++
			case session.CodeDead:
				p.over[0] <- session.Ended{Code: e.Code}
			case session.Ended:
				p.over[0] <- e
			}
			p.mu.Unlock()
		}
	})
	p.sharer(r, p.over[1])
	return p
}

func (p *people) sharer(r *rig, over chan<- session.Ended) {
	s := r.sharer
	r.wg.Go(func() {
		for e := range s.Events() {
			p.mu.Lock()
			switch e := e.(type) {
			case session.MetHelper:
				p.met++
			case session.Consent:
				p.consents++
				e.Answer(true)
			case session.Started:
				p.started++
			case session.Ended:
				over <- e
			}
			p.mu.Unlock()
		}
	})
}

// safe says that nothing was seen and nothing was pressed.
func (r *rig) safe(t *testing.T) {
	t.Helper()
	if n := r.glass.shown(); n != 0 {
		t.Errorf("%d pictures were shown", n)
	}
	if got := r.sys.events(); len(got) != 0 {
		t.Errorf("injected %v", got)
	}
}

// attack is one switch of the evil endpoint that must stop a session before any picture.
type attack struct {
	set            func(r *rig)
	helper, sharer string // why each side ended
}

// foreign is a certificate of the endpoint's own.
var foreign = func() (fp [32]byte) { _, _ = rand.Read(fp[:]); return fp }()

// attacks are named after the rows of PROTOCOL 2.2.
func attacks() map[string]attack {
	grantClaim := func(f func(c *grant.Claims)) attack {
		return attack{func(r *rig) {
			r.end.Grant = func(c *grant.Claims) string { f(c); return "" }
		}, api.GrantInvalid, api.GrantInvalid}
	}
	pairing := func(kind string, f func(m *sessiontest.PairingMessage)) attack {
		return attack{func(r *rig) { r.end.Push = sessiontest.RewritePairing(kind, f) }, api.CodeMismatch, api.CodeMismatch}
	}
	strict := func(a attack) attack { a.helper, a.sharer = api.ProtocolBroken, api.ProtocolBroken; return a }
	met := func(to string, f func(m *api.Met)) attack {
		return attack{func(r *rig) { r.end.Push = sessiontest.RewriteMet(to, f) }, api.CardsMismatch, api.CardsMismatch}
	}
	world := func(f func(c *session.Common)) attack {
		return attack{func(r *rig) {
			r.tweak = func(c *session.Common, sharer bool) {
				if sharer {
					f(c)
				}
			}
		}, api.CodeMismatch, api.CodeMismatch}
	}
	keys := func(f func(r *rig, s *grant.Statement) string) attack {
		return attack{func(r *rig) {
			r.end.Keys = func(s *grant.Statement) string { return f(r, s) }
		}, api.GrantInvalid, api.GrantInvalid}
	}
	bob := "66666666-6666-4666-8666-666666666666"
	_, rogue, _ := ed25519.GenerateKey(rand.Reader)
	list := map[string]attack{
		"01 own certificate in P1":    pairing("p1", func(m *sessiontest.PairingMessage) { m.Fingerprint = foreign[:] }),
		"01 own certificate in P2":    pairing("p2", func(m *sessiontest.PairingMessage) { m.Fingerprint = foreign[:] }),
		"01 own certificate on line":  {func(r *rig) { r.net.Swap = func([32]byte) [32]byte { return foreign } }, api.LinkMismatch, api.LinkMismatch},
		"01 own certificate in grant": grantClaim(func(c *grant.Claims) { c.HFP = foreign[:] }),
		"01 own runs with a guess":    {manInTheMiddle, api.CodeMismatch, api.CodeMismatch},

		"04 P1 comes back as P2":      strict(attack{set: reflectP1(func(*sessiontest.PairingMessage) {})}),
		"04 P1 comes back relabelled": strict(attack{set: reflectP1(func(m *sessiontest.PairingMessage) { m.Role = "sharer" })}),
		"04 roles swapped in P1":      strict(pairing("p1", func(m *sessiontest.PairingMessage) { m.Role = "sharer" })),
		"04 roles swapped in P2":      strict(pairing("p2", func(m *sessiontest.PairingMessage) { m.Role = "helper" })),
		"04 Ta comes back as Tb":      {reflectTa, api.CodeMismatch, api.CodeMismatch},
		"04 helper is told to help himself": {func(r *rig) {
			r.end.Push = func(_ string, f api.Frame) []api.Frame {
				if f.Type != api.TypeClaimant {
					return []api.Frame{f}
				}
				c := read[api.Claimant](f.Body)
				c.Sharer = sessiontest.Noa
				return []api.Frame{sessiontest.Frame(f.Type, c)}
			}
		}, api.SelfHelp, api.SelfHelp},
		"04 sharer is told to help himself": {func(r *rig) {
			r.end.Answer = sessiontest.RewriteClaimed(func(c *api.Claimed) { c.Helper = sessiontest.Sam })
		}, api.SelfHelp, api.SelfHelp},
		"04 nonce of another session": {func(r *rig) {
			r.end.Answer = sessiontest.RewriteClaimed(func(c *api.Claimed) { c.NH = make([]byte, 32) })
		}, api.CodeMismatch, api.CodeMismatch},
		"04 sealed comes back": {func(r *rig) {
			r.end.Push = sessiontest.Rewrite("sealed", func(to string, s *api.Signal) bool {
				if to == sessiontest.Sam {
					go r.end.PushTo(sessiontest.Noa, api.TypeSignal, *s)
					return false
				}
				return true
			})
		}, api.ProtocolBroken, api.ProtocolBroken},
		"04 sealed is changed": {func(r *rig) {
			r.end.Push = sessiontest.Rewrite("sealed", func(_ string, s *api.Signal) bool { s.Body[len(s.Body)-1] ^= 1; return true })
		}, api.ProtocolBroken, api.ProtocolBroken},
		"04 sealed before its time": strict(attack{set: func(r *rig) {
			r.end.Push = sessiontest.Rewrite("p1", func(_ string, s *api.Signal) bool { s.Kind = "sealed"; return true })
		}}),

		"06 grant of another helper": grantClaim(func(c *grant.Claims) { c.HOID = bob }),
		"06 grant of another sharer": grantClaim(func(c *grant.Claims) { c.SOID = bob }),
		"06 grant of another card":   grantClaim(func(c *grant.Claims) { c.CardH = foreign[:] }),
		"06 grant of another device": grantClaim(func(c *grant.Claims) { c.Dev = bob }),
		"06 card of another helper": met(sessiontest.Sam, func(m *api.Met) {
			m.Helper = sessiontest.Frame("", api.Card{Object: bob, Name: "Bob"}).Body
		}),
		"06 card of another sharer": met(sessiontest.Noa, func(m *api.Met) {
			m.Sharer = sessiontest.Frame("", api.Card{Object: bob, Name: "Bob"}).Body
		}),
		"07 another name for the sharer's eyes": met(sessiontest.Sam, func(m *api.Met) {
			m.Helper = sessiontest.Frame("", api.Card{Object: sessiontest.Noa, Name: "The Boss"}).Body
		}),
		"07 another name for the helper's eyes": met(sessiontest.Noa, func(m *api.Met) {
			m.Sharer = sessiontest.Frame("", api.Card{Object: sessiontest.Sam, Name: "The Boss"}).Body
		}),
		"07 another device state per side": met(sessiontest.Noa, func(m *api.Met) { m.Device.State = policy.StateUnknown.String() }),

		"08 more than was asked for": grantClaim(func(c *grant.Claims) { c.Rights = []string{"view", "control", "elevate"} }),
		"08 a right nobody knows":    grantClaim(func(c *grant.Claims) { c.Rights = []string{"view", "everything"} }),
		"08 no right at all":         grantClaim(func(c *grant.Claims) { c.Rights = nil }),
		"08 another mode":            grantClaim(func(c *grant.Claims) { c.Mode = "unattended" }),

		"11 another tenant":           world(func(c *session.Common) { c.Account.Tenant = bob }),
		"11 another origin":           world(func(c *session.Common) { c.Origin = "https://evil.example" }),
		"11 another anchor":           world(func(c *session.Common) { c.AnchorID[0] ^= 1 }),
		"11 another account":          world(func(c *session.Common) { c.Account.Object = bob }),
		"11 grant of another tenant":  grantClaim(func(c *grant.Claims) { c.Tid = bob }),
		"11 grant of another origin":  grantClaim(func(c *grant.Claims) { c.Iss = "https://evil.example" }),
		"11 grant of another session": grantClaim(func(c *grant.Claims) { c.Sid = c.TH[:64] }),
		"11 grant of another pairing": grantClaim(func(c *grant.Claims) { c.TH = c.TH[2:] + "00" }),
		"11 grant with another nonce": grantClaim(func(c *grant.Claims) { c.GN = foreign[:] }),
		"11 grant with another seq":   grantClaim(func(c *grant.Claims) { c.Seq++ }),

		"12 versions stripped":      strict(pairing("p1", func(m *sessiontest.PairingMessage) { m.Versions = nil })),
		"12 an old version instead": pairing("p1", func(m *sessiontest.PairingMessage) { m.Versions = []byte{0} }),
		"12 a version added":        pairing("p2", func(m *sessiontest.PairingMessage) { m.Versions = []byte{1, 9} }),
		"12 another app version":    pairing("p1", func(m *sessiontest.PairingMessage) { m.AppV = "0.1.0" }),
		"12 a weaker hash":          strict(pairing("p1", func(m *sessiontest.PairingMessage) { m.Hash = "sha-1" })),

		"13 statement of another anchor": keys(func(_ *rig, s *grant.Statement) string {
			jws, _ := grant.SignStatement(rogue, *s)
			return jws
		}),
		"13 older statement":   keys(func(_ *rig, s *grant.Statement) string { s.Seq = 0; return "" }),
		"13 retired key":       keys(func(_ *rig, s *grant.Statement) string { s.Keys[0].KID = "k2"; return "" }),
		"13 no statement":      keys(func(*rig, *grant.Statement) string { return "none" }),
		"13 another tenant's":  keys(func(_ *rig, s *grant.Statement) string { s.Tenant = bob; return "" }),
		"13 stolen kid":        {signedBy(rogue, "k1"), api.GrantInvalid, api.GrantInvalid},
		"13 key nobody listed": {signedBy(rogue, "k9"), api.GrantInvalid, api.GrantInvalid},
		"13 not a grant": {func(r *rig) {
			r.end.Grant = func(*grant.Claims) string { return "e30.e30.e30" }
		}, api.GrantInvalid, api.GrantInvalid},
	}
	for kind, code := range map[string]string{
		"p1": api.CodeMismatch, "p2": api.CodeMismatch, "ta": api.CodeMismatch, "tb": api.CodeMismatch, "sealed": api.ProtocolBroken,
	} {
		list["04 "+kind+" of another session"] = attack{crossed(kind), code, code}
	}
	return list
}

// crossed delivers what was said in another session of the same two people.
func crossed(kind string) func(r *rig) {
	return func(r *rig) {
		other := newRig(r.t)
		var said []byte
		other.end.Push = sessiontest.Rewrite(kind, func(_ string, s *api.Signal) bool {
			if said == nil {
				said = s.Body
			}
			return true
		})
		other.join(other.help())
		other.people(control)
		time.Sleep(10 * time.Second)
		other.cancel()
		other.wg.Wait()
		r.end.Push = sessiontest.Rewrite(kind, func(_ string, s *api.Signal) bool { s.Body = said; return said != nil })
	}
}

func signedBy(key ed25519.PrivateKey, kid string) func(r *rig) {
	return func(r *rig) {
		r.end.Grant = func(c *grant.Claims) string {
			jws, _ := grant.Sign(key, kid, *c)
			return jws
		}
	}
}

// reflectP1 keeps P1 from the sharer and gives it back to the helper as P2.
func reflectP1(f func(m *sessiontest.PairingMessage)) func(r *rig) {
	return func(r *rig) {
		r.end.Push = sessiontest.Rewrite("p1", func(_ string, s *api.Signal) bool {
			m, _ := sessiontest.ParsePairing(s.Body)
			f(&m)
			go r.end.PushTo(sessiontest.Noa, api.TypeSignal, api.Signal{Session: s.Session, Kind: "p2", Body: m.Bytes()})
			return false
		})
	}
}

// reflectTa plays the sharer with the helper's own tag.
func reflectTa(r *rig) {
	r.end.Push = sessiontest.Rewrite("ta", func(_ string, s *api.Signal) bool {
		go r.end.PushTo(sessiontest.Noa, api.TypeSignal, api.Signal{Session: s.Session, Kind: "tb", Body: s.Body})
		return false
	})
}

// manInTheMiddle is the whole attack: a run of its own with each side, with a guessed secret and its
// own certificates.
func manInTheMiddle(r *rig) {
	local := pair.Local{Fingerprint: foreign, AppVersion: "1.0.0", Versions: []byte{1}}
	var toSharer *pair.HelperRun
	var toHelper *pair.SharerRun
	var nH, nS, p2, ta []byte
	ctx := func(id string) pair.Context {
		return pair.Context{
			Mode: "code", SessionGUID: id, Origin: sessiontest.Origin, AnchorID: r.end.AnchorID(), Tenant: sessiontest.Tenant,
			HelperOID: sessiontest.Noa, SharerOID: sessiontest.Sam, NH: [32]byte(nH), NS: [32]byte(nS),
		}
	}
	r.end.Asked = func(_, typ string, b json.RawMessage) {
		switch typ {
		case api.TypeCodeNew:
			nH = read[api.CodeNew](b).NH
		case api.TypeCodeClaim:
			nS = read[api.Claim](b).NS
		}
	}
	r.end.Push = func(_ string, f api.Frame) []api.Frame {
		if f.Type == api.TypeSignal {
			s := read[api.Signal](f.Body)
			switch s.Kind {
			case "p1":
				toHelper, _ = pair.NewSharer(ctx(s.Session), local, "B2C3")
				p2, _ = toHelper.Respond(s.Body)
				toSharer, s.Body, _ = pair.NewHelper(ctx(s.Session), local, "B2C3")
			case "p2":
				ta, _ = toSharer.Confirm(s.Body)
				s.Body = p2
			case "ta":
				s.Body = ta // what its own run with the sharer made
			}
			return []api.Frame{sessiontest.Frame(api.TypeSignal, s)}
		}
		return []api.Frame{f}
	}
}

func TestEvilEndpoint(t *testing.T) {
	for name, a := range attacks() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.end.Offer, r.ceiling = everything, everything
				a.set(r)
				code := r.help()
				r.join(code)
				p := r.people(control)
				r.ended(t, p, a)
				r.safe(t)
				r.dead(t, p, code)
				r.cancel()
				r.wg.Wait()
			})
		})
	}
}

const everything = policy.View | policy.Control | policy.Elevate

// ended waits for both sides' ends, and compares why.
func (r *rig) ended(t *testing.T, p *people, a attack) {
	t.Helper()
	for side, want := range []string{a.helper, a.sharer} {
		select {
		case e := <-p.over[side]:
			if e.Code != want {
				t.Errorf("%s: ended with %+v, want %s", [2]string{"helper", "sharer"}[side], e, want)
			}
			if !e.Began.IsZero() {
				t.Error("it had started")
			}
		case <-time.After(patience):
			t.Fatalf("side %d never ended", side)
		}
	}
}

// dead shows that the right code, typed once more into a fresh app, opens nothing even when the
// endpoint would let it.
func (r *rig) dead(t *testing.T, p *people, code string) {
	t.Helper()
	r.end.Change(func() {
		r.end.Again, r.end.Push, r.end.Answer, r.end.Grant, r.end.Keys = true, nil, nil, nil, nil
	})
	r.tweak, r.net.Swap = nil, nil
	p.mu.Lock()
	ran := p.pairings
	p.mu.Unlock()
	r.spent, _ = pair.NewSpent()
	r.join(code)
	again := &people{}
	over := make(chan session.Ended, 1)
	again.sharer(r, over)
	<-over
	p.mu.Lock()
	defer p.mu.Unlock()
	again.mu.Lock()
	defer again.mu.Unlock()
	if p.pairings != ran || again.met != 0 || again.started != 0 {
		t.Error("the code was good for another run")
	}
	r.safe(t)
}
