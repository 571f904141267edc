package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// ClaimSink makes holder the one that sends the audit log under that name, for as long as lease, and
// says up to which entry it was sent. ok is false while another holder has it.
func (t *Tenant) ClaimSink(ctx context.Context, name, holder string, lease time.Duration) (seq uint64, ok bool, err error) {
	if _, err := t.q.ExecContext(ctx, `INSERT INTO sinks (tenant_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING`, t.id, name); err != nil {
		return 0, false, wrap("claim sink", err)
	}
	now := t.s.now()
	err = t.q.QueryRowContext(ctx, `UPDATE sinks SET holder = $3, held_until = $4 WHERE tenant_id = $1 AND name = $2
		AND (holder = $3 OR held_until < $5) RETURNING seq`, t.id, name, holder, ms(now.Add(lease)), ms(now)).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return seq, err == nil, wrap("claim sink", err)
}

// AdvanceSink writes down that everything up to the entry to was sent. ErrStale, and nothing is
// written, if holder has lost the sink meanwhile.
func (t *Tenant) AdvanceSink(ctx context.Context, name, holder string, from, to uint64) error {
	err := one(t.q.ExecContext(ctx, `UPDATE sinks SET seq = $5 WHERE tenant_id = $1 AND name = $2 AND holder = $3 AND seq = $4`, t.id, name, holder, from, to))
	if errors.Is(err, ErrNotFound) {
		err = ErrStale
	}
	return wrap("advance sink", err)
}

// ReleaseSink lets another holder go on at once.
func (t *Tenant) ReleaseSink(ctx context.Context, name, holder string) error {
	_, err := t.q.ExecContext(ctx, `UPDATE sinks SET held_until = 0 WHERE tenant_id = $1 AND name = $2 AND holder = $3`, t.id, name, holder)
	return wrap("release sink", err)
}

// AuditAfter are the records that follow an entry, oldest first, at most limit. Entries become visible
// in their order, so that none is skipped.
func (t *Tenant) AuditAfter(ctx context.Context, seq uint64, limit int) ([]Record, error) {
	rows, err := t.q.QueryContext(ctx,
		`SELECT seq, at, hash, payload FROM audit WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`, t.id, seq, limit)
	return collect(rows, err, "audit after", scanRecord)
}
