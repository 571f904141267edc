package session_test

import (
	"image"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"beside/input"
	"beside/policy"
	"beside/policy/api"
	"beside/policy/grant"
	"beside/session"
	"beside/session/sessiontest"
	"beside/session/wire"
)

// cutOff makes an endpoint that no longer gives grants.
func (r *rig) cutOff() {
	r.end.Change(func() {
		r.end.Refuse = func(_, typ string) *api.Problem {
			if typ == api.TypeGrantRequest {
				return &api.Problem{Code: api.Internal}
			}
			return nil
		}
	})
}

func TestRightIsGoneAfterSleep(t *testing.T) {
	r := newRig(t)
	r.start(control)
	r.helper.Input(input.Key{Usage: 4, Down: true})
	eventually(t, "input lands", func() bool { return len(r.sys.events()) == 1 })
	r.cutOff()
	r.sleep(8 * time.Hour)
	if e := expect[session.Ended](t, r.se); e.Code != api.GrantExpired {
		t.Fatalf("%+v", e)
	}
	if got := r.sys.events(); got[len(got)-1] != (input.Key{Usage: 4}) {
		t.Fatal("the key stayed down")
	}
}

// An endpoint that withholds renewals ends the session at 600 s, not before, and warns first.
func TestOutageEndsAtTheGrant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.start(control)
		began := time.Now()
		r.cutOff()
		expect[session.Expiring](t, r.se)
		if d := time.Since(began); d < 530*time.Second || d > 545*time.Second {
			t.Errorf("warned after %v", d)
		}
		if e := expect[session.Ended](t, r.se); e.Code != api.GrantExpired {
			t.Fatalf("%+v", e)
		}
		if d := time.Since(began); d < 599*time.Second || d > 602*time.Second {
			t.Errorf("ended after %v", d)
		}
		r.cancel()
		r.wg.Wait()
	})
}

func TestRenewalKeepsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.start(control)
		time.Sleep(25 * time.Minute)
		r.screen.paint(image.Rect(0, 0, 16, 16), 8)
		eventually(t, "the picture goes on after 25 minutes", r.same)
		r.helper.Input(input.Key{Usage: 4, Down: true})
		eventually(t, "input goes on", func() bool { return len(r.sys.events()) > 0 })
		r.cancel()
		r.wg.Wait()
	})
}

// A renewal may only keep or narrow.
func TestRenewalNeverWidens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.end.Offer = policy.View | policy.Control
		r.start(policy.View)
		r.end.Change(func() {
			r.end.Grant = func(c *grant.Claims) string { c.Rights = []string{"view", "control"}; return "" }
		})
		// Ignored and logged: what was granted first runs on, and out.
		began := time.Now()
		if e := expect[session.Ended](t, r.se); e.Code != api.GrantExpired || e.Used != policy.View {
			t.Fatalf("a renewal that says more than was asked: %+v", e)
		}
		if d := time.Since(began); d > 601*time.Second {
			t.Errorf("lived %v", d)
		}
		if r.refused("renewal.wider") == 0 {
			t.Error("not logged")
		}
		r.cancel()
		r.wg.Wait()
	})
}

// Silence: keys up at once, people told within 5 s, the end after a minute.
func TestSilentPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		var cut atomic.Bool
		r.net.Links = func() (session.Link, session.Link) { return sessiontest.PairCut(&cut) }
		r.start(control)
		r.helper.Input(input.Key{Usage: 4, Down: true})
		eventually(t, "input lands", func() bool { return len(r.sys.events()) == 1 })
		cut.Store(true)
		at := time.Now()
		eventually(t, "the key is lifted", func() bool { return len(r.sys.events()) == 2 })
		if d := time.Since(at); d > 2*time.Second {
			t.Errorf("lifted after %v", d)
		}
		expect[session.Unreachable](t, r.se)
		expect[session.Unreachable](t, r.he)
		if d := time.Since(at); d > 5*time.Second {
			t.Errorf("told after %v", d)
		}
		time.Sleep(10 * time.Second)
		cut.Store(false)
		expect[session.Back](t, r.se)
		expect[session.Back](t, r.he)
		r.screen.paint(image.Rect(0, 0, 32, 32), 3)
		eventually(t, "the picture comes back", r.same)
		cut.Store(true)
		if e := expect[session.Ended](t, r.se); e.Code != api.EndLost {
			t.Fatalf("%+v", e)
		}
		if e := expect[session.Ended](t, r.he); e.Code != api.EndLost {
			t.Fatalf("%+v", e)
		}
		r.cancel()
		r.wg.Wait()
	})
}

// lateRights is a link on which the rights arrive after the first pictures, as under loss.
type lateRights struct{ session.Link }

func (l lateRights) Send(ch session.Channel, b []byte) error {
	if m, err := wire.Parse(b); err == nil && ch == session.ChanControl {
		if _, ok := m.(wire.Rights); ok {
			time.AfterFunc(300*time.Millisecond, func() { _ = l.Link.Send(ch, b) })
			return nil
		}
	}
	return l.Link.Send(ch, b)
}
