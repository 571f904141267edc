package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"beside/server/store"
)

// Connections of one node. Holds leave room for what a held session still has to read.
const (
	maxConns   = 24
	maxHolds   = 12
	idleConns  = 12
	uniqueCode = "23505" // unique_violation
)

// defaults are settings of a connection that the URL may override. A node that dies without
// a word must not keep a session locked, nor a silent network keep a request waiting.
var defaults = map[string]string{
	"application_name":                    "beside-endpoint",
	"statement_timeout":                   "12000",
	"idle_in_transaction_session_timeout": "20000",
	"tcp_keepalives_idle":                 "10",
	"tcp_keepalives_interval":             "5",
	"tcp_keepalives_count":                "3",
}

// ErrURL means that the URL is none of a PostgreSQL database. It never holds the URL.
var ErrURL = errors.New("postgres: not a database URL")

// Open opens the database at a postgres:// URL and brings it to the newest schema; of
// several nodes one does so and the others wait. now is the clock, time.Now if nil.
func Open(ctx context.Context, url string, now func() time.Time) (*store.Store, error) {
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, ErrURL // pgx's error holds the URL
	}
	for k, v := range defaults {
		if _, set := c.RuntimeParams[k]; !set {
			c.RuntimeParams[k] = v
		}
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 5 * time.Second
	}
	db := stdlib.OpenDB(*c)
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(idleConns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("postgres: %w", err)
	}
	s, err := store.New(ctx, db, store.Options{
		Dialect: goose.DialectPostgres, Now: now, Bus: &bus{config: c}, Holds: maxHolds, Taken: taken, LockKey: lockKey, Lazy: lazy,
		Provider: []goose.ProviderOption{goose.WithSessionLocker(locker)},
	})
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("postgres: %w", err)
	}
	return s, nil
}

func taken(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && pe.Code == uniqueCode
}

func lockKey(ctx context.Context, tx *sql.Tx, key int64) error {
	_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, key)
	return err
}

func lazy(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `SET LOCAL synchronous_commit = off`)
	return err
}
