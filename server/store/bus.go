package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// MaxNote is the most bytes one note carries. What is longer goes into a table, and the note
// says where.
const MaxNote = 7900

// ErrTooLong means that a note is over MaxNote.
var ErrTooLong = errors.New("store: note too long")

// Note is a short message for the nodes that listen to a topic.
type Note struct{ Topic, Text string }

// Bus carries notes between nodes. Notes of one topic arrive in the order in which their
// transactions were done; those sent while nobody listened are gone. Safe for concurrent use.
type Bus interface {
	// Send makes notes part of a transaction.
	Send(ctx context.Context, tx *sql.Tx, notes []Note) error
	// Sent is told that the transaction was done.
	Sent(notes []Note)
	// Listen hands notes of a topic to note, one after the other, until ctx ends. ready is
	// called before the first one and again whenever notes may have been missed.
	Listen(ctx context.Context, topic string, ready func(), note func(text string)) error
}

// Notify sends a note when the transaction of the Hold is done. It must be called inside one.
func (t *Tenant) Notify(topic, text string) error {
	switch {
	case t.bound == nil:
		return errors.New("store: notify outside a hold")
	case len(text) > MaxNote:
		return fmt.Errorf("store: notify: %w", ErrTooLong)
	}
	t.bound.notes = append(t.bound.notes, Note{Topic: topic, Text: text})
	return nil
}

// Listen is Bus.Listen of the store's bus. It returns ctx's error.
func (s *Store) Listen(ctx context.Context, topic string, ready func(), note func(text string)) error {
	return s.o.Bus.Listen(ctx, topic, ready, note)
}

// memoryBus is the bus of one process.
type memoryBus struct {
	mu   sync.Mutex
	subs map[string]map[*sub]struct{}
}

type sub struct {
	wake  chan struct{}
	queue []string // guarded by the bus
}

func newMemoryBus() *memoryBus { return &memoryBus{subs: map[string]map[*sub]struct{}{}} }

func (*memoryBus) Send(context.Context, *sql.Tx, []Note) error { return nil }

func (b *memoryBus) Sent(notes []Note) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range notes {
		for s := range b.subs[n.Topic] {
			s.queue = append(s.queue, n.Text)
			select {
			case s.wake <- struct{}{}:
			default:
			}
		}
	}
}

func (b *memoryBus) Listen(ctx context.Context, topic string, ready func(), note func(string)) error {
	s := &sub{wake: make(chan struct{}, 1)}
	b.mu.Lock()
	if b.subs[topic] == nil {
		b.subs[topic] = map[*sub]struct{}{}
	}
	b.subs[topic][s] = struct{}{}
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.subs[topic], s)
	}()
	ready()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.wake:
		}
		b.mu.Lock()
		queue := s.queue
		s.queue = nil
		b.mu.Unlock()
		for _, text := range queue {
			note(text)
		}
	}
}
