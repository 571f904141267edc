package glass

import (
	"slices"
	"sync"
	"time"
)

// latency keeps the last few durations and tells their median. The zero latency knows
// none. It is safe for concurrent use.
type latency struct {
	mu sync.Mutex
	d  [63]time.Duration
	n  int // ever added
}

func (l *latency) add(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.d[l.n%len(l.d)] = d
	l.n++
}

// median is 0 when nothing was added.
func (l *latency) median() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(l.n, len(l.d))
	if n == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(l.d[:n]))
	return s[n/2]
}
