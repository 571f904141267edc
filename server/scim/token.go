package scim

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"time"

	"beside/server/store"
)

// TokenPrefix begins every token, so that a scanner for leaked secrets knows it.
const TokenPrefix = "beside_scim_" //nolint:gosec // not a secret

// NewToken makes a bearer token for a tenant. It is shown once: only its hash is kept.
func NewToken(ctx context.Context, t *store.Tenant, name string, expires time.Time) (id, token string, err error) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	token = TokenPrefix + base64.RawURLEncoding.EncodeToString(b[:])
	id = store.NewID()
	return id, token, t.AddSCIMToken(ctx, store.SCIMToken{ID: id, Name: name, Expires: expires}, token)
}
