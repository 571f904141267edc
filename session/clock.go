package session

import (
	"sync"
	"time"
)

// Clock tells how much time has passed since some fixed moment, counting sleep. No message
// and no wall-clock claim can move it backwards. It is safe for concurrent use.
type Clock func() time.Duration

// SystemClock starts a Clock on this machine: the greater of the boot-time clock, which counts
// suspend, and the wall clock. Go's own monotonic time stops while a laptop sleeps, so a right
// that was measured by it would still be alive after a night in the bag.
func SystemClock() Clock {
	boot0, wall0 := bootTime(), time.Now().Round(0)
	var mu sync.Mutex
	var high time.Duration
	return func() time.Duration {
		mu.Lock()
		defer mu.Unlock()
		high = max(high, bootTime()-boot0, time.Now().Round(0).Sub(wall0))
		return high
	}
}
