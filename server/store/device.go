package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// MaxEnrolHours is the longest that a token should live.
const MaxEnrolHours = 168

// EnrolToken lets one device enrol, once.
type EnrolToken struct {
	ID     string
	Device string // id that the device gets; a device of another directory, or a new one
	Name   string // what the device is called; "" as it calls itself
	Owner  string // object id, "" for nobody's
	Groups []string
	By     string // who made it

	Created, Expires time.Time
}

// EnrolledDevice is a device with a key of its own.
type EnrolledDevice struct {
	ID, Name, OS, Owner string
	Groups              []string
	Public              []byte // its key
	Enrolled            time.Time
	By                  string    // who made the token
	Seen                time.Time // when it last proved itself; zero if never
	Revoked             time.Time // zero while it counts
	RevokedBy           string
}

// NewEnrolToken makes a token; only its hash is kept. ID, Device and Created are filled in if they are empty.
func (t *Tenant) NewEnrolToken(ctx context.Context, e EnrolToken) (EnrolToken, string, error) {
	if e.ID == "" {
		e.ID = NewID()
	}
	if e.Device == "" {
		e.Device = NewID()
	}
	e.Created = t.s.now()
	token, hash := newToken()
	_, err := t.q.ExecContext(ctx, `INSERT INTO enrol_tokens (tenant_id, id, token_hash, device_id, name, owner_oid, group_ids, created_at, created_by, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, t.id, e.ID, hash, e.Device, e.Name, e.Owner, strings.Join(e.Groups, " "), ms(e.Created), e.By, ms(e.Expires))
	return e, token, wrap("enrolment token", err)
}

// EnrolTokens are those that still work, the newest first.
func (t *Tenant) EnrolTokens(ctx context.Context) ([]EnrolToken, error) {
	rows, err := t.q.QueryContext(ctx, `SELECT id, device_id, name, owner_oid, group_ids, created_at, created_by, expires_at FROM enrol_tokens
		WHERE tenant_id = $1 AND expires_at > $2 ORDER BY created_at DESC, id`, t.id, ms(t.s.now()))
	return collect(rows, err, "enrolment tokens", func(from row) (e EnrolToken, err error) {
		var groups string
		var created, expires sql.NullInt64
		err = from.Scan(&e.ID, &e.Device, &e.Name, &e.Owner, &groups, &created, &e.By, &expires)
		e.Groups, e.Created, e.Expires = strings.Fields(groups), fromMS(created), fromMS(expires)
		return e, err
	})
}

// VoidEnrolToken makes a token dead. ErrNotFound if there is none.
func (t *Tenant) VoidEnrolToken(ctx context.Context, id string) error {
	return wrap("void enrolment token", one(t.q.ExecContext(ctx, `DELETE FROM enrol_tokens WHERE tenant_id = $1 AND id = $2`, t.id, id)))
}

// Enrol takes a token, once, and gives the device it names that key; the device's key before, if it
// had one, counts no more. ErrNotFound for a token that is unknown, used, expired or foreign.
func (t *Tenant) Enrol(ctx context.Context, token string, public []byte, name, os string) (EnrolledDevice, error) {
	now := t.s.now()
	d := EnrolledDevice{OS: os, Public: public, Enrolled: now}
	err := t.change(ctx, "enrol", func(tx *sql.Tx) error {
		var groups string
		if err := tx.QueryRowContext(ctx, `DELETE FROM enrol_tokens WHERE tenant_id = $1 AND token_hash = $2 AND expires_at > $3
			RETURNING device_id, name, owner_oid, group_ids, created_by`, t.id, tokenHash(token), ms(now)).
			Scan(&d.ID, &d.Name, &d.Owner, &groups, &d.By); err != nil {
			return wrap("token", err)
		}
		d.Groups = strings.Fields(groups)
		if d.Name == "" {
			d.Name = name
		}
		return one(tx.ExecContext(ctx, `INSERT INTO device_keys (tenant_id, device_id, public_key, name, os, owner_oid, group_ids, enrolled_at, enrolled_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (tenant_id, device_id) DO UPDATE SET public_key = excluded.public_key, name = excluded.name,
			os = excluded.os, owner_oid = excluded.owner_oid, group_ids = excluded.group_ids, enrolled_at = excluded.enrolled_at,
			enrolled_by = excluded.enrolled_by, seen_at = 0, revoked_at = 0, revoked_by = ''`,
			t.id, d.ID, base64.StdEncoding.EncodeToString(public), d.Name, d.OS, d.Owner, groups, ms(now), d.By))
	})
	if err != nil {
		return EnrolledDevice{}, err
	}
	return d, nil
}

// RevokeDevice makes the device's key count no more. ErrNotFound if it has none that does.
func (t *Tenant) RevokeDevice(ctx context.Context, by, id string) error {
	return t.change(ctx, "revoke device", func(tx *sql.Tx) error {
		return one(tx.ExecContext(ctx, `UPDATE device_keys SET revoked_at = $3, revoked_by = $4 WHERE tenant_id = $1 AND device_id = $2 AND revoked_at = 0`,
			t.id, id, ms(t.s.now()), by))
	})
}

// DeviceSeen notes that the device proved itself now.
func (t *Tenant) DeviceSeen(ctx context.Context, id string) error {
	return wrap("device seen", one(t.q.ExecContext(ctx, `UPDATE device_keys SET seen_at = $3 WHERE tenant_id = $1 AND device_id = $2`, t.id, id, ms(t.s.now()))))
}

const enrolledColumns = `device_id, public_key, name, os, owner_oid, group_ids, enrolled_at, enrolled_by, seen_at, revoked_at, revoked_by`

func scanEnrolled(from row) (EnrolledDevice, error) {
	var d EnrolledDevice
	var public, groups string
	var enrolled, seen, revoked sql.NullInt64
	if err := from.Scan(&d.ID, &public, &d.Name, &d.OS, &d.Owner, &groups, &enrolled, &d.By, &seen, &revoked, &d.RevokedBy); err != nil {
		return EnrolledDevice{}, err
	}
	d.Groups, d.Enrolled, d.Seen, d.Revoked = strings.Fields(groups), fromMS(enrolled), fromMS(seen), fromMS(revoked)
	var err error
	if d.Public, err = base64.StdEncoding.DecodeString(public); err != nil {
		return EnrolledDevice{}, fmt.Errorf("key of a device: %w", err)
	}
	return d, nil
}

// EnrolledDevice is one device, revoked or not. ErrNotFound if it was never enrolled.
func (t *Tenant) EnrolledDevice(ctx context.Context, id string) (EnrolledDevice, error) {
	d, err := scanEnrolled(t.q.QueryRowContext(ctx, `SELECT `+enrolledColumns+` FROM device_keys WHERE tenant_id = $1 AND device_id = $2`, t.id, id))
	return d, wrap("enrolled device", err)
}

// EnrolledDevices are all of them, or those of one owner if that is not "", ordered by name.
func (t *Tenant) EnrolledDevices(ctx context.Context, owner string) ([]EnrolledDevice, error) {
	q, args := `SELECT `+enrolledColumns+` FROM device_keys WHERE tenant_id = $1`, []any{t.id}
	if owner != "" {
		q, args = q+` AND owner_oid = $2`, append(args, owner)
	}
	rows, err := t.q.QueryContext(ctx, q+` ORDER BY name, device_id`, args...)
	return collect(rows, err, "enrolled devices", scanEnrolled)
}
