package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// DirGroup is a group in the endpoint's own directory.
type DirGroup struct {
	ID, Name, ExternalID string
	Source               string
	Created, Changed     time.Time
	Version              int64
}

// Member is a person, a group or a device in a group.
type Member struct{ Kind, ID string }

// MemberOp is what to do with members.
type MemberOp int

// The operations.
const (
	MembersAdd     MemberOp = iota
	MembersRemove           // those that are none are left alone
	MembersReplace          // afterwards there are no others
)

// MemberStep is one operation with the ids of people, groups or devices.
type MemberStep struct {
	Op  MemberOp
	IDs []string
}

// GroupEdit is a group on its way to another state: fn changes Name, ExternalID and Source, and adds steps.
type GroupEdit struct {
	DirGroup
	Steps []MemberStep
}

// ErrNoMember means that a member is neither a person nor a group nor a device of the tenant.
var ErrNoMember = errors.New("store: no such member")

const groupColumns = `id, name, external_id, source, created_at, changed_at, row_version`

func scanGroup(from row) (DirGroup, error) {
	var g DirGroup
	var created, changed sql.NullInt64
	err := from.Scan(&g.ID, &g.Name, &g.ExternalID, &g.Source, &created, &changed, &g.Version)
	g.Created, g.Changed = fromMS(created), fromMS(changed)
	return g, err
}

// AddGroup makes a group with members, with a new ID if there is none. ErrConflict if the ID is
// taken, or the external id by a group of the same source; ErrNoMember.
func (t *Tenant) AddGroup(ctx context.Context, g DirGroup, members []string) (DirGroup, error) {
	if g.ID == "" {
		g.ID = NewID()
	}
	err := t.taken(t.directory(ctx, "add group", func(tx *sql.Tx) error {
		if err := t.freeGroup(ctx, tx, g, true); err != nil {
			return err
		}
		g.Version, g.Created = 1, time.UnixMilli(ms(t.s.now())).UTC()
		g.Changed = g.Created
		if _, err := tx.ExecContext(ctx, `INSERT INTO dir_groups (tenant_id, id, name, name_key, external_id, source, created_at, changed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`, t.id, g.ID, g.Name, strings.ToLower(g.Name), g.ExternalID, g.Source, ms(g.Created)); err != nil {
			return err
		}
		_, err := t.addMembers(ctx, tx, g.ID, g.Source, members)
		return err
	}))
	return g, err
}

// freeGroup answers ErrConflict if another group has the external id, or the id of a new one.
func (t *Tenant) freeGroup(ctx context.Context, tx *sql.Tx, g DirGroup, fresh bool) error {
	var n int
	err := tx.QueryRowContext(ctx, `SELECT count(*) FROM dir_groups WHERE tenant_id = $1 AND (id = $2 AND $5 = 1
		OR id <> $2 AND external_id <> '' AND external_id = $3 AND source = $4)`, t.id, g.ID, g.ExternalID, g.Source, num(fresh)).Scan(&n)
	if err == nil && n > 0 {
		return ErrConflict
	}
	return err
}

// ChangeGroup has fn change a group, of the given version if it is not 0 (else ErrStale). Either all
// of it is done or nothing. A group that stays as it was keeps the version.
func (t *Tenant) ChangeGroup(ctx context.Context, id string, version int64, fn func(*GroupEdit) error) (DirGroup, error) {
	var e GroupEdit
	err := t.taken(t.directory(ctx, "change group", func(tx *sql.Tx) error {
		was, err := scanGroup(tx.QueryRowContext(ctx, `SELECT `+groupColumns+` FROM dir_groups WHERE tenant_id = $1 AND id = $2`, t.id, id))
		if err != nil {
			return missing(err)
		}
		if e.DirGroup = was; version != 0 && version != was.Version {
			return ErrStale
		}
		if err := fn(&e); err != nil {
			return err
		}
		e.ID, e.Created, e.Changed, e.Version = was.ID, was.Created, was.Changed, was.Version
		changed := e.DirGroup != was
		for _, s := range e.Steps {
			n, err := t.step(ctx, tx, e.DirGroup, s)
			if err != nil {
				return err
			}
			changed = changed || n > 0
		}
		if !changed {
			return errSame
		}
		if err := t.freeGroup(ctx, tx, e.DirGroup, false); err != nil {
			return err
		}
		e.Version, e.Changed = e.Version+1, time.UnixMilli(ms(t.s.now())).UTC()
		return one(tx.ExecContext(ctx, `UPDATE dir_groups SET name = $3, name_key = $4, external_id = $5, source = $6, changed_at = $7, row_version = $8
			WHERE tenant_id = $1 AND id = $2`, t.id, e.ID, e.Name, strings.ToLower(e.Name), e.ExternalID, e.Source, ms(e.Changed), e.Version))
	}))
	return e.DirGroup, err
}

// step does one operation and says how many members it changed.
func (t *Tenant) step(ctx context.Context, tx *sql.Tx, g DirGroup, s MemberStep) (int64, error) {
	switch s.Op {
	case MembersAdd:
		return t.addMembers(ctx, tx, g.ID, g.Source, s.IDs)
	case MembersRemove:
		return t.removeMembers(ctx, tx, g.ID, s.IDs)
	case MembersReplace:
	}
	have, err := scanStrings(tx.QueryContext(ctx, `SELECT member_id FROM dir_members WHERE tenant_id = $1 AND group_id = $2`, t.id, g.ID))
	if err != nil {
		return 0, err
	}
	want := make(map[string]bool, len(s.IDs))
	for _, id := range s.IDs {
		want[id] = true
	}
	var gone []string
	for _, id := range have {
		if !want[id] {
			gone = append(gone, id)
		}
		delete(want, id) // has to be neither added nor removed
	}
	fresh := make([]string, 0, len(want))
	for id := range want {
		fresh = append(fresh, id)
	}
	removed, err := t.removeMembers(ctx, tx, g.ID, gone)
	if err != nil {
		return 0, err
	}
	added, err := t.addMembers(ctx, tx, g.ID, g.Source, fresh)
	return removed + added, err
}

// memberTables is where the members of each kind are.
var memberTables = []struct{ kind, table string }{{MemberPerson, "dir_people"}, {MemberGroup, "dir_groups"}, {MemberDevice, "dir_devices"}}

func (t *Tenant) addMembers(ctx context.Context, tx *sql.Tx, group, source string, ids []string) (n int64, err error) {
	for len(ids) > 0 {
		k := min(len(ids), chunk)
		m, err := t.addSome(ctx, tx, group, source, ids[:k])
		if err != nil {
			return n, err
		}
		n, ids = n+m, ids[k:]
	}
	return n, nil
}

// addSome looks for each id among the people, then the groups, then the devices: nearly all are people.
func (t *Tenant) addSome(ctx context.Context, tx *sql.Tx, group, source string, ids []string) (n int64, err error) {
	left := map[string]bool{}
	for _, id := range ids {
		left[id] = true
	}
	for _, m := range memberTables {
		if len(left) == 0 {
			break
		}
		todo := make([]string, 0, len(left))
		for id := range left {
			todo = append(todo, id)
		}
		found, err := scanStrings(tx.QueryContext(ctx, `SELECT id FROM `+m.table+` WHERE tenant_id = $1 AND id IN (`+list(2, len(todo))+`)`, t.withIDs(todo)...))
		if err != nil {
			return n, err
		}
		if len(found) == 0 {
			continue
		}
		for _, id := range found {
			delete(left, id)
		}
		k := len(found) + 2
		//nolint:gosec // tables of ours and numbers of arguments
		insert := fmt.Sprintf(`INSERT INTO dir_members (tenant_id, group_id, kind, member_id, source)
			SELECT tenant_id, CAST($%d AS TEXT), '%s', id, CAST($%d AS TEXT) FROM %s WHERE tenant_id = $1 AND id IN (%s)
			ON CONFLICT (tenant_id, group_id, kind, member_id) DO UPDATE SET source = excluded.source WHERE dir_members.source <> excluded.source`,
			k, m.kind, k+1, m.table, list(2, len(found)))
		res, err := tx.ExecContext(ctx, insert, append(t.withIDs(found), group, source)...)
		if err != nil {
			return n, err
		}
		did, err := res.RowsAffected()
		if err != nil {
			return n, err
		}
		n += did
	}
	if len(left) > 0 {
		return n, ErrNoMember
	}
	return n, nil
}

func (t *Tenant) removeMembers(ctx context.Context, tx *sql.Tx, group string, ids []string) (n int64, err error) {
	for len(ids) > 0 {
		k := min(len(ids), chunk)
		res, err := tx.ExecContext(ctx, fmt.Sprintf(`DELETE FROM dir_members WHERE tenant_id = $1 AND member_id IN (%s) AND group_id = $%d`, list(2, k), k+2),
			append(t.withIDs(ids[:k]), group)...)
		if err != nil {
			return n, err
		}
		m, err := res.RowsAffected()
		if err != nil {
			return n, err
		}
		n, ids = n+m, ids[k:]
	}
	return n, nil
}

// DropGroup removes a group, of the given version if it is not 0, with its memberships.
func (t *Tenant) DropGroup(ctx context.Context, id string, version int64) error {
	return t.drop(ctx, "dir_groups", MemberGroup, id, version) // its members' rows go with it
}

// DirGroup is the group with that id, ErrNotFound if there is none.
func (t *Tenant) DirGroup(ctx context.Context, id string) (DirGroup, error) {
	g, err := scanGroup(t.q.QueryRowContext(ctx, `SELECT `+groupColumns+` FROM dir_groups WHERE tenant_id = $1 AND id = $2`, t.id, id))
	return g, wrap("group", err)
}

// FindGroups are those that q chooses, and how many there are without Offset and Limit.
func (t *Tenant) FindGroups(ctx context.Context, q DirQuery) (out []DirGroup, total int, err error) {
	c := t.conditions()
	c.is(`id`, q.ID)
	c.is(`external_id`, q.ExternalID)
	c.is(`source`, q.Source)
	c.is(`name_key`, strings.ToLower(q.Name))
	if q.Member != "" {
		c.add(`id IN (SELECT group_id FROM dir_members WHERE tenant_id = $1 AND member_id = ?)`, q.Member)
	}
	c.text(q.Text, `name_key`, `id`)
	total, tail, err := t.page(ctx, `dir_groups`, c, q)
	if err != nil {
		return nil, 0, wrap("find groups", err)
	}
	rows, err := t.q.QueryContext(ctx, `SELECT `+groupColumns+tail, c.args...)
	out, err = collect(rows, err, "find groups", scanGroup)
	return out, total, err
}

// Members are the direct members of a group, ordered by id.
func (t *Tenant) Members(ctx context.Context, group string) ([]Member, error) {
	rows, err := t.q.QueryContext(ctx, `SELECT kind, member_id FROM dir_members WHERE tenant_id = $1 AND group_id = $2 ORDER BY kind, member_id`, t.id, group)
	return collect(rows, err, "members", func(from row) (m Member, err error) {
		err = from.Scan(&m.Kind, &m.ID)
		return m, err
	})
}

// DirectGroups are the groups that each of the people is in, not by way of another.
func (t *Tenant) DirectGroups(ctx context.Context, people []string) (map[string][]DirGroup, error) {
	out := map[string][]DirGroup{}
	for len(people) > 0 {
		n := min(len(people), chunk)
		if err := t.directGroups(ctx, people[:n], out); err != nil {
			return nil, wrap("direct groups", err)
		}
		people = people[n:]
	}
	return out, nil
}

func (t *Tenant) directGroups(ctx context.Context, people []string, out map[string][]DirGroup) error {
	rows, err := t.q.QueryContext(ctx, `SELECT m.member_id, g.id, g.name, g.source FROM dir_members m JOIN dir_groups g ON g.tenant_id = m.tenant_id AND g.id = m.group_id
		WHERE m.tenant_id = $1 AND m.kind = 'person' AND m.member_id IN (`+list(2, len(people))+`) ORDER BY g.name_key, g.id`, t.withIDs(people)...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	for rows.Next() {
		var who string
		var g DirGroup
		if err := rows.Scan(&who, &g.ID, &g.Name, &g.Source); err != nil {
			return err
		}
		out[who] = append(out[who], g)
	}
	return rows.Err()
}

// Reach counts the people and devices in a group, directly or not.
type Reach struct{ People, Devices int }

// Reaches counts for each of the groups.
func (t *Tenant) Reaches(ctx context.Context, groups []string) (map[string]Reach, error) {
	out := make(map[string]Reach, len(groups))
	for len(groups) > 0 {
		n := min(len(groups), chunk)
		if err := t.reaches(ctx, groups[:n], out); err != nil {
			return nil, wrap("reach", err)
		}
		groups = groups[n:]
	}
	return out, nil
}

func (t *Tenant) reaches(ctx context.Context, groups []string, out map[string]Reach) error {
	rows, err := t.q.QueryContext(ctx, `WITH RECURSIVE down(root, id) AS (
		SELECT id, id FROM dir_groups WHERE tenant_id = $1 AND id IN (`+list(2, len(groups))+`)
		UNION SELECT down.root, m.member_id FROM down CROSS JOIN dir_members m WHERE m.tenant_id = $1 AND m.kind = 'group' AND m.group_id = down.id)
		SELECT down.root, m.kind, count(DISTINCT m.member_id) FROM down CROSS JOIN dir_members m
		WHERE m.tenant_id = $1 AND m.kind IN ('person', 'device') AND m.group_id = down.id GROUP BY down.root, m.kind`, t.withIDs(groups)...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	for rows.Next() {
		var id, kind string
		var n int
		if err := rows.Scan(&id, &kind, &n); err != nil {
			return err
		}
		r := out[id]
		if kind == MemberDevice {
			r.Devices = n
		} else {
			r.People = n
		}
		out[id] = r
	}
	return rows.Err()
}
