package relay

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // coturn's form: HMAC-SHA-1
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pion/stun/v3"

	"beside/policy/api"
)

// ErrExternal means that an operator's relay is not described well enough to use it.
var ErrExternal = errors.New("relay: external relay")

// External is a coturn of the operator's, with use-auth-secret. It is told nothing of sessions: their
// end stops new allocations when the credential runs out, and what stands when the apps leave.
type External struct {
	urls, stun []string
	secret     []byte
	now        func() time.Time
}

// NewExternal makes an External of stun:, turn: and turns: URLs and coturn's static-auth-secret, of at
// least 16 characters. now is time.Now if nil.
func NewExternal(urls []string, secret string, now func() time.Time) (*External, error) {
	if now == nil {
		now = time.Now
	}
	e := &External{secret: []byte(secret), now: now}
	for _, u := range urls {
		p, err := stun.ParseURI(u)
		if err != nil {
			return nil, fmt.Errorf("%w: %q: %w", ErrExternal, u, err)
		}
		if p.Scheme == stun.SchemeTypeSTUN || p.Scheme == stun.SchemeTypeSTUNS {
			e.stun = append(e.stun, u)
		} else {
			e.urls = append(e.urls, u)
		}
	}
	switch {
	case len(e.urls) == 0:
		return nil, fmt.Errorf("%w: no turn: or turns: URL", ErrExternal)
	case len(urls) > 8:
		return nil, fmt.Errorf("%w: more than 8 URLs", ErrExternal)
	case len(secret) < 16 || strings.TrimSpace(secret) != secret:
		return nil, fmt.Errorf("%w: the secret has fewer than 16 characters, or spaces around it", ErrExternal)
	}
	return e, nil
}

// Servers is what one side of a session is told.
func (e *External) Servers(session, side string) []api.ICEServer {
	user := userName(e.now().Add(Life), session, side)
	m := hmac.New(sha1.New, e.secret)
	_, _ = m.Write([]byte(user))
	out := []api.ICEServer{{URLs: e.urls, Username: user, Credential: base64.StdEncoding.EncodeToString(m.Sum(nil))}}
	if len(e.stun) > 0 {
		out = append(out, api.ICEServer{URLs: e.stun})
	}
	return out
}

// Renew does nothing: coturn reads the expiry in the name. A session that is older than that, and has
// to look for another path, finds none through this relay.
func (e *External) Renew(string) {}

// Release does nothing: coturn has no such request.
func (e *External) Release(string) {}
