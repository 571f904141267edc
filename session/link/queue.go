package link

import (
	"slices"
	"time"
)

// Next returns the next packet that is due at now, valid until the following call: small
// messages first, then repairs, pictures, and in idle time parity.
func (s *Sender) Next(now time.Duration) ([]byte, bool) {
	s.timers(now)
	s.refill(now)
	for s.nextPkt-s.tail >= ringSize {
		s.lose(now, &s.ring[s.tail%ringSize])
		s.tail++
	}
	if s.probe {
		s.probe = false
		return s.emit(now, nil, 0), true
	}
	for _, q := range []*[]piece{&s.urgent, &s.repair} {
		for len(*q) > 0 {
			p := (*q)[0]
			if q == &s.repair && !s.mayRepair() {
				break
			}
			*q = slices.Delete(*q, 0, 1)
			f := &p.m.frags[p.frag]
			f.queued = false
			if p.m.dead || f.acked {
				continue
			}
			if wait := s.repeatAfter(q == &s.repair); wait > 0 && f.open == 0 && len(s.again) < ringSize {
				s.again = append(s.again, delayed{now + wait, p})
			}
			return s.emit(now, p.m, p.frag), true
		}
	}
	if s.stalled || s.tokens <= 0 {
		return nil, false
	}
	if s.inFlight >= s.window() {
		s.dry()
		return nil, false
	}
	for _, m := range s.msgs {
		if m.next < len(m.frags) {
			m.next++
			return s.emit(now, m, m.next-1), true
		}
	}
	if m := s.wantsParity(); m != nil {
		m.parities++
		return s.emit(now, m, -1), true
	}
	s.dry()
	return nil, false
}

// wantsParity is a message that would gain from a parity packet now that nothing else is
// to be sent: the newest, if it is large and the path has lost something lately.
func (s *Sender) wantsParity() *message {
	if len(s.msgs) == 0 || s.rtt() < nearby || s.lossEWMA < 1e-4 || len(s.repair) > 0 {
		return nil
	}
	m := s.msgs[len(s.msgs)-1]
	if m.left == 0 || m.parities >= groups(len(m.frags)) {
		return nil
	}
	return m
}

// repeatAfter is how long after its first copy a packet is sent once more; 0 for never.
func (s *Sender) repeatAfter(fix bool) time.Duration {
	switch {
	case s.rtt() < nearby:
		return 0
	case fix:
		return againFix
	}
	return againSmall
}

// emit makes one packet: a fragment of m, parity if frag is -1, a probe if m is nil.
func (s *Sender) emit(now time.Duration, m *message, frag int) []byte {
	p := packet{kind: ping, number: s.nextPkt, message: s.nextMsg, sent: micros(now), floor: s.floor()}
	switch {
	case m == nil:
	case frag < 0:
		of := len(m.frags)
		s.sum = xorGroup(s.sum[:0], m.data, of, m.parities-1)
		p.kind, p.message, p.frag, p.of, p.payload = parity, m.id, m.parities-1, of, s.sum
		p.extra = len(m.data) - (of-1)*Payload
	default:
		p.kind, p.message, p.frag, p.of = m.kind, m.id, frag, len(m.frags)
		p.payload = m.data[frag*Payload : min((frag+1)*Payload, len(m.data))]
		m.frags[frag].open++
	}
	s.nextPkt++
	s.pkt = p.append(s.pkt[:0])
	if s.inFlight == 0 && s.timeouts == 0 {
		s.askedAt = now
	}
	size := len(s.pkt) + wireExtra
	s.ring[p.number%ringSize] = sent{
		number: p.number, m: m, frag: frag, size: size, at: now, train: s.train, open: true,
	}
	s.inFlight += size
	s.tokens -= float64(size)
	s.lastSent = now
	s.packets++
	s.bytes += uint64(len(s.pkt))
	return s.pkt
}

func (s *Sender) floor() uint32 {
	if len(s.msgs) > 0 {
		return s.msgs[0].id
	}
	return s.nextMsg
}

// Wake is when Next should be asked again if nothing else happens before.
func (s *Sender) Wake(now time.Duration) (time.Duration, bool) {
	if s.probe || len(s.urgent) > 0 {
		return now, true
	}
	at, ok := s.timerAt()
	sooner := func(t time.Duration) {
		if !ok || t < at {
			at, ok = t, true
		}
	}
	for _, d := range s.again {
		sooner(d.at)
	}
	if len(s.repair) > 0 {
		sooner(s.affordable(now, s.mayRepair()))
	} else if !s.stalled && s.inFlight < s.window() && (s.Queued() > 0 || s.wantsParity() != nil) {
		sooner(s.affordable(now, s.tokens > 0))
	}
	return at, ok
}
