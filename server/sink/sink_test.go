package sink_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"beside/server/sink"
	"beside/server/store"
	"beside/server/store/sqlite"
	"beside/server/store/storetest"
)

// receiver is a target in memory.
type receiver struct {
	mu    sync.Mutex
	got   []uint64
	calls int
	sizes []int
	deal  func(call int, batch []sink.Entry) (take bool, err error) // nil takes everything
	slow  bool                                                      // answers never
}

func (r *receiver) Deliver(ctx context.Context, batch []sink.Entry) error {
	r.mu.Lock()
	if r.slow {
		r.mu.Unlock()
		<-ctx.Done()
		return ctx.Err()
	}
	defer r.mu.Unlock()
	r.calls++
	r.sizes = append(r.sizes, len(batch))
	take, err := true, error(nil)
	if r.deal != nil {
		take, err = r.deal(r.calls, batch)
	}
	if take {
		for _, e := range batch {
			r.got = append(r.got, e.Seq)
		}
	}
	return err
}

// complete says whether 1 to n came, in order but for repetitions.
func (r *receiver) complete(t *testing.T, n uint64) (twice int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	next := uint64(1)
	for _, seq := range r.got {
		switch {
		case seq == next:
			next++
		case seq > next:
			t.Fatalf("%d came before %d: something is lost", seq, next)
		default:
			twice++
		}
	}
	if next != n+1 {
		t.Errorf("%d of %d came", next-1, n)
	}
	return twice
}

func open(t *testing.T) (*store.Store, *store.Tenant) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	tn := s.For(storetest.A)
	if err := tn.SetUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, tn
}

func add(t *testing.T, tn *store.Tenant, n int) {
	t.Helper()
	for i := range n {
		if _, err := tn.Append(t.Context(), store.Entry{Action: fmt.Sprint("a", i), Outcome: "ok"}); err != nil {
			t.Fatal(err)
		}
	}
}

func sinkTo(tn sink.Log, r sink.Target) *sink.Sink {
	return sink.New(sink.Options{Name: "siem", Tenant: storetest.A, Source: tn, Target: r, Log: slog.New(slog.DiscardHandler)})
}

// run runs sinks for a while of virtual time.
func run(t *testing.T, d time.Duration, sinks ...*sink.Sink) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var wg sync.WaitGroup
	for _, s := range sinks {
		wg.Go(func() {
			if err := s.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestNothingIsLost sends to receivers that fail in every way.
func TestNothingIsLost(t *testing.T) {
	refused := errors.New("refused")
	for name, tt := range map[string]struct {
		deal  func(int, []sink.Entry) (bool, error)
		twice bool // allowed
	}{
		"good": {},
		"away at first": {deal: func(call int, _ []sink.Entry) (bool, error) {
			return call > 4, map[bool]error{true: refused}[call <= 4]
		}},
		"takes and complains": {deal: func(call int, _ []sink.Entry) (bool, error) { return true, map[bool]error{true: refused}[call%2 == 1] }, twice: true},
		"at random": {deal: func(int, []sink.Entry) (bool, error) {
			take := rand.IntN(2) == 0
			if rand.IntN(3) > 0 || !take {
				return take, refused
			}
			return true, nil
		}, twice: true},
		"says when": {deal: func(call int, _ []sink.Entry) (bool, error) {
			return call > 1, map[bool]error{true: &sink.Later{After: time.Hour}}[call == 1]
		}},
		"small ones only": {deal: func(_ int, b []sink.Entry) (bool, error) {
			return len(b) <= 7, map[bool]error{true: sink.ErrTooLarge}[len(b) > 7]
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db, tn := open(t)
				defer db.Close()
				add(t, tn, 603)
				r := &receiver{deal: tt.deal}
				s := sinkTo(tn, r)
				run(t, 20*time.Minute, s)
				if n := r.complete(t, 603); n > 0 && !tt.twice {
					t.Errorf("%d came twice", n)
				}
				if s.Stats.Sent.Load() != 603 || s.Stats.Behind.Load() != 0 || s.Stats.Sending.Load() || s.Trouble() != nil {
					t.Errorf("sent %d, behind %d, %v", s.Stats.Sent.Load(), s.Stats.Behind.Load(), s.Trouble())
				}
			})
		})
	}
}

// TestRestart goes on where the sink before stopped, and waits longer and longer for who is away.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, tn := open(t)
		defer db.Close()
		r := &receiver{}
		for i := range 3 {
			add(t, tn, 10)
			run(t, time.Minute, sinkTo(tn, r))
			if n := r.complete(t, uint64(10*(i+1))); n > 0 {
				t.Errorf("%d came twice", n)
			}
		}
		calls := r.calls
		r.deal = func(int, []sink.Entry) (bool, error) { return false, errors.New("away") }
		add(t, tn, 1)
		s := sinkTo(tn, r)
		run(t, time.Hour, s)
		if n := r.calls - calls; n < 25 || n > 40 {
			t.Errorf("tried %d times in an hour", n)
		}
		if s.Stats.Behind.Load() != 1 || s.Stats.BehindFor.Load() < time.Hour.Milliseconds()*9/10 || s.Trouble() == nil || s.Stats.Failures.Load() == 0 {
			t.Errorf("behind %d for %d ms, %v", s.Stats.Behind.Load(), s.Stats.BehindFor.Load(), s.Trouble())
		}
	})
}

// TestSlow: a receiver that never answers is given up, and does not keep the endpoint from stopping.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, tn := open(t)
		defer db.Close()
		add(t, tn, 3)
		r := &receiver{slow: true}
		s := sinkTo(tn, r)
		run(t, 70*time.Second, s)
		if s.Stats.Failures.Load() < 2 {
			t.Errorf("%d failures", s.Stats.Failures.Load())
		}
		r.slow = false
		run(t, time.Minute, sinkTo(tn, r))
		r.complete(t, 3)
	})
}

// TestOneNodeSends: of two one sends; when it stops the other goes on at once, when it dies after the lease.
func TestOneNodeSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, tn := open(t)
		defer db.Close()
		add(t, tn, 2000)
		r := &receiver{}
		a, b := sinkTo(tn, r), sinkTo(tn, r)
		run(t, 10*time.Second, a, b)
		if n := r.complete(t, 2000); n > 0 || a.Stats.Sent.Load()*b.Stats.Sent.Load() != 0 {
			t.Errorf("%d came twice, %d and %d were sent", n, a.Stats.Sent.Load(), b.Stats.Sent.Load())
		}
		add(t, tn, 1)
		run(t, time.Second, sinkTo(tn, r)) // it was released
		r.complete(t, 2001)
		if _, ok, err := tn.ClaimSink(t.Context(), "siem", "somebody who dies", time.Minute); !ok || err != nil {
			t.Fatal(ok, err)
		}
		add(t, tn, 1)
		run(t, 50*time.Second, sinkTo(tn, r))
		if r.got[len(r.got)-1] != 2001 {
			t.Error("two send")
		}
		run(t, 20*time.Second, sinkTo(tn, r))
		r.complete(t, 2002)
	})
}

// TestPurged: what waited longer than the retention still has its place.
func TestPurged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, tn := open(t)
		defer db.Close()
		add(t, tn, 5)
		<-time.After(store.Retention + time.Hour)
		if _, err := db.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		add(t, tn, 1)
		r := &receiver{}
		s := sinkTo(tn, r)
		run(t, time.Minute, s)
		r.complete(t, 6)
		if s.Stats.Purged.Load() != 5 {
			t.Errorf("%d purged", s.Stats.Purged.Load())
		}
	})
}
