package rendezvous

import (
	"context"
	"sync"
	"time"
)

// Limits of guessing and of codes (IDENTITY 7).
const (
	TTL = 10 * time.Minute // life of a code

	WrongPerAccount = 5 // wrong locators an account may send within WrongWindow ...
	WrongWindow     = 10 * time.Minute
	Lockout         = 15 * time.Minute // ... before it is locked out this long

	PerAddress    = 30 // claims from one address per AddressWindow
	AddressWindow = time.Minute

	AlarmAt     = 300 // wrong locators in one organisation per AlarmWindow
	AlarmWindow = time.Minute

	CodesPerHelper = 20 // codes one helper may get per CodesWindow
	CodesWindow    = time.Hour
)

// counter counts events per tenant and subject.
type counter interface {
	// add counts one event. ok is false when the window was full already; the event is then
	// not counted, and retry says how long until there is room. full says that this event filled it.
	add(ctx context.Context, now time.Time, tenant, subject string) (ok, full bool, retry time.Duration, err error)
	forget(ctx context.Context, tenant, subject string) error
}

// lockout remembers until when accounts are locked out.
type lockout interface {
	set(ctx context.Context, now time.Time, tenant, subject string) error
	left(ctx context.Context, now time.Time, tenant, subject string) (time.Duration, error)
}

// window counts events per key in a sliding window. Its zero value is not usable.
type window struct {
	mu    sync.Mutex
	max   int
	span  time.Duration
	times map[string][]time.Time
	swept time.Time
}

func newWindow(max int, span time.Duration) *window {
	return &window{max: max, span: span, times: map[string][]time.Time{}}
}

func (w *window) add(_ context.Context, now time.Time, tenant, subject string) (ok, full bool, retry time.Duration, err error) {
	key := tenant + "/" + subject
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sweep(now)
	ts := w.recent(now, key)
	if len(ts) >= w.max {
		return false, true, w.span - now.Sub(ts[0]), nil
	}
	w.times[key] = append(ts, now)
	return true, len(ts)+1 == w.max, 0, nil
}

func (w *window) recent(now time.Time, key string) []time.Time {
	ts := w.times[key]
	for len(ts) > 0 && now.Sub(ts[0]) >= w.span {
		ts = ts[1:]
	}
	return ts
}

// forget empties one key.
func (w *window) forget(_ context.Context, tenant, subject string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.times, tenant+"/"+subject)
	return nil
}

// sweep drops keys that have nothing recent, so that memory follows use.
func (w *window) sweep(now time.Time) {
	if now.Sub(w.swept) < w.span {
		return
	}
	w.swept = now
	for key := range w.times {
		if len(w.recent(now, key)) == 0 {
			delete(w.times, key)
		}
	}
}

// locks remembers until when accounts are locked out.
type locks struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (l *locks) set(_ context.Context, now time.Time, tenant, subject string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k, t := range l.until {
		if !now.Before(t) {
			delete(l.until, k)
		}
	}
	l.until[tenant+"/"+subject] = now.Add(Lockout)
	return nil
}

func (l *locks) left(_ context.Context, now time.Time, tenant, subject string) (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.until[tenant+"/"+subject].Sub(now), nil
}
