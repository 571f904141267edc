package anchor

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"time"

	"beside/policy/grant"
)

// Request is what an endpoint asks the anchor to sign: its grant key, with the statement that
// counts now, whose revocations and other keys live on.
type Request struct {
	Tenant    string `json:"tid"`
	KID       string `json:"kid"`
	Public    []byte `json:"pub"`
	NotBefore int64  `json:"nbf"` // unix seconds
	Seq       uint64 `json:"seq"`
	Current   string `json:"current,omitempty"` // JWS; "" if there is none
}

// MaxLife is the longest that a statement lets a grant key count.
const MaxLife = 400 * 24 * time.Hour

// Terms are what whoever has the anchor decides about a statement.
type Terms struct {
	Life   time.Duration // of the grant key, from now
	Revoke []string      // key ids and serials, besides those that are revoked already
	MinApp string        // oldest version of the app; "" as before
	First  bool          // there is no statement yet: nothing can be forgotten
}

// ErrRequest means that the anchor must not sign this.
var ErrRequest = errors.New("anchor: request refused")

// Statement signs what the endpoint asks for. The current statement must be of the same anchor:
// whoever can make up a request can otherwise make the anchor forget what it revoked.
func Statement(key ed25519.PrivateKey, r Request, t Terms, now time.Time) (jws string, s grant.Statement, err error) {
	switch {
	case t.Life <= 0 || t.Life > MaxLife:
		return "", s, fmt.Errorf("%w: a life of at most %d days is possible", ErrRequest, MaxLife/(24*time.Hour))
	case (r.Current == "") != t.First:
		return "", s, fmt.Errorf("%w: it has a current statement exactly if this is not the first", ErrRequest)
	case len(r.Public) != ed25519.PublicKeySize || r.KID == "" || r.Seq == 0 || r.Tenant == "":
		return "", s, fmt.Errorf("%w: it is not whole", ErrRequest)
	}
	if r.Current != "" {
		if s, err = grant.ReadStatement(r.Current, key.Public().(ed25519.PublicKey), r.Tenant); err != nil { //nolint:forcetypeassert // always one
			return "", s, fmt.Errorf("%w: the current statement: %w", ErrRequest, err)
		}
		if r.Seq != s.Seq+1 {
			return "", s, fmt.Errorf("%w: number %d does not follow %d", ErrRequest, r.Seq, s.Seq)
		}
	}
	for _, x := range t.Revoke {
		if !slices.Contains(s.Revoked, x) {
			s.Revoked = append(s.Revoked, x)
		}
	}
	if slices.Contains(s.Revoked, r.KID) {
		return "", s, fmt.Errorf("%w: that grant key is revoked; the endpoint needs a new one", ErrRequest)
	}
	if t.MinApp != "" {
		s.MinApp = t.MinApp
	}
	s.Tenant, s.Seq = r.Tenant, r.Seq
	s.Keys = slices.DeleteFunc(s.Keys, func(k grant.Key) bool {
		return k.KID == r.KID || k.NotAfter < now.Unix() || slices.Contains(s.Revoked, k.KID)
	})
	s.Keys = append(s.Keys, grant.Key{KID: r.KID, Public: r.Public, NotBefore: r.NotBefore, NotAfter: now.Add(t.Life).Unix()})
	jws, err = grant.SignStatement(key, s)
	if err != nil {
		return "", s, fmt.Errorf("anchor: %w", err)
	}
	return jws, s, nil
}
