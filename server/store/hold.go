package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Live is what the nodes of an endpoint share of a session that lives. State is text that
// only the hub understands; at Deadline somebody must look at the session.
type Live struct {
	State    string
	Deadline time.Time
}

// Push is a frame for one side of a session, numbered from 1 per side.
type Push struct {
	Role string // helper or sharer
	Seq  uint64
	Type string
	Body []byte // JSON
}

// binding is the transaction of a Hold.
type binding struct {
	tx      *sql.Tx
	notes   []Note
	entries []Entry
	lazy    bool
}

// Hold runs fn while no other node or goroutine holds the session. What fn does with held,
// which is this tenant, is done completely or, if fn returns an error, not at all; notes
// leave once it is done. live is zero if there is none yet. ErrNotFound if there is no such session.
func (t *Tenant) Hold(ctx context.Context, session string, fn func(held *Tenant, s Session, live Live) error) error {
	select { // so that those who wait for a connection never hold all the others
	case t.s.holds <- struct{}{}:
		defer func() { <-t.s.holds }()
	case <-ctx.Done():
		return fmt.Errorf("store: hold: %w", ctx.Err())
	}
	b := &binding{}
	err := t.tx(ctx, "hold", func(tx *sql.Tx) error {
		b.tx = tx
		held := &Tenant{s: t.s, q: tx, id: t.id, bound: b}
		s, live, err := held.lockSession(ctx, session)
		if err != nil {
			return err
		}
		if err := fn(held, s, live); err != nil {
			return err
		}
		if b.lazy && t.s.o.Lazy != nil {
			if err := t.s.o.Lazy(ctx, tx); err != nil {
				return err
			}
		}
		if err := t.s.o.Bus.Send(ctx, tx, b.notes); err != nil {
			return err
		}
		for _, e := range b.entries { // last, because everybody who writes to the chain waits for whoever has
			if _, err := held.Append(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		t.s.o.Bus.Sent(b.notes)
	}
	return err
}

// Held says whether this is the tenant of a Hold.
func (t *Tenant) Held() bool { return t.bound != nil }

// AppendLast adds an entry to the audit chain when the Hold is done otherwise, and as a part of
// it. It must be called inside one.
func (t *Tenant) AppendLast(e Entry) error {
	if t.bound == nil {
		return errors.New("store: append outside a hold")
	}
	t.bound.entries = append(t.bound.entries, e)
	return nil
}

// Lazy says that what the Hold does may be lost if the database itself breaks down in the
// next moment; a node that dies loses nothing of it. It spares a wait for the disk.
func (t *Tenant) Lazy() {
	if t.bound != nil {
		t.bound.lazy = true
	}
}

// lockSession reads the row; with several writers it waits until no other transaction has it.
func (t *Tenant) lockSession(ctx context.Context, session string) (Session, Live, error) {
	q := `SELECT ` + sessionColumns + `, live, look_at FROM sessions WHERE tenant_id = $1 AND id = $2`
	if t.s.o.LockKey != nil {
		q += ` FOR NO KEY UPDATE`
	}
	var l Live
	var at sql.NullInt64
	s, err := scanSession(besides{t.q.QueryRowContext(ctx, q, t.id, session), []any{&l.State, &at}})
	l.Deadline = fromMS(at)
	return s, l, wrap("session", err)
}

// besides scans columns that come after those of a session.
type besides struct {
	row  *sql.Row
	more []any
}

func (b besides) Scan(dest ...any) error { return b.row.Scan(append(dest, b.more...)...) }

// lock makes the transaction the only one with that name in this tenant.
func (t *Tenant) lock(ctx context.Context, tx *sql.Tx, name string) error {
	if t.s.o.LockKey == nil {
		return nil // a transaction is the only writer anyway
	}
	sum := sha256.Sum256([]byte(name + "\x00" + t.id))
	return t.s.o.LockKey(ctx, tx, int64(binary.BigEndian.Uint64(sum[:8]))) //nolint:gosec // any 64 bits will do
}

// PutLive writes what the nodes share of a session.
func (t *Tenant) PutLive(ctx context.Context, session string, l Live) error {
	return wrap("put live", one(t.q.ExecContext(ctx, `UPDATE sessions SET live = $3, look_at = $4 WHERE tenant_id = $1 AND id = $2`,
		t.id, session, l.State, ms(l.Deadline))))
}

// DropLive forgets it, with the pushes.
func (t *Tenant) DropLive(ctx context.Context, session string) error {
	if _, err := t.q.ExecContext(ctx, `UPDATE sessions SET live = '', look_at = 0 WHERE tenant_id = $1 AND id = $2`, t.id, session); err != nil {
		return wrap("drop live", err)
	}
	_, err := t.q.ExecContext(ctx, `DELETE FROM pushes WHERE tenant_id = $1 AND session_id = $2`, t.id, session)
	return wrap("drop live", err)
}

// Due are the sessions whose deadline is not after now, at most limit, the oldest first.
func (t *Tenant) Due(ctx context.Context, now time.Time, limit int) ([]string, error) {
	return scanStrings(t.q.QueryContext(ctx, `SELECT id FROM sessions WHERE tenant_id = $1 AND look_at > 0 AND look_at <= $2
		ORDER BY look_at LIMIT $3`, t.id, ms(now), limit))
}

// AddPushes keeps pushes for a side that is on another node or away. Of each side the
// newest keep ones stay.
func (t *Tenant) AddPushes(ctx context.Context, session string, ps []Push, keep uint64) error {
	for _, p := range ps {
		if _, err := t.q.ExecContext(ctx, `INSERT INTO pushes (tenant_id, session_id, role, seq, type, body) VALUES ($1, $2, $3, $4, $5, $6)`,
			t.id, session, p.Role, p.Seq, p.Type, string(p.Body)); err != nil {
			return wrap("add push", err)
		}
		if p.Seq > keep && p.Seq%32 == 0 {
			if _, err := t.q.ExecContext(ctx, `DELETE FROM pushes WHERE tenant_id = $1 AND session_id = $2 AND role = $3 AND seq <= $4`,
				t.id, session, p.Role, p.Seq-keep); err != nil {
				return wrap("trim pushes", err)
			}
		}
	}
	return nil
}

// Pushes are those of a side after a number, in order.
func (t *Tenant) Pushes(ctx context.Context, session, role string, after uint64) ([]Push, error) {
	rows, err := t.q.QueryContext(ctx, `SELECT seq, type, body FROM pushes WHERE tenant_id = $1 AND session_id = $2 AND role = $3 AND seq > $4 ORDER BY seq`,
		t.id, session, role, after)
	return collect(rows, err, "pushes", func(from row) (Push, error) {
		p := Push{Role: role}
		var body string
		err := from.Scan(&p.Seq, &p.Type, &body)
		p.Body = []byte(body)
		return p, err
	})
}
