package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"time"
)

// ErrLocatorTaken means a live code of this tenant has that locator: draw another.
var ErrLocatorTaken = errors.New("store: locator taken")

// Code is a live or former rendezvous. It holds no secret.
type Code struct {
	Session, Locator, Helper string
	HelperName               string
	NH                       []byte
	Expires                  time.Time
}

// NewCode opens a waiting session with its code, after voiding the helper's live code and
// every expired one. voided is the session of the code that died, "" if there was none.
func (t *Tenant) NewCode(ctx context.Context, c Code) (voided string, err error) {
	err = t.tx(ctx, "new code", func(tx *sql.Tx) error {
		now := ms(t.s.now())
		if _, err := tx.ExecContext(ctx, `UPDATE rendezvous SET live = 0 WHERE tenant_id = $1 AND live = 1 AND expires_at <= $2`, t.id, now); err != nil {
			return err
		}
		err := tx.QueryRowContext(ctx, `UPDATE rendezvous SET live = 0 WHERE tenant_id = $1 AND live = 1 AND helper_oid = $2 RETURNING session_id`,
			t.id, c.Helper).Scan(&voided)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM rendezvous WHERE tenant_id = $1 AND locator = $2 AND live = 1`, t.id, c.Locator).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return ErrLocatorTaken
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO sessions (tenant_id, id, state, helper_oid, helper_name, mode, created_at, expires_on)
			VALUES ($1, $2, 'waiting', $3, $4, 'code', $5, $6)`, t.id, c.Session, c.Helper, c.HelperName, now, now+Retention.Milliseconds()); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO rendezvous (tenant_id, session_id, locator, helper_oid, nh, live, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, 1, $6, $7)`, t.id, c.Session, c.Locator, c.Helper, base64.StdEncoding.EncodeToString(c.NH), now, ms(c.Expires))
		return err
	})
	if err != nil && t.s.o.Taken != nil && t.s.o.Taken(err) { // another node was faster
		return "", fmt.Errorf("store: new code: %w", ErrLocatorTaken)
	}
	return voided, err
}

// ClaimCode takes the live code with that locator, once: of any number of callers one wins.
// Otherwise ErrNotFound, whatever the reason; usedBySelf then says whether it was this sharer
// who used a code with that locator before it ran out. Both ways do the same work.
func (t *Tenant) ClaimCode(ctx context.Context, locator, sharer string) (c Code, usedBySelf bool, err error) {
	var nh string
	var expires sql.NullInt64
	var mine int
	err = t.tx(ctx, "claim code", func(tx *sql.Tx) error {
		now := ms(t.s.now())
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM rendezvous WHERE tenant_id = $1 AND locator = $2 AND used_by = $3 AND expires_at > $4`,
			t.id, locator, sharer, now).Scan(&mine); err != nil {
			return err
		}
		err := tx.QueryRowContext(ctx, `UPDATE rendezvous SET live = 0, used_by = $3 WHERE tenant_id = $1 AND locator = $2 AND live = 1
			AND expires_at > $4 RETURNING session_id, locator, helper_oid, nh, expires_at`, t.id, locator, sharer, now).
			Scan(&c.Session, &c.Locator, &c.Helper, &nh, &expires)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return Code{}, false, err
	}
	if c.Session == "" {
		return Code{}, mine > 0, fmt.Errorf("store: claim code: %w", ErrNotFound)
	}
	c.Expires = fromMS(expires)
	if c.NH, err = base64.StdEncoding.DecodeString(nh); err != nil {
		return Code{}, false, fmt.Errorf("store: claim code: %w", err)
	}
	return c, false, nil
}

// VoidCode makes a session's code dead. ErrNotFound if it was not live.
func (t *Tenant) VoidCode(ctx context.Context, session string) error {
	return wrap("void code", one(t.q.ExecContext(ctx, `UPDATE rendezvous SET live = 0 WHERE tenant_id = $1 AND session_id = $2 AND live = 1`, t.id, session)))
}
