package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"
)

// Window counts attempts per subject in a sliding window of a kind.
type Window struct {
	Kind string
	Max  int
	Span time.Duration
}

// Count counts one attempt. ok is false when the window was full already: it is then not
// counted, and retry says how long until there is room. full says that this one filled it.
func (t *Tenant) Count(ctx context.Context, w Window, subject string) (ok, full bool, retry time.Duration, err error) {
	err = t.tx(ctx, "count", func(tx *sql.Tx) error {
		if t.s.o.Lazy != nil { // a count is not worth a wait for the disk
			if err := t.s.o.Lazy(ctx, tx); err != nil {
				return err
			}
		}
		now := t.s.now()
		var text string
		// The update locks the row, so that nobody counts between reading and writing.
		if err := tx.QueryRowContext(ctx, `INSERT INTO limits (tenant_id, kind, subject, expires_on) VALUES ($1, $2, $3, $4)
			ON CONFLICT (tenant_id, kind, subject) DO UPDATE SET expires_on = excluded.expires_on RETURNING times`,
			t.id, w.Kind, subject, ms(now.Add(w.Span))).Scan(&text); err != nil {
			return err
		}
		var times []int64
		for _, f := range strings.Fields(text) {
			if at, err := strconv.ParseInt(f, 10, 64); err == nil && ms(now)-at < w.Span.Milliseconds() {
				times = append(times, at)
			}
		}
		if ok = len(times) < w.Max; !ok {
			full, retry = true, w.Span-time.Duration(ms(now)-times[0])*time.Millisecond
			return nil
		}
		times = append(times, ms(now))
		full, retry = len(times) == w.Max, 0
		var b []byte
		for _, at := range times {
			b = append(strconv.AppendInt(b, at, 10), ' ')
		}
		return one(tx.ExecContext(ctx, `UPDATE limits SET times = $4 WHERE tenant_id = $1 AND kind = $2 AND subject = $3`, t.id, w.Kind, subject, string(b)))
	})
	return ok, full, retry, err
}

// Forget empties one window.
func (t *Tenant) Forget(ctx context.Context, kind, subject string) error {
	_, err := t.q.ExecContext(ctx, `DELETE FROM limits WHERE tenant_id = $1 AND kind = $2 AND subject = $3`, t.id, kind, subject)
	return wrap("forget", err)
}

// Lock shuts a subject out until a time.
func (t *Tenant) Lock(ctx context.Context, kind, subject string, until time.Time) error {
	return wrap("lock", one(t.q.ExecContext(ctx, `INSERT INTO limits (tenant_id, kind, subject, expires_on) VALUES ($1, $2, $3, $4)
		ON CONFLICT (tenant_id, kind, subject) DO UPDATE SET expires_on = excluded.expires_on`, t.id, kind, subject, ms(until))))
}

// Locked is how long a subject is still shut out; not positive if it is not.
func (t *Tenant) Locked(ctx context.Context, kind, subject string) (time.Duration, error) {
	var until sql.NullInt64
	err := t.q.QueryRowContext(ctx, `SELECT max(expires_on) FROM limits WHERE tenant_id = $1 AND kind = $2 AND subject = $3`, t.id, kind, subject).Scan(&until)
	return fromMS(until).Sub(t.s.now()), wrap("locked", err)
}
