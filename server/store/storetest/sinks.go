package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"beside/server/store"
)

// sinks are claimed by one at a time, go on where they stopped, and belong to one tenant.
func sinks(t *testing.T, e *env) {
	a, b := e.s.For(A), e.s.For(B)
	for i := range 5 {
		_, err := a.Append(e.ctx, store.Entry{Action: fmt.Sprint("x", i), Outcome: "ok"})
		must(t, err)
	}
	claim := func(tn *store.Tenant, holder string) (uint64, bool) {
		seq, ok, err := tn.ClaimSink(e.ctx, "siem", holder, time.Minute)
		must(t, err)
		return seq, ok
	}
	if seq, ok := claim(a, "n1"); !ok || seq != 0 {
		t.Errorf("first: %d %v", seq, ok)
	}
	rs, err := a.AuditAfter(e.ctx, 0, 3)
	if must(t, err); len(rs) != 3 || rs[0].Seq != 1 || rs[2].Seq != 3 || rs[0].Entry.Action != "x0" {
		t.Errorf("records %+v", rs)
	}
	must(t, a.AdvanceSink(e.ctx, "siem", "n1", 0, 3))
	want(t, "advance twice", a.AdvanceSink(e.ctx, "siem", "n1", 0, 3), store.ErrStale)
	if _, ok := claim(a, "n2"); ok {
		t.Error("two hold one sink")
	}
	want(t, "advance by another", a.AdvanceSink(e.ctx, "siem", "n2", 3, 4), store.ErrStale)
	if seq, ok := claim(a, "n1"); !ok || seq != 3 {
		t.Errorf("again: %d %v", seq, ok)
	}
	e.clock.Add(time.Minute + time.Millisecond) // n1 died
	if seq, ok := claim(a, "n2"); !ok || seq != 3 {
		t.Errorf("after the lease: %d %v", seq, ok)
	}
	want(t, "advance by who lost it", a.AdvanceSink(e.ctx, "siem", "n1", 3, 4), store.ErrStale)
	must(t, a.ReleaseSink(e.ctx, "siem", "n1")) // not its own: nothing
	if _, ok := claim(a, "n1"); ok {
		t.Error("released by another")
	}
	must(t, a.ReleaseSink(e.ctx, "siem", "n2"))
	if _, ok := claim(a, "n1"); !ok {
		t.Error("not released")
	}
	if seq, ok := claim(b, "n9"); !ok || seq != 0 {
		t.Errorf("another tenant's: %d %v", seq, ok)
	}
	if theirs, err := b.AuditAfter(e.ctx, 0, 9); err != nil || len(theirs) != 0 {
		t.Errorf("another tenant's records: %v %v", theirs, err)
	}
	e.clock.Add(time.Hour)
	won := make(chan bool, 10)
	var wg sync.WaitGroup
	for i := range cap(won) {
		wg.Go(func() {
			_, ok, err := a.ClaimSink(e.ctx, "siem", fmt.Sprint("r", i), time.Minute)
			if err != nil {
				t.Error(err)
			}
			won <- ok
		})
	}
	wg.Wait()
	n := 0
	for range cap(won) {
		if <-won {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d won", n)
	}
}
