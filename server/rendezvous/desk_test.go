package rendezvous_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beside/internal/pgtest"
	"beside/policy/api"
	"beside/server/rendezvous"
	"beside/server/store"
	"beside/server/store/postgres"
	"beside/server/store/sqlite"
	"beside/server/store/storetest"
)

type fixture struct {
	*rendezvous.Desk
	t      *testing.T
	clock  *storetest.Clock
	alarms int
	locked []string
}

var (
	server *pgtest.Server
	shared bool
)

// TestMain runs every test twice: counting in memory, and in a database that nodes share.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && !pgtest.Asked("fuzz") {
		shared = true
		code = pgtest.Main(m, &server)
	}
	os.Exit(code)
}

func desk(t *testing.T) *fixture {
	f := &fixture{t: t, clock: storetest.NewClock()}
	var s *store.Store
	var err error
	if shared {
		s, err = postgres.Open(t.Context(), server.Database(t), f.clock.Now)
	} else {
		s, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), f.clock.Now)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, id := range []string{storetest.A, storetest.B} {
		if err := s.For(id).SetUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	f.Desk = rendezvous.New(rendezvous.Options{
		Store: s, Now: f.clock.Now, Shared: shared, Alarm: func(string) { f.alarms++ },
		Locked: func(_, o string) { f.locked = append(f.locked, o) },
	})
	return f
}

// claim gives the problem's code, "" if the claim succeeded.
func (f *fixture) claim(tenant, sharer, address, loc string) api.Problem {
	f.t.Helper()
	_, err := f.Claim(f.t.Context(), tenant, sharer, address, loc)
	var p *api.Problem
	if err != nil && !errors.As(err, &p) {
		f.t.Fatal(err)
	}
	if p == nil {
		return api.Problem{}
	}
	return *p
}

func (f *fixture) open(tenant, helper string) store.Code {
	f.t.Helper()
	c, _, err := f.Open(f.t.Context(), tenant, helper, "n", []byte{1})
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

func TestLocators(t *testing.T) {
	f := desk(t)
	for i := range 20 {
		c := f.open(storetest.A, fmt.Sprint("h", i))
		if len(c.Locator) != 4 || strings.Trim(c.Locator, rendezvous.Alphabet) != "" {
			t.Errorf("locator %q", c.Locator)
		}
	}
}

func TestOneAnswer(t *testing.T) {
	f := desk(t)
	used, foreign, expired := f.open(storetest.A, "h1"), f.open(storetest.B, "h2"), f.open(storetest.A, "h3")
	if p := f.claim(storetest.A, "s", "ip", used.Locator); p.Code != "" {
		t.Fatal(p)
	}
	f.clock.Add(rendezvous.TTL - time.Second)
	if p := f.claim(storetest.A, "s", "ip", used.Locator); p.Code != api.CodeUsed {
		t.Errorf("its own user: %+v", p)
	}
	f.clock.Add(time.Second)
	void := f.open(storetest.A, "h4")
	f.open(storetest.A, "h4")
	unknown := f.claim(storetest.A, "s1", "ip", "2222")
	if unknown.Code != api.CodeInvalid {
		t.Fatal(unknown)
	}
	for name, loc := range map[string]string{
		"used": used.Locator, "foreign": foreign.Locator, "expired": expired.Locator,
		"void": void.Locator, "malformed": "'; --", "empty": "", "lower": "abcd",
	} {
		if p := f.claim(storetest.A, "s of "+name, "ip", loc); p != unknown {
			t.Errorf("%s: %+v, want %+v", name, p, unknown)
		}
	}
}

func TestAccountIsLockedOut(t *testing.T) {
	f := desk(t)
	for i := range rendezvous.WrongPerAccount {
		if p := f.claim(storetest.A, "s", fmt.Sprint(i), "2222"); p.Code != api.CodeInvalid {
			t.Fatalf("try %d: %+v", i, p)
		}
		f.clock.Add(time.Minute)
	}
	good := f.open(storetest.A, "h")
	if p := f.claim(storetest.A, "s", "ip", good.Locator); p.Code != api.CodeTooMany || p.Retry != 14*60 {
		t.Errorf("locked out: %+v", p)
	}
	if len(f.locked) != 1 {
		t.Errorf("told of %v", f.locked)
	}
	if p := f.claim(storetest.A, "somebody else", "ip", good.Locator); p.Code != "" {
		t.Errorf("another account: %+v", p)
	}
	if p := f.claim(storetest.B, "s", "ip", "2222"); p.Code != api.CodeInvalid {
		t.Errorf("the same id in another tenant: %+v", p)
	}
	f.clock.Add(rendezvous.Lockout - time.Minute)
	good = f.open(storetest.A, "h")
	if p := f.claim(storetest.A, "s", "ip", good.Locator); p.Code != "" {
		t.Errorf("after the lockout: %+v", p)
	}
}

func TestSlowGuessesAreForgotten(t *testing.T) {
	f := desk(t)
	for i := range 3 * rendezvous.WrongPerAccount {
		if p := f.claim(storetest.A, "s", "ip", "2222"); p.Code != api.CodeInvalid {
			t.Fatalf("try %d: %+v", i, p)
		}
		f.clock.Add(rendezvous.WrongWindow/(rendezvous.WrongPerAccount-1) + time.Second)
	}
}

func TestAddressIsLimited(t *testing.T) {
	f := desk(t)
	for i := range rendezvous.PerAddress {
		if p := f.claim(storetest.A, fmt.Sprint("s", i), "ip", "2222"); p.Code != api.CodeInvalid {
			t.Fatalf("try %d: %+v", i, p)
		}
	}
	if p := f.claim(storetest.A, "new", "ip", "2222"); p.Code != api.CodeTooMany || p.Retry != 60 {
		t.Errorf("got %+v", p)
	}
	if p := f.claim(storetest.A, "new", "other", "2222"); p.Code != api.CodeInvalid {
		t.Errorf("other address: %+v", p)
	}
	f.clock.Add(rendezvous.AddressWindow)
	if p := f.claim(storetest.A, "new", "ip", "2222"); p.Code != api.CodeInvalid {
		t.Errorf("a minute later: %+v", p)
	}
}

func TestAlarm(t *testing.T) {
	f := desk(t)
	for i := range rendezvous.AlarmAt + 20 {
		f.claim(storetest.A, fmt.Sprint("s", i), fmt.Sprint(i), "2222")
	}
	if f.alarms != 1 {
		t.Errorf("%d alarms", f.alarms)
	}
}

func TestCodesPerHelper(t *testing.T) {
	f := desk(t)
	for range rendezvous.CodesPerHelper {
		f.open(storetest.A, "h")
	}
	_, _, err := f.Open(t.Context(), storetest.A, "h", "n", nil)
	var p *api.Problem
	if !errors.As(err, &p) || p.Code != api.CodeTooMany || p.Retry != 3600 {
		t.Errorf("got %v", err)
	}
	f.clock.Add(rendezvous.CodesWindow)
	f.open(storetest.A, "h")
}
