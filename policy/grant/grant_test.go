package grant

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"beside/policy"
)

// seeded keys make failures repeatable.
func key(name string) ed25519.PrivateKey {
	s := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(s[:])
}

func pub(name string) ed25519.PublicKey {
	return key(name).Public().(ed25519.PublicKey)
}

var now = time.Unix(1_800_000_000, 0)

const (
	tid  = "11111111-1111-4111-8111-111111111111"
	hoid = "22222222-2222-4222-8222-222222222222"
	soid = "33333333-3333-4333-8333-333333333333"
	dev  = "55555555-5555-4555-8555-555555555555"
)

func statement() Statement {
	return Statement{
		Tenant: tid, Seq: 7, Revoked: []string{"gone"}, MinApp: "1.0.0",
		Keys: []Key{
			{KID: "k1", Public: pub("k1"), NotBefore: now.Add(-time.Hour).Unix(), NotAfter: now.Add(time.Hour).Unix()},
			{KID: "gone", Public: pub("gone"), NotBefore: now.Add(-time.Hour).Unix(), NotAfter: now.Add(time.Hour).Unix()},
		},
	}
}

func fill(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }

func expect() Expect {
	return Expect{
		Issuer: "https://help.contoso.example", Tenant: tid, SID: [32]byte(fill(1, 32)), TH: [64]byte(fill(2, 64)),
		GN: [32]byte(fill(3, 32)), Seq: 4, Mode: "code", Helper: hoid, Sharer: soid, Device: dev,
		HelperFP: [32]byte(fill(5, 32)), SharerFP: [32]byte(fill(6, 32)), Requested: policy.View | policy.Control,
		CardH: [32]byte(fill(7, 32)), CardS: [32]byte(fill(8, 32)), AppVersion: "1.2.0",
	}
}

func claims() Claims {
	return Claims{
		V: 1, Iss: "https://help.contoso.example", Aud: audSharer, Tid: tid, Sid: hex.EncodeToString(fill(1, 32)), TH: hex.EncodeToString(fill(2, 64)),
		GN: fill(3, 32), Seq: 4, Mode: "code", HOID: hoid, SOID: soid, Dev: dev, DevProof: "own", DevState: "compliant",
		Rights: []string{"view", "control"}, HFP: fill(5, 32), SFP: fill(6, 32), CardH: fill(7, 32), CardS: fill(8, 32),
		StartWithin: 90, RunFor: 500, Audit: Audit{Seq: 9, Hash: "aa"}, Iat: now.Unix(),
	}
}

// made signs anything, which Sign would not.
func made(t testing.TB, keyName string, h, c any) string {
	t.Helper()
	var parts []string
	for _, v := range []any{h, c} {
		b, ok := v.(string)
		if !ok {
			j, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			b = string(j)
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString([]byte(b)))
	}
	in := strings.Join(parts, ".")
	return in + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key(keyName), []byte(in)))
}

func TestVerifyGood(t *testing.T) {
	jws, err := Sign(key("k1"), "k1", claims())
	if err != nil {
		t.Fatal(err)
	}
	got, err := Verify(jws, statement(), expect())
	want := Granted{Rights: policy.View | policy.Control, StartWithin: 90 * time.Second, RunFor: 500 * time.Second, Audit: Audit{9, "aa"}}
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	narrow := claims()
	narrow.Rights, narrow.StartWithin, narrow.RunFor = []string{"view"}, 1<<40, 1<<40
	if jws, err = Sign(key("k1"), "k1", narrow); err != nil {
		t.Fatal(err)
	}
	got, err = Verify(jws, statement(), expect())
	if err != nil || got.Rights != policy.View || got.StartWithin != MaxStartWithin || got.RunFor != MaxRunFor {
		t.Errorf("capped: %+v, %v", got, err)
	}
}

// Every check is broken alone: everything else about the grant is right.
func TestVerifyRefuses(t *testing.T) {
	head := header{"EdDSA", typGrant, "k1"}
	with := func(change func(*Claims)) string {
		c := claims()
		change(&c)
		return made(t, "k1", head, c)
	}
	text := func(old, fresh string) string {
		b, err := json.Marshal(claims())
		if err != nil {
			t.Fatal(err)
		}
		s := strings.Replace(string(b), old, fresh, 1)
		if s == string(b) {
			t.Fatalf("%s is not in the claims", old)
		}
		return made(t, "k1", head, s)
	}
	good := made(t, "k1", head, claims())
	for name, c := range map[string]struct{ jws, check string }{
		"alg none":            {made(t, "k1", header{"none", typGrant, "k1"}, claims()), "G1"},
		"alg in other case":   {made(t, "k1", header{"eddsa", typGrant, "k1"}, claims()), "G1"},
		"typ of a revocation": {made(t, "k1", header{"EdDSA", typRevoke, "k1"}, claims()), "G1"},
		"no kid":              {made(t, "k1", header{"EdDSA", typGrant, ""}, claims()), "G1"},
		"unlisted kid":        {made(t, "k1", header{"EdDSA", typGrant, "k2"}, claims()), "G1"},
		"revoked kid":         {made(t, "gone", header{"EdDSA", typGrant, "gone"}, claims()), "G1"},
		"header with jwk":     {made(t, "k1", `{"alg":"EdDSA","typ":"beside-grant+jwt","kid":"k1","jwk":{}}`, claims()), "G1"},
		"header member twice": {made(t, "k1", `{"alg":"EdDSA","typ":"beside-grant+jwt","kid":"k1","kid":"k1"}`, claims()), "G1"},
		"header in capitals":  {made(t, "k1", `{"alg":"EdDSA","typ":"beside-grant+jwt","KID":"k1"}`, claims()), "G1"},
		"two signatures":      {good + good[strings.LastIndex(good, "."):], "G1"},
		"newline":             {good + "\n", "G1"},
		"padding":             {good + "=", "G1"},
		"too large":           {with(func(c *Claims) { c.Dev = strings.Repeat("x", maxJWS) }), "G1"},
		"empty":               {"", "G1"},
		"signed by another":   {made(t, "evil", head, claims()), "G2"},
		"payload exchanged":   {good[:strings.Index(good, ".")] + with(func(c *Claims) { c.Seq++ })[strings.Index(good, "."):strings.LastIndex(good, ".")] + good[strings.LastIndex(good, "."):], "G2"},
		"issuer":              {with(func(c *Claims) { c.Iss = "https://evil.example" }), "G3"},
		"audience":            {with(func(c *Claims) { c.Aud = "beside-helper" }), "G3"},
		"version 2":           {with(func(c *Claims) { c.V = 2 }), "G3"},
		"tenant":              {with(func(c *Claims) { c.Tid = soid }), "G4"},
		"session":             {with(func(c *Claims) { c.Sid = hex.EncodeToString(fill(9, 32)) }), "G5"},
		"session in capitals": {with(func(c *Claims) { c.Sid = strings.ToUpper(hex.EncodeToString(fill(0xa, 32))) }), "G5"},
		"transcript":          {with(func(c *Claims) { c.TH = hex.EncodeToString(fill(9, 64)) }), "G5"},
		"nonce of before":     {with(func(c *Claims) { c.GN = fill(9, 32) }), "G6"},
		"no nonce":            {with(func(c *Claims) { c.GN = nil }), "G6"},
		"sequence of before":  {with(func(c *Claims) { c.Seq-- }), "G7"},
		"helper":              {with(func(c *Claims) { c.HOID = soid }), "G8"},
		"card of helper":      {with(func(c *Claims) { c.CardH = fill(9, 32) }), "G8"},
		"sharer":              {with(func(c *Claims) { c.SOID = hoid }), "G9"},
		"card of sharer":      {with(func(c *Claims) { c.CardS = fill(9, 32) }), "G9"},
		"helper's link":       {with(func(c *Claims) { c.HFP = fill(9, 32) }), "G10"},
		"sharer's link":       {with(func(c *Claims) { c.SFP = fill(9, 32) }), "G10"},
		"links exchanged":     {with(func(c *Claims) { c.HFP, c.SFP = c.SFP, c.HFP }), "G10"},
		"more than asked":     {with(func(c *Claims) { c.Rights = []string{"view", "elevate"} }), "G11"},
		"unknown right":       {with(func(c *Claims) { c.Rights = []string{"view", "fly"} }), "G11"},
		"right twice":         {with(func(c *Claims) { c.Rights = []string{"view", "view"} }), "G11"},
		"no rights":           {with(func(c *Claims) { c.Rights = nil }), "G11"},
		"mode":                {with(func(c *Claims) { c.Mode = "sas" }), "G11"},
		"device":              {with(func(c *Claims) { c.Dev = soid }), "G11"},
		"unknown claim":       {text(`{"v":1`, `{"x":1,"v":1`), "G12"},
		"claim twice":         {text(`{"v":1`, `{"v":1,"v":1`), "G12"},
		"claim in capitals":   {text(`"tid"`, `"TID"`), "G12"},
		"something behind":    {made(t, "k1", head, func() string { b, _ := json.Marshal(claims()); return string(b) + "{}" }()), "G12"}, //nolint:errchkjson // plain struct
		"not an object":       {made(t, "k1", head, `[]`), "G12"},
		"null":                {made(t, "k1", head, `null`), "G3"},
		"no time to start":    {with(func(c *Claims) { c.StartWithin = 0 }), "G12"},
		"negative run":        {with(func(c *Claims) { c.RunFor = -1 }), "G12"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Verify(c.jws, statement(), expect())
			var ce *CheckError
			if !errors.Is(err, ErrInvalid) || !errors.As(err, &ce) || ce.Check != c.check {
				t.Errorf("got %v, want %s", err, c.check)
			}
			if got != (Granted{}) {
				t.Errorf("a grant came with the error: %+v", got)
			}
		})
	}
	if _, err := Verify(good, Statement{}, expect()); !errors.Is(err, ErrInvalid) {
		t.Errorf("no statement: %v", err)
	}
	if _, err := Verify(good, statement(), Expect{}); !errors.Is(err, ErrInvalid) {
		t.Errorf("nothing expected: %v", err)
	}
}

func TestVersion(t *testing.T) {
	for name, c := range map[string]struct {
		app, grant, statement string
		ok                    bool
	}{
		"no floor": {"0.1.0", "", "", true}, "equal": {"1.2.0", "1.2.0", "1.2.0", true}, "newer": {"1.10.0", "1.9.9", "", true},
		"older than the grant": {"1.9.0", "1.10.0", "", false}, "older than the statement": {"1.9.0", "", "2", false},
		"unreadable": {"devel", "1.0.0", "", false}, "suffix": {"v1.2.0-rc1", "1.2.0", "", true},
	} {
		cl, st, e := claims(), statement(), expect()
		cl.MinApp, st.MinApp, e.AppVersion = c.grant, c.statement, c.app
		_, err := Verify(made(t, "k1", header{"EdDSA", typGrant, "k1"}, cl), st, e)
		if (err == nil) != c.ok || (err != nil && !errors.Is(err, ErrVersion)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	good := made(f, "k1", header{"EdDSA", typGrant, "k1"}, claims())
	f.Add(good)
	f.Add(good + "=")
	f.Add(made(f, "k1", `{"alg":"EdDSA","typ":"beside-grant+jwt","kid":"k1","x":[{}]}`, `{"v":1}`))
	f.Add("..")
	f.Fuzz(func(t *testing.T, jws string) {
		if _, err := Verify(jws, statement(), expect()); err == nil && jws != good {
			t.Errorf("accepted %q", jws)
		} else if err != nil && !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrVersion) {
			t.Errorf("error of no kind: %v", err)
		}
	})
}

// FuzzClaims signs whatever the fuzzer says, so that it reaches what is behind the signature.
func FuzzClaims(f *testing.F) {
	b, err := json.Marshal(claims())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(b))
	f.Add(`{"rights":["view"],"audit":{"seq":1}}`)
	f.Fuzz(func(t *testing.T, payload string) {
		got, err := Verify(made(t, "k1", header{"EdDSA", typGrant, "k1"}, payload), statement(), expect())
		if err == nil && (!expect().Requested.Has(got.Rights) || got.RunFor > MaxRunFor || got.StartWithin > MaxStartWithin) {
			t.Errorf("granted %+v for %q", got, payload)
		}
	})
}
