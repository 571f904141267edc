package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Sources of people, groups and memberships in the endpoint's own directory.
const (
	SourceSCIM    = "scim"    // provisioned
	SourceClaims  = "claims"  // read from a token when somebody signed in
	SourceConsole = "console" // made by hand
)

// Kinds of members of a group.
const (
	MemberPerson = "person"
	MemberGroup  = "group"
	MemberDevice = "device"
)

// MaxGroupsOf is the most groups that one person or device may be in, directly or not.
// Whoever is in more is in an unknown number.
const MaxGroupsOf = 10_000

// chunk is how many ids go into one statement. SQLite's driver needs more than twice as long for twice as many.
const chunk = 200

// DirQuery chooses from the endpoint's own directory. Empty fields choose everything.
type DirQuery struct {
	ID, Username, ExternalID, Name, Email string // exactly; Username, Name and Email in any case
	Active                                *bool
	Source                                string
	Member                                string // groups only: with this direct member
	Text                                  string // part of a name, a title or an id, in any case
	Group                                 string // in this group, directly or not

	ByName        bool // ordered by name, instead of by age
	Offset, Limit int  // Limit 0 is no limit
}

// directory runs a change of the own directory as the only one of this tenant, and moves its revision.
func (t *Tenant) directory(ctx context.Context, what string, fn func(*sql.Tx) error) error {
	err := t.tx(ctx, what, func(tx *sql.Tx) error {
		if err := t.lock(ctx, tx, "directory"); err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		return one(tx.ExecContext(ctx, `UPDATE tenants SET directory_rev = directory_rev + 1 WHERE tenant_id = $1`, t.id))
	})
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}

// errSame ends a transaction that has nothing to change.
var errSame = errors.New("store: nothing changed")

// DirectoryRev changes whenever the own directory did, also by another process. 0 before the
// tenant is set up.
func (t *Tenant) DirectoryRev(ctx context.Context) (int64, error) {
	var rev int64
	err := t.q.QueryRowContext(ctx, `SELECT COALESCE(max(directory_rev), 0) FROM tenants WHERE tenant_id = $1`, t.id).Scan(&rev)
	return rev, wrap("directory revision", err)
}

// conditions collects what a query asks for.
type conditions struct {
	where []string
	args  []any
}

func (t *Tenant) conditions() *conditions {
	return &conditions{where: []string{`tenant_id = $1`}, args: []any{t.id}}
}

// add puts v in the place of every ? of cond.
func (c *conditions) add(cond string, v any) {
	c.args = append(c.args, v)
	c.where = append(c.where, strings.ReplaceAll(cond, "?", fmt.Sprintf("$%d", len(c.args))))
}

func (c *conditions) is(column, value string) {
	if value != "" {
		c.add(column+` = ?`, value)
	}
}

func (c *conditions) text(text string, columns ...string) {
	if text == "" {
		return
	}
	for i := range columns {
		columns[i] += ` LIKE ? ESCAPE '\'`
	}
	c.add(`(`+strings.Join(columns, ` OR `)+`)`, like(text))
}

// in is for members of a kind of a group, directly or not. Circles end because a set of ids
// does not grow by one it has.
func (c *conditions) in(kind, group string) {
	if group == "" {
		return
	}
	c.add(`id IN (SELECT member_id FROM dir_members WHERE tenant_id = $1 AND kind = '`+kind+`' AND group_id IN (
		WITH RECURSIVE down(id) AS (SELECT CAST(? AS TEXT) UNION
			SELECT m.member_id FROM down CROSS JOIN dir_members m WHERE m.tenant_id = $1 AND m.kind = 'group' AND m.group_id = down.id)
		SELECT id FROM down))`, group)
}

func (c *conditions) sql() string { return strings.Join(c.where, ` AND `) }

// page is how many a query chooses in all, and the tail of the statement that reads one page.
func (t *Tenant) page(ctx context.Context, table string, c *conditions, q DirQuery) (total int, tail string, err error) {
	if err := t.q.QueryRowContext(ctx, `SELECT count(*) FROM `+table+` WHERE `+c.sql(), c.args...).Scan(&total); err != nil {
		return 0, "", err
	}
	order := `created_at, id`
	if q.ByName {
		order = `name_key, id`
	}
	limit := q.Limit
	if limit <= 0 {
		limit = total
	}
	return total, fmt.Sprintf(` FROM %s WHERE %s ORDER BY %s LIMIT %d OFFSET %d`, table, c.sql(), order, limit, max(0, q.Offset)), nil
}

// list is $from, $from+1 … for n arguments.
func list(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "$%d", from+i)
	}
	return b.String()
}

// withIDs is the tenant followed by ids, as arguments.
func (t *Tenant) withIDs(ids []string) []any {
	args := make([]any, 0, len(ids)+1)
	args = append(args, t.id)
	for _, id := range ids {
		args = append(args, id)
	}
	return args
}

// GroupsOf are the ids of the groups that each of ids, all of a kind, is in, directly or not. An
// id that is in more than MaxGroupsOf is missing from the answer; one that is in none is not.
func (t *Tenant) GroupsOf(ctx context.Context, kind string, ids ...string) (map[string][]string, error) {
	out := make(map[string][]string, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), chunk)
		if err := t.groupsOf(ctx, kind, ids[:n], out); err != nil {
			return nil, wrap("groups of", err)
		}
		ids = ids[n:]
	}
	return out, nil
}

// groupsOf joins in the order it is written: SQLite keeps to that of a CROSS JOIN, and would otherwise
// look through every membership at each step.
func (t *Tenant) groupsOf(ctx context.Context, kind string, ids []string, out map[string][]string) error {
	args := append(t.withIDs(ids), kind, len(ids)*MaxGroupsOf+1)
	k := len(ids) + 2
	rows, err := t.q.QueryContext(ctx, fmt.Sprintf(`WITH RECURSIVE up(root, id) AS (
		SELECT member_id, group_id FROM dir_members WHERE tenant_id = $1 AND kind = $%d AND member_id IN (%s)
		UNION SELECT up.root, m.group_id FROM up CROSS JOIN dir_members m WHERE m.tenant_id = $1 AND m.kind = 'group' AND m.member_id = up.id)
		SELECT root, id FROM up LIMIT $%d`, k, list(2, len(ids)), k+1), args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	for _, id := range ids {
		out[id] = nil
	}
	n := 0
	for rows.Next() {
		var root, id string
		if err := rows.Scan(&root, &id); err != nil {
			return err
		}
		out[root] = append(out[root], id)
		n++
	}
	for _, id := range ids {
		if len(out[id]) > MaxGroupsOf || n > len(ids)*MaxGroupsOf {
			delete(out, id)
		}
	}
	return rows.Err()
}
