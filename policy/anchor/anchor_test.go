package anchor_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"beside/policy/anchor"
	"beside/policy/grant"
)

const tenant = "11111111-1111-4111-8111-111111111111"

var passphrase = []byte("correct horse battery")

func made(t *testing.T) (string, ed25519.PrivateKey) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "anchor")
	public, err := anchor.New(path, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	key, err := anchor.Open(path, passphrase)
	if err != nil || !public.Equal(key.Public()) {
		t.Fatal(err)
	}
	return path, key
}

func TestFile(t *testing.T) {
	path, key := made(t)
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", fi.Mode(), err)
	}
	if p, err := anchor.Public(path); err != nil || !p.Equal(key.Public()) {
		t.Errorf("%v", err)
	}
	if _, err := anchor.New(path, passphrase); !errors.Is(err, fs.ErrExist) {
		t.Errorf("an anchor was replaced: %v", err)
	}
	if _, err := anchor.New(path+"2", []byte("short")); !errors.Is(err, anchor.ErrWeak) {
		t.Errorf("weak: %v", err)
	}
	if _, err := anchor.Open(path, []byte("correct horse batterx")); !errors.Is(err, anchor.ErrPassphrase) {
		t.Errorf("wrong passphrase: %v", err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(good, key.Seed()) {
		t.Error("the key is not sealed")
	}
	for name, tt := range map[string]struct {
		spoil func(map[string]any)
		want  error
	}{
		"another public key": {func(m map[string]any) { m["public"] = bytes.Repeat([]byte{1}, 32) }, anchor.ErrPassphrase},
		"another salt":       {func(m map[string]any) { m["salt"] = make([]byte, 16) }, anchor.ErrPassphrase},
		"no work":            {func(m map[string]any) { m["time"] = 0 }, anchor.ErrFile},
		"all the memory":     {func(m map[string]any) { m["memory"] = 1 << 30 }, anchor.ErrFile},
		"another way":        {func(m map[string]any) { m["kdf"] = "none" }, anchor.ErrFile},
		"another version":    {func(m map[string]any) { m["v"] = 2 }, anchor.ErrFile},
	} {
		var m map[string]any
		if err := json.Unmarshal(good, &m); err != nil {
			t.Fatal(err)
		}
		tt.spoil(m)
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		other := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(other, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := anchor.Open(other, passphrase); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStatement(t *testing.T) {
	_, key := made(t)
	_, other := made(t)
	now := time.Unix(1_800_000_000, 0)
	public := key.Public().(ed25519.PublicKey)
	req := anchor.Request{Tenant: tenant, KID: "k1", Public: bytes.Repeat([]byte{1}, 32), NotBefore: now.Unix(), Seq: 1}
	first, s, err := anchor.Statement(key, req, anchor.Terms{Life: time.Hour * 24, First: true, Revoke: []string{"old"}, MinApp: "1.2"}, now)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := grant.VerifyStatement(first, public, tenant, now, 1); err != nil || got.Seq != 1 || len(got.Keys) != 1 || got.MinApp != "1.2" {
		t.Fatalf("%+v %+v %v", got, s, err)
	}

	// The next one remembers what is revoked, and the key before for as long as it lives.
	next := anchor.Request{Tenant: tenant, KID: "k2", Public: bytes.Repeat([]byte{2}, 32), NotBefore: now.Unix(), Seq: 2, Current: first}
	_, s, err = anchor.Statement(key, next, anchor.Terms{Life: time.Hour, Revoke: []string{"new", "old"}}, now.Add(time.Hour))
	if err != nil || len(s.Keys) != 2 || !slices.Equal(s.Revoked, []string{"old", "new"}) || s.MinApp != "1.2" || s.Seq != 2 {
		t.Errorf("%+v %v", s, err)
	}
	if _, s, err = anchor.Statement(key, next, anchor.Terms{Life: time.Hour, Revoke: []string{"k1"}}, now); err != nil || len(s.Keys) != 1 || s.Keys[0].KID != "k2" {
		t.Errorf("a revoked key lives on: %+v %v", s, err)
	}
	if _, s, err = anchor.Statement(key, next, anchor.Terms{Life: time.Hour}, now.Add(48*time.Hour)); err != nil || len(s.Keys) != 1 {
		t.Errorf("a key that has run out lives on: %+v %v", s, err)
	}

	change := func(fn func(*anchor.Request)) anchor.Request { r := next; fn(&r); return r }
	terms := anchor.Terms{Life: time.Hour}
	for name, tt := range map[string]struct {
		key ed25519.PrivateKey
		r   anchor.Request
		t   anchor.Terms
	}{
		"forgets the current": {key, change(func(r *anchor.Request) { r.Current = "" }), terms},
		"first once more":     {key, next, anchor.Terms{Life: time.Hour, First: true}},
		"other anchor's":      {other, next, terms},
		"other tenant":        {key, change(func(r *anchor.Request) { r.Tenant = "22222222-2222-4222-8222-222222222222" }), terms},
		"jumps":               {key, change(func(r *anchor.Request) { r.Seq = 9 }), terms},
		"no key":              {key, change(func(r *anchor.Request) { r.Public = nil }), terms},
		"revoked key":         {key, change(func(r *anchor.Request) { r.KID = "old" }), terms},
		"for ever":            {key, next, anchor.Terms{Life: anchor.MaxLife + 1}},
		"for no time":         {key, next, anchor.Terms{}},
	} {
		if _, _, err := anchor.Statement(tt.key, tt.r, tt.t, now); !errors.Is(err, anchor.ErrRequest) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
