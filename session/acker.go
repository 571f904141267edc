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

	some chan struct{} // capacity 1: there is something to report

	mu     sync.Mutex
	counts map[string]int
}

func newRefusals(report func(class string, n int)) *refusals {
	return &refusals{report: report, some: make(chan struct{}, 1), counts: map[string]int{}}
}

func (r *refusals) add(class string) {
	r.mu.Lock()
	r.counts[class]++
	r.mu.Unlock()
	select {
	case r.some <- struct{}{}:
	default:
	}
}

func (r *refusals) run(ctx context.Context) error {
	defer r.flush()
	pause := time.NewTimer(time.Second)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.some:
		}
		pause.Reset(time.Second)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-pause.C:
		}
		r.flush()
	}
}

func (r *refusals) flush() {
	r.mu.Lock()
	counts := r.counts
	r.counts = map[string]int{}
	r.mu.Unlock()
	for class, n := range counts {
		r.report(class, n)
	}
}
