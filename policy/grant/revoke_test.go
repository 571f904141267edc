package grant

import (
	"encoding/hex"
	"errors"
	"testing"

	"beside/policy"
)

func TestRevoke(t *testing.T) {
	good := Revocation{Iss: "https://help.contoso.example", Tid: tid, Sid: hex.EncodeToString(fill(1, 32)), TH: hex.EncodeToString(fill(2, 64)), Seq: 4, Rights: []string{"view"}}
	e := RevokeExpect{Issuer: good.Iss, Tenant: tid, SID: [32]byte(fill(1, 32)), TH: [64]byte(fill(2, 64)), MinSeq: 4}
	jws, err := SignRevoke(key("k1"), "k1", good)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := VerifyRevoke(jws, statement(), e); err != nil || got != policy.View {
		t.Errorf("got %v, %v", got, err)
	}
	all := good
	all.Rights = nil
	if jws, err = SignRevoke(key("k1"), "k1", all); err != nil {
		t.Fatal(err)
	}
	if got, err := VerifyRevoke(jws, statement(), e); err != nil || got != 0 {
		t.Errorf("all: %v, %v", got, err)
	}
	for name, c := range map[string]struct {
		key, kid string
		change   func(*Revocation)
	}{
		"other key":     {"evil", "k1", func(*Revocation) {}},
		"revoked key":   {"gone", "gone", func(*Revocation) {}},
		"issuer":        {"k1", "k1", func(r *Revocation) { r.Iss = "x" }},
		"tenant":        {"k1", "k1", func(r *Revocation) { r.Tid = soid }},
		"session":       {"k1", "k1", func(r *Revocation) { r.Sid = "" }},
		"transcript":    {"k1", "k1", func(r *Revocation) { r.TH = "" }},
		"stale":         {"k1", "k1", func(r *Revocation) { r.Seq = 3 }},
		"unknown right": {"k1", "k1", func(r *Revocation) { r.Rights = []string{"fly"} }},
	} {
		r := good
		c.change(&r)
		jws, err := SignRevoke(key(c.key), c.kid, r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := VerifyRevoke(jws, statement(), e); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := VerifyRevoke(made(t, "k1", header{"EdDSA", typGrant, "k1"}, claims()), statement(), e); !errors.Is(err, ErrInvalid) {
		t.Errorf("a grant: %v", err)
	}
}
