package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"beside/policy"
	"beside/server/store"
)

// chain appends from many goroutines at once: no row may be lost, none may fork the chain.
func chain(t *testing.T, e *env) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				if _, err := e.s.For(A).Append(e.ctx, store.Entry{Action: "x", Outcome: "ok"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if h, err := e.s.For(A).VerifyAudit(e.ctx); err != nil || h.Seq != 80 {
		t.Errorf("%+v %v", h, err)
	}
}

// holders counts in a session's state from many goroutines; a lost update shows.
func holders(t *testing.T, e *env) {
	a := e.s.For(A)
	newCode(t, e, A, "s", "K7QX", noa)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			err := a.Hold(e.ctx, "s", func(held *store.Tenant, s store.Session, l store.Live) error {
				n, _ := strconv.Atoi(l.State)
				if s.ID != "s" || held.ID() != A {
					return fmt.Errorf("held %s of %s", s.ID, held.ID())
				}
				if _, err := held.Append(e.ctx, store.Entry{Action: "x", Outcome: "ok"}); err != nil {
					return err
				}
				return held.PutLive(e.ctx, "s", store.Live{State: strconv.Itoa(n + 1), Deadline: e.clock.Now()})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	must(t, a.Hold(e.ctx, "s", func(_ *store.Tenant, _ store.Session, l store.Live) error {
		if l.State != "20" || !l.Deadline.Equal(e.clock.Now()) {
			t.Errorf("state %+v", l)
		}
		return nil
	}))
	if due, err := a.Due(e.ctx, e.clock.Now(), 9); err != nil || len(due) != 1 || due[0] != "s" {
		t.Errorf("due %v %v", due, err)
	}
	if due, err := a.Due(e.ctx, e.clock.Now().Add(-time.Second), 9); err != nil || len(due) != 0 {
		t.Errorf("due too early %v %v", due, err)
	}
	want(t, "no such session", a.Hold(e.ctx, "none", func(*store.Tenant, store.Session, store.Live) error { return nil }), store.ErrNotFound)
}

func atomic(t *testing.T, e *env) {
	a := e.s.For(A)
	newCode(t, e, A, "s", "K7QX", noa)
	broken := errors.New("broken")
	err := a.Hold(e.ctx, "s", func(held *store.Tenant, s store.Session, _ store.Live) error {
		s.State = "met"
		must(t, held.SaveSession(e.ctx, s))
		must(t, held.PutLive(e.ctx, "s", store.Live{State: "x"}))
		must(t, held.AddPushes(e.ctx, "s", []store.Push{{Role: "helper", Seq: 1, Type: "t", Body: []byte("{}")}}, 9))
		must(t, held.Notify("topic", "text"))
		_, err := held.NewResume(e.ctx, "s", "helper")
		must(t, err)
		_, err = held.Append(e.ctx, store.Entry{Action: "x", Outcome: "ok"})
		must(t, err)
		return broken
	})
	want(t, "the error", err, broken)
	s, err := a.Session(e.ctx, "s")
	must(t, err)
	ps, _ := a.Pushes(e.ctx, "s", "helper", 0)
	h, _ := a.Head(e.ctx)
	if s.State != "waiting" || len(ps) != 0 || h.Seq != 0 {
		t.Errorf("something stayed: %v %v %v", s.State, ps, h)
	}
}

func pushes(t *testing.T, e *env) {
	a := e.s.For(A)
	newCode(t, e, A, "s", "K7QX", noa)
	must(t, a.PutLive(e.ctx, "s", store.Live{}))
	big := []byte(`"` + strings.Repeat("x", 60_000) + `"`)
	for n := uint64(1); n <= 64; n++ {
		p := store.Push{Role: "helper", Seq: n, Type: "signal", Body: []byte(strconv.FormatUint(n, 10))}
		if n == 63 {
			p.Body = big
		}
		must(t, a.AddPushes(e.ctx, "s", []store.Push{p, {Role: "sharer", Seq: n, Type: "met", Body: []byte("{}")}}, 16))
	}
	got, err := a.Pushes(e.ctx, "s", "helper", 61)
	must(t, err)
	wanted := []store.Push{{Role: "helper", Seq: 62, Type: "signal", Body: []byte("62")}, {Role: "helper", Seq: 63, Type: "signal", Body: big}, {Role: "helper", Seq: 64, Type: "signal", Body: []byte("64")}}
	if !reflect.DeepEqual(got, wanted) {
		t.Errorf("got %d pushes", len(got))
	}
	if all, _ := a.Pushes(e.ctx, "s", "sharer", 0); len(all) != 16 || all[0].Seq != 49 {
		t.Errorf("kept %d", len(all))
	}
	must(t, a.DropLive(e.ctx, "s"))
	if all, _ := a.Pushes(e.ctx, "s", "sharer", 0); len(all) != 0 {
		t.Errorf("%d pushes outlive their session", len(all))
	}
}

// notes come once, in order, to their topic only, and only if what they tell was done.
func notes(t *testing.T, e *env) {
	a := e.s.For(A)
	newCode(t, e, A, "s", "K7QX", noa)
	ctx, stop := context.WithCancel(e.ctx)
	ready, got := make(chan struct{}, 9), make(chan string, 1000)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() {
		err := e.s.Listen(ctx, "node_a", func() { ready <- struct{}{} }, func(s string) { got <- s })
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	<-ready
	want(t, "too long", a.Hold(e.ctx, "s", func(h *store.Tenant, _ store.Session, _ store.Live) error {
		return h.Notify("node_a", strings.Repeat("x", store.MaxNote+1))
	}), store.ErrTooLong)
	if a.Notify("node_a", "x") == nil {
		t.Error("a note outside a hold")
	}
	_ = a.Hold(e.ctx, "s", func(h *store.Tenant, _ store.Session, _ store.Live) error {
		must(t, h.Notify("node_a", "never"))
		return errors.New("no")
	})
	for i := range 100 {
		must(t, a.Hold(e.ctx, "s", func(h *store.Tenant, _ store.Session, _ store.Live) error {
			return errors.Join(h.Notify("node_b", "other"), h.Notify("node_a", fmt.Sprint(i, strings.Repeat("y", store.MaxNote-3))), h.Notify("node_a", fmt.Sprint(i, "'")))
		}))
	}
	for i := range 100 {
		for _, tail := range []string{strings.Repeat("y", store.MaxNote-3), "'"} {
			if s := <-got; s != fmt.Sprint(i, tail) {
				t.Fatalf("note %d is %.20q", i, s)
			}
		}
	}
}

func limits(t *testing.T, e *env) {
	a, w := e.s.For(A), store.Window{Kind: "wrong", Max: 3, Span: 10 * time.Minute}
	count := func(subject string) (bool, bool, time.Duration) {
		ok, full, retry, err := a.Count(e.ctx, w, subject)
		must(t, err)
		return ok, full, retry
	}
	for i := range 3 {
		if ok, full, _ := count("x"); !ok || full != (i == 2) {
			t.Errorf("attempt %d: %v %v", i, ok, full)
		}
		e.clock.Add(time.Minute)
	}
	if ok, _, retry := count("x"); ok || retry != 7*time.Minute {
		t.Errorf("a fourth: %v %v", ok, retry)
	}
	if ok, _, _ := count("y"); !ok {
		t.Error("another subject is limited too")
	}
	if ok, _, _, err := e.s.For(B).Count(e.ctx, w, "x"); !ok || err != nil {
		t.Error("another tenant is limited too")
	}
	e.clock.Add(7 * time.Minute)
	if ok, _, _ := count("x"); !ok {
		t.Error("the window does not slide")
	}
	must(t, a.Forget(e.ctx, "wrong", "x"))
	if ok, full, _ := count("x"); !ok || full {
		t.Error("not forgotten")
	}
	must(t, a.Lock(e.ctx, "lock", "x", e.clock.Now().Add(time.Minute)))
	for subject, left := range map[string]bool{"x": true, "y": false} {
		if d, err := a.Locked(e.ctx, "lock", subject); err != nil || (d > 0) != left {
			t.Errorf("%s locked: %v %v", subject, d, err)
		}
	}
	e.clock.Add(time.Minute)
	if d, err := a.Locked(e.ctx, "lock", "x"); err != nil || d > 0 {
		t.Errorf("locked for ever: %v %v", d, err)
	}
	e.clock.Add(time.Hour)
	_, err := e.s.Purge(e.ctx)
	must(t, err)
}

func limitRace(t *testing.T, e *env) {
	w := store.Window{Kind: "wrong", Max: 5, Span: time.Minute}
	let := make(chan bool, 20)
	var wg sync.WaitGroup
	for range cap(let) {
		wg.Go(func() {
			ok, _, _, err := e.s.For(A).Count(e.ctx, w, "x")
			if err != nil {
				t.Error(err)
			}
			let <- ok
		})
	}
	wg.Wait()
	n := 0
	for range cap(let) {
		if <-let {
			n++
		}
	}
	if n != 5 {
		t.Errorf("%d of 5", n)
	}
}

func admins(t *testing.T, e *env) {
	a := e.s.For(A)
	if role, err := a.AdminRole(e.ctx, noa); err != nil || role != "" {
		t.Errorf("at first: %q %v", role, err)
	}
	want(t, "unknown role", a.GrantAdmin(e.ctx, "console", noa, "owner"), store.ErrConflict)
	want(t, "nobody", a.GrantAdmin(e.ctx, "console", "", store.RoleAdmin), store.ErrConflict)
	must(t, a.GrantAdmin(e.ctx, "console", noa, store.RoleAuditor))
	must(t, a.GrantAdmin(e.ctx, "console", noa, store.RoleAdmin))
	as, err := a.Admins(e.ctx)
	must(t, err)
	if want := []store.Admin{{Object: noa, Role: "admin", Granted: e.clock.Now(), By: "console"}}; !reflect.DeepEqual(as, want) {
		t.Errorf("got %+v", as)
	}
	if role, _ := a.AdminRole(e.ctx, noa); role != store.RoleAdmin {
		t.Errorf("role %q", role)
	}
	must(t, a.RevokeAdmin(e.ctx, noa))
	want(t, "twice", a.RevokeAdmin(e.ctx, noa), store.ErrNotFound)
}

// browse asks for sessions and records by everything that the admin site can.
func browse(t *testing.T, e *env) {
	a := e.s.For(A)
	for i, name := range []string{"Sam 100%", "Jon"} {
		id := fmt.Sprint("s", i)
		newCode(t, e, A, id, fmt.Sprint("K7Q", i), noa)
		s, err := a.Session(e.ctx, id)
		must(t, err)
		s.State, s.Sharer, s.SharerName, s.Granted, s.Used, s.Started = "met", sam, name, policy.View, policy.View, e.clock.Now()
		must(t, a.SaveSession(e.ctx, s))
		_, err = a.Append(e.ctx, store.Entry{Action: "x", Session: id, Outcome: "ok"})
		must(t, err)
		e.clock.Add(time.Minute)
	}
	must(t, a.EndSession(e.ctx, "s0", "stopped"))
	for name, tt := range map[string]struct {
		q    store.SessionQuery
		want []string
	}{
		"all":      {store.SessionQuery{Limit: 9}, []string{"s1", "s0"}},
		"text":     {store.SessionQuery{Limit: 9, Text: "sAm 100%"}, []string{"s0"}},
		"NUL":      {store.SessionQuery{Limit: 9, Text: "jo\x00n"}, []string{"s1"}},
		"wildcard": {store.SessionQuery{Limit: 9, Text: "_"}, nil},
		"since":    {store.SessionQuery{Limit: 9, Since: e.clock.Now().Add(-time.Minute)}, []string{"s1"}},
		"used":     {store.SessionQuery{Limit: 9, Used: policy.View}, []string{"s1", "s0"}},
		"not used": {store.SessionQuery{Limit: 9, Used: policy.Control}, nil},
		"running":  {store.SessionQuery{Limit: 9, Running: true}, []string{"s1"}},
		"ended":    {store.SessionQuery{Limit: 9, Ended: true, Reason: "stopped", Helper: noa, Sharer: sam}, []string{"s0"}},
		"page":     {store.SessionQuery{Limit: 1, Before: e.clock.Now().Add(-time.Minute), BeforeID: "s1"}, []string{"s0"}},
	} {
		list, _, err := a.FindSessions(e.ctx, tt.q)
		must(t, err)
		var got []string
		for _, s := range list {
			got = append(got, s.ID)
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
		if theirs, n, err := e.s.For(B).FindSessions(e.ctx, tt.q); err != nil || len(theirs) != 0 || n != 0 {
			t.Errorf("%s: B finds %d of %d, %v", name, len(theirs), n, err)
		}
	}
	rs, next, err := a.FindAudit(e.ctx, store.AuditQuery{Session: "s0", Limit: 9, Before: 3})
	if must(t, err); len(rs) != 1 || rs[0].Seq != 1 || next != 0 {
		t.Errorf("records %+v, next %d", rs, next)
	}
}

// stale changes one role from many goroutines that all read the same version: one wins.
func stale(t *testing.T, e *env) {
	a := e.s.For(A)
	must(t, a.PutRole(e.ctx, policy.Role{ID: "r", Name: "R"}))
	v, err := a.Version(e.ctx, store.RoleObject, "r")
	must(t, err)
	oneWins(t, 10, store.ErrStale, func(i int) error {
		return a.If(store.RoleObject, "r", v).PutRole(e.ctx, policy.Role{ID: "r", Name: fmt.Sprint("R", i)})
	})
}
