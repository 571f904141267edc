package link

import "time"

const (
	// rivalAfter is how long a queue must stand against a lowered rate.
	rivalAfter = 1200 * time.Millisecond
	rivalFor   = 10 * time.Second
	full       = 25 * time.Millisecond
	// flatWithin is how little a delay may vary to be the path's own and no queue.
	flatWithin = 6 * time.Millisecond
)

// rivalry is what is done about a queue that does not go away although the rate was
// lowered. Either the path has become longer: then the delay stands still. Or another
// flow fills the queue until it overflows, as TCP does: then the rate is steered as TCP
// steers it, up until something is lost, or nothing would be left for us.
type rivalry struct {
	pressed    bool
	since      time.Duration // when the queue began to stand
	anchor     float64       // what got through then; 0 if not known yet
	low, high  time.Duration // of the queue in the second half of that time
	competes   bool
	until      time.Duration
	raisedAt   time.Duration
	most       time.Duration // highest queue seen while competing, fading
	lostBefore uint64
	cutAt      time.Duration
}

// contend does all this; it says whether it has set the rate.
func (s *Sender) contend(now time.Duration, got float64, q time.Duration) bool {
	v := &s.rate.rivalry
	if v.competes {
		return s.compete(now, got, q)
	}
	if q < full {
		*v = rivalry{}
		return false
	}
	after := rivalAfter + 2*s.srtt
	switch {
	case !v.pressed:
		*v = rivalry{pressed: true, since: now}
	case now-v.since < s.srtt+q:
		// What was measured is from before.
	case v.anchor == 0:
		v.anchor = got
	case now-v.since < after/2:
		v.low, v.high = q, q
	case now-v.since < after:
		v.low, v.high = min(v.low, q), max(v.high, q)
	case v.high-v.low < flatWithin && s.spilt < 1:
		s.rebase(v.low)
		*v = rivalry{}
	default:
		*v = rivalry{competes: true, until: now + rivalFor, anchor: v.anchor, most: q, cutAt: now, raisedAt: now, lostBefore: s.lostAll}
		s.bps = max(s.bps, v.anchor)
		return true
	}
	return false
}

// compete raises the rate by a packet a round trip each round trip, and lowers it when a
// packet is lost while the queue is nearly full (RFC 5681's shape, with Cubic's factor).
func (s *Sender) compete(now time.Duration, got float64, q time.Duration) bool {
	v := &s.rate.rivalry
	if q < quiet || now > v.until {
		*v = rivalry{}
		return false
	}
	rtt := max(s.srtt, 10*time.Millisecond)
	v.most = max(v.most-v.most*(now-v.raisedAt)/(8*time.Second), q)
	more := s.lostAll > v.lostBefore
	v.lostBefore = s.lostAll
	if more && q > v.most*7/10 && now-v.cutAt > rtt {
		s.bps, v.cutAt = max(minRate, 0.7*s.bps), now
	} else {
		s.bps += MaxPacket * 8 / rtt.Seconds() * min(2, float64(now-v.raisedAt)/float64(rtt))
	}
	v.raisedAt = now
	s.bw = max(minRate, min(s.bw, got))
	return true
}
