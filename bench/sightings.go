package main

import "time"

// A sighting is a marker that the helper's display showed at a moment.
type sighting struct {
	at   time.Time
	mark int
}

type sightings []sighting

// seenResult is what sightings say of the frames that were made.
type seenResult struct {
	seen    int       // frames that were seen at all
	ages    []float64 // ms from when a frame was made until it was first seen, of those seen
	behind  float64   // the longest, in ms, that the helper's picture was out of date
	at      time.Time // when that was
	strange int       // sightings of what was not made yet, or not any more: pictures that came in parts
}

// match compares with when each frame was made; frame 0 is what was there before.
func (s sightings) match(made []time.Time) seenResult {
	var r seenResult
	shown := 0
	for _, x := range s {
		n, ok := unwrap(x.mark, shown)
		switch {
		case !ok || n >= len(made) || made[n].Sub(x.at) > 20*time.Millisecond:
			// Made is when the server had answered, so a frame may be seen a little before.
			r.strange++
		case n > shown:
			shown = n
			r.seen++
			r.ages = append(r.ages, max(ms(x.at.Sub(made[n])), 0))
		}
		if shown+1 < len(made) {
			if late := ms(x.at.Sub(made[shown+1])); late > r.behind {
				r.behind, r.at = late, x.at
			}
		}
	}
	return r
}

// unwrap finds the frame at or after last whose marker this is; one more than half the
// numbers ahead is one that is behind.
func unwrap(mark, last int) (int, bool) {
	const all = 1 << markBits
	ahead := (mark - last%all + all) % all
	return last + ahead, ahead < all/2
}
