// Package pause waits for a time, and no longer than a context.
package pause

import (
	"context"
	"time"
)

// For waits for d, not at all if d is not positive. It ends early, with ctx's error, when ctx does.
func For(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
