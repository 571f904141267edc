package desk

import (
	"context"
	"sync"
	"time"

	"fyne.io/fyne/v2"
)

const (
	// tick is how often Fyne looks at its windows, and so how long a wait in its place may
	// take while something may have to be drawn.
	tick = time.Second / 60
	// awake is for how long after the last event or call Fyne goes on at its own pace: longer
	// than its own delays, such as that of a double click.
	awake = 600 * time.Millisecond
	// asleep is how long a wait may take after that. It bounds how late Fyne does what it did
	// not tell us of.
	asleep = time.Second
)

// Loop makes Fyne's event loop wait for events. Alone it looks 60 times a second, which costs
// processor time when nothing happens and 8 ms on average when something does. While a Loop
// runs, an event is handled when it comes, and a program that nobody uses sleeps.
//
// Functions for the Fyne goroutine must go through Do, or they may wait for a second. An
// animation of Fyne's runs smoothly only within 600 ms of the last event or Do.
//
// The zero Loop is ready. It must not be copied.
type Loop struct {
	mu    sync.Mutex
	asked bool // Do was called since the last wait
	rests bool // the Fyne goroutine is in a wait that an event must end

	last time.Time // of the last event or Do; of the Fyne goroutine alone
}

// Do runs f on the Fyne goroutine, soon, like fyne.Do. It never waits for it.
func (l *Loop) Do(f func()) {
	fyne.Do(f)
	l.mu.Lock()
	defer l.mu.Unlock() // held while waking, so that the wait, and with it GLFW, does not end before
	l.asked = true
	if l.rests {
		wake()
	}
}

// Run makes the loop wait until ctx ends or Fyne does. It may be called before Fyne runs.
func (l *Loop) Run(ctx context.Context) {
	defer context.AfterFunc(ctx, func() { l.Do(func() {}) })()
	done := make(chan struct{}, 1)
	for ctx.Err() == nil {
		more := false
		fyne.Do(func() {
			more = onMain() && ctx.Err() == nil
			if more {
				l.wait(time.Now())
			}
			done <- struct{}{}
		})
		select {
		case <-done:
		case <-ctx.Done(): // Fyne may have ended and left the function in its queue
			return
		}
		if !more {
			return
		}
	}
}

// wait handles events as they come, until Fyne may have something to do: for a tick, or for
// much longer when nothing has happened lately.
func (l *Loop) wait(now time.Time) {
	end := now.Add(tick)
	if now.Sub(l.last) > awake {
		end = now.Add(asleep)
	}
	for left := end.Sub(now); left > 0; left = end.Sub(now) {
		if l.rest(true) {
			l.last = now
			return
		}
		waitEvents(left)
		woken := l.rest(false)
		began := now
		now = time.Now()
		if now.Sub(began) < left { // something came
			l.last = now
			end = earlier(end, began.Add(tick))
		}
		if woken {
			l.last = now
			return
		}
	}
}

// rest begins or ends a wait, and says whether Do was called since the last time.
func (l *Loop) rest(on bool) (asked bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	asked, l.asked = l.asked, false
	l.rests = on && !asked
	return asked
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
