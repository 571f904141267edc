package link

import (
	"fmt"
	"time"
)

const (
	// leastReorder is how much later than its successors a packet may be before it is
	// lost; it grows with what the path is seen to do.
	leastReorder = 2 * time.Millisecond
	mostReorder  = 60 * time.Millisecond
	reorderCount = 3 // successors that say the same while no reordering was seen
	reorderHolds = 10 * time.Second
	// tailProbe is how many of the newest packets a first timeout repairs: what else is
	// missing their acknowledgement will tell.
	tailProbe = 2
)

// loss is the Sender's knowledge of what arrived and how long that takes.
type loss struct {
	srtt, rttvar        time.Duration
	rttNow, rttOld      time.Duration // least of two periods
	rttTurn             time.Duration
	hasAck              bool
	largest             uint32        // newest packet number acknowledged
	largestAt           time.Duration // when that was sent
	lastSent, lastHeard time.Duration
	askedAt             time.Duration // when the oldest unanswered packet was sent, about
	timeouts            int           // in a row without an acknowledgement
	stalled, probe      bool
	reorder             time.Duration
	reorderAt           time.Duration // when it last grew
	packets, bytes      uint64
	lossEWMA            float64
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
	news := !s.hasAck || newer(a.largest, s.largest)
	if news {
		s.sample(now, now-top.at-time.Duration(a.delay)*time.Microsecond)
		s.delaySample(now, int32(a.arrival-micros(top.at)))
		s.holdStart()
	}
	got := 0
	for k := uint32(0); k <= mapBits; k++ {
		if n := a.largest - k; k == 0 || bit(a.packets[:], int(k-1)) {
			if p := &s.ring[n%ringSize]; p.number == n {
				got += s.arrived(now, p)
			}
		}
	}
	if news {
		s.hasAck, s.largest, s.largestAt = true, a.largest, top.at
	}
	if got > 0 {
		s.timeouts = 0
	}
	s.markDone(a)
	s.findLost(now)
	if news {
		s.measure(now, a.arrival)
	}
	return nil
}

// markDone closes the messages that were dealt with or refused.
func (s *Sender) markDone(a ack) {
	for i := 0; i < len(s.msgs); { // finish takes m out of msgs
		switch m := s.msgs[i]; {
		case a.hasDone && covers(a.done, a.messages[:], m.id):
			took := time.Duration(0)
			if m.left == 0 {
				took = s.lastHeard - m.allAt
			}
			if m.kind != State { // which costs nothing
				s.lags[s.lagN%len(s.lags)] = took
				s.lagN++
			}
			s.finish(m, true)
		case a.hasRefused && covers(a.refused, a.refusals[:], m.id):
			s.finish(m, false)
		default:
			i++
		}
	}
}

// findLost takes for lost what others have overtaken.
func (s *Sender) findLost(now time.Duration) {
	if s.reorder > leastReorder && now-s.reorderAt > reorderHolds {
		s.reorder, s.reorderAt = max(leastReorder, s.reorder/2), now
	}
	for n := s.tail; newer(s.largest, n); n++ {
		p := &s.ring[n%ringSize]
		if p.open && ((s.reorder == leastReorder && s.largest-n >= reorderCount) || p.at+s.reorder < s.largestAt ||
			now-p.at > s.srtt*5/4+s.reorder) {
			s.lose(now, p)
		}
	}
	for s.tail != s.nextPkt && !s.ring[s.tail%ringSize].open {
		s.tail++
	}
}

func (s *Sender) arrived(now time.Duration, p *sent) int {
	m, wasOpen := p.m, p.open
	switch {
	case wasOpen:
		s.inFlight -= p.size
		s.lossEWMA *= 1 - 1.0/200
		s.countArrived(p.number)
	case p.lost: // late, not lost
		s.lossEWMA = max(0, s.lossEWMA-1.0/200)
		s.countLate(p.number)
		s.reorder = min(max(s.reorder, (s.largestAt-p.at)*5/4), max(leastReorder, min(mostReorder, s.srtt)))
		s.reorderAt = now
	default:
		return 0
	}
	p.open, p.lost, p.m = false, false, nil
	if m == nil || m.dead || p.frag < 0 {
		return 1
	}
	f := &m.frags[p.frag]
	if wasOpen {
		f.open--
	}
	if !f.acked {
		f.acked = true
		if m.left--; m.left == 0 {
			m.allAt = now
		}
	}
	return 1
}

// lose takes a packet for lost and decides whether its fragment is worth repairing.
func (s *Sender) lose(now time.Duration, p *sent) {
	if !p.open {
		return
	}
	m := p.m
	p.open, p.lost = false, true
	s.inFlight -= p.size
	s.countLost(now, p.number, s.queue > 2*quiet)
	s.lossEWMA += (1 - s.lossEWMA) / 200
	if m == nil || m.dead || p.frag < 0 {
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

func (s *Sender) sample(now, rtt time.Duration) {
	rtt = max(rtt, 50*time.Microsecond)
	if s.srtt == 0 {
		s.srtt, s.rttvar, s.rttNow, s.rttOld, s.rttTurn = rtt, rtt/2, rtt, rtt, now
		s.raiseFor(rtt)
		return
	}
	if now-s.rttTurn > 10*time.Second {
		s.rttOld, s.rttNow, s.rttTurn = s.rttNow, rtt, now
	}
	s.rttNow = min(s.rttNow, rtt)
	s.rttvar += ((rtt - s.srtt).Abs() - s.rttvar) / 4
	s.srtt += (rtt - s.srtt) / 8
}

// rtt is the best guess there is.
func (s *Sender) rtt() time.Duration {
	if s.srtt > 0 {
		return s.srtt
	}
	if s.cfg.RTT > 0 {
		return s.cfg.RTT
	}
	return 100 * time.Millisecond
}

// leastRTT is the round trip without queues, about.
func (s *Sender) leastRTT() time.Duration {
	if s.srtt == 0 {
		return s.rtt()
	}
	return min(s.rttNow, s.rttOld)
}
