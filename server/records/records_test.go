package records_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beside/policy"
	"beside/server/records"
	"beside/server/store"
	"beside/server/store/sqlite"
	"beside/server/store/storetest"
)

// What a spreadsheet would run is text in a CSV file.
func TestCell(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "plain": "plain", "=1+1": "'=1+1", "+a": "'+a", "-b": "'-b", "@c": "'@c", "\td": "'\td", "\re": "'\re", "\nf": "'\nf",
		" =1": "' =1", "\u200b=1": "'\u200b=1", "＝1": "'＝1", "a=1": "a=1", `"q"`: `"q"`, "|cmd": "'|cmd", "100": "100",
	} {
		if got := records.Cell(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzCell(f *testing.F) {
	for _, s := range []string{"=1", " \u00a0=1", "\x00@", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := records.Cell(s); got != s && got != "'"+s || got != "" && strings.ContainsAny(got[:1], "=+-@\t\r\n") {
			t.Errorf("%q became %q", s, got)
		}
	})
}

type line string

func (l line) Row() []string { return []string{string(l), "x"} }

func TestServe(t *testing.T) {
	broken := errors.New("broken")
	rows := func(n int, err error) func(func(line, error) bool) {
		return func(yield func(line, error) bool) {
			for i := range n {
				if !yield(line(fmt.Sprint("=", i)), nil) {
					return
				}
			}
			if err != nil {
				yield("", err)
			}
		}
	}
	for name, tt := range map[string]struct {
		f       records.Format
		n       int
		err     error
		body    string
		aborted bool
	}{
		"empty":        {f: records.CSV, body: "a,b\n"},
		"csv":          {f: records.CSV, n: 2, body: "a,b\n'=0,x\n'=1,x\n"},
		"json lines":   {f: records.JSONLines, n: 2, body: "\"=0\"\n\"=1\"\n"},
		"no rows":      {f: records.JSONLines},
		"error first":  {f: records.CSV, err: broken},
		"error later":  {f: records.CSV, n: 1, err: broken, aborted: true},
		"error at 700": {f: records.JSONLines, n: 700, err: broken, aborted: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			aborted := func() (is bool) {
				defer func() { is = recover() == http.ErrAbortHandler }() //nolint:errorlint // it is a value
				if err := records.Serve(w, "x", tt.f, []string{"a", "b"}, rows(tt.n, tt.err)); tt.n == 0 && !errors.Is(err, tt.err) {
					t.Errorf("error %v", err)
				}
				return false
			}()
			if aborted != tt.aborted || !tt.aborted && w.Body.String() != tt.body {
				t.Errorf("aborted %v, %q", aborted, w.Body)
			}
		})
	}
}

// patient is a response that counts how often it was given more time.
type patient struct {
	*httptest.ResponseRecorder
	given int
}

func (p *patient) SetWriteDeadline(time.Time) error { p.given++; return nil }

// TestLongFile: a file may take longer than any other answer, as long as the reader reads.
func TestLongFile(t *testing.T) {
	w := &patient{ResponseRecorder: httptest.NewRecorder()}
	err := records.Serve(w, "x", records.CSV, nil, func(yield func(line, error) bool) {
		for range 2600 {
			if !yield("x", nil) {
				return
			}
		}
	})
	if err != nil || w.given < 5 || !w.Flushed {
		t.Errorf("%v, more time %d times", err, w.given)
	}
}

// TestEverything exports more than one page of each and finds every row once, of one tenant only.
func TestEverything(t *testing.T) {
	clock := storetest.NewClock()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const n = 251
	for _, id := range []string{storetest.A, storetest.B} {
		tn := s.For(id)
		if err := tn.SetUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows := n
		if id == storetest.B {
			rows = 3
		}
		for i := range rows {
			session := fmt.Sprint(id[:1], i)
			if _, err := tn.NewCode(t.Context(), store.Code{Session: session, Locator: fmt.Sprint(i), Helper: fmt.Sprint("h", i), Expires: clock.Now().Add(time.Minute)}); err != nil {
				t.Fatal(err)
			}
			if err := tn.SaveSession(t.Context(), store.Session{ID: session, State: "met", Sharer: "s", SharerName: "=cmd", Used: policy.View}); err != nil {
				t.Fatal(err)
			}
			if _, err := tn.Append(t.Context(), store.Entry{Action: "x", Session: session, Outcome: "ok"}); err != nil {
				t.Fatal(err)
			}
			if i%100 == 0 { // several in one moment
				clock.Add(time.Second)
			}
		}
	}
	a := s.For(storetest.A)
	w := httptest.NewRecorder()
	if err := records.Serve(w, "s", records.CSV, records.SessionHeader(), records.Sessions(t.Context(), a, store.SessionQuery{}, clock.Now())); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(rows) != n+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	seen := map[string]bool{}
	for _, r := range rows[1:] {
		if seen[r[0]] || !strings.HasPrefix(r[0], "a") || r[3] != "'=cmd" {
			t.Fatalf("row %v", r)
		}
		seen[r[0]] = true
	}
	w = httptest.NewRecorder()
	if err := records.Serve(w, "a", records.JSONLines, records.AuditHeader(), records.AuditLog(t.Context(), a, store.AuditQuery{})); err != nil {
		t.Fatal(err)
	}
	d, want := json.NewDecoder(w.Body), uint64(n)
	for ; d.More(); want-- {
		var r records.Audit
		if err := d.Decode(&r); err != nil || r.Seq != want || !strings.HasPrefix(r.Session, "a") {
			t.Fatalf("%+v %v, want %d", r, err, want)
		}
	}
	if want != 0 {
		t.Errorf("ends before %d", want)
	}
}
