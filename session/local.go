package session

import (
	"context"
	"time"
)

const (
	localFor   = 700 * time.Millisecond // the helper is told that the person is at the machine, after the last touch
	localEvery = 100 * time.Millisecond // looked at, where the platform cannot wait for a touch
)

// toucher is what an input.Local may also be: then nothing need be looked at while nobody is there.
type toucher interface {
	// Touched is closed at the person's next touch.
	Touched() <-chan struct{}
}

// watchLocal tells the helper when the person uses the machine, and when no longer.
func (l *sharerLive) watchLocal(ctx context.Context) error {
	local := l.s.cfg.Local
	if local == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	t := time.NewTimer(0)
	defer t.Stop()
	source, waits := local.(toucher)
	for active := false; ; {
		var touched <-chan struct{}
		if waits && !active {
			touched = source.Touched() // before the look: a touch in between closes it
		}
		ago, ok := local.Since()
		if now := ok && ago < localFor; now != active {
			active = now
			select {
			case l.local <- active:
			case <-ctx.Done():
				return ctx.Err()
			}
			continue
		}
		switch {
		case active:
			t.Reset(max(localFor-ago, time.Millisecond))
		case !waits:
			t.Reset(localEvery)
		default:
			t.Stop()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-touched:
		case <-t.C:
		}
	}
}
