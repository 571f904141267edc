package store

import (
	"context"
	"database/sql"
	"errors"
)

// ErrStale means that somebody else changed the object after it was read.
var ErrStale = errors.New("store: changed by somebody else")

// Object is a kind of policy object that has a version.
type Object string

// The kinds; the values are tables.
const (
	SettingsObject   Object = "tenant_settings" // its id is ""
	RoleObject       Object = "roles"
	AssignmentObject Object = "assignments"
)

// guard is what must still be true when a change is made.
type guard struct {
	what    Object
	id      string
	version int64
}

// Version rises with every change of one object. 0 if there is no such object.
func (t *Tenant) Version(ctx context.Context, what Object, id string) (int64, error) {
	return t.version(ctx, t.q, what, id)
}

func (t *Tenant) version(ctx context.Context, q queryer, what Object, id string) (int64, error) {
	query, args := `SELECT row_version FROM `+string(what)+` WHERE tenant_id = $1`, []any{t.id}
	if what != SettingsObject {
		query, args = query+` AND id = $2`, append(args, id)
	}
	var v int64
	err := q.QueryRowContext(ctx, query, args...).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return v, wrap("version", err)
}

// If is the tenant for one change that must not overwrite somebody else's: the change answers
// ErrStale, and does nothing, unless the object still has that version.
func (t *Tenant) If(what Object, id string, version int64) *Tenant {
	return &Tenant{s: t.s, q: t.q, id: t.id, bound: t.bound, guard: &guard{what, id, version}}
}

func (t *Tenant) unchanged(ctx context.Context, tx *sql.Tx) error {
	if t.guard == nil {
		return nil
	}
	v, err := t.version(ctx, tx, t.guard.what, t.guard.id)
	if err == nil && v != t.guard.version {
		return ErrStale
	}
	return err
}
