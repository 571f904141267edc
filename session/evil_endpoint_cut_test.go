package session_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"beside/input"
	"beside/policy/api"
	"beside/session"
	"beside/session/sessiontest"
)

// marked is a Wire whose address can be recognised.
type marked struct{ session.Wire }

const mark = "ufrag:beside pwd:marker 192.0.2.7 "

func (m marked) Local(ctx context.Context, ice []api.ICEServer, peer [32]byte) ([]byte, error) {
	b, err := m.Wire.Local(ctx, ice, peer)
	return append([]byte(mark), b...), err
}

func (m marked) Connect(ctx context.Context, b []byte) (session.Link, error) {
	return m.Wire.Connect(ctx, []byte(strings.TrimPrefix(string(b), mark)))
}

// Row 16: in everything that the endpoint saw there is no address and no secret half of the code.
func TestEvilEndpointReads(t *testing.T) {
	virtual(t, "16 reads everything", func(t *testing.T, r *rig) {
		var mu sync.Mutex
		var locals []string
		r.tweak = func(c *session.Common, _ bool) {
			made := c.NewWire
			c.NewWire = func() (session.Wire, error) {
				w, err := made()
				fp := w.Fingerprint()
				mu.Lock()
				defer mu.Unlock()
				locals = append(locals, hex.EncodeToString(fp[:]))
				return marked{w}, err
			}
		}
		code := r.help()
		r.join(code)
		p := r.people(control)
		time.Sleep(10 * time.Second)
		r.helper.Input(input.Key{Usage: 4, Down: true})
		time.Sleep(time.Second)
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.started != 2 || len(r.sys.events()) != 1 || len(locals) != 2 {
			t.Fatal("there was no session to look at")
		}
		seen := r.end.Read()
		if !slices.Contains(seen, code[:4]) || len(seen) < 50 {
			t.Fatal("the endpoint's traffic was not read right")
		}
		for _, s := range seen {
			for _, secret := range append(locals, "ufrag", "marker", "192.0.2.7", code[4:], code) {
				if strings.Contains(s, secret) {
					t.Errorf("the endpoint read %q in %q", secret, s)
				}
			}
		}
	})
}

// Row 17: every step cut once, by an error or by silence: never a picture, never a weaker way.
func TestEvilEndpointCuts(t *testing.T) {
	for typ, most := range map[string]int{
		api.TypeCodeNew: 1, api.TypeCodeClaim: 1, api.TypePaired: 2, api.TypeGrantRequest: 1, api.TypeSignal: 8,
	} {
		for n := range most {
			for _, hang := range []bool{false, true} {
				virtual(t, fmt.Sprintf("17 call %s %d hang %v", typ, n, hang), func(t *testing.T, r *rig) {
					var mu sync.Mutex
					left, cut := n, false
					mine := func(_, now string) bool {
						mu.Lock()
						defer mu.Unlock()
						if now != typ {
							return false
						}
						left--
						cut = cut || left == -1
						return left == -1
					}
					r.end.Refuse = func(who, now string) *api.Problem {
						if mine(who, now) {
							return &api.Problem{Code: api.Internal}
						}
						return nil
					}
					if hang {
						r.end.Refuse, r.end.Hang = nil, mine
					}
					r.endsWithoutAPicture(t)
					mu.Lock()
					defer mu.Unlock()
					if !cut {
						t.Error("this step does not exist")
					}
				})
			}
		}
	}
	for _, c := range []struct {
		typ  string
		most int
	}{{api.TypeClaimant, 1}, {api.TypeMet, 2}, {api.TypeSignal, 8}} {
		for n := range c.most {
			virtual(t, fmt.Sprintf("17 push %s %d", c.typ, n), func(t *testing.T, r *rig) {
				left, cut := n, false
				r.end.Push = func(_ string, f api.Frame) []api.Frame {
					if f.Type == c.typ {
						if left--; left == -1 {
							cut = true
							return nil
						}
					}
					return []api.Frame{f}
				}
				r.endsWithoutAPicture(t)
				r.end.Change(func() {
					if !cut {
						t.Error("this step does not exist")
					}
				})
			})
		}
	}
}

// endsWithoutAPicture plays an hour of it; after that both can still leave.
func (r *rig) endsWithoutAPicture(t *testing.T) {
	t.Helper()
	r.conns[0] = r.end.Connect(sessiontest.Noa)
	r.helper = session.NewHelper(session.HelperConfig{Common: r.common(sessiontest.Noa, r.conns[0], false), Screen: r.glass})
	code := make(chan string, 8)
	var both sync.WaitGroup
	both.Go(func() { _ = r.helper.Run(r.ctx) })
	r.wg.Go(func() {
		for e := range r.helper.Events() {
			switch e := e.(type) {
			case session.CodeReady:
				code <- e.Code
			case session.MetSharer:
				r.helper.Ask(control)
			}
		}
	})
	synctest.Wait()
	select {
	case c := <-code:
		r.join(c)
		over := make(chan session.Ended, 1)
		(&people{}).sharer(r, over)
		both.Go(func() { <-over })
	default: // no code, no session
	}
	time.Sleep(time.Hour)
	r.helper.End()
	if r.sharer != nil {
		r.sharer.Stop()
	}
	both.Wait()
	r.safe(t)
}

// Row 18, as far as an app can see it: swallowing what the apps report opens nothing and stops nothing,
// and both tell their own end.
func TestEvilEndpointAudit(t *testing.T) {
	virtual(t, "18 swallows reports", func(t *testing.T, r *rig) {
		r.end.Refuse = func(_, typ string) *api.Problem {
			if typ == api.TypeEvent {
				return &api.Problem{Code: api.Internal}
			}
			return nil
		}
		r.start(control)
		r.sharer.Stop()
		if e := expect[session.Ended](t, r.se); e.Code != api.EndStopped || e.Used != control {
			t.Fatalf("%+v", e)
		}
		expect[session.Ended](t, r.he)
	})
	virtual(t, "18 another head than it signed", func(t *testing.T, r *rig) {
		r.end.Answer = func(_, typ string, b json.RawMessage) json.RawMessage {
			if typ != api.TypeGrantRequest {
				return b
			}
			g := read[api.Granted](b)
			parts := strings.Split(g.Grant, ".")
			claims := []byte(parts[1])
			claims[len(claims)/2] ^= 1
			g.Grant = parts[0] + "." + string(claims) + "." + parts[2]
			return sessiontest.Frame(typ, g).Body
		}
		r.join(r.help())
		p := r.people(control)
		if e := <-p.over[1]; e.Code != api.GrantInvalid {
			t.Errorf("%+v", e)
		}
		r.safe(t)
	})
}
