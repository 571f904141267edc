package x11

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestPointerIsAskedForSeldom checks how long the server is left alone while the pointer rests,
// and that somebody who tells of a move ends that at once.
func TestPointerIsAskedForSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		moved := make(chan struct{}, 1)
		s := &Source{wakeShape: make(chan struct{}), closed: make(chan struct{}), lost: make(chan struct{})}
		waits := func(still time.Duration) time.Duration {
			s.cur.movedAt = time.Now().Add(-still)
			began := time.Now()
			if shape, err := s.waitPointer(t.Context()); shape || err != nil {
				t.Fatalf("waitPointer = %v, %v", shape, err)
			}
			return time.Since(began)
		}
		for still, want := range map[time.Duration]time.Duration{0: movingEvery, 2 * time.Second: stillEvery, 10 * time.Second: restEvery, time.Minute: sleepEvery} {
			if got := waits(still); got != want {
				t.Errorf("%v after a move, nobody telling: waited %v, want %v", still, got, want)
			}
		}
		s.moved = moved
		if got := waits(time.Minute); got != toldEvery {
			t.Errorf("at rest: waited %v, want %v", got, toldEvery)
		}
		moved <- struct{}{}
		if got := waits(time.Minute); got != 0 {
			t.Errorf("told of a move: waited %v", got)
		}
		moved <- struct{}{}
		if got := waits(0); got != movingEvery {
			t.Errorf("told of a move while moving: waited %v, want %v", got, movingEvery)
		}
	})
}
