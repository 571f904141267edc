package signal

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"beside/server/store"
	"beside/server/store/sqlite"
	"beside/server/store/storetest"
)

func openSQLite(t *testing.T, file string) *store.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestAuditOutlivesTheStoreAndTheProcess writes rows while the store takes none, cuts the
// process off, and finds them in the chain of the next one: all, in order, with their times.
func TestAuditOutlivesTheStoreAndTheProcess(t *testing.T) {
	dir, clock := t.TempDir(), storetest.NewClock()
	path, db := filepath.Join(dir, "spool"), filepath.Join(dir, "x.db")
	s := openSQLite(t, db)
	if err := s.For(storetest.A).SetUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	a := newAuditor(s, slog.New(slog.DiscardHandler), path, clock.Now)
	write := func(n int) {
		t.Helper()
		if err := a.add(t.Context(), s.For(storetest.A), store.Entry{Action: "x", Outcome: "ok", Count: n}); err != nil {
			t.Fatal(err)
		}
		clock.Add(time.Second)
	}
	write(1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	begun := clock.Now()
	for n := 2; n <= 5; n++ {
		write(n)
	}
	a.drain(t.Context())
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
		t.Fatalf("spool file: %v %v", fi, err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(`{"tenant":"` + storetest.A + `","entr`) // the crash
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}

	s = openSQLite(t, db)
	a = newAuditor(s, slog.New(slog.DiscardHandler), path, clock.Now)
	write(6) // does not overtake
	a.drain(t.Context())
	rs, err := s.For(storetest.A).Audit(t.Context(), 10)
	if err != nil || len(rs) != 6 {
		t.Fatalf("%d rows, %v", len(rs), err)
	}
	for i, r := range rs {
		if r.Entry.Count != 6-i {
			t.Errorf("row %d is %d", r.Seq, r.Entry.Count)
		}
		if r.Seq == 2 && !r.At.Equal(begun) {
			t.Errorf("row 2 is of %v, want %v", r.At, begun)
		}
	}
	if _, err := s.For(storetest.A).VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the spool file stays: %v", err)
	}
}

func TestSpoolIsBoundedAndSaysSo(t *testing.T) {
	s, err := newSpool("")
	if err != nil {
		t.Fatal(err)
	}
	for range maxSpool {
		if err := s.put(kept{Tenant: "t"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.put(kept{Tenant: "t"}); !errors.Is(err, errSpool) {
		t.Errorf("one too many: %v", err)
	}
}

// TestSpoolWithoutADisk cannot write its file: memory keeps the rows.
func TestSpoolWithoutADisk(t *testing.T) {
	s, err := newSpool(filepath.Join(t.TempDir(), "no", "such", "folder"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		if err := s.put(kept{Tenant: strconv.Itoa(n)}); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	refuse := errors.New("not yet")
	if err := s.drain(t.Context(), func(_ context.Context, k kept) error {
		if len(got) == 1 {
			return refuse
		}
		got = append(got, k.Tenant)
		return nil
	}); !errors.Is(err, refuse) || s.len() != 2 {
		t.Errorf("%v, %d left", err, s.len())
	}
	if err := s.drain(t.Context(), func(_ context.Context, k kept) error { got = append(got, k.Tenant); return nil }); err != nil {
		t.Error(err)
	}
	if len(got) != 3 || got[0] != "0" || got[2] != "2" {
		t.Errorf("got %v", got)
	}
}

// FuzzNote takes any text as a note: what is not one is refused, what is one survives.
func FuzzNote(f *testing.F) {
	f.Add(`{"t":"a","s":"b","p":[{"r":1,"n":3,"t":"signal","b":{"x":1}}],"g":[0,2]}`)
	f.Add(`{"t":"a","s":"b","l":true,"g":[0,0]}`)
	f.Add(`{"p":[{"r":-1}]}`)
	f.Add(`{"g":[1,2,3]}`)
	f.Add(`null`)
	f.Fuzz(func(t *testing.T, text string) {
		n, ok := parseNote(text)
		if !ok {
			return
		}
		for _, p := range n.Pushes {
			_ = p.Role.String() // must not be out of range
		}
		if _, err := json.Marshal(n); err != nil && len(n.Pushes) == 0 {
			t.Error(err)
		}
	})
}
