package graph

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"beside/internal/pause"
)

const (
	// patience is how long a question waits for a service that wants to be left alone. People
	// wait for the answer; a longer time is a refusal that they can be told.
	patience = 3 * time.Second
	// longest is the longest time that the service is left alone because it said so.
	longest = 5 * time.Minute
	// restFor is how long nothing is asked after a question had no answer: everybody who waits
	// is told at once instead of one after the other after all tries.
	restFor = 2 * time.Second
)

// gate holds questions back while the service throttles or is away. The zero gate is open.
type gate struct {
	mu             sync.Mutex
	throttled, out time.Time // until when
}

// pass waits until the gate is open, or says that this would take too long.
func (g *gate) pass(ctx context.Context) error {
	g.mu.Lock()
	throttled, out := time.Until(g.throttled), time.Until(g.out)
	g.mu.Unlock()
	switch {
	case out > 0:
		return fmt.Errorf("%w: it had no answer just now", ErrUnavailable)
	case throttled > patience:
		return fmt.Errorf("%w: %w", ErrUnavailable, &StatusError{Status: http.StatusTooManyRequests})
	case throttled > 0:
		return sleep(ctx, throttled)
	}
	return nil
}

// hold closes the gate because the service wants it.
func (g *gate) hold(d time.Duration) {
	if d <= 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if until := time.Now().Add(min(d, longest)); until.After(g.throttled) {
		g.throttled = until
	}
}

// fail closes the gate for a moment because there was no answer.
func (g *gate) fail() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.out = time.Now().Add(restFor)
}

// retryAfter reads the header: seconds or a date. It is 0 for anything else.
func retryAfter(h string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(h); err == nil {
		return time.Duration(min(max(n, 0), int(longest/time.Second))) * time.Second
	}
	if t, err := http.ParseTime(h); err == nil {
		return min(max(t.Sub(now), 0), longest)
	}
	return 0
}

// backoff is about 0.2 s, then 0.4 s, and not the same for everybody.
func backoff(try int) time.Duration {
	d := 200 * time.Millisecond << (try - 1)
	return d + rand.N(d/2) //nolint:gosec // it spreads load and keeps no secret
}

func sleep(ctx context.Context, d time.Duration) error {
	if err := pause.For(ctx, d); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}
