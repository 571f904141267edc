package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"time"
)

// TicketLives is how long a launch ticket counts.
const TicketLives = time.Minute

// NewTicket makes a ticket with which one helper may open a session with one device, once. Only its
// hash is kept.
func (t *Tenant) NewTicket(ctx context.Context, helper, device string) (string, error) {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	ticket := base64.RawURLEncoding.EncodeToString(b[:])
	_, err := t.q.ExecContext(ctx, `INSERT INTO launch_tickets (tenant_id, ticket_hash, helper_oid, device_id, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		t.id, tokenHash(ticket), helper, device, ms(t.s.now().Add(TicketLives)))
	return ticket, wrap("launch ticket", err)
}

// TakeTicket uses a ticket up and says which device it is for. ErrNotFound for one that is unknown,
// used, expired, or another helper's or tenant's; somebody else's try does not use it up.
func (t *Tenant) TakeTicket(ctx context.Context, ticket, helper string) (device string, err error) {
	err = t.q.QueryRowContext(ctx, `DELETE FROM launch_tickets WHERE tenant_id = $1 AND ticket_hash = $2 AND helper_oid = $3 AND expires_at > $4
		RETURNING device_id`, t.id, tokenHash(ticket), helper, ms(t.s.now())).Scan(&device)
	return device, wrap("launch ticket", err)
}

// NewLaunch opens a session of a helper with a device that is still to be asked.
func (t *Tenant) NewLaunch(ctx context.Context, s Session) error {
	now := ms(t.s.now())
	_, err := t.q.ExecContext(ctx, `INSERT INTO sessions (tenant_id, id, state, helper_oid, helper_name, mode, created_at, expires_on)
		VALUES ($1, $2, 'waiting', $3, $4, $5, $6, $7)`, t.id, s.ID, s.Helper, s.HelperName, s.Mode, now, now+Retention.Milliseconds())
	return wrap("launch", err)
}

// Ringing are the ids of the launches that nobody has joined or ended.
func (t *Tenant) Ringing(ctx context.Context) ([]string, error) {
	return scanStrings(t.q.QueryContext(ctx, `SELECT id FROM sessions WHERE tenant_id = $1 AND state = 'waiting' AND mode = 'sas'`, t.id))
}

// Waiting is where a device waits to be helped.
type Waiting struct {
	Device, Node, Object string
	About                string // text that only the hub understands
}

// Wait notes where a device waits, instead of where it waited before.
func (t *Tenant) Wait(ctx context.Context, w Waiting) error {
	return wrap("wait", one(t.q.ExecContext(ctx, `INSERT INTO waiting_devices (tenant_id, device_id, node, oid, about) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (tenant_id, device_id) DO UPDATE SET node = excluded.node, oid = excluded.oid, about = excluded.about`,
		t.id, w.Device, w.Node, w.Object, w.About)))
}

// WaitNoMore forgets that a device waits at a node; elsewhere it may.
func (t *Tenant) WaitNoMore(ctx context.Context, device, node string) error {
	_, err := t.q.ExecContext(ctx, `DELETE FROM waiting_devices WHERE tenant_id = $1 AND device_id = $2 AND node = $3`, t.id, device, node)
	return wrap("wait no more", err)
}

// WhoWaits is where a device waits, if its node has said within the time that it lives. ErrNotFound otherwise.
func (t *Tenant) WhoWaits(ctx context.Context, device string, within time.Duration) (Waiting, error) {
	w := Waiting{Device: device}
	err := t.q.QueryRowContext(ctx, `SELECT w.node, w.oid, w.about FROM waiting_devices w JOIN nodes n ON n.tenant_id = w.tenant_id AND n.node = w.node
		WHERE w.tenant_id = $1 AND w.device_id = $2 AND n.seen_at > $3`, t.id, device, ms(t.s.now().Add(-within))).Scan(&w.Node, &w.Object, &w.About)
	return w, wrap("who waits", err)
}

// Lives notes that a node lives, and forgets what waited at nodes that have not said so for the time.
func (t *Tenant) Lives(ctx context.Context, node string, within time.Duration) error {
	return t.tx(ctx, "node lives", func(tx *sql.Tx) error {
		now := t.s.now()
		_, err := tx.ExecContext(ctx, `INSERT INTO nodes (tenant_id, node, seen_at) VALUES ($1, $2, $3)
			ON CONFLICT (tenant_id, node) DO UPDATE SET seen_at = excluded.seen_at`, t.id, node, ms(now))
		dead := ms(now.Add(-within))
		_, err2 := tx.ExecContext(ctx, `DELETE FROM waiting_devices WHERE tenant_id = $1 AND node NOT IN
			(SELECT node FROM nodes WHERE tenant_id = $1 AND seen_at > $2)`, t.id, dead)
		_, err3 := tx.ExecContext(ctx, `DELETE FROM nodes WHERE tenant_id = $1 AND seen_at <= $2`, t.id, dead)
		return errors.Join(err, err2, err3)
	})
}
