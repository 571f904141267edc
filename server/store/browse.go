package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"beside/policy"
)

// SessionQuery chooses sessions. Empty fields choose everything.
type SessionQuery struct {
	Text    string       // part of a name, a device or the whole id; not case sensitive
	Since   time.Time    // created at or after
	Used    policy.Right // all of these were used
	Running bool         // started and not ended
	Ended   bool         // ended
	Reason  string       // the reason it ended for
	Helper  string       // object ids
	Sharer  string
	Device  string
	Before  time.Time // created before, with BeforeID among those of the same moment
	// BeforeID continues a list: it and Before are those of the last session that was shown.
	BeforeID string
	Limit    int // at most
}

// FindSessions are the sessions that a sharer joined and that q chooses, newest first, and
// how many there are in all, without Before and Limit.
func (t *Tenant) FindSessions(ctx context.Context, q SessionQuery) (list []Session, total int, err error) {
	where, args := q.where(t.id)
	if err := t.q.QueryRowContext(ctx, `SELECT count(*) FROM sessions WHERE `+where, args...).Scan(&total); err != nil {
		return nil, 0, wrap("count sessions", err)
	}
	if !q.Before.IsZero() {
		args = append(args, ms(q.Before), q.BeforeID)
		where += fmt.Sprintf(` AND (created_at < $%d OR (created_at = $%d AND id > $%d))`, len(args)-1, len(args)-1, len(args))
	}
	args = append(args, q.Limit)
	rows, err := t.q.QueryContext(ctx, `SELECT `+sessionColumns+` FROM sessions WHERE `+where+
		fmt.Sprintf(` ORDER BY created_at DESC, id LIMIT $%d`, len(args)), args...)
	list, err = collect(rows, err, "find sessions", scanSession)
	return list, total, err
}

func (q SessionQuery) where(tenant string) (string, []any) {
	args := []any{tenant}
	conds := []string{`tenant_id = $1`, `sharer_oid <> ''`}
	add := func(cond string, v any) {
		args = append(args, v)
		conds = append(conds, strings.ReplaceAll(cond, "?", fmt.Sprintf("$%d", len(args))))
	}
	if q.Text != "" {
		add(`(lower(helper_name) LIKE ? ESCAPE '\' OR lower(sharer_name) LIKE ? ESCAPE '\' OR lower(device_name) LIKE ? ESCAPE '\' OR id LIKE ? ESCAPE '\')`, like(q.Text))
	}
	if !q.Since.IsZero() {
		add(`created_at >= ?`, ms(q.Since))
	}
	if q.Used != 0 {
		add(`(used & ?) = `+fmt.Sprint(uint32(q.Used)), uint32(q.Used))
	}
	if q.Running {
		conds = append(conds, `state <> 'ended' AND started_at IS NOT NULL AND started_at > 0`)
	}
	if q.Ended {
		conds = append(conds, `state = 'ended'`)
	}
	for _, is := range []struct{ column, value string }{
		{"end_reason", q.Reason}, {"helper_oid", q.Helper}, {"sharer_oid", q.Sharer}, {"device_id", q.Device},
	} {
		if is.value != "" {
			add(is.column+` = ?`, is.value)
		}
	}
	return strings.Join(conds, " AND "), args
}

// like is a pattern for "contains".
func like(s string) string {
	return "%" + strings.NewReplacer("\x00", "", `\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(s)) + "%"
}

// AuditQuery chooses audit records. Empty fields choose everything.
type AuditQuery struct {
	Before  uint64 // records older than this number
	Session string
	Match   func(Record) bool // nil takes all that are not purged
	Limit   int
}

// auditScan bounds how many records one query looks at.
const auditScan = 20_000

// FindAudit are the records that q chooses, newest first. next is the number to go on before,
// 0 at the end: with a rare Match a page may be shorter than Limit and yet not the last.
func (t *Tenant) FindAudit(ctx context.Context, q AuditQuery) (list []Record, next uint64, err error) {
	where, args := `tenant_id = $1`, []any{t.id}
	if q.Before > 0 {
		where, args = where+` AND seq < $2`, append(args, q.Before)
	}
	rows, err := t.q.QueryContext(ctx, `SELECT seq, at, hash, payload FROM audit WHERE `+where+
		fmt.Sprintf(` ORDER BY seq DESC LIMIT %d`, auditScan), args...)
	if err != nil {
		return nil, 0, wrap("find audit", err)
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	seen := 0
	for rows.Next() {
		r, err := scanRecord(rows)
		if err != nil {
			return nil, 0, wrap("find audit", err)
		}
		seen++
		if r.Purged && (q.Match != nil || q.Session != "") || q.Session != "" && r.Entry.Session != q.Session || q.Match != nil && !q.Match(r) {
			next = r.Seq
			continue
		}
		if len(list) == q.Limit {
			return list, list[len(list)-1].Seq, wrap("find audit", rows.Err())
		}
		list = append(list, r)
		next = r.Seq
	}
	if seen < auditScan {
		next = 0
	}
	return list, next, wrap("find audit", rows.Err())
}
