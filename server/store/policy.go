package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"beside/policy"
)

// HelpDesk is the id and HelpDeskName the name of the built-in role (R12).
const (
	HelpDesk     = "help-desk-operator"
	HelpDeskName = "Help Desk Operator"
)

var permissionNames = []string{"offer", "view", "control", "elevation", "unattended"}

// SetUp makes the tenant's rows if they are missing: no licence, disabled (R4), the
// built-in role. It changes nothing that is there.
func (t *Tenant) SetUp(ctx context.Context) error {
	return t.tx(ctx, "set up tenant", func(tx *sql.Tx) error {
		now := ms(t.s.now())
		if _, err := tx.ExecContext(ctx, `INSERT INTO tenants (tenant_id, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, t.id, now); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO tenant_settings (tenant_id, updated_at, updated_by) VALUES ($1, $2, '') ON CONFLICT DO NOTHING`, t.id, now); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO roles (tenant_id, id, name, built_in) VALUES ($1, $2, $3, 1) ON CONFLICT DO NOTHING`,
			t.id, HelpDesk, HelpDeskName); err != nil {
			return err
		}
		return t.putPermissions(ctx, tx, HelpDesk, policy.Everything())
	})
}

// Settings are the tenant's; before SetUp they are zero, which denies.
func (t *Tenant) Settings(ctx context.Context) (policy.Settings, error) {
	var s policy.Settings
	var licence string
	err := t.q.QueryRowContext(ctx, `SELECT licence, enabled, allow_unenrolled, chat_disabled, unattended, elevation_unverified
		FROM tenant_settings WHERE tenant_id = $1`, t.id).
		Scan(&licence, &s.Enabled, &s.AllowUnenrolled, &s.DisableChat, &s.Unattended, &s.ElevationOnUnverified)
	if errors.Is(err, sql.ErrNoRows) {
		return policy.Settings{}, nil
	}
	if err != nil {
		return policy.Settings{}, wrap("settings", err)
	}
	s.Licence, _ = policy.ParseLicence(licence)
	return s, nil
}

// PutSettings replaces the settings. Without a licence the tenant cannot be enabled (R1): ErrConflict.
func (t *Tenant) PutSettings(ctx context.Context, by string, s policy.Settings) error {
	if s.Enabled && s.Licence == policy.LicenceNone {
		return fmt.Errorf("store: enabling without a licence: %w", ErrConflict)
	}
	return t.change(ctx, "settings", func(tx *sql.Tx) error {
		return one(tx.ExecContext(ctx, `UPDATE tenant_settings SET licence = $2, enabled = $3, allow_unenrolled = $4, chat_disabled = $5,
			unattended = $6, elevation_unverified = $7, updated_at = $8, updated_by = $9, row_version = row_version + 1 WHERE tenant_id = $1`,
			t.id, s.Licence.String(), num(s.Enabled), num(s.AllowUnenrolled), num(s.DisableChat), num(s.Unattended),
			num(s.ElevationOnUnverified), ms(t.s.now()), by))
	})
}

// Roles are all roles, ordered by name.
func (t *Tenant) Roles(ctx context.Context) ([]policy.Role, error) {
	rows, err := t.q.QueryContext(ctx, `SELECT r.id, r.name, r.built_in, COALESCE(p.permission, '') FROM roles r
		LEFT JOIN role_permissions p ON p.tenant_id = r.tenant_id AND p.role_id = r.id WHERE r.tenant_id = $1 ORDER BY r.name, r.id`, t.id)
	if err != nil {
		return nil, wrap("roles", err)
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	var out []policy.Role
	for rows.Next() {
		var r policy.Role
		var p string
		if err := rows.Scan(&r.ID, &r.Name, &r.BuiltIn, &p); err != nil {
			return nil, wrap("roles", err)
		}
		if len(out) == 0 || out[len(out)-1].ID != r.ID {
			out = append(out, r)
		}
		allow(&out[len(out)-1].Permissions, p)
	}
	return out, wrap("roles", rows.Err())
}

func allow(p *policy.Permissions, name string) {
	switch name {
	case "offer":
		p.Offer = true
	case "view":
		p.View = true
	case "control":
		p.Control = true
	case "elevation":
		p.Elevation = true
	case "unattended":
		p.Unattended = true
	}
}

// PutRole makes or replaces a custom role. ErrConflict for the built-in one or a name that is taken.
func (t *Tenant) PutRole(ctx context.Context, r policy.Role) error {
	if r.ID == "" || r.Name == "" || r.BuiltIn || r.ID == HelpDesk {
		return fmt.Errorf("store: role: %w", ErrConflict)
	}
	return t.change(ctx, "role", func(tx *sql.Tx) error {
		if err := t.nameFree(ctx, tx, "roles", r.ID, r.Name); err != nil {
			return err
		}
		if err := one(tx.ExecContext(ctx, `INSERT INTO roles (tenant_id, id, name) VALUES ($1, $2, $3)
			ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name, row_version = roles.row_version + 1`, t.id, r.ID, r.Name)); err != nil {
			return err
		}
		return t.putPermissions(ctx, tx, r.ID, r.Permissions)
	})
}

func (t *Tenant) putPermissions(ctx context.Context, tx *sql.Tx, role string, p policy.Permissions) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM role_permissions WHERE tenant_id = $1 AND role_id = $2`, t.id, role); err != nil {
		return err
	}
	for i, yes := range []bool{p.Offer, p.View, p.Control, p.Elevation, p.Unattended} {
		if !yes {
			continue
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO role_permissions (tenant_id, role_id, permission) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			t.id, role, permissionNames[i]); err != nil {
			return err
		}
	}
	return nil
}

// nameFree says ErrConflict if another row of the table has the name. table is a constant.
func (t *Tenant) nameFree(ctx context.Context, tx *sql.Tx, table, id, name string) error {
	var n int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM `+table+` WHERE tenant_id = $1 AND name = $2 AND id <> $3`, t.id, name, id).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return ErrConflict
	}
	return nil
}

// DeleteRole deletes a custom role with its assignments. ErrConflict for the built-in one.
func (t *Tenant) DeleteRole(ctx context.Context, id string) error {
	if id == HelpDesk {
		return fmt.Errorf("store: delete role: %w", ErrConflict)
	}
	return t.change(ctx, "delete role", func(tx *sql.Tx) error {
		return one(tx.ExecContext(ctx, `DELETE FROM roles WHERE tenant_id = $1 AND id = $2 AND built_in = 0`, t.id, id))
	})
}

// Assignment is a policy.Assignment with what administrators call it.
type Assignment struct {
	policy.Assignment
	Name, Description string
}

// Policies are the rows as decisions take them.
func Policies(rows []Assignment) []policy.Assignment {
	out := make([]policy.Assignment, len(rows))
	for i := range rows {
		out[i] = rows[i].Assignment
	}
	return out
}

// Assignments are all assignments with their roles, ordered by name.
func (t *Tenant) Assignments(ctx context.Context) ([]Assignment, error) {
	roles, err := t.Roles(ctx)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]policy.Role, len(roles))
	for _, r := range roles {
		byID[r.ID] = r
	}
	rows, err := t.q.QueryContext(ctx, `SELECT a.id, a.name, a.description, a.role_id, a.all_users, a.all_devices,
		COALESCE(g.kind, ''), COALESCE(g.group_id, '') FROM assignments a
		LEFT JOIN assignment_groups g ON g.tenant_id = a.tenant_id AND g.assignment_id = a.id
		WHERE a.tenant_id = $1 ORDER BY a.name, a.id, g.group_id`, t.id)
	if err != nil {
		return nil, wrap("assignments", err)
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	var out []Assignment
	for rows.Next() {
		var a Assignment
		var role, kind, group string
		if err := rows.Scan(&a.ID, &a.Name, &a.Description, &role, &a.UserScope.All, &a.DeviceScope.All, &kind, &group); err != nil {
			return nil, wrap("assignments", err)
		}
		if len(out) == 0 || out[len(out)-1].ID != a.ID {
			a.Role = byID[role]
			out = append(out, a)
		}
		last := &out[len(out)-1]
		switch kind {
		case "admin":
			last.AdminGroups = append(last.AdminGroups, group)
		case "user":
			last.UserScope.Groups = append(last.UserScope.Groups, group)
		case "device":
			last.DeviceScope.Groups = append(last.DeviceScope.Groups, group)
		}
	}
	return out, wrap("assignments", rows.Err())
}

// PutAssignment makes or replaces an assignment. ErrConflict if the name is taken,
// ErrNotFound if this tenant has no such role.
func (t *Tenant) PutAssignment(ctx context.Context, a Assignment) error {
	if a.ID == "" || a.Name == "" {
		return fmt.Errorf("store: assignment: %w", ErrConflict)
	}
	return t.change(ctx, "assignment", func(tx *sql.Tx) error {
		if err := t.nameFree(ctx, tx, "assignments", a.ID, a.Name); err != nil {
			return err
		}
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM roles WHERE tenant_id = $1 AND id = $2`, t.id, a.Role.ID).Scan(&n); err != nil {
			return err
		}
		if n != 1 {
			return ErrNotFound
		}
		if err := one(tx.ExecContext(ctx, `INSERT INTO assignments (tenant_id, id, role_id, name, description, all_users, all_devices)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, id) DO UPDATE SET role_id = excluded.role_id, name = excluded.name,
			description = excluded.description, all_users = excluded.all_users, all_devices = excluded.all_devices,
			row_version = assignments.row_version + 1`,
			t.id, a.ID, a.Role.ID, a.Name, a.Description, num(a.UserScope.All), num(a.DeviceScope.All))); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM assignment_groups WHERE tenant_id = $1 AND assignment_id = $2`, t.id, a.ID); err != nil {
			return err
		}
		for kind, groups := range map[string][]string{"admin": a.AdminGroups, "user": a.UserScope.Groups, "device": a.DeviceScope.Groups} {
			for _, g := range groups {
				if _, err := tx.ExecContext(ctx, `INSERT INTO assignment_groups (tenant_id, assignment_id, kind, group_id)
					VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, t.id, a.ID, kind, g); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// DeleteAssignment deletes an assignment.
func (t *Tenant) DeleteAssignment(ctx context.Context, id string) error {
	return t.change(ctx, "delete assignment", func(tx *sql.Tx) error {
		return one(tx.ExecContext(ctx, `DELETE FROM assignments WHERE tenant_id = $1 AND id = $2`, t.id, id))
	})
}
