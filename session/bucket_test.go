package session

import (
	"testing"
	"time"
)

func TestBucket(t *testing.T) {
	type step struct {
		wait  time.Duration
		n     int
		cost  float64
		pass  int
		flood bool
	}
	for name, steps := range map[string][]step{
		"burst":                 {{0, 20, 1, 10, false}},
		"refills":               {{0, 10, 1, 10, false}, {time.Second, 10, 1, 5, false}},
		"never above the burst": {{time.Hour, 20, 1, 10, false}},
		"steady at the rate":    {{0, 10, 1, 10, false}, {200 * time.Millisecond, 1, 1, 1, false}, {200 * time.Millisecond, 1, 1, 1, false}},
		"by size":               {{0, 3, 4, 2, false}},
		"larger than the burst": {{0, 1, 11, 0, false}},
		"flood":                 {{0, 61, 1, 10, true}},
		"no flood yet":          {{0, 60, 1, 10, false}},
		"slow excess forgotten": {{0, 50, 1, 10, false}, {time.Minute, 50, 1, 10, false}},
	} {
		t.Run(name, func(t *testing.T) {
			var now time.Duration
			b := newBucket(func() time.Duration { return now }, 5, 10, 50)
			for i, s := range steps {
				now += s.wait
				pass, flooded := 0, false
				for range s.n {
					ok, flood := b.take(s.cost)
					if ok {
						pass++
					}
					flooded = flooded || flood
				}
				if pass != s.pass || flooded != s.flood {
					t.Errorf("step %d: %d passed, flood %v; want %d, %v", i, pass, flooded, s.pass, s.flood)
				}
			}
		})
	}
}

// A clock that goes back neither fills nor empties the bucket.
func TestBucketClockBack(t *testing.T) {
	now := time.Hour
	b := newBucket(func() time.Duration { return now }, 5, 2, 50)
	b.take(2)
	now = 0
	if ok, _ := b.take(1); ok {
		t.Error("there was room")
	}
}
