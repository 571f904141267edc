package own_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"beside/auth"
	"beside/internal/pgtest"
	"beside/policy"
	"beside/server/directory"
	"beside/server/directory/directorytest"
	"beside/server/directory/own"
	"beside/server/store"
	"beside/server/store/postgres"
	"beside/server/store/sqlite"
	"beside/server/store/storetest"
)

var server *pgtest.Server

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m, &server)) }

type env struct {
	s    *store.Store
	a    *store.Tenant
	d    *own.Directory
	file string
}

func start(t testing.TB) *env {
	t.Helper()
	e := &env{file: filepath.Join(t.TempDir(), "x.db")}
	var err error
	if e.s, err = sqlite.Open(t.Context(), e.file, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.s.Close() })
	for _, id := range []string{storetest.A, storetest.B} {
		must(t, e.s.For(id).SetUp(t.Context()))
	}
	e.a = e.s.For(storetest.A)
	e.d = own.New(own.Options{Store: e.s, Domain: "halden.example", Company: "Halden Group"})
	return e
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (e *env) person(t testing.TB, p store.DirPerson) store.DirPerson {
	t.Helper()
	p.Source = store.SourceSCIM
	p, err := e.a.AddPerson(t.Context(), p)
	must(t, err)
	return p
}

func (e *env) group(t testing.TB, name string, members ...string) store.DirGroup {
	t.Helper()
	g, err := e.a.AddGroup(t.Context(), store.DirGroup{Name: name, Source: store.SourceSCIM}, members)
	must(t, err)
	return g
}

func TestPeopleGroupsDevices(t *testing.T) {
	e := start(t)
	noa := e.person(t, store.DirPerson{Object: "o-noa", Username: "noa", Name: "<script>alert(1)</script>", Job: strings.Repeat("ß", 200), Active: true})
	e.person(t, store.DirPerson{Object: "o-guest", Username: "guest", Name: "Guest", Company: "Elsewhere", Guest: true})
	must(t, e.a.PutDevice(t.Context(), store.DirDevice{ID: "d1", Name: "HLD-1", OS: "Debian 12", Owner: "o-noa", Enrolled: true, Registered: true, State: "compliant"}))
	inner := e.group(t, "Inner", noa.ID, "d1")
	outer := e.group(t, "Outer", inner.ID)
	_, err := e.a.ChangeGroup(t.Context(), inner.ID, 0, func(g *store.GroupEdit) error {
		g.Steps = []store.MemberStep{{IDs: []string{outer.ID, inner.ID}}} // circles
		return nil
	})
	must(t, err)
	both := []string{inner.ID, outer.ID}
	slices.Sort(both)

	p, err := e.d.Person(t.Context(), storetest.A, "o-noa")
	must(t, err)
	slices.Sort(p.Groups)
	if !p.Member || !p.Enabled || !p.GroupsKnown || !slices.Equal(p.Groups, both) || p.Tenant != storetest.A || p.Card.Company != "Halden Group" ||
		p.Card.Domain != "halden.example" || p.Card.Name != "<script>alert(1)</script>" || len([]rune(p.Card.Job)) != 128 {
		t.Errorf("%+v", p)
	}
	if g, err := e.d.Person(t.Context(), storetest.A, "o-guest"); err != nil || g.Member || g.Enabled || !g.GroupsKnown || g.Card.Company != "Elsewhere" {
		t.Errorf("guest %+v %v", g, err)
	}
	x, err := e.d.Device(t.Context(), storetest.A, "d1")
	must(t, err)
	slices.Sort(x.Groups)
	if !x.Managed() || x.State != policy.StateCompliant || !slices.Equal(x.Groups, both) || x.Proof != policy.ProofNone {
		t.Errorf("%+v", x)
	}
	if list, err := e.d.DevicesOf(t.Context(), storetest.A, "o-noa"); err != nil || len(list) != 1 || list[0].ID != "d1" {
		t.Errorf("%+v %v", list, err)
	}
	if list, n, err := e.d.Groups(t.Context(), storetest.A, directory.Query{Limit: 1}); err != nil || n != 2 || len(list) != 1 || list[0] != (directory.Group{ID: inner.ID, Name: "Inner", People: 1, Devices: 1}) {
		t.Errorf("%+v %d %v", list, n, err)
	}
	if list, n, err := e.d.People(t.Context(), storetest.A, directory.Query{Group: outer.ID}); err != nil || n != 1 || list[0].Object != "o-noa" {
		t.Errorf("%+v %d %v", list, n, err)
	}
	if list, n, err := e.d.Devices(t.Context(), storetest.A, directory.Query{Text: "debian"}); err != nil || n != 1 || list[0].ID != "d1" {
		t.Errorf("%+v %d %v", list, n, err)
	}
	for name, err := range map[string]error{
		"object": second(e.d.Person(t.Context(), storetest.A, "nobody")), "the directory's id": second(e.d.Person(t.Context(), storetest.A, noa.ID)),
		"device": second(e.d.Device(t.Context(), storetest.A, "x")), "another tenant": second(e.d.Person(t.Context(), storetest.B, "o-noa")),
	} {
		if !errors.Is(err, directory.ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, e.s.Close())
	for name, err := range map[string]error{
		"person": second(e.d.Person(t.Context(), storetest.A, "o-noa")), "device": second(e.d.Device(t.Context(), storetest.A, "d1")),
		"devices of": second(e.d.DevicesOf(t.Context(), storetest.A, "o-noa")),
	} {
		if !errors.Is(err, directory.ErrUnavailable) {
			t.Errorf("%s with the database gone: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// fill puts n people, one group of all of them and a chain of nested groups around it straight into
// the database.
func (e *env) fill(t testing.TB, n, deep int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+e.file+"?_pragma=busy_timeout(5000)")
	must(t, err)
	defer db.Close()
	for _, q := range []string{
		fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d)
			INSERT INTO dir_people (tenant_id, id, object, username, username_key, name, name_key, active, source, created_at, changed_at)
			SELECT '%s', 'p'||i, 'o'||i, 'u'||i, 'u'||i, 'P'||i, 'p'||i, 1, 'scim', i, i FROM n`, n, storetest.A),
		fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d)
			INSERT INTO dir_groups (tenant_id, id, name, name_key, source, created_at, changed_at) SELECT '%s', 'g'||i, 'G'||i, 'g'||i, 'scim', i, i FROM n`, deep, storetest.A),
		fmt.Sprintf(`INSERT INTO dir_members SELECT tenant_id, 'g1', 'person', id, 'scim' FROM dir_people WHERE tenant_id = '%s'`, storetest.A),
		fmt.Sprintf(`INSERT INTO dir_members SELECT tenant_id, 'g'||(CAST(substr(id, 2) AS INTEGER)+1), 'group', id, 'scim' FROM dir_groups WHERE tenant_id = '%s' AND id <> 'g%d'`, storetest.A, deep),
	} {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEnormousGroup has a group of 100,000 people, nested deeper than counts.
func TestEnormousGroup(t *testing.T) {
	e := start(t)
	e.fill(t, enormous, store.MaxGroupsOf)
	p, err := e.d.Person(t.Context(), storetest.A, "o777")
	if err != nil || !p.GroupsKnown || len(p.Groups) != store.MaxGroupsOf {
		t.Fatalf("%d groups, known %v, %v", len(p.Groups), p.GroupsKnown, err)
	}
	e.group(t, "one too many", fmt.Sprint("g", store.MaxGroupsOf))
	if p, err = e.d.Person(t.Context(), storetest.A, "o777"); err != nil || p.GroupsKnown || len(p.Groups) != 0 {
		t.Fatalf("%d groups, known %v, %v: too many must be unknown", len(p.Groups), p.GroupsKnown, err)
	}
	if list, n, err := e.d.People(t.Context(), storetest.A, directory.Query{Group: "g3", Limit: 50, Offset: enormous - 10}); err != nil || n != enormous || len(list) != 10 {
		t.Errorf("%d of %d people, %v", len(list), n, err)
	}
	if list, _, err := e.d.Groups(t.Context(), storetest.A, directory.Query{Text: "g1", Limit: 1}); err != nil || list[0].People != enormous {
		t.Errorf("%+v %v", list, err)
	}
}

func BenchmarkPersonOfEnormousGroup(b *testing.B) {
	e := start(b)
	e.fill(b, enormous, 20)
	for b.Loop() {
		if _, err := e.d.Person(b.Context(), storetest.A, "o777"); err != nil {
			b.Fatal(err)
		}
	}
}

// TestContract fills the directory from a file, twice, and holds it to what every directory must do.
func TestContract(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { contract(t, start(t)) })
	t.Run("PostgreSQL", func(t *testing.T) {
		s, err := postgres.Open(t.Context(), server.Database(t), nil)
		must(t, err)
		defer s.Close()
		contract(t, &env{s: s, d: own.New(own.Options{Store: s, Domain: "halden.example", Company: "Halden Group"})})
	})
}

func contract(t *testing.T, e *env) {
	t.Helper()
	for _, data := range directorytest.Data().Tenants {
		must(t, e.s.For(data.ID).SetUp(t.Context()))
		for range 2 {
			must(t, own.Import(t.Context(), e.s.For(data.ID), data))
		}
	}
	directorytest.Run(t, e.d)
}

func TestRunSeesChanges(t *testing.T) {
	e := start(t)
	e.person(t, store.DirPerson{Username: "a"})
	before := e.d.Revision()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- e.d.Run(ctx, func(err error) { t.Error(err) }) }()
	for e.d.Revision() == before {
		runtime.Gosched()
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// tokens is a verifier of tokens that are written down.
type tokens map[string]auth.Verified

func (m tokens) Verify(_ context.Context, token string) (auth.Verified, error) {
	if v, ok := m[token]; ok {
		return v, nil
	}
	return auth.Verified{}, auth.ErrToken
}

func TestClaims(t *testing.T) {
	e := start(t)
	at := time.Now().Truncate(time.Second)
	v := auth.Verified{Identity: auth.Identity{Tenant: storetest.A, Object: "o-sam", Name: "Sam Rivers", Username: "sam"}, Groups: []string{"desk"}, GroupsKnown: true, Issued: at}
	newer, many, foreign := v, v, v
	newer.Issued, newer.Groups = at.Add(time.Minute), nil
	many.Issued, many.Groups = at.Add(time.Hour), make([]string, 201)
	foreign.Tenant = "nobody's"
	c := &own.Claims{Verifier: tokens{"old": v, "new": newer, "many": many, "foreign": foreign}, Store: e.s}
	groups := func(step string, want int) {
		t.Helper()
		p, err := e.d.Person(t.Context(), storetest.A, "o-sam")
		if err != nil || len(p.Groups) != want || !p.Enabled || !p.Member || p.Card.Name != "Sam Rivers" {
			t.Errorf("%s: %+v %v, want %d groups", step, p, err, want)
		}
	}
	for _, s := range []struct {
		token string
		err   error
		want  int
	}{{"old", nil, 1}, {"old", nil, 1}, {"new", nil, 0}, {"old", nil, 0}, {"many", auth.ErrToken, 0}, {"bad", auth.ErrToken, 0}, {"foreign", auth.ErrProvider, 0}} {
		if _, err := c.Verify(t.Context(), s.token); !errors.Is(err, s.err) {
			t.Errorf("%s: %v", s.token, err)
		}
		groups(s.token, s.want)
	}
	again := &own.Claims{Verifier: c.Verifier, Store: e.s} // another node, which has not seen the newer token
	if _, err := again.Verify(t.Context(), "old"); err != nil {
		t.Error(err)
	}
	groups("old at another node", 0)
	must(t, e.s.Close())
	fresh := &own.Claims{Verifier: c.Verifier, Store: e.s}
	if _, err := fresh.Verify(t.Context(), "new"); !errors.Is(err, auth.ErrProvider) {
		t.Errorf("with the database gone: %v", err)
	}
}
