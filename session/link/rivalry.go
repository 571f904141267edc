package link

import "time"

const (
	// rivalAfter is how long a queue must stand against a lowered rate, beside two round
	// trips; rivalAgain the same while a rival was there within rivalKept.
	rivalAfter = 700 * time.Millisecond
	rivalAgain = 150 * time.Millisecond
	rivalKept  = 30 * time.Second
	rivalFor   = 15 * time.Second
	full       = 25 * time.Millisecond
	// flatWithin is how little a delay may vary to be the path's own and no queue.
	flatWithin = 6 * time.Millisecond
	// anchored is the share of what got through that is kept while this is found out.
	anchored = 0.8
	// regrowth is how much of the rate a competing sender adds in a second at least, about
	// what Cubic does.
	regrowth = 0.05
)

// rivalry is what is done about a queue that does not go away although the rate was
// lowered. Either the path has become longer: then the delay stands still. Or another
// flow fills the queue until it overflows, as TCP does: then the rate is steered as TCP
// steers it, up until something is lost, or nothing would be left for us.
type rivalry struct {
	pressed   bool
	since     time.Duration // when the queue began to stand
	prior     float64       // the rate then
	anchor    float64       // what got through since; 0 if not known yet
	low, high time.Duration // of the queue in the second half of that time
	looked    bool          // low and high are known
	competes  bool
	until     time.Duration
	raisedAt  time.Duration
	calmSince time.Duration // since when there has been no queue, while competing
	most      time.Duration // highest queue seen while competing, fading
	recover   uint32        // losses of packets up to this one have been answered
	seenAt    time.Duration // when there was a rival last
	seen      bool
}

// contend does all this; it says whether it has set the rate.
func (s *Sender) contend(now time.Duration, got float64, q time.Duration) bool {
	v := &s.rate.rivalry
	if v.competes {
		return s.compete(now, q)
	}
	if q < full {
		v.pressed, v.anchor = false, 0
		return false
	}
	after := rivalAfter + 2*s.srtt
	if v.seen && now-v.seenAt < rivalKept {
		after = rivalAgain + s.srtt
	}
	switch {
	case !v.pressed:
		*v = rivalry{pressed: true, since: now, prior: s.bps, seen: v.seen, seenAt: v.seenAt}
	case v.anchor == 0:
		if now-v.since > s.srtt/2 { // what was measured before is from before
			v.anchor = got
		}
	case now-v.since < after/2:
	case !v.looked:
		v.low, v.high, v.looked = q, q, true
	case now-v.since < after:
		v.low, v.high = min(v.low, q), max(v.high, q)
	case v.high-v.low < flatWithin && s.spilt < 1:
		s.rebase(v.low)
		s.rttNow, s.rttOld, s.rttTurn = s.srtt, s.srtt, now
		*v = rivalry{}
	default:
		s.bps = max(s.bps, v.anchor, v.prior/2)
		*v = rivalry{
			competes: true, until: now + rivalFor, most: q, raisedAt: now, calmSince: now, recover: s.nextPkt,
			seen: true, seenAt: now,
		}
		return true
	}
	return false
}

// compete raises the rate by a packet a round trip each round trip, and lowers it when a
// packet is lost while the queue is nearly full (RFC 5681's shape, with Cubic's factor).
func (s *Sender) compete(now, q time.Duration) bool {
	v := &s.rate.rivalry
	if q >= quiet {
		v.calmSince = now
	}
	if now-v.calmSince > 300*time.Millisecond+2*s.srtt || now > v.until {
		s.bw = s.bps
		*v = rivalry{seen: true, seenAt: now}
		return false
	}
	rtt := max(s.srtt, 10*time.Millisecond)
	v.most = max(v.most-v.most*(now-v.raisedAt)/(8*time.Second), q)
	if newer(s.lostNewest, v.recover) && q > v.most/2 {
		s.bps, v.recover = max(minRate, 0.7*s.bps), s.nextPkt
	} else {
		dt := min(now-v.raisedAt, 2*rtt).Seconds()
		s.bps += max(MaxPacket*8/rtt.Seconds()/rtt.Seconds(), regrowth*s.bps) * dt
	}
	v.raisedAt = now
	return true
}
