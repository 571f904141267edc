package glass

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestLoopWait: a wait lasts a tick while something may have to be drawn, a second otherwise, and
// ends at once for what must be done now.
func TestLoopWait(t *testing.T) {
	for name, c := range map[string]struct {
		stay  time.Duration // since the last event: how long the loop still stays awake
		after time.Duration // when something happens
		what  string        // event, call, quit
		lasts time.Duration
		looks int
	}{
		"nothing, asleep":     {lasts: asleep, looks: 1},
		"nothing, awake":      {stay: afterEvent, lasts: tick, looks: 1},
		"event, asleep":       {after: 300 * time.Millisecond, what: "event", lasts: 300 * time.Millisecond, looks: 2},
		"event, awake":        {stay: afterEvent, after: tick / 2, what: "event", lasts: tick, looks: 2},
		"call, asleep":        {after: 300 * time.Millisecond, what: "call", lasts: 300 * time.Millisecond, looks: 1},
		"call before, asleep": {what: "call", looks: 1},
		"end":                 {after: time.Millisecond, what: "quit", lasts: time.Millisecond, looks: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, quit, looks := NewLoop(), make(chan struct{}), 0
				l.stay(time.Now().Add(c.stay))
				<-time.After(time.Nanosecond)
				act := func() {
					switch c.what {
					case "event":
						seen := make(chan bool, 1)
						l.input <- seen
						<-seen
					case "call":
						l.asked <- struct{}{}
					case "quit":
						close(quit)
					}
				}
				if c.after == 0 {
					act()
				} else {
					time.AfterFunc(c.after, act)
				}
				began := time.Now()
				l.wait(quit, func() { looks++ })
				if d := time.Since(began); d != c.lasts {
					t.Errorf("lasted %v, want %v", d, c.lasts)
				}
				if looks != c.looks {
					t.Errorf("looked %d times, want %d", looks, c.looks)
				}
				if c.what == "call" {
					<-time.After(time.Second) // that long took what was called
					began = time.Now()
					l.wait(quit, func() {})
					if d := time.Since(began); d != tick {
						t.Errorf("the wait after a call lasted %v", d)
					}
				}
				if c.what == "event" && !l.until.After(time.Now().Add(afterEvent-tick)) {
					t.Error("sleeps again at once after an event")
				}
			})
		})
	}
}
