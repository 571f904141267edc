package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/pressly/goose/v3"
)

// Retention is how long session rows and every copy of personal data live (R33).
const Retention = 30 * 24 * time.Hour

var (
	// ErrNotFound means this tenant has no such row. A row of another tenant is not found either.
	ErrNotFound = errors.New("store: not found")
	// ErrConflict means the change would break a rule: a name taken, a built-in role edited.
	ErrConflict = errors.New("store: conflict")
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options say how to run. Now is the clock, time.Now if nil.
type Options struct {
	Dialect goose.Dialect
	Now     func() time.Time
	Bus     Bus // nil: one in memory, for a single process

	// Backup copies the database into an empty file while others use it; nil: it has tools of its own.
	Backup func(ctx context.Context, db *sql.DB, file string) error

	// The rest is for a database that several nodes write to; zero for one with a single writer.
	Provider []goose.ProviderOption                                 // of the migrations
	Taken    func(error) bool                                       // says whether an error is a unique key that was taken meanwhile
	LockKey  func(ctx context.Context, tx *sql.Tx, key int64) error // waits for a lock that the transaction then has to its end
	Lazy     func(ctx context.Context, tx *sql.Tx) error            // lets the transaction not wait for the disk
	Holds    int                                                    // sessions held at once, below the pool's size; 0 means 1
}

// Store is an open database. Close it once.
type Store struct {
	db    *sql.DB
	now   func() time.Time
	o     Options
	holds chan struct{}
}

// New brings the database to the newest schema and takes ownership of db.
func New(ctx context.Context, db *sql.DB, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("store: migrations: %w", err)
	}
	p, err := goose.NewProvider(o.Dialect, db, dir, o.Provider...)
	if err != nil {
		return nil, fmt.Errorf("store: migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return nil, fmt.Errorf("store: migrate: %w", err)
	}
	if o.Bus == nil {
		o.Bus = newMemoryBus()
	}
	return &Store{db: db, now: o.Now, o: o, holds: make(chan struct{}, max(1, o.Holds))}, nil
}

// ErrNoBackup means that the database server's own tools make the backups.
var ErrNoBackup = errors.New("store: this database is backed up with its own tools (pg_dump)")

// Backup copies the database, as it is at one moment and while it is in use, into a new file
// that only its owner can read. An existing file is not replaced: fs.ErrExist.
func (s *Store) Backup(ctx context.Context, file string) (err error) {
	if s.o.Backup == nil {
		return ErrNoBackup
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	if err = s.o.Backup(ctx, s.db, file); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil { // half a backup is none
		return errors.Join(fmt.Errorf("store: backup: %w", err), os.Remove(file))
	}
	return nil
}

// Version is the newest migration that the database has.
func (s *Store) Version(ctx context.Context) (int64, error) {
	var v int64
	err := s.db.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version`).Scan(&v)
	return v, wrap("version", err)
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.db.PingContext(ctx) }

// For is the part of the store that belongs to one tenant. It costs nothing.
func (s *Store) For(tenant string) *Tenant { return &Tenant{s: s, q: s.db, id: tenant} }

// Tenants are the ids of all tenants that were ever set up here.
func (s *Store) Tenants(ctx context.Context) ([]string, error) {
	return scanStrings(s.db.QueryContext(ctx, `SELECT tenant_id FROM tenants ORDER BY tenant_id`))
}

// Purged counts what a purge removed.
type Purged struct{ Sessions, Audit int64 }

// Purge removes, in every tenant, what is older than Retention: session rows with all
// that hangs on them, and the salts and payloads of audit rows. The commitments stay, so
// that the chain can still be verified.
func (s *Store) Purge(ctx context.Context) (Purged, error) {
	var p Purged
	now := ms(s.now())
	for _, job := range []struct {
		n     *int64
		query string
	}{
		{&p.Sessions, `DELETE FROM sessions WHERE expires_on < $1`},
		{new(int64), `DELETE FROM limits WHERE expires_on < $1`},
		{new(int64), `DELETE FROM enrol_tokens WHERE expires_at < $1`},
		{new(int64), `DELETE FROM launch_tickets WHERE expires_at < $1`},
		{&p.Audit, `UPDATE audit SET salt = NULL, payload = NULL WHERE expires_on < $1 AND payload IS NOT NULL`},
	} {
		res, err := s.db.ExecContext(ctx, job.query, now)
		if err != nil {
			return p, fmt.Errorf("store: purge: %w", err)
		}
		if *job.n, err = res.RowsAffected(); err != nil {
			return p, fmt.Errorf("store: purge: %w", err)
		}
	}
	return p, nil
}

// Tenant is everything that one organisation has in the store.
type Tenant struct {
	s     *Store
	q     querier
	id    string
	bound *binding // nil outside Hold
	guard *guard
}

// querier is the database, or the transaction of a Hold.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// ID is the tenant's.
func (t *Tenant) ID() string { return t.id }

// tx runs fn in a transaction that begins as a writer, or in that of the Hold.
func (t *Tenant) tx(ctx context.Context, what string, fn func(*sql.Tx) error) error {
	if t.bound != nil {
		return wrap(what, fn(t.bound.tx))
	}
	tx, err := t.s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("store: %s: %w", what, err)
	}
	if err := fn(tx); err != nil {
		return errors.Join(fmt.Errorf("store: %s: %w", what, err), tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("store: %s: %w", what, err)
	}
	return nil
}

// change is tx for what decisions depend on: it moves the policy revision.
func (t *Tenant) change(ctx context.Context, what string, fn func(*sql.Tx) error) error {
	return t.tx(ctx, what, func(tx *sql.Tx) error {
		if err := t.lock(ctx, tx, "policy"); err != nil { // nobody changes the version after it was compared
			return err
		}
		if err := t.unchanged(ctx, tx); err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE tenants SET policy_rev = policy_rev + 1 WHERE tenant_id = $1`, t.id)
		return err
	})
}

// PolicyRev changes whenever settings, roles or assignments changed, also when another
// process did it. 0 before the tenant is set up.
func (t *Tenant) PolicyRev(ctx context.Context) (int64, error) {
	var rev int64
	err := t.q.QueryRowContext(ctx, `SELECT policy_rev FROM tenants WHERE tenant_id = $1`, t.id).Scan(&rev)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return rev, wrap("policy revision", err)
}

// wrap names the operation and turns "no rows" into ErrNotFound.
func wrap(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("store: %s: %w", what, ErrNotFound)
	}
	return fmt.Errorf("store: %s: %w", what, err)
}

// one demands that a statement touched exactly one row.
func one(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	if n != 1 {
		return ErrNotFound
	}
	return nil
}

// row is a row of an answer.
type row interface{ Scan(dest ...any) error }

// collect reads every row of an answer, in order, and closes it. err is that of the query, what names
// it in errors.
func collect[T any](rows *sql.Rows, err error, what string, scan func(row) (T, error)) ([]T, error) {
	if err != nil {
		return nil, wrap(what, err)
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	var out []T
	for rows.Next() {
		x, err := scan(rows)
		if err != nil {
			return nil, wrap(what, err)
		}
		out = append(out, x)
	}
	return out, wrap(what, rows.Err())
}

func scanStrings(rows *sql.Rows, err error) ([]string, error) {
	return collect(rows, err, "read", func(from row) (s string, err error) {
		err = from.Scan(&s)
		return s, err
	})
}

func ms(t time.Time) int64 { return t.UnixMilli() }

func fromMS(n sql.NullInt64) time.Time {
	if !n.Valid || n.Int64 == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n.Int64).UTC()
}

func num(b bool) int {
	if b {
		return 1
	}
	return 0
}

// NewID is a random GUID in lower case.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
