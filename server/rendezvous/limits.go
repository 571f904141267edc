package rendezvous

import (
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

// add counts one event. ok is false when the window was full already; the event is then not
// counted, and retry says how long until there is room. full says that this event filled it.
func (w *window) add(now time.Time, key string) (ok, full bool, retry time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sweep(now)
	ts := w.recent(now, key)
	if len(ts) >= w.max {
		return false, true, w.span - now.Sub(ts[0])
	}
	w.times[key] = append(ts, now)
	return true, len(ts)+1 == w.max, 0
}

func (w *window) recent(now time.Time, key string) []time.Time {
	ts := w.times[key]
	for len(ts) > 0 && now.Sub(ts[0]) >= w.span {
		ts = ts[1:]
	}
	return ts
}

// forget empties one key.
func (w *window) forget(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.times, key)
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

func (l *locks) set(now time.Time, key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k, t := range l.until {
		if !now.Before(t) {
			delete(l.until, k)
		}
	}
	l.until[key] = now.Add(Lockout)
}

func (l *locks) left(now time.Time, key string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.until[key].Sub(now)
}
