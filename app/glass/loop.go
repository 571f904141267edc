package glass

import (
	"context"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
)

const (
	// tick is how often Fyne looks at its windows, and so how long a wait in its place may
	// take while something may have to be drawn.
	tick = time.Second / 60
	// afterCall is for how long after a call Fyne goes on at its own pace, to draw what the call
	// changed, and afterEvent the same after an event: longer than Fyne's own delays, such as
	// that of a double click.
	afterCall, afterEvent = 2 * tick, 600 * time.Millisecond
	// asleep is how long a wait may take otherwise. It bounds how late Fyne does what the Loop
	// was not told of.
	asleep = time.Second
)

// Loop makes Fyne's event loop wait for events. Alone it looks 60 times a second, which costs
// processor time when nothing happens and 8 ms on average when something does. While a Loop
// runs, an event is handled when it comes, and a program that nobody uses sleeps.
//
// Functions for the Fyne goroutine must go through Do, or they may wait for a second. An
// animation of Fyne's runs smoothly only within 600 ms of the last event.
//
// It waits in Go and not in GLFW's own wait: with a thread that is often in C for some
// milliseconds Go's scheduler keeps looking after it, which costs more than it saves.
type Loop struct {
	asked chan struct{}  // capacity 1: Do was called
	input chan chan bool // an event can be read; to be answered when it was

	seen atomic.Int64 // when the Fyne goroutine last came by, Unix nanoseconds

	// Of the Fyne goroutine alone.
	timer  *time.Timer
	called bool      // Do was called; what it brought may have run only just now
	until  time.Time // no long wait before
}

// NewLoop makes a Loop that does not run yet.
func NewLoop() *Loop {
	return &Loop{asked: make(chan struct{}, 1), input: make(chan chan bool)}
}

// Do runs f on the Fyne goroutine, soon, like fyne.Do. It never waits for it.
func (l *Loop) Do(f func()) {
	fyne.Do(f)
	select {
	case l.asked <- struct{}{}:
	default:
	}
}

// Seen is when the Fyne goroutine last came by; long ago if the Loop does not run.
func (l *Loop) Seen() time.Time { return time.Unix(0, l.seen.Load()) }

// wait handles events as they come, until Fyne may have something to do: for a tick, or for
// much longer when nothing has happened lately. look handles the events that are there. It ends
// early when quit is closed or Do is called.
func (l *Loop) wait(quit <-chan struct{}, look func()) {
	began := time.Now()
	l.seen.Store(began.UnixNano())
	if l.called {
		l.called = false
		l.stay(began.Add(afterCall))
	}
	long := began.After(l.until)
	if long {
		l.set(asleep)
	} else {
		l.set(tick)
	}
	look() // what was read while waiting for something else wakes nobody
	for {
		select {
		case <-quit:
			return
		case <-l.asked:
			l.called = true
			return
		case <-l.timer.C:
			return
		case more := <-l.input:
			look()
			more <- true
			l.stay(time.Now().Add(afterEvent))
			if long || time.Since(began) > tick {
				return // there may be something to draw
			}
		}
	}
}

func (l *Loop) set(d time.Duration) {
	if l.timer == nil {
		l.timer = time.NewTimer(d)
		return
	}
	l.timer.Reset(d)
}

// stay puts the next long wait off.
func (l *Loop) stay(t time.Time) {
	if t.After(l.until) {
		l.until = t
	}
}

// pace lets the Fyne goroutine wait, again and again, until ctx ends or Fyne does.
func (l *Loop) pace(ctx context.Context, look func()) {
	done := make(chan struct{}, 1)
	more := true
	for more {
		fyne.Do(func() {
			if more = ctx.Err() == nil && onMain(); more {
				l.wait(ctx.Done(), look)
			}
			done <- struct{}{}
		})
		select {
		case <-done:
		case <-ctx.Done(): // Fyne may have ended and left the function in its queue
			return
		}
	}
}
