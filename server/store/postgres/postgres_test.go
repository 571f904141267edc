package postgres_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"beside/internal/pgtest"
	"beside/server/store"
	"beside/server/store/postgres"
	"beside/server/store/storetest"
)

var server *pgtest.Server

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m, &server)) }

func open(t *testing.T, now func() time.Time) *store.Store {
	return openURL(t, server.Database(t), now)
}

func openURL(t *testing.T, url string, now func() time.Time) *store.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), url, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestContract(t *testing.T) { storetest.Run(t, open) }

func TestURLStaysSecret(t *testing.T) {
	_, err := postgres.Open(t.Context(), "postgres://u:hunter2@host:notaport/db", nil)
	if !errors.Is(err, postgres.ErrURL) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
	_, err = postgres.Open(t.Context(), "postgres://u:hunter2@127.0.0.1:1/db?connect_timeout=1", nil)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

// TestManyNodesMigrateOnce opens an empty database from several nodes at the same moment.
func TestManyNodesMigrateOnce(t *testing.T) {
	url := server.Database(t)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			s := openURL(t, url, nil)
			if v, err := s.Version(t.Context()); err != nil || v < 2 {
				t.Errorf("version %d %v", v, err)
			}
			if err := s.For(storetest.A).SetUp(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestMigrationIsAllOrNothing lets the second migration fail halfway.
func TestMigrationIsAllOrNothing(t *testing.T) {
	url := server.Database(t)
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	exec := func(q string) {
		t.Helper()
		if _, err := c.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	exec(`CREATE TABLE admins (x INTEGER)`) // the last table of the second migration is in the way
	if _, err := postgres.Open(t.Context(), url, nil); err == nil {
		t.Fatal("opened")
	}
	var n int
	if err := c.QueryRow(t.Context(), `SELECT count(*) FROM pg_tables WHERE tablename IN ('pushes', 'limits')`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d tables of half a migration, %v", n, err)
	}
	exec(`DROP TABLE admins`)
	openURL(t, url, nil)
}

// TestListenerComesBack breaks the listener's connection: it says that notes may be
// missing, and hears the later ones.
func TestListenerComesBack(t *testing.T) {
	url := server.Database(t)
	s := openURL(t, url, nil)
	a := s.For(storetest.A)
	if err := a.SetUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.NewCode(t.Context(), store.Code{Session: "s", Locator: "K7QX", Helper: "h", Expires: time.Now().Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	send := func(text string) {
		t.Helper()
		if err := a.Hold(t.Context(), "s", func(h *store.Tenant, _ store.Session, _ store.Live) error { return h.Notify("n", text) }); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	ready, got := make(chan struct{}, 9), make(chan string, 9)
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Listen(ctx, "n", func() { ready <- struct{}{} }, func(s string) { got <- s }) })
	defer wg.Wait()
	defer stop()
	<-ready
	send("one")
	if s := <-got; s != "one" {
		t.Fatal(s)
	}
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	if _, err := c.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`); err != nil {
		t.Fatal(err)
	}
	<-ready
	send("two")
	if s := <-got; s != "two" {
		t.Fatal(s)
	}
}
