package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// Statement is a signed key statement as it was last published. Seq only grows.
type Statement struct {
	Seq     uint64
	JWS     string
	Kids    []string
	Created time.Time
	Expires time.Time
}

// Statement is the newest one, ErrNotFound if there is none.
func (t *Tenant) Statement(ctx context.Context) (Statement, error) {
	var s Statement
	var kids string
	var created, expires sql.NullInt64
	err := t.q.QueryRowContext(ctx, `SELECT seq, jws, kids, created_at, expires_at FROM key_statements WHERE tenant_id = $1
		ORDER BY seq DESC LIMIT 1`, t.id).Scan(&s.Seq, &s.JWS, &kids, &created, &expires)
	s.Kids, s.Created, s.Expires = strings.Fields(kids), fromMS(created), fromMS(expires)
	return s, wrap("key statement", err)
}

// PutStatement records a statement. ErrConflict if its Seq is not above every one before.
func (t *Tenant) PutStatement(ctx context.Context, s Statement) error {
	err := t.tx(ctx, "key statement", func(tx *sql.Tx) error {
		var top uint64
		if err := tx.QueryRowContext(ctx, `SELECT COALESCE(max(seq), 0) FROM key_statements WHERE tenant_id = $1`, t.id).Scan(&top); err != nil {
			return err
		}
		if s.Seq <= top {
			return ErrConflict
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO key_statements (tenant_id, seq, jws, kids, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			t.id, s.Seq, s.JWS, strings.Join(s.Kids, " "), ms(s.Created), ms(s.Expires))
		return err
	})
	if err != nil && t.s.o.Taken != nil && t.s.o.Taken(err) { // another node was faster
		return fmt.Errorf("store: key statement: %w", ErrConflict)
	}
	return err
}

// KeyCreated is when a signing key was first used; it is recorded by the first call. Only
// the key's id is stored, never the key.
func (t *Tenant) KeyCreated(ctx context.Context, kid string) (time.Time, error) {
	var created sql.NullInt64
	err := t.tx(ctx, "signing key", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO signing_keys (tenant_id, kid, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			t.id, kid, ms(t.s.now())); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT created_at FROM signing_keys WHERE tenant_id = $1 AND kid = $2`, t.id, kid).Scan(&created)
	})
	return fromMS(created), err
}
