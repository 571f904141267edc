package grant

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"beside/policy"
)

const (
	typGrant  = "beside-grant+jwt"
	audSharer = "beside-sharer"

	// MaxStartWithin is how long after the request a grant may be begun at most, whatever it says.
	MaxStartWithin = 120 * time.Second
	// MaxRunFor is how long a grant runs at most, whatever it says.
	MaxRunFor = 600 * time.Second
)

// Claims is the body of a grant (PROTOCOL 1.6), as it stands on the wire.
type Claims struct {
	V           int      `json:"v"` // 1
	Iss         string   `json:"iss"`
	Aud         string   `json:"aud"`
	Tid         string   `json:"tid"`
	Sid         string   `json:"sid"` // hex
	TH          string   `json:"th"`  // hex
	GN          []byte   `json:"gn"`
	Seq         uint64   `json:"seq"`
	Mode        string   `json:"mode"`
	SAS         bool     `json:"sas,omitempty"`
	HOID        string   `json:"hoid"`
	SOID        string   `json:"soid"`
	Dev         string   `json:"dev"`
	DevProof    string   `json:"dev_proof"`
	DevState    string   `json:"dev_state"`
	Rights      []string `json:"rights"`
	HFP         []byte   `json:"hfp"`
	SFP         []byte   `json:"sfp"`
	CardH       []byte   `json:"card_h"`
	CardS       []byte   `json:"card_s"`
	StartWithin int      `json:"start_within"` // seconds
	RunFor      int      `json:"run_for"`      // seconds
	MinApp      string   `json:"min_app"`
	Audit       Audit    `json:"audit"`
	Iat         int64    `json:"iat"` // for logs only
}

// Audit is the head of the tenant's audit chain when the grant was made: devices that log it can
// later prove that the chain was cut.
type Audit struct {
	Seq  uint64 `json:"seq"`
	Hash string `json:"hash"` // hex
}

// Sign makes the JWS of a grant. It fills in v and aud.
func Sign(key ed25519.PrivateKey, kid string, c Claims) (string, error) {
	c.V, c.Aud = 1, audSharer
	return sign(key, header{"EdDSA", typGrant, kid}, c)
}

// Expect is what the sharer's app knows by itself, and so what a grant must say.
type Expect struct {
	Issuer, Tenant     string // origin of the endpoint; own tenant
	SID                [32]byte
	TH                 [64]byte
	GN                 [32]byte // of the one outstanding request
	Seq                uint64
	Mode               string
	Helper, Sharer     string // object ids: the card's that is shown; own sign-in
	Device             string // as shown; may be ""
	HelperFP, SharerFP [32]byte
	Requested          policy.Right
	CardH, CardS       [32]byte
	AppVersion         string
}

// Granted is what a checked grant allows.
type Granted struct {
	Rights      policy.Right
	StartWithin time.Duration // from the moment the request was sent; at most MaxStartWithin
	RunFor      time.Duration // likewise; at most MaxRunFor
	Audit       Audit
}

// Verify does the checks G1 to G11 of PROTOCOL 1.6 and caps the times of G12, which the caller
// measures on its own clock. Errors are *CheckError, ErrWider or ErrVersion.
func Verify(jws string, st Statement, e Expect) (Granted, error) {
	h, payload, signed, sig, err := split(jws, typGrant)
	if err != nil {
		return Granted{}, err
	}
	key, ok := st.key(h.Kid)
	if !ok {
		return Granted{}, refuse("G1", "unknown key")
	}
	if !ed25519.Verify(key, signed, sig) {
		return Granted{}, refuse("G2", "signature")
	}
	var c Claims
	if err := strict(payload, &c); err != nil {
		return Granted{}, refuse("G12", "claims: %v", err)
	}
	rights, known := policy.ParseRights(c.Rights)
	for _, check := range []struct {
		id, why string
		ok      bool
	}{
		{"G3", "issuer, audience or version", c.Iss == e.Issuer && c.Aud == audSharer && c.V == 1},
		{"G4", "tenant", c.Tid == e.Tenant && e.Tenant != ""},
		{"G5", "session or transcript", c.Sid == hex.EncodeToString(e.SID[:]) && c.TH == hex.EncodeToString(e.TH[:])},
		{"G6", "nonce", bytes.Equal(c.GN, e.GN[:])},
		{"G7", "sequence", c.Seq == e.Seq},
		{"G8", "helper", c.HOID == e.Helper && e.Helper != "" && bytes.Equal(c.CardH, e.CardH[:])},
		{"G9", "sharer", c.SOID == e.Sharer && e.Sharer != "" && bytes.Equal(c.CardS, e.CardS[:])},
		{"G10", "fingerprints", bytes.Equal(c.HFP, e.HelperFP[:]) && bytes.Equal(c.SFP, e.SharerFP[:])},
		{"G11", "rights, mode or device", known && rights != 0 && c.Mode == e.Mode && c.Dev == e.Device},
		{"G12", "times", c.StartWithin > 0 && c.RunFor > 0},
	} {
		if !check.ok {
			return Granted{}, refuse(check.id, "%s", check.why)
		}
	}
	if rights&^e.Requested != 0 {
		return Granted{}, ErrWider
	}
	if older(e.AppVersion, c.MinApp) || older(e.AppVersion, st.MinApp) {
		return Granted{}, ErrVersion
	}
	return Granted{
		Rights:      rights,
		StartWithin: min(seconds(c.StartWithin), MaxStartWithin),
		RunFor:      min(seconds(c.RunFor), MaxRunFor),
		Audit:       c.Audit,
	}, nil
}

// seconds does not overflow: anything long is as good as an hour.
func seconds(n int) time.Duration { return time.Duration(min(n, 3600)) * time.Second }

// older compares dotted versions; what is not a number counts as 0, and no minimum is none.
func older(have, need string) bool {
	return need != "" && slices.Compare(numbers(have), numbers(need)) < 0
}

func numbers(v string) []int {
	v, _, _ = strings.Cut(strings.TrimPrefix(v, "v"), "-")
	out := make([]int, 3)
	for i, s := range strings.SplitN(v, ".", 3) {
		out[i], _ = strconv.Atoi(s)
	}
	return out
}
