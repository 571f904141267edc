package link

import (
	"slices"
	"time"
)

const (
	// rivalAfter is how long a queue must stand against a lowered rate, beside two round
	// trips; rivalAgain the same while a rival was there within rivalKept.
	rivalAfter = 700 * time.Millisecond
	rivalAgain = 150 * time.Millisecond
	rivalKept  = 30 * time.Second
	rivalFor   = 15 * time.Second
	full       = 25 * time.Millisecond
	// flatWithin is how little a delay may vary to be the path's own and no queue.
	flatWithin = 4 * time.Millisecond
	// anchored is the share of what got through that is kept while this is found out.
	anchored = 0.8
	// regrowth is how much of the rate a competing sender adds in a second at least, about
	// what Cubic does.
	regrowth = 0.10
)

// rivalry is what is done about a queue that does not go away although the rate was
// lowered. Either the path has become longer: then the delay stands still. Or another
// flow fills the queue until it overflows, as TCP does: then the rate is steered as TCP
// steers it, up until something is lost, or nothing would be left for us.
type rivalry struct {
	pressed   bool
	since     time.Duration    // when the queue began to stand
	prior     float64          // the rate then
	anchor    float64          // what got through since; 0 if not known yet
	last      [4]time.Duration // of the queue, newest first
	sentBy    [4]uint32        // packets sent by then
	lasts     int
	proof     time.Duration // what the queue stood at when the rate was lowered once more
	proofAt   time.Duration
	competes  bool
	until     time.Duration
	raisedAt  time.Duration
	calmSince time.Duration // since when there has been no queue, while competing
	most      time.Duration // highest queue seen while competing, fading
	recover   uint32        // losses of packets up to this one have been answered
	seenAt    time.Duration // when there was a rival last
	seen      bool
	doubt     bool // it may be gone: take the full time to find out
}

// contend does all this; it says whether it has set the rate.
func (s *Sender) contend(now time.Duration, got float64, q time.Duration) bool {
	v := &s.rivalry
	if v.competes {
		return s.compete(now, q)
	}
	least, after, keep := full, rivalAfter+2*s.srtt, 0.5
	if v.seen && now-v.seenAt < rivalKept {
		least, keep = quiet, 0.9
		if !v.doubt {
			after = rivalAgain + s.srtt
		}
	}
	if q < least {
		if v.proof > 0 && v.pressed { // it shrank as the rate was lowered once more
			return s.enter(now, q, keep)
		}
		v.pressed, v.anchor = false, 0
		return false
	}
	switch {
	case !v.pressed:
		*v = rivalry{pressed: true, since: now, prior: s.bps, seen: v.seen, seenAt: v.seenAt, doubt: v.doubt}
	case v.anchor == 0:
		if now-v.since > s.srtt/2 { // what was measured before is from before
			v.anchor = got
		}
	case v.proof > 0 && now-v.proofAt < s.srtt+s.srtt/2:
		return true // too early to tell
	case now-v.since < 2*s.srtt:
	case v.flat(q, s.nextPkt, s.lostNewest):
		level := slices.Min(v.last[:])
		if v.proof == 0 { // a rival would take what we leave, and the queue would shrink
			v.proof, v.proofAt, v.lasts = level, now, 0
			s.bps = max(minRate, 0.5*v.anchor)
			return true
		}
		if v.proof-level > flatWithin {
			return s.enter(now, q, keep)
		}
		s.rebase(level)
		s.bw = max(s.bw, v.anchor)
		s.rttNow, s.rttOld, s.rttTurn = s.srtt, s.srtt, now
		*v = rivalry{}
	case v.proof > 0 && now-v.proofAt < after:
		return true
	case now-v.since > after:
		return s.enter(now, q, keep)
	}
	return false
}

// enter begins to compete.
func (s *Sender) enter(now, q time.Duration, keep float64) bool {
	v := &s.rivalry
	s.bps = max(s.bps, v.anchor, keep*v.prior)
	*v = rivalry{
		competes: true, until: now + rivalFor, most: q, raisedAt: now, calmSince: now, recover: s.nextPkt,
		seen: true, seenAt: now,
	}
	return true
}

// flat takes a sample of the queue and says whether the last ones are all the same and
// nothing was lost meanwhile.
func (v *rivalry) flat(q time.Duration, sent, lost uint32) bool {
	copy(v.last[1:], v.last[:])
	copy(v.sentBy[1:], v.sentBy[:])
	v.last[0], v.sentBy[0] = q, sent
	v.lasts++
	return v.lasts >= len(v.last) && slices.Max(v.last[:])-slices.Min(v.last[:]) < flatWithin &&
		!newer(lost, v.sentBy[len(v.sentBy)-1])
}

// compete raises the rate by a packet a round trip each round trip, and lowers it when a
// packet is lost while the queue is nearly full (RFC 5681's shape, with Cubic's factor).
func (s *Sender) compete(now, q time.Duration) bool {
	v := &s.rivalry
	if q >= quiet {
		v.calmSince = now
	}
	calm := now-v.calmSince > 600*time.Millisecond+2*s.srtt
	if calm || now > v.until { // see anew whether there is a rival
		s.bw = s.bps
		*v = rivalry{seen: true, seenAt: now, doubt: !calm}
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
