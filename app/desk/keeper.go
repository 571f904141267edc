package desk

import "time"

// raisePause is the least time between two raises of a window: somebody else may want
// to be on top too, and neither shall win by exhausting the machine.
const raisePause = 200 * time.Millisecond

// keeper raises a window that was covered, not more often than raisePause allows, and
// not less: the last covering is always answered. Its methods must not be called at
// once; raise is called on any goroutine.
type keeper struct {
	raise func()
	last  time.Time   // of the last raise
	later *time.Timer // of a raise that had to wait; nil: none
	due   time.Time
}

// covered: something was put over the window at that time.
func (k *keeper) covered(now time.Time) {
	if now.Before(k.due) {
		return // a raise is on its way
	}
	wait := k.last.Add(raisePause).Sub(now)
	if wait <= 0 {
		k.last = now
		k.raise()
		return
	}
	k.due, k.last = now.Add(wait), now.Add(wait)
	k.later = time.AfterFunc(wait, k.raise)
}

// stop gives up a raise that waits.
func (k *keeper) stop() {
	if k.later != nil {
		k.later.Stop()
	}
}
