package postgres

import (
	"context"
	"database/sql"
	"time"

	"github.com/jackc/pgx/v5"

	"beside/server/store"
)

// Waits between two attempts to listen again.
const (
	firstWait = 100 * time.Millisecond
	lastWait  = 3 * time.Second
)

// quiet is how long a listener waits before it asks whether the connection still lives.
const quiet = 15 * time.Second

// bus is LISTEN and NOTIFY, on a connection of its own for each listener.
type bus struct{ config *pgx.ConnConfig }

// Send implements store.Bus: PostgreSQL sends with the commit, in the order of commits.
func (*bus) Send(ctx context.Context, tx *sql.Tx, notes []store.Note) error {
	for _, n := range notes {
		if _, err := tx.ExecContext(ctx, `SELECT pg_notify($1, $2)`, n.Topic, n.Text); err != nil {
			return err
		}
	}
	return nil
}

// Sent implements store.Bus.
func (*bus) Sent([]store.Note) {}

// Listen implements store.Bus. It connects again for as long as it takes.
func (b *bus) Listen(ctx context.Context, topic string, ready func(), note func(string)) error {
	wait := firstWait
	for {
		err := b.listen(ctx, topic, func() { wait = firstWait; ready() }, note)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		_ = err // the database says for itself that it is away
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
			wait = min(2*wait, lastWait)
		}
	}
}

func (b *bus) listen(ctx context.Context, topic string, ready func(), note func(string)) error {
	c, err := pgx.ConnectConfig(ctx, b.config.Copy())
	if err != nil {
		return err
	}
	defer func() {
		cctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = c.Close(cctx)
	}()
	if _, err := c.Exec(ctx, "LISTEN "+pgx.Identifier{topic}.Sanitize()); err != nil {
		return err
	}
	ready()
	for {
		wctx, cancel := context.WithTimeout(ctx, quiet)
		n, err := c.WaitForNotification(wctx)
		late := wctx.Err() != nil
		cancel()
		switch {
		case err == nil:
			note(n.Payload)
		case ctx.Err() != nil:
			return ctx.Err()
		case late && !c.IsClosed(): // nothing came: is anybody there?
			pctx, stop := context.WithTimeout(ctx, quiet)
			err := c.Ping(pctx)
			stop()
			if err != nil {
				return err
			}
		default:
			return err
		}
	}
}
