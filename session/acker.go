package session

import (
	"context"
	"sync"
	"time"

	"beside/frame"
	"beside/session/wire"
)

// acker sends what the sharer has seen and where the pointer is. It is safe for concurrent use.
type acker struct {
	link Link

	mu  sync.Mutex
	now wire.Ack
}

func (a *acker) seen(next, moved uint32) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now.Next, a.now.Moved = next, moved
	return a.send()
}

func (a *acker) pointer(c frame.Cursor) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now.X, a.now.Y, a.now.Shown = int32(c.Pos.X), int32(c.Pos.Y), c.Visible //nolint:gosec // a screen is smaller
	return a.send()
}

func (a *acker) send() error {
	a.now.Seq++
	return a.link.Send(ChanInput, wire.AppendAck(nil, a.now))
}

// refusals counts what was refused and reports each class at most once a second: a flood must not
// become a flood of audit rows. It is safe for concurrent use.
type refusals struct {
	report func(class string, n int)

	mu     sync.Mutex
	counts map[string]int
}

func (r *refusals) add(class string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = map[string]int{}
	}
	r.counts[class]++
}

func (r *refusals) run(ctx context.Context) error {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			r.flush()
			return ctx.Err()
		case <-t.C:
			r.flush()
		}
	}
}

func (r *refusals) flush() {
	r.mu.Lock()
	counts := r.counts
	r.counts = nil
	r.mu.Unlock()
	for class, n := range counts {
		r.report(class, n)
	}
}
