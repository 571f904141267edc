package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"time"
)

// SCIMToken is the right to provision one tenant. The token itself is not kept.
type SCIMToken struct {
	ID, Name         string
	Created, Expires time.Time
}

// hashToken is what is kept of a token. Tokens are random, so a plain hash is enough.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// AddSCIMToken keeps the hash of a token.
func (t *Tenant) AddSCIMToken(ctx context.Context, s SCIMToken, token string) error {
	return wrap("add SCIM token", one(t.q.ExecContext(ctx, `INSERT INTO scim_tokens (tenant_id, id, name, hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		t.id, s.ID, s.Name, hashToken(token), ms(t.s.now()), ms(s.Expires))))
}

// SCIMTokens are all of the tenant, ordered by age.
func (t *Tenant) SCIMTokens(ctx context.Context) ([]SCIMToken, error) {
	rows, err := t.q.QueryContext(ctx, `SELECT id, name, created_at, expires_at FROM scim_tokens WHERE tenant_id = $1 ORDER BY created_at, id`, t.id)
	return collect(rows, err, "SCIM tokens", func(from row) (s SCIMToken, err error) {
		var created, expires sql.NullInt64
		err = from.Scan(&s.ID, &s.Name, &created, &expires)
		s.Created, s.Expires = fromMS(created), fromMS(expires)
		return s, err
	})
}

// DropSCIMToken revokes one. ErrNotFound if there is none.
func (t *Tenant) DropSCIMToken(ctx context.Context, id string) error {
	return wrap("drop SCIM token", one(t.q.ExecContext(ctx, `DELETE FROM scim_tokens WHERE tenant_id = $1 AND id = $2`, t.id, id)))
}

// SCIMTenant is whose directory a token may change, and which token it is. ErrNotFound if it is
// unknown, revoked or has run out.
func (s *Store) SCIMTenant(ctx context.Context, token string) (tenant, id string, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT tenant_id, id FROM scim_tokens WHERE hash = $1 AND expires_at > $2`, hashToken(token), ms(s.now())).Scan(&tenant, &id)
	return tenant, id, wrap("SCIM token", err)
}
