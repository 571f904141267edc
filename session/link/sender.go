package link

import (
	"errors"
	"slices"
	"time"
)

const (
	ringSize   = 8192 // packets whose fate may be open
	smallFrags = 2    // messages up to this many packets bypass the pacer
	againSmall = 10 * time.Millisecond
	againFix   = 8 * time.Millisecond
	// nearby is the round trip below which sending twice gains nothing.
	nearby = 5 * time.Millisecond
	// silence is how long without an acknowledgement ends all sending but probes.
	silence   = time.Second
	maxActive = 256 // messages whose fate is open
	// readyBelow: the next picture is worth making when so few packets wait.
	readyBelow = 2
)

// ErrTooLarge means a message of more than MaxMessage bytes, or an empty one.
var ErrTooLarge = errors.New("link: message size")

// SenderConfig is what a Sender needs to know.
type SenderConfig struct {
	// Worth is the share (0..1) of a Picture message that is still current; the Sender
	// asks before it repairs one. nil means 1.
	Worth func(ref uint32) float64
	// RTT of the path if it is known from elsewhere, else 0.
	RTT time.Duration
}

// Outcome tells what became of a message. Not Done means that it may never have arrived
// and will not be repaired.
type Outcome struct {
	Ref  uint32
	Kind Kind
	Done bool
}

// Sender is the sharer's end.
type Sender struct {
	cfg              SenderConfig
	nextMsg, nextPkt uint32
	msgs             []*message // open ones, oldest first
	urgent, repair   []piece
	again            []delayed
	ring             []sent
	tail             uint32 // oldest packet that may be open
	inFlight         int    // bytes
	outcomes         []Outcome
	free             [][]byte
	pkt              []byte

	loss
	rate
}

type message struct {
	id, ref uint32
	kind    Kind
	data    []byte
	frags   []fragState
	next    int           // first fragment not sent yet
	left    int           // fragments not acknowledged
	allAt   time.Duration // when left became 0
	dead    bool
}

type fragState struct {
	acked  bool
	open   uint8 // copies in flight
	queued bool  // waits in urgent or repair
}

type piece struct {
	m    *message
	frag int
}

type delayed struct {
	at time.Duration
	piece
}

type sent struct {
	number uint32
	m      *message // nil for a probe
	frag   int
	size   int
	at     time.Duration
	open   bool
}

// NewSender makes a Sender at time now.
func NewSender(now time.Duration, cfg SenderConfig) *Sender {
	s := &Sender{cfg: cfg, nextMsg: 1, nextPkt: 1, tail: 1, ring: make([]sent, ringSize)}
	s.startRate(now, cfg.RTT)
	return s
}

// Hint says what the path's round trip is believed to be, before one was measured.
func (s *Sender) Hint(rtt time.Duration) {
	if s.srtt == 0 && rtt > 0 {
		s.cfg.RTT = rtt
		s.raiseFor(rtt)
	}
}

// Send queues a message; data is copied. ref names it in Worth and Outcomes. A State
// supersedes any earlier one.
func (s *Sender) Send(now time.Duration, kind Kind, ref uint32, data []byte) error {
	if len(data) == 0 || len(data) > MaxMessage {
		return ErrTooLarge
	}
	if kind == State {
		for i := len(s.msgs) - 1; i >= 0; i-- {
			if s.msgs[i].kind == State {
				s.finish(s.msgs[i], false)
			}
		}
	}
	if len(s.msgs) >= maxActive {
		s.finish(s.msgs[0], false)
	}
	n := (len(data) + Payload - 1) / Payload
	m := &message{id: s.nextMsg, ref: ref, kind: kind, frags: make([]fragState, n), left: n}
	s.nextMsg++
	if k := len(s.free); k > 0 {
		m.data, s.free = s.free[k-1], s.free[:k-1]
	}
	m.data = append(m.data[:0], data...)
	s.msgs = append(s.msgs, m)
	if n <= smallFrags {
		for i := range n {
			s.urgent = append(s.urgent, piece{m, i})
			m.frags[i].queued = true
		}
		m.next = n
	}
	s.refill(now)
	return nil
}

// Queued is how many packets wait to be sent.
func (s *Sender) Queued() int {
	n := len(s.urgent) + len(s.repair)
	for _, m := range s.msgs {
		n += len(m.frags) - m.next
	}
	return n
}

// Ready says whether the next picture is worth making now.
func (s *Sender) Ready() bool {
	return !s.stalled && s.Queued() <= readyBelow && s.inFlight < s.window()
}

// Budget is how many bytes the next picture should have at most.
func (s *Sender) Budget() int { return max(16_000, int(s.bps/8*0.1)) }

// Next returns the next packet that is due at now, valid until the following call.
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
		return nil, false
	}
	for _, m := range s.msgs {
		if m.next < len(m.frags) {
			m.next++
			s.limited = s.limited || m.next < len(m.frags)
			return s.emit(now, m, m.next-1), true
		}
	}
	return nil, false
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

func (s *Sender) emit(now time.Duration, m *message, frag int) []byte {
	p := packet{kind: ping, number: s.nextPkt, message: s.nextMsg, sent: micros(now), floor: s.floor()}
	if m != nil {
		p.kind, p.message, p.frag, p.of = m.kind, m.id, frag, len(m.frags)
		p.payload = m.data[frag*Payload : min((frag+1)*Payload, len(m.data))]
		m.frags[frag].open++
	}
	s.nextPkt++
	s.pkt = p.append(s.pkt[:0])
	if s.inFlight == 0 && s.timeouts == 0 {
		s.askedAt = now
	}
	size := len(s.pkt) + 56 // with RTP, SRTP, UDP and IP
	s.ring[p.number%ringSize] = sent{number: p.number, m: m, frag: frag, size: size, at: now, open: true}
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

// finish closes a message.
func (s *Sender) finish(m *message, done bool) {
	if m.dead {
		return
	}
	m.dead = true
	s.msgs = slices.DeleteFunc(s.msgs, func(o *message) bool { return o == m })
	gone := func(p piece) bool { return p.m == m }
	s.urgent = slices.DeleteFunc(s.urgent, gone)
	s.repair = slices.DeleteFunc(s.repair, gone)
	s.again = slices.DeleteFunc(s.again, func(d delayed) bool { return d.m == m })
	s.outcomes = append(s.outcomes, Outcome{Ref: m.ref, Kind: m.kind, Done: done})
	if len(s.free) < 8 && cap(m.data) <= 1<<20 {
		s.free = append(s.free, m.data)
	}
	m.data = nil
}

// Outcomes appends what became of messages since the last call.
func (s *Sender) Outcomes(out []Outcome) []Outcome {
	out = append(out, s.outcomes...)
	s.outcomes = s.outcomes[:0]
	return out
}

// Reset forgets every message, without an Outcome: nothing queued before leaves after.
// What is known about the path stays.
func (s *Sender) Reset() {
	for len(s.msgs) > 0 {
		s.finish(s.msgs[0], false)
	}
	s.outcomes = s.outcomes[:0]
	for _, b := range s.free {
		clear(b[:cap(b)])
	}
	clear(s.pkt)
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
	} else if !s.stalled && s.inFlight < s.window() && s.Queued() > 0 {
		sooner(s.affordable(now, s.tokens > 0))
	}
	return at, ok
}
