package grant

import (
	"crypto/ed25519"
	"encoding/hex"

	"beside/policy"
)

const typRevoke = "beside-revoke+jwt"

// Revocation narrows a running session at once (PROTOCOL 1.5).
type Revocation struct {
	Iss    string   `json:"iss"`
	Tid    string   `json:"tid"`
	Sid    string   `json:"sid"`    // hex
	TH     string   `json:"th"`     // hex
	Seq    uint64   `json:"seq"`    // of the newest grant it follows
	Rights []string `json:"rights"` // what is left; [] ends the session
}

// RevokeExpect is what the sharer's app knows by itself.
type RevokeExpect struct {
	Issuer, Tenant string
	SID            [32]byte
	TH             [64]byte
	MinSeq         uint64 // of the newest grant asked for: an older revocation is stale
}

// SignRevoke makes the JWS of a revocation.
func SignRevoke(key ed25519.PrivateKey, kid string, r Revocation) (string, error) {
	if r.Rights == nil {
		r.Rights = []string{}
	}
	return sign(key, header{"EdDSA", typRevoke, kid}, r)
}

// VerifyRevoke returns what rights are left. Errors are *CheckError: the caller ignores such a
// message, because a fault of signalling must not end a session.
func VerifyRevoke(jws string, st Statement, e RevokeExpect) (policy.Right, error) {
	h, payload, signed, sig, err := split(jws, typRevoke)
	if err != nil {
		return 0, err
	}
	key, ok := st.key(h.Kid)
	if !ok || !ed25519.Verify(key, signed, sig) {
		return 0, refuse("revoke", "signature")
	}
	var r Revocation
	if err := strict(payload, &r); err != nil {
		return 0, refuse("revoke", "claims: %v", err)
	}
	rights, known := policy.ParseRights(r.Rights)
	if r.Iss != e.Issuer || r.Tid != e.Tenant || r.Sid != hex.EncodeToString(e.SID[:]) ||
		r.TH != hex.EncodeToString(e.TH[:]) || r.Seq < e.MinSeq || !known {
		return 0, refuse("revoke", "not about this session as it is now")
	}
	return rights, nil
}
