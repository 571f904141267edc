package own

import (
	"context"
	"fmt"
	"sync"
	"time"

	"beside/auth"
	"beside/server/store"
)

// Of a token no more than that is read.
const (
	maxClaimGroups = 200
	maxClaimText   = 256
)

// remembered is how many people's newest tokens are kept in mind.
const remembered = 20_000

// Claims keeps the directory as tokens say: it stands before a verifier and reads every token that
// the verifier found good. It is safe for concurrent use.
//
// What a token says of somebody counts until a newer token says otherwise: who may no longer sign
// in at the provider gets no new token, and an old one lives for an hour or so.
type Claims struct {
	Verifier auth.Verifier
	Store    *store.Store

	mu   sync.Mutex
	seen map[[2]string]time.Time // of tenant and object: when the newest token was issued
}

// Verify implements auth.Verifier. A person whose claims cannot be kept is not let in:
// auth.ErrProvider.
func (c *Claims) Verify(ctx context.Context, token string) (auth.Verified, error) {
	v, err := c.Verifier.Verify(ctx, token)
	if err != nil {
		return v, err
	}
	if c.known(v) {
		return v, nil
	}
	claim := store.Claim{
		Person: store.DirPerson{
			Object: v.Object, Username: short(v.Username), Name: short(v.Name), Given: short(v.Given), Family: short(v.Family), Email: short(v.Email),
		},
		GroupsKnown: v.GroupsKnown, Issued: v.Issued,
	}
	if claim.Person.Name == "" {
		claim.Person.Name = claim.Person.Username
	}
	if len(v.Groups) > maxClaimGroups { // which of them count is nobody's guess
		return auth.Verified{}, fmt.Errorf("%w: more than %d groups", auth.ErrToken, maxClaimGroups)
	}
	for _, g := range v.Groups {
		if g != "" && len(g) <= maxClaimText {
			claim.Groups = append(claim.Groups, g)
		}
	}
	if err := c.Store.For(v.Tenant).Claim(ctx, claim); err != nil {
		return auth.Verified{}, fmt.Errorf("%w: claims: %w", auth.ErrProvider, err)
	}
	c.remember(v)
	return v, nil
}

func (c *Claims) known(v auth.Verified) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.seen[[2]string{v.Tenant, v.Object}]
	return ok && !v.Issued.After(at)
}

func (c *Claims) remember(v auth.Verified) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil || len(c.seen) >= remembered {
		c.seen = map[[2]string]time.Time{}
	}
	k := [2]string{v.Tenant, v.Object}
	if v.Issued.After(c.seen[k]) {
		c.seen[k] = v.Issued
	}
}

func short(s string) string {
	if len(s) > maxClaimText {
		return cut(s)
	}
	return s
}
