package link

import "time"

// patience is how long after the last packet an acknowledgement must have come.
func (s *Sender) patience() time.Duration {
	var d time.Duration
	switch {
	case s.srtt > 0:
		d = s.srtt + max(4*s.rttvar, 8*time.Millisecond) + ackEvery
	case s.cfg.RTT > 0:
		d = 2*s.cfg.RTT + 50*time.Millisecond
	default:
		d = 300 * time.Millisecond
	}
	return min(d<<min(s.timeouts, 6), time.Second)
}

// unconfirmed is how long a message may be wholly acknowledged but not dealt with: a
// helper that cannot deal with one says so, this is for those that say nothing.
func (s *Sender) unconfirmed() time.Duration { return 2*s.rtt() + 3*time.Second }

// asksAt is when to ask whether a message that has arrived was dealt with: the
// acknowledgement that said so may be lost.
func (s *Sender) asksAt(m *message) time.Duration {
	return m.allAt + (s.rtt()+50*time.Millisecond)<<min(m.asked, 6)
}

// closesAt is when a message is given up, if nothing is heard.
func (s *Sender) closesAt(m *message) (time.Duration, bool) {
	return m.allAt + s.unconfirmed(), m.left == 0
}

func (s *Sender) timerAt() (time.Duration, bool) {
	at, ok := time.Duration(0), false
	if s.inFlight > 0 || s.stalled {
		at, ok = s.lastSent+s.patience(), true
	}
	for _, m := range s.msgs {
		t, closes := s.closesAt(m)
		if m.left == 0 {
			t = min(t, s.asksAt(m))
		}
		if closes && (!ok || t < at) {
			at, ok = t, true
		}
	}
	return at, ok
}

// timers does what is due: second copies, messages given up, the tail timer.
func (s *Sender) timers(now time.Duration) {
	kept := s.again[:0]
	for _, d := range s.again {
		switch f := &d.m.frags[d.frag]; {
		case d.at > now:
			kept = append(kept, d)
		case !f.acked && !f.queued:
			f.queued = true
			s.urgent = append(s.urgent, d.piece)
		}
	}
	s.again = kept
	for i := 0; i < len(s.msgs); {
		if t, closes := s.closesAt(s.msgs[i]); closes && now >= t {
			s.finish(s.msgs[i], false)
			continue
		}
		if m := s.msgs[i]; m.left == 0 && now >= s.asksAt(m) {
			m.asked++
			s.probe = true
		}
		i++
	}
	if (s.inFlight == 0 && !s.stalled) || now < s.lastSent+s.patience() {
		return
	}
	s.timeouts++
	s.tailLost(now)
	if s.timeouts >= 3 && now-max(s.lastHeard, s.askedAt) > silence {
		s.stalled = true
		for len(s.msgs) > 0 {
			s.finish(s.msgs[0], false)
		}
	}
	s.probe = s.probe || s.stalled || len(s.repair)+len(s.urgent) == 0
	s.lastSent = now
}

// tailLost takes packets that nothing came after for lost: at first only the newest, in
// case the path is merely slow.
func (s *Sender) tailLost(now time.Duration) {
	from := s.tail
	if s.timeouts == 1 && s.nextPkt-s.tail > 2*tailProbe {
		from = s.nextPkt - tailProbe
	}
	for n := from; n != s.nextPkt; n++ {
		s.lose(now, &s.ring[n%ringSize])
	}
	for s.tail != s.nextPkt && !s.ring[s.tail%ringSize].open {
		s.tail++
	}
}
