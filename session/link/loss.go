package link

import (
	"fmt"
	"time"
)

// loss is the Sender's knowledge of what arrived and how long that takes.
type loss struct {
	srtt, rttvar, minRTT time.Duration
	hasAck               bool
	largest              uint32        // newest packet number acknowledged
	largestAt            time.Duration // when that was sent
	lastSent, lastHeard  time.Duration
	askedAt              time.Duration // when the oldest unanswered packet was sent, about
	timeouts             int           // in a row without an acknowledgement
	stalled, probe       bool
	packets, bytes       uint64
	lossEWMA             float64
}

// Ack takes an acknowledgement in. An error is the peer's; it was ignored.
func (s *Sender) Ack(now time.Duration, b []byte) error {
	a, err := parseAck(b)
	if err != nil {
		return err
	}
	if !newer(s.nextPkt, a.largest) || s.nextPkt-a.largest > ringSize {
		return fmt.Errorf("%w acknowledgement: packet never sent", ErrMalformed)
	}
	top := &s.ring[a.largest%ringSize]
	if top.number != a.largest || top.size == 0 {
		return fmt.Errorf("%w acknowledgement: packet never sent", ErrMalformed)
	}
	if s.stalled {
		s.stalled, s.probe = false, false
		s.restartRate(now)
	}
	s.lastHeard = now
	if !s.hasAck || newer(a.largest, s.largest) {
		s.hasAck, s.largest, s.largestAt = true, a.largest, top.at
		s.sample(now-top.at-time.Duration(a.delay)*time.Microsecond, now)
		s.delaySample(now, int32(a.arrival-micros(top.at)))
	}
	got := 0
	for n := s.tail; !newer(n, a.largest); n++ {
		if k := a.largest - n; k == 0 || (k <= mapBits && bit(a.packets[:], int(k-1))) {
			got += s.arrived(now, &s.ring[n%ringSize])
		}
	}
	if got > 0 {
		s.timeouts = 0
	}
	if a.hasDone {
		s.markDone(a)
	}
	for n := s.tail; newer(s.largest, n); n++ {
		p := &s.ring[n%ringSize]
		if p.open && (s.largest-n >= 3 || p.at+2*time.Millisecond < s.largestAt || now-p.at > s.srtt*5/4) {
			s.lose(now, p)
		}
	}
	for s.tail != s.nextPkt && !s.ring[s.tail%ringSize].open {
		s.tail++
	}
	s.adjust(now)
	return nil
}

func (s *Sender) markDone(a ack) {
	for i := 0; i < len(s.msgs); {
		m := s.msgs[i]
		d := int32(a.done - m.id)
		if d == 0 || (d > 0 && d <= doneBits && bit(a.messages[:], int(d-1))) {
			s.finish(m, true) // takes m out of msgs
			continue
		}
		i++
	}
}

func (s *Sender) arrived(now time.Duration, p *sent) int {
	if !p.open {
		return 0
	}
	p.open = false
	s.inFlight -= p.size
	s.countArrived(p.size)
	s.lossEWMA *= 1 - 1.0/200
	if p.m != nil && !p.m.dead {
		f := &p.m.frags[p.frag]
		f.open--
		if !f.acked {
			f.acked = true
			if p.m.left--; p.m.left == 0 {
				p.m.allAt = now
			}
		}
	}
	p.m = nil
	return 1
}

// lose takes a packet for lost and decides whether its fragment is worth repairing.
func (s *Sender) lose(now time.Duration, p *sent) {
	if !p.open {
		return
	}
	m := p.m
	p.open, p.m = false, nil
	s.inFlight -= p.size
	s.countLost()
	s.lossEWMA += (1 - s.lossEWMA) / 200
	if m == nil || m.dead {
		return
	}
	f := &m.frags[p.frag]
	if f.open--; f.open > 0 || f.acked || f.queued {
		return
	}
	if m.kind == Picture && s.cfg.Worth != nil &&
		s.cfg.Worth(m.ref) < float64(m.left)/float64(len(m.frags)) {
		s.finish(m, false)
		return
	}
	f.queued = true
	s.repair = append(s.repair, piece{m, p.frag})
}

func (s *Sender) sample(rtt, now time.Duration) {
	rtt = max(rtt, 50*time.Microsecond)
	if s.srtt == 0 {
		s.srtt, s.rttvar, s.minRTT = rtt, rtt/2, rtt
		s.raiseFor(rtt)
		return
	}
	s.minRTT = min(s.minRTT, rtt)
	s.rttvar += ((rtt - s.srtt).Abs() - s.rttvar) / 4
	s.srtt += (rtt - s.srtt) / 8
}

// rtt is the best guess there is, 0 if none.
func (s *Sender) rtt() time.Duration {
	if s.srtt > 0 {
		return s.srtt
	}
	if s.cfg.RTT > 0 {
		return s.cfg.RTT
	}
	return 100 * time.Millisecond
}

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

// unconfirmed is how long a message may be wholly acknowledged but not dealt with.
func (s *Sender) unconfirmed() time.Duration { return 2*s.rtt() + 100*time.Millisecond }

func (s *Sender) timerAt() (time.Duration, bool) {
	at, ok := time.Duration(0), false
	if s.inFlight > 0 || s.stalled {
		at, ok = s.lastSent+s.patience(), true
	}
	for _, m := range s.msgs {
		if t := m.allAt + s.unconfirmed(); m.left == 0 && (!ok || t < at) {
			at, ok = t, true
		}
	}
	return at, ok
}

// timers does what is due: second copies, the tail timer, refused messages.
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
		if m := s.msgs[i]; m.left == 0 && now >= m.allAt+s.unconfirmed() {
			s.finish(m, false)
			continue
		}
		i++
	}
	if (s.inFlight == 0 && !s.stalled) || now < s.lastSent+s.patience() {
		return
	}
	s.timeouts++
	for n := s.tail; n != s.nextPkt; n++ {
		s.lose(now, &s.ring[n%ringSize])
	}
	s.tail = s.nextPkt
	if s.timeouts >= 3 && now-max(s.lastHeard, s.askedAt) > silence {
		s.stalled = true
		for len(s.msgs) > 0 {
			s.finish(s.msgs[0], false)
		}
	}
	s.probe = s.stalled || len(s.repair)+len(s.urgent) == 0
	s.lastSent = now
}
