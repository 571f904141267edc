package keys_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"beside/policy"
	"beside/policy/anchor"
	"beside/policy/grant"
	"beside/server/keys"
	"beside/server/signal"
	"beside/server/store"
	"beside/server/store/sqlite"
	"beside/server/store/storetest"
)

const origin = "https://help.example"

func open(t *testing.T) (*storetest.Clock, keys.Options) {
	clock := storetest.NewClock()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, id := range []string{storetest.A, storetest.B} {
		if err := s.For(id).SetUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return clock, keys.Options{Dir: t.TempDir(), Origin: origin, Store: s, Now: clock.Now}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func fill(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }

func request() signal.Grant {
	return signal.Grant{
		SID: fill(1, 32), TH: fill(2, 64), GN: fill(3, 32), Seq: 4, Mode: "code", Helper: "h", Sharer: "s", Device: "d",
		Proof: policy.ProofOwn, State: policy.StateCompliant, Rights: policy.View, HFP: fill(5, 32), SFP: fill(6, 32), CardH: fill(7, 32),
		CardS: fill(8, 32), StartWithin: 120 * time.Second, RunFor: 600 * time.Second, Audit: store.Head{Seq: 9, Hash: "aa"},
	}
}

func expect() grant.Expect {
	return grant.Expect{
		Issuer: origin, Tenant: storetest.A, SID: [32]byte(fill(1, 32)), TH: [64]byte(fill(2, 64)), GN: [32]byte(fill(3, 32)), Seq: 4,
		Mode: "code", Helper: "h", Sharer: "s", Device: "d", HelperFP: [32]byte(fill(5, 32)), SharerFP: [32]byte(fill(6, 32)),
		Requested: policy.View | policy.Control, CardH: [32]byte(fill(7, 32)), CardS: [32]byte(fill(8, 32)), AppVersion: "1.0.0",
	}
}

func TestSharerAccepts(t *testing.T) {
	clock, o := open(t)
	k, made, err := keys.Open(o)
	must(t, err)
	if !made {
		t.Error("nobody is told of the new anchor")
	}
	jws, statement, err := k.Grant(t.Context(), storetest.A, request())
	must(t, err)
	st, err := grant.VerifyStatement(statement, k.Anchor(), storetest.A, clock.Now(), 1)
	must(t, err)
	g, err := grant.Verify(jws, st, expect())
	if err != nil || g.Rights != policy.View || g.RunFor != 600*time.Second || g.Audit.Seq != 9 {
		t.Errorf("%+v %v", g, err)
	}
	rev, err := k.Revoke(t.Context(), storetest.A, signal.Revocation{SID: fill(1, 32), TH: fill(2, 64), Seq: 4})
	must(t, err)
	left, err := grant.VerifyRevoke(rev, st, grant.RevokeExpect{Issuer: origin, Tenant: storetest.A, SID: [32]byte(fill(1, 32)), TH: [64]byte(fill(2, 64)), MinSeq: 4})
	if err != nil || left != 0 {
		t.Errorf("revocation: %v %v", left, err)
	}
}

func TestStatement(t *testing.T) {
	clock, o := open(t)
	k, _, err := keys.Open(o)
	must(t, err)
	next := func(k *keys.Keys, want uint64) {
		t.Helper()
		jws, err := k.Statement(context.WithoutCancel(t.Context()), storetest.A)
		must(t, err)
		if st, err := grant.VerifyStatement(jws, k.Anchor(), storetest.A, clock.Now(), want); err != nil || st.Seq != want {
			t.Errorf("statement %+v %v, want number %d", st, err, want)
		}
	}
	next(k, 1)
	next(k, 1)
	again, made, err := keys.Open(o)
	if err != nil || made || !bytes.Equal(again.Anchor(), k.Anchor()) {
		t.Fatalf("second start: %v %v", made, err)
	}
	next(again, 1)
	clock.Add(46 * 24 * time.Hour)
	next(again, 2)

	// The anchor is taken away: the statement serves as long as it lives.
	must(t, os.Remove(filepath.Join(o.Dir, "anchor.key")))
	away, made, err := keys.Open(o)
	if err != nil || made {
		t.Fatalf("without anchor.key: %v %v", made, err)
	}
	clock.Add(80 * 24 * time.Hour)
	next(away, 2)
	clock.Add(11 * 24 * time.Hour)
	if _, err := away.Statement(t.Context(), storetest.A); !errors.Is(err, keys.ErrNoAnchor) {
		t.Errorf("an old statement: %v", err)
	}
	// A new grant key needs the anchor's word too.
	must(t, os.Remove(filepath.Join(o.Dir, "grant.key")))
	fresh, _, err := keys.Open(o)
	must(t, err)
	if _, _, err := fresh.Grant(t.Context(), storetest.A, request()); !errors.Is(err, keys.ErrNoAnchor) {
		t.Errorf("a key nobody vouches for: %v", err)
	}
}

func TestKeyFiles(t *testing.T) {
	_, o := open(t)
	_, _, err := keys.Open(o)
	must(t, err)
	for _, f := range []string{"grant.key", "anchor.key"} {
		path := filepath.Join(o.Dir, f)
		fi, err := os.Stat(path)
		if err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", f, fi.Mode(), err)
		}
		must(t, os.Chmod(path, 0o640))
		if _, _, err := keys.Open(o); err == nil {
			t.Errorf("%s is read although others may", f)
		}
		must(t, os.Chmod(path, 0o600))
		b, err := os.ReadFile(path)
		must(t, err)
		must(t, os.WriteFile(path, []byte("x"), 0o600))
		if _, _, err := keys.Open(o); err == nil {
			t.Errorf("%s: rubbish is read", f)
		}
		must(t, os.WriteFile(path, b, 0o600))
	}
}

// The anchor is elsewhere: the endpoint asks, somebody signs, and from then on grants count.
func TestOfflineAnchor(t *testing.T) {
	clock, o := open(t)
	file := filepath.Join(t.TempDir(), "anchor")
	pass := []byte("correct horse battery")
	public, err := anchor.New(file, pass)
	must(t, err)
	private, err := anchor.Open(file, pass)
	must(t, err)
	der, err := x509.MarshalPKIXPublicKey(public)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(o.Dir, "anchor.pub"), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600))
	k, made, err := keys.Open(o)
	if err != nil || made {
		t.Fatal(made, err)
	}
	if _, _, err := k.Grant(t.Context(), storetest.A, request()); !errors.Is(err, keys.ErrNoAnchor) {
		t.Fatalf("before anything was signed: %v", err)
	}
	r, err := k.Request(t.Context(), storetest.A)
	must(t, err)
	sign := func(r anchor.Request, terms anchor.Terms) string {
		t.Helper()
		terms.Life = 24 * time.Hour
		jws, _, err := anchor.Statement(private, r, terms, clock.Now())
		must(t, err)
		return jws
	}
	first := sign(r, anchor.Terms{First: true})
	foreign := r
	foreign.KID, foreign.Public = "other", fill(1, 32)
	for name, jws := range map[string]string{"nothing": "", "of another key": sign(foreign, anchor.Terms{First: true})} {
		if _, err := k.Import(t.Context(), storetest.A, jws); err == nil {
			t.Errorf("%s was imported", name)
		}
	}
	if _, err := k.Import(t.Context(), storetest.B, first); err == nil {
		t.Error("it was imported for another tenant")
	}
	if s, err := k.Import(t.Context(), storetest.A, first); err != nil || s.Seq != 1 {
		t.Fatal(s, err)
	}
	if _, err := k.Import(t.Context(), storetest.A, first); !errors.Is(err, store.ErrConflict) {
		t.Errorf("imported twice: %v", err)
	}
	jws, statement, err := k.Grant(t.Context(), storetest.A, request())
	must(t, err)
	st, err := grant.VerifyStatement(statement, public, storetest.A, clock.Now(), 1)
	must(t, err)
	if _, err := grant.Verify(jws, st, expect()); err != nil {
		t.Errorf("the grant: %v", err)
	}

	// What is revoked is published with the next one.
	r, err = k.Request(t.Context(), storetest.A)
	if err != nil || r.Seq != 2 || r.Current != first {
		t.Fatalf("%+v %v", r, err)
	}
	if s, err := k.Import(t.Context(), storetest.A, sign(r, anchor.Terms{Revoke: []string{"0102030405060708"}})); err != nil || len(s.Revoked) != 1 {
		t.Errorf("%+v %v", s, err)
	}
	clock.Add(25 * time.Hour)
	if _, _, err := k.Grant(t.Context(), storetest.A, request()); !errors.Is(err, keys.ErrNoAnchor) {
		t.Errorf("after it ran out: %v", err)
	}
	_, here := open(t)
	k, _, err = keys.Open(here)
	must(t, err)
	if _, err := k.Request(t.Context(), storetest.A); !errors.Is(err, keys.ErrAnchorHere) {
		t.Errorf("an anchor that is here: %v", err)
	}
}
