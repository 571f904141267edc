package storetest

import (
	"testing"
	"time"

	"beside/server/store"
)

func launches(t *testing.T, e *env) {
	a := e.s.For(A)
	ticket := func() string {
		t.Helper()
		s, err := a.NewTicket(e.ctx, noa, "d1")
		must(t, err)
		return s
	}
	one := ticket()
	_, err := a.TakeTicket(e.ctx, one, sam)
	want(t, "another helper's", err, store.ErrNotFound)
	if d, err := a.TakeTicket(e.ctx, one, noa); err != nil || d != "d1" {
		t.Fatalf("%q %v", d, err)
	}
	_, err = a.TakeTicket(e.ctx, one, noa)
	want(t, "used", err, store.ErrNotFound)
	late := ticket()
	e.clock.Add(store.TicketLives)
	_, err = a.TakeTicket(e.ctx, late, noa)
	want(t, "expired", err, store.ErrNotFound)

	must(t, a.NewLaunch(e.ctx, store.Session{ID: "s", Helper: noa, HelperName: "Noa", Mode: "sas"}))
	if s, err := a.Session(e.ctx, "s"); err != nil || s.State != "waiting" || s.Mode != "sas" || s.Helper != noa || s.Sharer != "" {
		t.Errorf("%+v %v", s, err)
	}
	newCode(t, e, A, "s2", "K7QX", noa)
	if ids, err := a.Ringing(e.ctx); err != nil || len(ids) != 1 || ids[0] != "s" {
		t.Errorf("%v %v", ids, err)
	}
	if ids, err := e.s.For(B).Ringing(e.ctx); err != nil || len(ids) != 0 {
		t.Errorf("B: %v %v", ids, err)
	}

	const within = 15 * time.Second
	_, err = a.WhoWaits(e.ctx, "d1", within)
	want(t, "nobody waits", err, store.ErrNotFound)
	must(t, a.Wait(e.ctx, store.Waiting{Device: "d1", Node: "n1", Object: sam, About: "x"}))
	_, err = a.WhoWaits(e.ctx, "d1", within)
	want(t, "at a node that nobody heard of", err, store.ErrNotFound)
	must(t, a.Lives(e.ctx, "n1", within))
	must(t, a.Wait(e.ctx, store.Waiting{Device: "d1", Node: "n1", Object: sam, About: "x"}))
	if w, err := a.WhoWaits(e.ctx, "d1", within); err != nil || w != (store.Waiting{Device: "d1", Node: "n1", Object: sam, About: "x"}) {
		t.Errorf("%+v %v", w, err)
	}
	must(t, a.Lives(e.ctx, "n2", within))
	must(t, a.Wait(e.ctx, store.Waiting{Device: "d1", Node: "n2", Object: other, About: "y"}))
	must(t, a.WaitNoMore(e.ctx, "d1", "n1"))
	if w, err := a.WhoWaits(e.ctx, "d1", within); err != nil || w.Node != "n2" || w.Object != other {
		t.Errorf("it waits elsewhere: %+v %v", w, err)
	}
	e.clock.Add(within)
	_, err = a.WhoWaits(e.ctx, "d1", within)
	want(t, "its node is dead", err, store.ErrNotFound)
	must(t, a.Lives(e.ctx, "n1", within))
	must(t, a.Lives(e.ctx, "n2", within)) // it comes back, but nobody waits there any more
	_, err = a.WhoWaits(e.ctx, "d1", within)
	want(t, "its node was dead", err, store.ErrNotFound)
}

func launchIsolation(t *testing.T, e *env) {
	a, b := e.s.For(A), e.s.For(B)
	ticket, err := a.NewTicket(e.ctx, noa, "d1")
	must(t, err)
	_, err = b.TakeTicket(e.ctx, ticket, noa)
	want(t, "foreign ticket", err, store.ErrNotFound)
	must(t, a.Lives(e.ctx, "n1", time.Minute))
	must(t, b.Lives(e.ctx, "n1", time.Minute))
	must(t, a.Wait(e.ctx, store.Waiting{Device: "d1", Node: "n1", Object: sam}))
	_, err = b.WhoWaits(e.ctx, "d1", time.Minute)
	want(t, "foreign device", err, store.ErrNotFound)
	must(t, b.WaitNoMore(e.ctx, "d1", "n1"))
	if _, err := a.WhoWaits(e.ctx, "d1", time.Minute); err != nil {
		t.Errorf("B sent a device of A away: %v", err)
	}
}
