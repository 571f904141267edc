package storetest

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"beside/policy"
	"beside/server/store"
)

// Two tenants and some people.
const (
	A     = "aaaaaaaa-1111-4111-8111-111111111111"
	B     = "bbbbbbbb-1111-4111-8111-111111111111"
	noa   = "11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
	sam   = "22222222-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
	other = "33333333-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
)

// Clock is a clock that only moves when told. It is safe for concurrent use.
type Clock struct {
	mu sync.Mutex
	t  time.Time
}

// NewClock starts at a fixed time.
func NewClock() *Clock { return &Clock{t: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)} }

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

// Add moves the clock.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// Open makes an empty store on the clock, closed by the test.
type Open func(t *testing.T, now func() time.Time) *store.Store

// Run runs the contract.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, *env){
		"fresh tenant denies":      freshDenies,
		"settings":                 settings,
		"roles and assignments":    roles,
		"code lives once":          codes,
		"one claim of many":        claims,
		"codes are the tenant's":   codeIsolation,
		"session":                  session,
		"resume tokens rotate":     resume,
		"audit chain":              audit,
		"retention":                retention,
		"key statements":           statements,
		"tenants see nothing else": isolation,
		"one chain of many":        chain,
		"one holder of many":       holders,
		"a hold is all or nothing": atomic,
		"pushes":                   pushes,
		"notes":                    notes,
		"limits":                   limits,
		"one limit of many":        limitRace,
		"admins":                   admins,
		"browsing":                 browse,
		"no change is overwritten": stale,
		"enrolled devices":         devices,
		"one enrolment of many":    enrolRace,
		"launches":                 launches,
		"people":                   dirPeople,
		"groups":                   dirGroups,
		"groups from claims":       dirClaims,
		"large groups":             dirLarge,
		"one name of many":         dirRace,
		"SCIM tokens":              scimTokens,
		"directories are apart":    dirIsolation,
		"sinks":                    sinks,
	} {
		t.Run(name, func(t *testing.T) {
			clock := NewClock()
			e := &env{ctx: t.Context(), clock: clock, s: open(t, clock.Now)}
			for _, id := range []string{A, B} {
				must(t, e.s.For(id).SetUp(e.ctx))
			}
			test(t, e)
		})
	}
}

type env struct {
	ctx   context.Context //nolint:containedctx // a test's own
	clock *Clock
	s     *store.Store
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("%s: got %v, want %v", what, err, target)
	}
}

func freshDenies(t *testing.T, e *env) {
	for _, id := range []string{A, "never set up"} {
		s, err := e.s.For(id).Settings(e.ctx)
		must(t, err)
		if s != (policy.Settings{}) {
			t.Errorf("%s: %+v", id, s)
		}
	}
	rs, err := e.s.For(A).Roles(e.ctx)
	must(t, err)
	if len(rs) != 1 || !rs[0].BuiltIn || rs[0].Permissions != policy.Everything() || rs[0].Name != store.HelpDeskName {
		t.Errorf("roles: %+v", rs)
	}
}

func settings(t *testing.T, e *env) {
	a := e.s.For(A)
	want(t, "enabling without licence", a.PutSettings(e.ctx, noa, policy.Settings{Enabled: true}), store.ErrConflict)
	full := policy.Settings{Licence: policy.LicenceTrial, Enabled: true, AllowUnenrolled: true, DisableChat: true, Unattended: true, ElevationOnUnverified: true}
	before, err := a.PolicyRev(e.ctx)
	must(t, err)
	must(t, a.PutSettings(e.ctx, noa, full))
	after, err := a.PolicyRev(e.ctx)
	must(t, err)
	if got, err := a.Settings(e.ctx); err != nil || got != full || after == before {
		t.Errorf("got %+v %v, revision %d -> %d", got, err, before, after)
	}
	must(t, a.SetUp(e.ctx))
	if got, _ := a.Settings(e.ctx); got != full {
		t.Errorf("set up again changed %+v", got)
	}
	want(t, "unknown tenant", e.s.For("x").PutSettings(e.ctx, noa, policy.Settings{}), store.ErrNotFound)
}

func roles(t *testing.T, e *env) {
	a := e.s.For(A)
	want(t, "edit built-in", a.PutRole(e.ctx, policy.Role{ID: store.HelpDesk, Name: "x"}), store.ErrConflict)
	want(t, "delete built-in", a.DeleteRole(e.ctx, store.HelpDesk), store.ErrConflict)
	want(t, "name taken", a.PutRole(e.ctx, policy.Role{ID: "r", Name: store.HelpDeskName}), store.ErrConflict)
	view := policy.Role{ID: "r", Name: "View only", Permissions: policy.Permissions{Offer: true, View: true}}
	must(t, a.PutRole(e.ctx, view))
	as := store.Assignment{Name: "Desk", Assignment: policy.Assignment{
		ID: "1", Role: view, AdminGroups: []string{"g1", "g2"},
		UserScope: policy.Scope{Groups: []string{"u"}}, DeviceScope: policy.Scope{All: true},
	}}
	must(t, a.PutAssignment(e.ctx, as))
	as.UserScope.Groups = []string{"v"}
	must(t, a.PutAssignment(e.ctx, as))
	got, err := a.Assignments(e.ctx)
	must(t, err)
	if !reflect.DeepEqual(got, []store.Assignment{as}) {
		t.Errorf("got %+v", got)
	}
	as.Role.ID = "missing"
	want(t, "no such role", a.PutAssignment(e.ctx, as), store.ErrNotFound)
	must(t, a.DeleteRole(e.ctx, "r"))
	if got, _ = a.Assignments(e.ctx); len(got) != 0 {
		t.Errorf("assignments outlive their role: %+v", got)
	}
}

func newCode(t *testing.T, e *env, tenant, session, locator, helper string) string {
	t.Helper()
	voided, err := e.s.For(tenant).NewCode(e.ctx, store.Code{Session: session, Locator: locator, Helper: helper, NH: []byte{1, 2}, Expires: e.clock.Now().Add(10 * time.Minute)})
	must(t, err)
	return voided
}

func codes(t *testing.T, e *env) {
	a := e.s.For(A)
	newCode(t, e, A, "s1", "K7QX", noa)
	_, err := a.NewCode(e.ctx, store.Code{Session: "s2", Locator: "K7QX", Helper: other, Expires: e.clock.Now().Add(time.Minute)})
	want(t, "locator taken", err, store.ErrLocatorTaken)
	if v := newCode(t, e, A, "s3", "3333", noa); v != "s1" {
		t.Errorf("a new code voids %q, want s1", v)
	}
	_, _, err = a.ClaimCode(e.ctx, "K7QX", sam)
	want(t, "voided code", err, store.ErrNotFound)
	c, _, err := a.ClaimCode(e.ctx, "3333", sam)
	must(t, err)
	if c.Session != "s3" || c.Helper != noa || len(c.NH) != 2 {
		t.Errorf("claimed %+v", c)
	}
	_, self, err := a.ClaimCode(e.ctx, "3333", sam)
	if want(t, "used", err, store.ErrNotFound); !self {
		t.Error("its own user is not told")
	}
	_, self, err = a.ClaimCode(e.ctx, "3333", other)
	if want(t, "used by another", err, store.ErrNotFound); self {
		t.Error("another account is told")
	}
	newCode(t, e, A, "s4", "4444", noa)
	e.clock.Add(10 * time.Minute)
	_, _, err = a.ClaimCode(e.ctx, "4444", sam)
	want(t, "expired", err, store.ErrNotFound)
	newCode(t, e, A, "s5", "4444", other) // an expired locator is free again
	must(t, a.VoidCode(e.ctx, "s5"))
	_, _, err = a.ClaimCode(e.ctx, "4444", sam)
	want(t, "void", err, store.ErrNotFound)
}

// oneWins has n callers do the same at the same moment: one succeeds, the others get lost.
func oneWins(t *testing.T, n int, lost error, do func(i int) error) {
	t.Helper()
	won := make(chan bool, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			err := do(i)
			if err != nil && !errors.Is(err, lost) {
				t.Error(err)
			}
			won <- err == nil
		})
	}
	wg.Wait()
	winners := 0
	for range n {
		if <-won {
			winners++
		}
	}
	if winners != 1 {
		t.Errorf("%d winners", winners)
	}
}

func claims(t *testing.T, e *env) {
	newCode(t, e, A, "s", "K7QX", noa)
	oneWins(t, 20, store.ErrNotFound, func(int) error {
		_, _, err := e.s.For(A).ClaimCode(e.ctx, "K7QX", sam)
		return err
	})
}

func codeIsolation(t *testing.T, e *env) {
	newCode(t, e, A, "s", "K7QX", noa)
	newCode(t, e, B, "s", "K7QX", noa) // same session id, same locator, same person: nothing collides
	_, _, err := e.s.For(B).ClaimCode(e.ctx, "K7QX", sam)
	must(t, err)
	if _, _, err := e.s.For(A).ClaimCode(e.ctx, "K7QX", sam); err != nil {
		t.Errorf("claim in B used the code of A: %v", err)
	}
}

func session(t *testing.T, e *env) {
	a := e.s.For(A)
	newCode(t, e, A, "s", "K7QX", noa)
	if got, _ := a.Sessions(e.ctx, 10); len(got) != 0 {
		t.Errorf("listed before anybody joined: %+v", got)
	}
	s, err := a.Session(e.ctx, "s")
	must(t, err)
	s.State, s.Sharer, s.SharerName, s.Device, s.DeviceName, s.DeviceOS, s.Hint = "met", sam, "Sam", "d", "HLD", "Debian 12", "h"
	s.DeviceState, s.Proof, s.Digest, s.CardH, s.CardS, s.Binding = policy.StateNotCompliant, policy.ProofOwn, "x", "y", "z", "b"
	s.SID = "sid"
	s.Granted, s.Used, s.GrantSeq = policy.View|policy.Control, policy.View, 7
	s.GrantedUntil, s.Started = e.clock.Now().Add(time.Minute), e.clock.Now()
	must(t, a.SaveSession(e.ctx, s))
	got, err := a.Sessions(e.ctx, 10)
	must(t, err)
	if !reflect.DeepEqual(got, []store.Session{s}) {
		t.Errorf("got  %+v\nwant %+v", got, s)
	}
	must(t, a.EndSession(e.ctx, "s", "stopped"))
	want(t, "end twice", a.EndSession(e.ctx, "s", "lost"), store.ErrNotFound)
	want(t, "save after end", a.SaveSession(e.ctx, s), store.ErrNotFound)
	if s, _ = a.Session(e.ctx, "s"); s.EndReason != "stopped" || s.Ended.IsZero() {
		t.Errorf("ended: %+v", s)
	}
}

func resume(t *testing.T, e *env) {
	a := e.s.For(A)
	newCode(t, e, A, "s", "K7QX", noa)
	one, err := a.NewResume(e.ctx, "s", "helper")
	must(t, err)
	two, err := a.RotateResume(e.ctx, "s", "helper", one)
	must(t, err)
	for name, try := range map[string][2]string{"used": {"helper", one}, "other side": {"sharer", two}, "empty": {"helper", ""}} {
		_, err := a.RotateResume(e.ctx, "s", try[0], try[1])
		want(t, name, err, store.ErrNotFound)
	}
	_, err = e.s.For(B).RotateResume(e.ctx, "s", "helper", two)
	want(t, "other tenant", err, store.ErrNotFound)
	must(t, a.DropResume(e.ctx, "s"))
	_, err = a.RotateResume(e.ctx, "s", "helper", two)
	want(t, "dropped", err, store.ErrNotFound)
}

func audit(t *testing.T, e *env) {
	a := e.s.For(A)
	first, err := a.Append(e.ctx, store.Entry{Actor: noa, Action: "one", Outcome: "ok"})
	must(t, err)
	head, err := a.Append(e.ctx, store.Entry{Action: "two", Outcome: "code.invalid", Count: 3})
	must(t, err)
	if head.Seq != 2 || head.Hash == first.Hash {
		t.Errorf("head %+v after %+v", head, first)
	}
	if got, err := a.VerifyAudit(e.ctx); err != nil || got != head {
		t.Errorf("verify: %+v %v", got, err)
	}
	if got, err := a.Head(e.ctx); err != nil || got != head {
		t.Errorf("head: %+v %v", got, err)
	}
	rs, err := a.Audit(e.ctx, 10)
	must(t, err)
	if len(rs) != 2 || rs[0].Entry.Count != 3 || rs[1].Entry.Actor != noa || !rs[1].At.Equal(e.clock.Now()) {
		t.Errorf("records %+v", rs)
	}
	if b, err := e.s.For(B).Append(e.ctx, store.Entry{Actor: noa, Action: "one", Outcome: "ok"}); err != nil || b.Seq != 1 || b.Hash == first.Hash {
		t.Errorf("B's chain: %+v %v", b, err)
	}
}

func retention(t *testing.T, e *env) {
	a := e.s.For(A)
	newCode(t, e, A, "s", "K7QX", noa)
	must(t, a.EndSession(e.ctx, "s", "stopped"))
	head, err := a.Append(e.ctx, store.Entry{Actor: noa, Target: sam, Action: "end", Outcome: "ok"})
	must(t, err)
	e.clock.Add(store.Retention)
	if p, err := e.s.Purge(e.ctx); err != nil || p != (store.Purged{}) {
		t.Errorf("after 30 days: %+v %v", p, err)
	}
	e.clock.Add(time.Second)
	if p, err := e.s.Purge(e.ctx); err != nil || p.Sessions != 1 || p.Audit != 1 {
		t.Errorf("after 30 days and a second: %+v %v", p, err)
	}
	_, err = a.Session(e.ctx, "s")
	want(t, "purged session", err, store.ErrNotFound)
	if rs, _ := a.Audit(e.ctx, 9); len(rs) != 1 || !rs[0].Purged || !reflect.DeepEqual(rs[0].Entry, store.Entry{}) {
		t.Errorf("purged audit: %+v", rs)
	}
	if got, err := a.VerifyAudit(e.ctx); err != nil || got != head {
		t.Errorf("the chain does not survive the purge: %+v %v", got, err)
	}
	newCode(t, e, A, "s2", "K7QX", noa) // nothing of the old code is in the way
}

func statements(t *testing.T, e *env) {
	a := e.s.For(A)
	_, err := a.Statement(e.ctx)
	want(t, "none", err, store.ErrNotFound)
	s := store.Statement{Seq: 3, JWS: "x", Kids: []string{"k1", "k2"}, Created: e.clock.Now(), Expires: e.clock.Now().Add(time.Hour)}
	must(t, a.PutStatement(e.ctx, s))
	want(t, "same seq", a.PutStatement(e.ctx, s), store.ErrConflict)
	if got, err := a.Statement(e.ctx); err != nil || !reflect.DeepEqual(got, s) {
		t.Errorf("%+v %v", got, err)
	}
	at, err := a.KeyCreated(e.ctx, "k1")
	must(t, err)
	e.clock.Add(time.Hour)
	if again, err := a.KeyCreated(e.ctx, "k1"); err != nil || !again.Equal(at) {
		t.Errorf("created %v then %v %v", at, again, err)
	}
}

// isolation fills A and shows that B, asked everything, knows none of it.
func isolation(t *testing.T, e *env) {
	a, b := e.s.For(A), e.s.For(B)
	must(t, a.PutSettings(e.ctx, noa, policy.Settings{Licence: policy.LicenceActive, Enabled: true}))
	must(t, a.PutRole(e.ctx, policy.Role{ID: "r", Name: "R"}))
	must(t, a.PutAssignment(e.ctx, store.Assignment{Name: "N", Assignment: policy.Assignment{ID: "1", Role: policy.Role{ID: "r"}}}))
	newCode(t, e, A, "s", "K7QX", noa)
	s, err := a.Session(e.ctx, "s")
	must(t, err)
	s.State, s.Sharer = "claimed", sam
	must(t, a.SaveSession(e.ctx, s))
	_, err = a.Append(e.ctx, store.Entry{Action: "x", Outcome: "ok"})
	must(t, err)

	if st, _ := b.Settings(e.ctx); st.Enabled {
		t.Error("settings leak")
	}
	if rs, _ := b.Roles(e.ctx); len(rs) != 1 {
		t.Error("roles leak")
	}
	if as, _ := b.Assignments(e.ctx); len(as) != 0 {
		t.Error("assignments leak")
	}
	if ss, _ := b.Sessions(e.ctx, 9); len(ss) != 0 {
		t.Error("sessions leak")
	}
	if ss, _ := b.OpenSessions(e.ctx); len(ss) != 0 {
		t.Error("open sessions leak")
	}
	if rs, _ := b.Audit(e.ctx, 9); len(rs) != 0 {
		t.Error("audit leaks")
	}
	for name, err := range map[string]error{
		"save": b.SaveSession(e.ctx, s), "end": b.EndSession(e.ctx, "s", "x"), "void": b.VoidCode(e.ctx, "s"),
		"delete role": b.DeleteRole(e.ctx, "r"), "delete assignment": b.DeleteAssignment(e.ctx, "1"),
		"assign foreign role": b.PutAssignment(e.ctx, store.Assignment{Name: "N", Assignment: policy.Assignment{ID: "1", Role: policy.Role{ID: "r"}}}),
	} {
		want(t, name, err, store.ErrNotFound)
	}
	if err := b.Hold(e.ctx, "s", func(*store.Tenant, store.Session, store.Live) error { return nil }); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("B holds a session of A: %v", err)
	}
	must(t, a.PutLive(e.ctx, "s", store.Live{State: "x"}))
	must(t, a.AddPushes(e.ctx, "s", []store.Push{{Role: "helper", Seq: 1, Type: "t", Body: []byte("{}")}}, 9))
	must(t, a.GrantAdmin(e.ctx, "x", noa, store.RoleAdmin))
	if ps, _ := b.Pushes(e.ctx, "s", "helper", 0); len(ps) != 0 {
		t.Error("pushes leak")
	}
	if due, _ := b.Due(e.ctx, e.clock.Now(), 9); len(due) != 0 {
		t.Error("due sessions leak")
	}
	if as, _ := b.Admins(e.ctx); len(as) != 0 {
		t.Error("admins leak")
	}
	deviceIsolation(t, e)
	launchIsolation(t, e)
	if b.PutLive(e.ctx, "s", store.Live{}) == nil {
		t.Error("B writes to a session of A")
	}
	if _, err := b.NewResume(e.ctx, "s", "helper"); err == nil {
		t.Error("a resume token for another tenant's session")
	}
	if _, err := a.Session(e.ctx, "s"); err != nil {
		t.Errorf("A lost its session: %v", err)
	}
}
