package sink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"beside/internal/pause"
	"beside/server/records"
	"beside/server/store"
)

// How a sink works.
const (
	Batch     = 500              // most entries sent at once
	poll      = 2 * time.Second  // between looks at the table
	lease     = time.Minute      // how long a node that died keeps the others waiting
	patience  = 30 * time.Second // with one delivery; shorter than the lease
	firstWait = time.Second
	mostWait  = 2 * time.Minute
	mostAsked = 10 * time.Minute // that a receiver may make us wait
)

var (
	// ErrRefused means that the receiver did not take a batch, or may not have.
	ErrRefused = errors.New("sink: not delivered")
	// ErrTooLarge means that it may take a smaller one.
	ErrTooLarge = errors.New("sink: batch too large")
)

// Later is an error of a receiver that said when to come again.
type Later struct{ After time.Duration }

// Error implements error.
func (l *Later) Error() string { return fmt.Sprintf("sink: not now, in %v", l.After) }

// Entry is what is sent: a record of the audit log, with whose it is.
type Entry struct {
	Tenant string `json:"tenant"`
	records.Audit
}

// Target is a receiver. Deliver returns nil only if it has everything; the entries are in their order.
type Target interface {
	Deliver(ctx context.Context, batch []Entry) error
}

// Log is the audit log of one tenant. *store.Tenant is one.
type Log interface {
	ClaimSink(ctx context.Context, name, holder string, lease time.Duration) (seq uint64, ok bool, err error)
	AdvanceSink(ctx context.Context, name, holder string, from, to uint64) error
	ReleaseSink(ctx context.Context, name, holder string) error
	AuditAfter(ctx context.Context, seq uint64, limit int) ([]store.Record, error)
	Head(ctx context.Context) (store.Head, error)
}

// Options are what a sink works with. Now may be left out.
type Options struct {
	Name   string // under which its place is kept
	Tenant string
	Source Log
	Target Target
	Log    *slog.Logger
	Now    func() time.Time
}

// Stats are counters and gauges for the metrics page.
type Stats struct {
	Sent, Purged, Failures atomic.Int64 // entries, entries without content, deliveries
	Sending                atomic.Bool  // this node does
	Behind                 atomic.Int64 // entries that wait; only of the node that sends, as the next
	BehindFor              atomic.Int64 // milliseconds since the oldest of them was written
}

// Sink sends one tenant's log to one target. Run it once.
type Sink struct {
	Stats  Stats
	o      Options
	holder string
	batch  int
	seq    uint64    // up to which it was sent
	until  time.Time // this node sends

	mu   sync.Mutex
	last error // of the last delivery
}

// New makes a sink.
func New(o Options) *Sink {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Sink{o: o, holder: store.NewID(), batch: Batch}
}

// Name is the sink's.
func (s *Sink) Name() string { return s.o.Name }

// Trouble is what went wrong with the last delivery, nil if nothing did.
func (s *Sink) Trouble() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// Run sends until ctx ends.
func (s *Sink) Run(ctx context.Context) error {
	wait, failed := time.Duration(0), 0
	for {
		if err := pause.For(ctx, wait); err != nil {
			s.release(ctx)
			return err
		}
		more, err := s.turn(ctx)
		if ctx.Err() == nil {
			s.mu.Lock()
			s.last = err
			s.mu.Unlock()
		}
		switch {
		case ctx.Err() != nil:
		case err != nil:
			if failed++; failed == 1 || failed%20 == 0 { // a receiver that is away for a night is no thousand lines
				s.o.Log.WarnContext(ctx, "audit log not sent", "sink", s.o.Name, "tries", failed, "err", err)
			}
			wait = backoff(err, failed)
		default:
			if failed > 0 {
				s.o.Log.InfoContext(ctx, "audit log sent again", "sink", s.o.Name)
			}
			if failed, wait = 0, poll; more {
				wait = 0
			}
		}
	}
}

// backoff is how long to wait after a number of failures in a row.
func backoff(err error, failed int) time.Duration {
	var l *Later
	if errors.As(err, &l) && l.After > 0 {
		return min(l.After, mostAsked)
	}
	d := min(firstWait<<min(failed-1, 10), mostWait)
	return d + rand.N(d/4+1) //nolint:gosec // only so that nodes do not come all at once
}

// release lets another node go on at once, even though ctx has ended.
func (s *Sink) release(ctx context.Context) {
	if !s.Stats.Sending.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := s.o.Source.ReleaseSink(ctx, s.o.Name, s.holder); err != nil {
		s.o.Log.WarnContext(ctx, "audit sink not released", "sink", s.o.Name, "err", err)
	}
	s.Stats.Sending.Store(false)
}

// turn sends one batch, if it is this node's turn. more says that there is another.
func (s *Sink) turn(ctx context.Context) (more bool, err error) {
	if ok, err := s.claim(ctx); err != nil || !ok {
		return false, err
	}
	seq := s.seq
	rows, err := s.o.Source.AuditAfter(ctx, seq, s.batch)
	if err != nil {
		return false, err
	}
	if err := s.measure(ctx, seq, rows); err != nil || len(rows) == 0 {
		return false, err
	}
	batch := make([]Entry, len(rows))
	for i, r := range rows {
		batch[i] = Entry{Tenant: s.o.Tenant, Audit: records.OfAudit(r)}
	}
	within, cancel := context.WithTimeout(ctx, patience)
	err = s.o.Target.Deliver(within, batch)
	cancel()
	if err != nil {
		s.Stats.Failures.Add(1)
		if errors.Is(err, ErrTooLarge) {
			s.batch = max(1, len(batch)/2)
		}
		return false, err
	}
	last := batch[len(batch)-1].Seq
	// It was delivered: a stop of the endpoint must not make it come twice.
	after, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	if err := s.o.Source.AdvanceSink(after, s.o.Name, s.holder, seq, last); err != nil {
		s.until = time.Time{} // somebody else may have gone on
		return false, err
	}
	s.seq = last
	s.count(batch)
	more = len(batch) == s.batch
	s.batch = min(Batch, s.batch*2)
	return more, s.measure(ctx, last, nil)
}

// claim makes sure that this node sends for a good while yet. It writes only when it must.
func (s *Sink) claim(ctx context.Context) (ok bool, err error) {
	now := s.o.Now()
	if left := s.until.Sub(now); left > lease/2 && left <= lease {
		return true, nil
	}
	s.until = time.Time{}
	s.seq, ok, err = s.o.Source.ClaimSink(ctx, s.o.Name, s.holder, lease)
	s.Stats.Sending.Store(ok)
	if err != nil || !ok {
		s.Stats.Behind.Store(0)
		s.Stats.BehindFor.Store(0)
		return false, err
	}
	s.until = now.Add(lease)
	return true, nil
}

func (s *Sink) count(batch []Entry) {
	s.Stats.Sent.Add(int64(len(batch)))
	for _, e := range batch {
		if e.Purged {
			s.Stats.Purged.Add(1)
		}
	}
}

// measure says how far behind the log the sink is.
func (s *Sink) measure(ctx context.Context, seq uint64, waiting []store.Record) error {
	head, err := s.o.Source.Head(ctx)
	if err != nil {
		return err
	}
	s.Stats.Behind.Store(int64(head.Seq - min(seq, head.Seq))) //nolint:gosec // a number of entries
	var since time.Duration
	if len(waiting) > 0 {
		since = max(0, s.o.Now().Sub(waiting[0].At))
	}
	s.Stats.BehindFor.Store(since.Milliseconds())
	return nil
}
