package link

import (
	"bytes"
	"container/heap"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// path simulates a network between a Sender and a Receiver in virtual time.
type path struct {
	delay, jitter time.Duration
	bps           float64       // of the bottleneck
	queue         time.Duration // drop tail
	loss, twice   float64
	dead          func(now time.Duration) bool
	refuse        float64
	rnd           *rand.Rand

	now, busy time.Duration
	air       events
	seq       int
	s         *Sender
	r         *Receiver
	created   map[uint32]time.Duration // by ref
	arrived   map[uint32]time.Duration
	outcome   map[uint32]bool
	maxQueue  int
	wire      uint64
	t         *testing.T
}

type event struct {
	at  time.Duration
	seq int
	ack bool
	b   []byte
	do  func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].seq < e[j].seq
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(v any)   { *e = append(*e, v.(event)) }
func (e *events) Pop() any     { o := *e; v := o[len(o)-1]; *e = o[:len(o)-1]; return v }

func newPath(t *testing.T, p path, cfg SenderConfig) *path {
	p.t, p.rnd = t, rand.New(rand.NewPCG(1, 2))
	p.s, p.r = NewSender(0, cfg), &Receiver{}
	p.created, p.arrived, p.outcome = map[uint32]time.Duration{}, map[uint32]time.Duration{}, map[uint32]bool{}
	return &p
}

func (p *path) at(t time.Duration, do func()) {
	p.seq++
	heap.Push(&p.air, event{at: t, seq: p.seq, do: do})
}

func (p *path) put(ack bool, b []byte) {
	if p.rnd.Float64() < p.loss || p.dead != nil && p.dead(p.now) {
		return
	}
	start := p.now
	if !ack && p.bps > 0 {
		start = max(p.busy, p.now)
		if start-p.now > p.queue {
			return
		}
		start += time.Duration(float64(len(b)+56) * 8 / p.bps * 1e9)
		p.busy = start
	}
	n := 1
	if p.rnd.Float64() < p.twice {
		n = 2
	}
	for range n {
		p.seq++
		at := start + p.delay
		if p.jitter > 0 {
			at += time.Duration(p.rnd.Int64N(int64(p.jitter)))
		}
		heap.Push(&p.air, event{at: at, seq: p.seq, ack: ack, b: bytes.Clone(b)})
	}
}

// body is a message that can be checked.
func body(ref uint32, size int) []byte {
	b := make([]byte, max(8, size))
	binary.BigEndian.PutUint32(b, ref)
	for i := 8; i < len(b); i++ {
		b[i] = byte(uint32(i)*7 + ref)
	}
	return b
}

func (p *path) send(kind Kind, ref uint32, size int) {
	p.created[ref] = p.now
	if err := p.s.Send(p.now, kind, ref, body(ref, size)); err != nil {
		p.t.Fatal(err)
	}
}

// run pumps both ends until time end.
func (p *path) run(end time.Duration) {
	var ackAt time.Duration
	for steps := 0; ; steps++ {
		if steps > 20_000_000 {
			p.t.Fatal("the pump spins")
		}
		for {
			b, ok := p.s.Next(p.now)
			if !ok {
				break
			}
			if len(b) > MaxPacket {
				p.t.Fatalf("packet of %d bytes", len(b))
			}
			p.wire += uint64(len(b))
			p.put(false, b)
		}
		for _, o := range p.s.Outcomes(nil) {
			if _, twice := p.outcome[o.Ref]; twice {
				p.t.Fatalf("two outcomes of message %d", o.Ref)
			}
			p.outcome[o.Ref] = o.Done
		}
		p.maxQueue = max(p.maxQueue, p.s.Queued())
		if a, ok := p.r.Ack(p.now, nil); ok {
			p.put(true, a)
		}
		next := end
		if at, ok := p.s.Wake(p.now); ok {
			if at <= p.now {
				at = p.now + time.Microsecond
			}
			next = min(next, at)
		}
		if at, ok := p.r.Wake(); ok {
			ackAt = max(at, p.now+time.Microsecond)
			next = min(next, ackAt)
		}
		if len(p.air) > 0 {
			next = min(next, max(p.now, p.air[0].at))
		}
		p.now = next
		if p.now >= end {
			return
		}
		for len(p.air) > 0 && p.air[0].at <= p.now {
			p.take(heap.Pop(&p.air).(event))
		}
	}
}

func (p *path) take(e event) {
	switch {
	case e.do != nil:
		e.do()
	case e.ack:
		if err := p.s.Ack(p.now, e.b); err != nil {
			p.t.Fatalf("Ack: %v", err)
		}
	default:
		m, ok, err := p.r.Packet(p.now, e.b)
		if err != nil {
			p.t.Fatalf("Packet: %v", err)
		}
		if !ok || p.rnd.Float64() < p.refuse {
			return
		}
		ref := binary.BigEndian.Uint32(m.Data)
		if !bytes.Equal(m.Data, body(ref, len(m.Data))) {
			p.t.Fatalf("message %d is damaged", ref)
		}
		if _, again := p.arrived[ref]; again {
			p.t.Fatalf("message %d handed out twice", ref)
		}
		p.arrived[ref] = p.now
		p.r.Done(m.ID)
	}
}

func (p *path) percentiles(keep func(ref uint32) bool) (p50, p99 time.Duration, n int) {
	var all []time.Duration
	for ref, at := range p.arrived {
		if keep == nil || keep(ref) {
			all = append(all, at-p.created[ref])
		}
	}
	slices.Sort(all)
	if len(all) == 0 {
		return 0, 0, 0
	}
	return all[len(all)/2], all[len(all)*99/100], len(all)
}

func TestTyping(t *testing.T) {
	for name, tc := range map[string]struct {
		path     path
		p50, p99 time.Duration
		missing  int
	}{
		"loopback":  {path{delay: 50 * time.Microsecond}, time.Millisecond, time.Millisecond, 0},
		"1 percent": {path{delay: 25 * time.Millisecond, bps: 5e6, queue: 200e6, loss: 0.01}, 27 * time.Millisecond, 37 * time.Millisecond, 0},
		"2 percent": {path{delay: 50 * time.Millisecond, bps: 2e6, queue: 200e6, loss: 0.02}, 53 * time.Millisecond, 64 * time.Millisecond, 0},
		"jitter":    {path{delay: 25 * time.Millisecond, jitter: 10 * time.Millisecond, loss: 0.01, twice: 0.1}, 32 * time.Millisecond, 50 * time.Millisecond, 0},
		"30":        {path{delay: 25 * time.Millisecond, bps: 5e6, queue: 200e6, loss: 0.3}, 30 * time.Millisecond, 300 * time.Millisecond, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPath(t, tc.path, SenderConfig{})
			for i := range 600 {
				p.at(time.Duration(i)*100*time.Millisecond, func() { p.send(Picture, uint32(i), 400) })
			}
			p.run(70 * time.Second)
			p50, p99, n := p.percentiles(nil)
			t.Logf("p50 %v p99 %v arrived %d wire %d B", p50, p99, n, p.wire)
			if n < 600-tc.missing || p50 > tc.p50 || p99 > tc.p99 {
				t.Errorf("p50 %v p99 %v of %d, want %v and %v of 600", p50, p99, n, tc.p50, tc.p99)
			}
		})
	}
}

func TestBulkArrivesUnderLoss(t *testing.T) {
	for _, loss := range []float64{0, 0.01, 0.05, 0.1, 0.2, 0.3} {
		t.Run(fmt.Sprint(loss), func(t *testing.T) {
			p := newPath(t, path{delay: 25 * time.Millisecond, bps: 5e6, queue: 200 * time.Millisecond, loss: loss, twice: 0.02}, SenderConfig{})
			var tick func()
			ref, until := uint32(0), 20*time.Second
			tick = func() {
				if p.s.Ready() {
					ref++
					p.send(Picture, ref, 30_000)
				}
				if p.now < until {
					p.at(p.now+5*time.Millisecond, tick)
				}
			}
			p.at(0, tick)
			p.run(until + 10*time.Second)
			p50, p99, n := p.percentiles(nil)
			t.Logf("%d of %d, p50 %v p99 %v, %.2f Mbit/s, rate %.2f, overhead %.0f %%", n, ref, p50, p99,
				float64(n)*30000*8/20e6, p.s.Stats().Rate/1e6, 100*(float64(p.wire)/(float64(n)*30000)-1))
			if n != int(ref) || len(p.outcome) != int(ref) {
				t.Errorf("%d arrived and %d outcomes of %d", n, len(p.outcome), ref)
			}
			if p.maxQueue > 300 {
				t.Errorf("queue of %d packets", p.maxQueue)
			}
			p.r.recycleOut()
			if p.s.inFlight != 0 || len(p.s.msgs) != 0 || len(p.r.partials) != 0 || p.r.buffered != 0 {
				t.Errorf("left over: %d B in flight, %d messages, %d partials, %d B", p.s.inFlight, len(p.s.msgs), len(p.r.partials), p.r.buffered)
			}
		})
	}
}

func TestTypingBesideBulk(t *testing.T) {
	p := newPath(t, path{delay: 25 * time.Millisecond, bps: 5e6, queue: 200 * time.Millisecond, loss: 0.01}, SenderConfig{})
	for i := range 300 {
		p.at(time.Duration(i)*100*time.Millisecond, func() { p.send(Picture, uint32(i), 400) })
	}
	ref := uint32(1000)
	var tick func()
	tick = func() {
		if p.s.Ready() {
			ref++
			p.send(Picture, ref, 60_000)
		}
		if p.now < 30*time.Second {
			p.at(p.now+5*time.Millisecond, tick)
		}
	}
	p.at(0, tick)
	p.run(40 * time.Second)
	p50, p99, n := p.percentiles(func(r uint32) bool { return r < 1000 })
	t.Logf("typing p50 %v p99 %v of %d beside %d pictures", p50, p99, n, ref-1000)
	if n != 300 || p50 > 60*time.Millisecond || p99 > 250*time.Millisecond {
		t.Errorf("p50 %v p99 %v of %d", p50, p99, n)
	}
}

func TestLocalPageIsQuick(t *testing.T) {
	p := newPath(t, path{delay: 50 * time.Microsecond}, SenderConfig{RTT: 200 * time.Microsecond})
	p.at(0, func() { p.send(Picture, 1, 200_000) })
	p.run(time.Second)
	if d := p.arrived[1]; d == 0 || d > 12*time.Millisecond {
		t.Errorf("200 kB took %v", d)
	}
}

func TestRefusedMessageIsReportedLost(t *testing.T) {
	p := newPath(t, path{delay: 10 * time.Millisecond, refuse: 1}, SenderConfig{})
	p.at(0, func() { p.send(Picture, 1, 5000) })
	p.run(2 * time.Second)
	if done, ok := p.outcome[1]; done || !ok {
		t.Errorf("outcome %v %v, want lost", done, ok)
	}
}

func TestStaleLossIsNotRepaired(t *testing.T) {
	worth := 1.0
	p := newPath(t, path{delay: 10 * time.Millisecond}, SenderConfig{Worth: func(uint32) float64 { return worth }})
	p.dead = func(now time.Duration) bool { return now < 100*time.Millisecond }
	p.at(0, func() { p.send(Picture, 1, 5000) })
	p.at(50*time.Millisecond, func() { worth = 0 })
	p.run(2 * time.Second)
	if done, ok := p.outcome[1]; done || !ok {
		t.Errorf("outcome %v %v, want lost", done, ok)
	}
	if _, ok := p.arrived[1]; ok {
		t.Error("a stale message was repaired")
	}
}

func TestSilenceStopsAndEnds(t *testing.T) {
	p := newPath(t, path{delay: 10 * time.Millisecond}, SenderConfig{})
	p.dead = func(now time.Duration) bool { return now > time.Second && now < 20*time.Second }
	ref := uint32(0)
	var tick func()
	tick = func() {
		if p.s.Ready() {
			ref++
			p.send(Picture, ref, 20_000)
		}
		if p.now < 25*time.Second {
			p.at(p.now+10*time.Millisecond, tick)
		}
	}
	p.at(0, tick)
	p.run(6 * time.Second)
	before := p.wire
	if !p.s.Stats().Stalled || len(p.s.msgs) != 0 {
		t.Errorf("not stalled after 5 s of silence; %d messages", len(p.s.msgs))
	}
	p.run(19 * time.Second)
	if n := p.wire - before; n > 30*packetHeader {
		t.Errorf("%d bytes sent into 13 s of silence", n)
	}
	p.run(30 * time.Second)
	if p.s.Stats().Stalled || len(p.outcome) != int(ref) || ref < 300 {
		t.Errorf("did not recover: %d outcomes of %d", len(p.outcome), ref)
	}
}

func TestNewestStateArrives(t *testing.T) {
	p := newPath(t, path{delay: 20 * time.Millisecond, loss: 0.3}, SenderConfig{})
	for i := range 50 {
		p.at(time.Duration(i)*30*time.Millisecond, func() { p.send(State, uint32(i), 12) })
	}
	p.run(10 * time.Second)
	if _, ok := p.arrived[49]; !ok || !p.outcome[49] {
		t.Error("the newest state is missing")
	}
}

func TestResetForgets(t *testing.T) {
	p := newPath(t, path{delay: 20 * time.Millisecond}, SenderConfig{})
	p.send(Picture, 1, 100_000)
	if _, ok := p.s.Next(0); !ok {
		t.Fatal("nothing to send")
	}
	p.s.Reset()
	for now := time.Duration(0); now < 5*time.Second; now += time.Millisecond {
		if b, ok := p.s.Next(now); ok && len(b) > packetHeader {
			t.Fatalf("a packet with %d bytes of payload after Reset", len(b)-packetHeader)
		}
	}
}

func TestSerialNumbersWrap(t *testing.T) {
	p := newPath(t, path{delay: 5 * time.Millisecond, loss: 0.05}, SenderConfig{})
	p.s.nextPkt, p.s.tail, p.s.nextMsg = ^uint32(0)-100, ^uint32(0)-100, ^uint32(0)-5
	for i := range 50 {
		p.at(time.Duration(i)*50*time.Millisecond, func() { p.send(Picture, uint32(i), 20_000) })
	}
	p.run(10 * time.Second)
	if len(p.arrived) != 50 || len(p.outcome) != 50 {
		t.Errorf("%d arrived, %d outcomes, want 50", len(p.arrived), len(p.outcome))
	}
}

func TestHostileFragmentsAreBounded(t *testing.T) {
	r := &Receiver{}
	for i := range uint32(150) {
		p := packet{number: i, message: 1000 + i, frag: 0, of: MaxFragments, payload: make([]byte, Payload)}
		if _, _, err := r.Packet(time.Duration(i), p.append(nil)); err != nil {
			t.Fatal(err)
		}
		if r.buffered > maxBuffered || len(r.partials) > maxPartials {
			t.Fatalf("%d bytes in %d partials", r.buffered, len(r.partials))
		}
	}
}

func FuzzPacket(f *testing.F) {
	f.Add(packet{number: 1, message: 1, of: 2, payload: make([]byte, Payload)}.append(nil),
		packet{number: 2, message: 1, frag: 1, of: 2, payload: []byte{1}}.append(nil))
	f.Add(packet{kind: ping, number: 9}.append(nil), []byte{})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		r := &Receiver{}
		for i, in := range [][]byte{a, b, a} {
			if m, ok, err := r.Packet(time.Duration(i), in); ok && err == nil {
				if len(m.Data) == 0 || len(m.Data) > MaxMessage {
					t.Fatalf("message of %d bytes", len(m.Data))
				}
				r.Done(m.ID)
			}
			if out, ok := r.Ack(time.Duration(i), nil); ok {
				if _, err := parseAck(out); err != nil || len(out) != AckLen {
					t.Fatalf("own ack: %v", err)
				}
			}
		}
	})
}

func FuzzAck(f *testing.F) {
	f.Add(ack{largest: 3, hasDone: true, done: 1}.append(nil))
	f.Add(ack{largest: 0xFFFFFFFF}.append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := NewSender(0, SenderConfig{})
		if err := s.Send(0, Picture, 1, make([]byte, 9000)); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			s.Next(0)
		}
		_ = s.Ack(time.Millisecond, b)
		_ = s.Ack(2*time.Millisecond, b)
		for range 100 {
			s.Next(time.Second)
		}
		if s.inFlight < 0 {
			t.Fatal("negative bytes in flight")
		}
	})
}
