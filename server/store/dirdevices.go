package store

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// DirDevice is a device in the endpoint's own directory.
type DirDevice struct {
	ID, Name, OS     string
	Owner            string // object of the person it belongs to, "" if unknown
	Enrolled         bool
	Registered       bool
	State            string // of policy.DeviceState
	Created, Changed time.Time
}

const deviceColumns = `id, name, os, owner, enrolled, registered, state, created_at, changed_at`

func scanDevice(from row) (DirDevice, error) {
	var d DirDevice
	var created, changed sql.NullInt64
	err := from.Scan(&d.ID, &d.Name, &d.OS, &d.Owner, &d.Enrolled, &d.Registered, &d.State, &created, &changed)
	d.Created, d.Changed = fromMS(created), fromMS(changed)
	return d, err
}

// PutDevice makes a device or replaces what is known about it.
func (t *Tenant) PutDevice(ctx context.Context, d DirDevice) error {
	return t.directory(ctx, "put device", func(tx *sql.Tx) error {
		return one(tx.ExecContext(ctx, `INSERT INTO dir_devices (tenant_id, id, name, name_key, os, owner, enrolled, registered, state, created_at, changed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
			ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key, os = excluded.os, owner = excluded.owner,
			enrolled = excluded.enrolled, registered = excluded.registered, state = excluded.state, changed_at = excluded.changed_at`,
			t.id, d.ID, d.Name, strings.ToLower(d.Name), d.OS, d.Owner, num(d.Enrolled), num(d.Registered), d.State, ms(t.s.now())))
	})
}

// DropDevice removes a device from the directory and every group.
func (t *Tenant) DropDevice(ctx context.Context, id string) error {
	return t.directory(ctx, "drop device", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM dir_members WHERE tenant_id = $1 AND kind = 'device' AND member_id = $2`, t.id, id); err != nil {
			return err
		}
		return one(tx.ExecContext(ctx, `DELETE FROM dir_devices WHERE tenant_id = $1 AND id = $2`, t.id, id))
	})
}

// DirDevice is the device with that id, ErrNotFound if there is none.
func (t *Tenant) DirDevice(ctx context.Context, id string) (DirDevice, error) {
	d, err := scanDevice(t.q.QueryRowContext(ctx, `SELECT `+deviceColumns+` FROM dir_devices WHERE tenant_id = $1 AND id = $2`, t.id, id))
	return d, wrap("device", err)
}

// DevicesOf are the devices of a person, ordered by id.
func (t *Tenant) DevicesOf(ctx context.Context, owner string) ([]DirDevice, error) {
	rows, err := t.q.QueryContext(ctx, `SELECT `+deviceColumns+` FROM dir_devices WHERE tenant_id = $1 AND owner = $2 ORDER BY id`, t.id, owner)
	return collect(rows, err, "devices", scanDevice)
}

// FindDevices are those that q's ID, Name, Text (also of the owner's name) and Group choose, and how many there are without Offset and Limit.
func (t *Tenant) FindDevices(ctx context.Context, q DirQuery) (out []DirDevice, total int, err error) {
	c := t.conditions()
	c.is(`id`, q.ID)
	c.is(`name_key`, strings.ToLower(q.Name))
	if q.Text != "" {
		c.add(`(name_key LIKE ? ESCAPE '\' OR lower(os) LIKE ? ESCAPE '\' OR id LIKE ? ESCAPE '\' OR owner IN (
			SELECT object FROM dir_people WHERE tenant_id = $1 AND name_key LIKE ? ESCAPE '\'))`, like(q.Text))
	}
	c.in(MemberDevice, q.Group)
	total, tail, err := t.page(ctx, `dir_devices`, c, q)
	if err != nil {
		return nil, 0, wrap("find devices", err)
	}
	rows, err := t.q.QueryContext(ctx, `SELECT `+deviceColumns+tail, c.args...)
	out, err = collect(rows, err, "devices", scanDevice)
	return out, total, err
}
