package session_test

import (
	"image"
	"slices"
	"testing"
	"time"

	"beside/input"
	"beside/policy/api"
	"beside/session"
	"beside/session/sessiontest"
	"beside/session/wire"
)

// mending is a session whose path can break.
func mending(t *testing.T, name string, f func(t *testing.T, r *rig, m *sessiontest.Mending)) {
	t.Helper()
	virtual(t, name, func(t *testing.T, r *rig) {
		m := &sessiontest.Mending{}
		r.net.Links = m.Pair
		r.start(control)
		f(t, r, m)
	})
}

// signals hands every sealed signal from now on to f, which may change it; false loses it.
func (r *rig) signals(f func(to string, s *api.Signal) bool) {
	r.end.Change(func() { r.end.Push = sessiontest.Rewrite("sealed", f) })
}

// goesOn fails unless the session is as it was before its path broke.
func (r *rig) goesOn(t *testing.T) {
	t.Helper()
	expect[session.Back](t, r.he)
	expect[session.Back](t, r.se)
	r.screen.paint(image.Rect(0, 0, 80, 40), 99)
	eventually(t, "the picture is exact", r.same)
	r.helper.Input(input.Key{Usage: 5, Down: true})
	r.helper.Input(input.Key{Usage: 5})
	eventually(t, "a key arrives", func() bool {
		return slices.Contains(r.sys.events(), input.Event(input.Key{Usage: 5, Down: true}))
	})
	for _, e := range append(r.he.all, r.se.all...) {
		if _, ok := e.(session.Ended); ok {
			t.Fatal("the session ended")
		}
	}
	for _, e := range r.se.all[1+slices.IndexFunc(r.se.all, func(e session.Event) bool { _, ok := e.(session.Consent); return ok }):] {
		if _, ok := e.(session.Consent); ok {
			t.Fatal("the person was asked again")
		}
	}
}

// A path that is gone is replaced within seconds; one that comes back by itself is not, and while the
// endpoint is away none is given up.
func TestMend(t *testing.T) {
	mending(t, "the path is gone", func(t *testing.T, r *rig, m *sessiontest.Mending) {
		r.helper.Input(input.Key{Usage: 4, Down: true})
		time.Sleep(2 * time.Second)
		m.Break(false)
		start := time.Now()
		time.Sleep(1400 * time.Millisecond)
		if got := r.sys.events(); !slices.Contains(got, input.Event(input.Key{Usage: 4})) {
			t.Errorf("the key is not up after %v: %v", time.Since(start), got)
		}
		time.Sleep(1600 * time.Millisecond)
		if n, j := m.Count(); n != 1 || j != 1 {
			t.Errorf("after 3 s: %d restarts, %d rejoined", n, j)
		}
		r.helper.Input(input.Key{Usage: 6, Down: true})
		eventually(t, "a key arrives", func() bool {
			return slices.Contains(r.sys.events(), input.Event(input.Key{Usage: 6, Down: true}))
		})
		r.screen.paint(image.Rect(0, 0, 80, 40), 99)
		eventually(t, "the picture is exact", r.same)
	})
	mending(t, "this machine has another address", func(t *testing.T, r *rig, m *sessiontest.Mending) {
		time.Sleep(5 * time.Second)
		m.Break(true)
		time.Sleep(1500 * time.Millisecond)
		if n, j := m.Count(); n != 1 || j != 1 {
			t.Errorf("%d restarts, %d rejoined", n, j)
		}
	})
	mending(t, "nothing passes for 20 s, the endpoint neither", func(t *testing.T, r *rig, m *sessiontest.Mending) {
		r.signals(func(string, *api.Signal) bool { return false })
		m.Break(false)
		expect[session.Unreachable](t, r.he)
		expect[session.Unreachable](t, r.se)
		time.Sleep(20 * time.Second)
		if n, _ := m.Count(); n != 0 {
			t.Fatalf("the path was given up %d times", n)
		}
		m.Heal()
		r.goesOn(t)
		if n, _ := m.Count(); n != 0 {
			t.Errorf("a path that works was given up %d times", n)
		}
		// The question that was never answered does not stand in the way of the next time.
		r.signals(func(string, *api.Signal) bool { return true })
		m.Break(false)
		time.Sleep(4 * time.Second)
		if n, j := m.Count(); n != 1 || j != 1 {
			t.Errorf("%d restarts, %d rejoined", n, j)
		}
	})
}

// Whatever the endpoint loses, repeats or holds back, the session goes on once it lets things through;
// what it garbles ends it.
func TestMendEvilEndpoint(t *testing.T) {
	for n := range 5 {
		mending(t, "loses "+string(rune('0'+n)), func(t *testing.T, r *rig, m *sessiontest.Mending) {
			seen := 0
			r.signals(func(string, *api.Signal) bool { seen++; return seen != n && seen != n+1 })
			m.Break(false)
			expect[session.Unreachable](t, r.he)
			r.goesOn(t)
		})
	}
	mending(t, "repeats everything", func(t *testing.T, r *rig, m *sessiontest.Mending) {
		var all []api.Signal
		var to []string
		r.signals(func(who string, s *api.Signal) bool { all, to = append(all, *s), append(to, who); return true })
		m.Break(false)
		time.Sleep(10 * time.Second)
		before, _ := m.Count()
		var old []api.Signal
		var whom []string
		r.end.Change(func() { old, whom = slices.Clone(all), slices.Clone(to) })
		relayed := len(old) + 50*len(old)
		for range 50 {
			for i, s := range old {
				r.end.PushTo(whom[i], api.TypeSignal, s)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if after, j := m.Count(); after != before || j != before {
			t.Errorf("%d restarts, %d rejoined; before %d", after, j, before)
		}
		r.end.Change(func() {
			if n := len(all) - relayed; n > 20 {
				t.Errorf("%d answers to what was repeated", n)
			}
		})
		r.screen.paint(image.Rect(0, 0, 80, 40), 99)
		eventually(t, "the picture is exact", r.same)
	})
	mending(t, "garbles", func(t *testing.T, r *rig, m *sessiontest.Mending) {
		r.signals(func(_ string, s *api.Signal) bool { s.Body[len(s.Body)-1] ^= 1; return true })
		m.Break(false)
		if e := expect[session.Ended](t, r.he); e.Code != api.ProtocolBroken {
			t.Errorf("ended by %q", e.Code)
		}
		if e := expect[session.Ended](t, r.se); e.Code != api.ProtocolBroken {
			t.Errorf("the other ended by %q", e.Code)
		}
	})
	mending(t, "lets nothing through", func(t *testing.T, r *rig, m *sessiontest.Mending) {
		r.signals(func(string, *api.Signal) bool { return false })
		m.Break(false)
		start := time.Now()
		if e := expect[session.Ended](t, r.he); e.Code != api.EndLost {
			t.Errorf("ended by %q", e.Code)
		}
		if e := expect[session.Ended](t, r.se); e.Code != api.EndLost {
			t.Errorf("ended by %q", e.Code)
		}
		if took := time.Since(start); took < 59*time.Second || took > 62*time.Second {
			t.Errorf("after %v", took)
		}
	})
}

// Both can stop while there is no path, and the other is told through the endpoint.
func TestMendStop(t *testing.T) {
	for name, stop := range map[string]func(r *rig){
		"the sharer": func(r *rig) { r.sharer.Stop() }, "the helper": func(r *rig) { r.helper.End() },
	} {
		mending(t, name, func(t *testing.T, r *rig, m *sessiontest.Mending) {
			r.signals(func(string, *api.Signal) bool { return false })
			m.Break(false)
			expect[session.Unreachable](t, r.he)
			expect[session.Unreachable](t, r.se)
			start := time.Now()
			stop(r)
			a, b := expect[session.Ended](t, r.he), expect[session.Ended](t, r.se)
			if a.Code != api.EndStopped || b.Code != api.EndStopped || a.By != b.By || time.Since(start) > 3*time.Second {
				t.Errorf("helper %v %q, sharer %v %q, after %v", a.By, a.Code, b.By, b.Code, time.Since(start))
			}
		})
	}
}

// A sharer's app that restarts all the time is slowed down, and steps out of order end the session.
func TestMendEvilSharer(t *testing.T) {
	rogue := func(name string, f func(t *testing.T, r *rig, p *peer, m *sessiontest.Mending)) {
		virtual(t, name, func(t *testing.T, r *rig) {
			m := &sessiontest.Mending{}
			r.net.Links = m.Pair
			p := r.evilSharer(r.help())
			p.greet()
			p.listen()
			time.Sleep(time.Second)
			f(t, r, p, m)
		})
	}
	rogue("a flood of restarts", func(t *testing.T, _ *rig, p *peer, m *sessiontest.Mending) {
		for i := range uint32(40) {
			p.sealed(wire.Mend{Step: wire.MendOffer, N: i + 1, Description: []byte("x")})
			m.Heal()
			p.say(wire.Local{})
			time.Sleep(250 * time.Millisecond)
		}
		if _, n := m.Count(); n == 0 || n > 6 {
			t.Errorf("%d in 10 s", n)
		}
	})
	for name, msg := range map[string]wire.Mend{
		"an answer without a question": {Step: wire.MendAnswer, N: 1, Description: []byte("x")},
		"ready without a question":     {Step: wire.MendReady, N: 1},
	} {
		rogue(name, func(t *testing.T, r *rig, p *peer, _ *sessiontest.Mending) {
			p.sealed(msg)
			if e := expect[session.Ended](t, r.he); e.Code != api.ProtocolBroken {
				t.Errorf("ended by %q", e.Code)
			}
		})
	}
}
