package grant

import (
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func signed(t testing.TB, anchor string, change func(*Statement)) string {
	t.Helper()
	s := statement()
	change(&s)
	jws, err := SignStatement(key(anchor), s)
	if err != nil {
		t.Fatal(err)
	}
	return jws
}

func asIs(*Statement) {}

func TestVerifyStatement(t *testing.T) {
	jws := signed(t, "anchor", asIs)
	got, err := VerifyStatement(jws, pub("anchor"), tid, now, 7)
	if err != nil || got.Seq != 7 || len(got.Keys) != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
	age := func(d time.Duration) error {
		_, err := VerifyStatement(jws, pub("anchor"), tid, now.Add(d), 0)
		return err
	}
	for name, c := range map[string]struct {
		err  error
		want error
	}{
		"clock 48 h ahead":  {age(48 * time.Hour), nil},
		"clock 48 h behind": {age(-48 * time.Hour), nil},
		"clock 50 h ahead":  {age(50 * time.Hour), ErrClock},
		"clock 50 h behind": {age(-50 * time.Hour), ErrClock},
		"lower sequence":    {func() error { _, err := VerifyStatement(jws, pub("anchor"), tid, now, 8); return err }(), ErrInvalid},
		"other anchor":      {func() error { _, err := VerifyStatement(jws, pub("evil"), tid, now, 0); return err }(), ErrInvalid},
		"no anchor":         {func() error { _, err := VerifyStatement(jws, nil, tid, now, 0); return err }(), ErrInvalid},
		"other tenant":      {func() error { _, err := VerifyStatement(jws, pub("anchor"), soid, now, 0); return err }(), ErrInvalid},
		"no tenant": {func() error {
			_, err := VerifyStatement(signed(t, "anchor", func(s *Statement) { s.Tenant = "" }), pub("anchor"), "", now, 0)
			return err
		}(), ErrInvalid},
		"no keys": {func() error {
			_, err := VerifyStatement(signed(t, "anchor", func(s *Statement) { s.Keys = nil }), pub("anchor"), tid, now, 0)
			return err
		}(), ErrInvalid},
		"a grant": {func() error {
			_, err := VerifyStatement(made(t, "anchor", header{"EdDSA", typGrant, "anchor"}, statement()), pub("anchor"), tid, now, 0)
			return err
		}(), ErrInvalid},
		"signed by its keys": {func() error { _, err := VerifyStatement(signed(t, "k1", asIs), pub("anchor"), tid, now, 0); return err }(), ErrInvalid},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: got %v, want %v", name, c.err, c.want)
		}
	}
	// A key that has run out is dropped, the others stay.
	jws = signed(t, "anchor", func(s *Statement) { s.Keys[0].NotAfter = now.Add(-49 * time.Hour).Unix() })
	if got, err = VerifyStatement(jws, pub("anchor"), tid, now, 0); err != nil || len(got.Keys) != 1 {
		t.Errorf("run out: %+v, %v", got, err)
	}
}

func trust(t testing.TB, path string, deployed ed25519.PublicKey) *Trust {
	t.Helper()
	tr, err := NewTrust(tid, deployed, FilePins(path), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestFirstUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "pin")
	tr := trust(t, path, nil)
	if _, ok := tr.ID(); ok {
		t.Error("an anchor from nowhere")
	}
	if _, err := tr.Statement(signed(t, "anchor", asIs)); !errors.Is(err, ErrInvalid) {
		t.Errorf("statement before: %v", err)
	}
	if err := tr.First(pub("anchor")); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("pin file: %v, %v", st, err)
	}
	tr = trust(t, path, nil) // next start
	if id, ok := tr.ID(); !ok || id != AnchorID(pub("anchor")) {
		t.Error("not remembered")
	}
	if err := tr.First(pub("evil")); !errors.Is(err, ErrAnchorChanged) {
		t.Errorf("changed: %v", err)
	}
	if err := tr.First(pub("anchor")); err != nil {
		t.Errorf("the same: %v", err)
	}
	if _, err := tr.Statement(signed(t, "evil", asIs)); err == nil {
		t.Error("statement of another anchor")
	}
	if _, err := tr.Statement(signed(t, "anchor", func(s *Statement) { s.Seq = 9 })); err != nil {
		t.Error(err)
	}
	tr = trust(t, path, nil)
	if _, err := tr.Statement(signed(t, "anchor", func(s *Statement) { s.Seq = 8 })); !errors.Is(err, ErrInvalid) {
		t.Errorf("older statement after a start: %v", err)
	}
}

func TestRotation(t *testing.T) {
	for name, deployed := range map[string]ed25519.PublicKey{"first use": nil, "deployed": pub("anchor")} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "pin")
			tr := trust(t, path, deployed)
			if err := tr.First(pub("anchor")); err != nil {
				t.Fatal(err)
			}
			at := func(seq uint64, anchor string, next ed25519.PublicKey) error {
				_, err := tr.Statement(signed(t, anchor, func(s *Statement) { s.Seq, s.Next = seq, next }))
				return err
			}
			if at(7, "next", nil) == nil {
				t.Fatal("a successor nobody named")
			}
			if err := at(8, "anchor", pub("next")); err != nil {
				t.Fatal(err)
			}
			if err := tr.First(pub("next")); err != nil {
				t.Errorf("the named successor is shown: %v", err)
			}
			if err := at(9, "anchor", nil); err != nil { // taken back
				t.Fatal(err)
			}
			if at(10, "next", nil) == nil {
				t.Fatal("a successor that was taken back")
			}
			if err := at(10, "anchor", pub("next")); err != nil {
				t.Fatal(err)
			}
			tr = trust(t, path, deployed)
			if err := at(11, "next", nil); err != nil {
				t.Fatal(err)
			}
			tr = trust(t, path, deployed) // management still deploys the first one
			if id, _ := tr.ID(); id != AnchorID(pub("next")) {
				t.Error("the rotation was forgotten")
			}
			if at(12, "anchor", nil) == nil {
				t.Error("the old anchor signs again")
			}
			if at(10, "next", nil) == nil {
				t.Error("the sequence went back")
			}
		})
	}
}

// An anchor is replaced by management because the old one is not to be trusted any more.
func TestManagementReplacesTheAnchor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pin")
	tr := trust(t, path, pub("anchor"))
	if _, err := tr.Statement(signed(t, "anchor", func(s *Statement) { s.Seq, s.Next = 50, pub("evil") })); err != nil {
		t.Fatal(err)
	}
	tr = trust(t, path, pub("fresh"))
	if _, err := tr.Statement(signed(t, "evil", func(s *Statement) { s.Seq = 51 })); err == nil {
		t.Error("the old anchor's successor is believed")
	}
	if _, err := tr.Statement(signed(t, "fresh", func(s *Statement) { s.Seq = 1 })); err != nil {
		t.Errorf("the new anchor counts anew: %v", err)
	}
}

func TestDamagedPin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pin")
	for _, content := range []string{"", "{}", "null", "x", `{"tid":"` + tid + `","anchor":"AAAA","seq":1}`} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := NewTrust(tid, nil, FilePins(path), time.Now); err == nil {
			t.Errorf("%q brings trust on first use back", content)
		}
	}
}

func FuzzVerifyStatement(f *testing.F) {
	good := signed(f, "anchor", asIs)
	f.Add(good)
	f.Add(signed(f, "evil", asIs))
	f.Add(made(f, "anchor", header{"EdDSA", typKeys, "anchor"}, `{"keys":[null]}`))
	f.Fuzz(func(t *testing.T, jws string) {
		if _, err := VerifyStatement(jws, pub("anchor"), tid, now, 0); err == nil && jws != good {
			t.Errorf("accepted %q", jws)
		}
	})
}
