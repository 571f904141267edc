package grant

import (
	"crypto/ed25519"
	"crypto/sha256"
	"slices"
	"time"
)

const (
	typKeys = "beside-keys+jwt"

	// tolerance is how wrong this computer's clock may be when it judges a key's life.
	tolerance = 48 * time.Hour
)

// Statement is the anchor's word on which keys may sign grants (PROTOCOL 3). The zero Statement
// knows no key.
type Statement struct {
	Tenant  string   `json:"tid"`
	Seq     uint64   `json:"seq"` // counts up; an app never goes back
	Keys    []Key    `json:"keys"`
	Revoked []string `json:"revoked"` // key ids and certificate serials
	MinApp  string   `json:"min_app"`
	Next    []byte   `json:"next,omitempty"` // the anchor that will follow this one
}

// Key is one grant key.
type Key struct {
	KID       string `json:"kid"`
	Public    []byte `json:"pub"`
	NotBefore int64  `json:"nbf"` // unix seconds
	NotAfter  int64  `json:"exp"` // unix seconds
}

// key finds a key that may be used.
func (s Statement) key(kid string) (ed25519.PublicKey, bool) {
	if s.revoked(kid) {
		return nil, false
	}
	for _, k := range s.Keys {
		if k.KID == kid && len(k.Public) == ed25519.PublicKeySize {
			return k.Public, true
		}
	}
	return nil, false
}

// revoked says whether a key id or the serial of a certificate counts no more.
func (s Statement) revoked(id string) bool { return slices.Contains(s.Revoked, id) }

// AnchorID names an anchor: SHA-256 of its public key.
func AnchorID(pub ed25519.PublicKey) [32]byte { return sha256.Sum256(pub) }

// SignStatement makes the JWS of a key statement. The key id is the anchor's own.
func SignStatement(anchor ed25519.PrivateKey, s Statement) (string, error) {
	if s.Revoked == nil {
		s.Revoked = []string{}
	}
	return sign(anchor, header{"EdDSA", typKeys, "anchor"}, s)
}

// ReadStatement checks the form of a key statement, the anchor's signature and the tenant, and
// judges neither its keys' lives nor its sequence: it may be an old one.
func ReadStatement(jws string, anchor ed25519.PublicKey, tenant string) (Statement, error) {
	h, payload, signed, sig, err := split(jws, typKeys)
	if err != nil {
		return Statement{}, err
	}
	if h.Kid != "anchor" || len(anchor) != ed25519.PublicKeySize || !ed25519.Verify(anchor, signed, sig) {
		return Statement{}, refuse("statement", "signature")
	}
	var s Statement
	if err := strict(payload, &s); err != nil {
		return Statement{}, refuse("statement", "claims: %v", err)
	}
	switch {
	case s.Tenant != tenant || tenant == "":
		return Statement{}, refuse("statement", "tenant")
	case len(s.Keys) == 0 || len(s.Keys) > maxKeys:
		return Statement{}, refuse("statement", "%d keys", len(s.Keys))
	}
	return s, nil
}

// maxKeys is how many keys a statement may name.
const maxKeys = 8

// VerifyStatement checks a key statement: form, the anchor's signature, tenant, that its sequence
// is not below highest, and drops keys that are not valid now by a clock that may be two days off.
// Where every key is out by more than that, the error is ErrClock.
func VerifyStatement(jws string, anchor ed25519.PublicKey, tenant string, now time.Time, highest uint64) (Statement, error) {
	s, err := ReadStatement(jws, anchor, tenant)
	if err != nil {
		return Statement{}, err
	}
	if s.Seq < highest {
		return Statement{}, refuse("statement", "sequence went back")
	}
	all := len(s.Keys)
	s.Keys = slices.DeleteFunc(s.Keys, func(k Key) bool {
		return now.Before(time.Unix(k.NotBefore, 0).Add(-tolerance)) || now.After(time.Unix(k.NotAfter, 0).Add(tolerance))
	})
	if all > 0 && len(s.Keys) == 0 {
		return Statement{}, ErrClock
	}
	return s, nil
}
