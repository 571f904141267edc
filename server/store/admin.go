package store

import (
	"context"
	"fmt"
	"time"
)

// Roles of the people who administer the endpoint itself.
const (
	RoleAdmin    = "admin"    // everything
	RoleOperator = "operator" // sessions and devices, no settings
	RoleAuditor  = "auditor"  // reads
)

// Admin is a person who may use the admin site.
type Admin struct {
	Object  string // object id
	Role    string
	Granted time.Time
	By      string
}

// Admins are all of them, ordered by object id.
func (t *Tenant) Admins(ctx context.Context) ([]Admin, error) {
	rows, err := t.q.QueryContext(ctx, `SELECT oid, role, granted_at, granted_by FROM admins WHERE tenant_id = $1 ORDER BY oid`, t.id)
	return collect(rows, err, "admins", func(from row) (a Admin, err error) {
		var at int64
		err = from.Scan(&a.Object, &a.Role, &at, &a.By)
		a.Granted = time.UnixMilli(at).UTC()
		return a, err
	})
}

// AdminRole is what a person may do on the admin site, "" if nothing.
func (t *Tenant) AdminRole(ctx context.Context, object string) (string, error) {
	var role string
	err := t.q.QueryRowContext(ctx, `SELECT COALESCE(max(role), '') FROM admins WHERE tenant_id = $1 AND oid = $2`, t.id, object).Scan(&role)
	return role, wrap("admin role", err)
}

// GrantAdmin gives a person a role, instead of the one before. ErrConflict if there is no such role.
func (t *Tenant) GrantAdmin(ctx context.Context, by, object, role string) error {
	if object == "" || role != RoleAdmin && role != RoleOperator && role != RoleAuditor {
		return fmt.Errorf("store: grant admin: %w", ErrConflict)
	}
	return wrap("grant admin", one(t.q.ExecContext(ctx, `INSERT INTO admins (tenant_id, oid, role, granted_at, granted_by) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (tenant_id, oid) DO UPDATE SET role = excluded.role, granted_at = excluded.granted_at, granted_by = excluded.granted_by`,
		t.id, object, role, ms(t.s.now()), by)))
}

// RevokeAdmin takes the role away. ErrNotFound if the person has none.
func (t *Tenant) RevokeAdmin(ctx context.Context, object string) error {
	return wrap("revoke admin", one(t.q.ExecContext(ctx, `DELETE FROM admins WHERE tenant_id = $1 AND oid = $2`, t.id, object)))
}
