package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver

	"beside/server/store"
)

// pragmas go into the DSN, so that every pooled connection has them. Without foreign_keys
// the constraints are silently off; immediate transactions make two writers wait rather than fail.
const pragmas = "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)" +
	"&_pragma=synchronous(NORMAL)&_pragma=secure_delete(1)&_txlock=immediate"

// Open opens or makes the file, readable by its owner only. now is the clock, time.Now if nil.
func Open(ctx context.Context, file string, now func() time.Time) (*store.Store, error) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.ToSlash(abs)}).EscapedPath()+pragmas)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	s, err := store.New(ctx, db, store.Options{Dialect: goose.DialectSQLite3, Now: now, Backup: backup})
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return s, nil
}

// backup is SQLite's own online copy: one snapshot, beside readers and writers.
func backup(ctx context.Context, db *sql.DB, file string) error {
	_, err := db.ExecContext(ctx, `VACUUM INTO ?`, file)
	return err
}
