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
	// maxBehind is how many messages may have arrived without having been dealt with: more
	// and the helper is slower than the path, which nothing is queued for.
	maxBehind = 2
	// slowHelper is how long a helper may take over a message that has arrived.
	slowHelper = 30 * time.Millisecond
	// pictureTime is how long one picture may occupy the path.
	pictureTime = 20 * time.Millisecond
	leastBudget = 6000
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
	// Rate in bits a second that the path carried before, 0 if unknown.
	Rate float64
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
	pkt, sum         []byte
	lags             [4]time.Duration // from when a message had arrived until it was dealt with, lately
	lagN             int

	loss
	rate
}

type message struct {
	id, ref  uint32
	kind     Kind
	data     []byte
	frags    []fragState
	next     int           // first fragment not sent yet
	parities int           // parity packets sent
	left     int           // fragments not acknowledged
	sentAt   time.Duration // when Send was called
	allAt    time.Duration // when left became 0
	asked    int           // how often it was asked since whether it was dealt with
	dead     bool
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

// sent is one packet on its way.
type sent struct {
	number uint32
	m      *message // nil for a probe
	frag   int      // -1 for a parity packet
	size   int
	at     time.Duration
	train  uint32 // see sampler
	open   bool
	lost   bool // taken for lost; it may come yet
}

// NewSender makes a Sender at time now.
func NewSender(now time.Duration, cfg SenderConfig) *Sender {
	s := &Sender{cfg: cfg, nextMsg: 1, nextPkt: 1, tail: 1, ring: make([]sent, ringSize)}
	s.reorder = leastReorder
	s.startRate(now, cfg.RTT, cfg.Rate)
	return s
}

// Hint says what the path's round trip is believed to be, before one was measured.
func (s *Sender) Hint(rtt time.Duration) {
	if s.srtt == 0 && rtt > 0 && rtt != s.cfg.RTT {
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
	m := &message{
		id: s.nextMsg, ref: ref, kind: kind, frags: make([]fragState, n), left: n, sentAt: now,
	}
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
	if s.stalled || s.Queued() > readyBelow || s.inFlight >= s.window() {
		return false
	}
	if slices.Min(s.lags[:]) > slowHelper { // the least: what says so may be lost
		return len(s.msgs) == 0 // one at a time, so that none waits
	}
	behind := s.behind()
	return behind == 0 || (behind < maxBehind && len(s.msgs) < 2*maxBehind)
}

// behind is how many messages have arrived without having been dealt with.
func (s *Sender) behind() int {
	n := 0
	for _, m := range s.msgs {
		if m.left == 0 {
			n++
		}
	}
	return n
}

// Budget is how many bytes the next picture should have at most.
func (s *Sender) Budget() int { return max(leastBudget, int(s.bps/8*pictureTime.Seconds())) }

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
	clear(s.sum)
}
