package linktest

import (
	"bytes"
	"container/heap"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"beside/session/link"
)

// Net is what the network does, each way unless it says otherwise. It may be changed
// between and within calls of Run.
type Net struct {
	Delay  time.Duration // one way
	Jitter time.Duration // uniform, up to this much more; it reorders
	InLine bool          // jitter and spikes keep the order
	Rate   float64       // bits a second towards the helper, 0 for no limit
	Queue  time.Duration // of the bottleneck, drop tail; 0 with a Rate means 200 ms
	Loss   float64       // share lost at random
	Burst  float64       // mean length of a burst of losses, in packets; below 1 means 1
	Twice  float64       // share doubled
	Late   float64       // share that is delayed by LateBy
	LateBy time.Duration
	Spike  func(now time.Duration) time.Duration // more delay; may be nil
	Dead   func(now time.Duration) bool          // nothing passes; may be nil
	Skew   float64                               // how much faster the helper's clock runs
	Refuse float64                               // share of messages the helper refuses
	Decode time.Duration                         // what a message costs the helper; it takes one at a time
}

// Path is one simulated network with both ends of the link.
type Path struct {
	Net
	Now time.Duration
	S   *link.Sender
	R   *link.Receiver

	Created, Arrived map[uint32]time.Duration // by ref
	Outcomes         map[uint32]bool
	OnMessage        func(m link.Message) bool
	OnOutcome        func(o link.Outcome)
	MaxQueued        int
	Wire             uint64 // bytes the Sender sent, with their headers
	PeakQueue        time.Duration

	t        testing.TB
	rnd      *rand.Rand
	busy     time.Duration
	air      events
	seq      int
	bursting [2]bool
	tried    [2]time.Duration
	last     [2]time.Duration
	decoding bool
	sizes    map[uint32]int
	flows    []*TCP
}

type event struct {
	at  time.Duration
	seq int
	do  func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].seq < e[j].seq
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(v any)   { *e = append(*e, v.(event)) } //nolint:forcetypeassert // its own
func (e *events) Pop() any     { o := *e; v := o[len(o)-1]; *e = o[:len(o)-1]; return v }

// overhead is what a packet has around it on the wire.
const overhead = 56

// New joins a new Sender and Receiver by a network.
func New(t testing.TB, seed uint64, n Net, cfg link.SenderConfig) *Path {
	return &Path{
		Net: n, S: link.NewSender(0, cfg), R: &link.Receiver{}, t: t, rnd: rand.New(rand.NewPCG(seed, 2)),
		Created: map[uint32]time.Duration{}, Arrived: map[uint32]time.Duration{}, Outcomes: map[uint32]bool{}, sizes: map[uint32]int{},
	}
}

// At calls do at time t.
func (p *Path) At(t time.Duration, do func()) {
	p.seq++
	heap.Push(&p.air, event{at: t, seq: p.seq, do: do})
}

// Every calls do at every step until end.
func (p *Path) Every(step, end time.Duration, do func()) {
	var tick func()
	tick = func() {
		do()
		if p.Now+step < end {
			p.At(p.Now+step, tick)
		}
	}
	p.At(p.Now, tick)
}

// lose says whether a packet is lost; dir is 0 towards the helper, 1 back.
func (p *Path) lose(dir int) bool {
	if p.Dead != nil && p.Dead(p.Now) {
		return true
	}
	if p.Burst <= 1 {
		return p.rnd.Float64() < p.Loss
	}
	// Gilbert's model: a burst ends after Burst packets on average, and with a pause.
	quiet := p.Now-p.tried[dir] > 100*time.Millisecond
	p.tried[dir] = p.Now
	if p.bursting[dir] && !quiet {
		p.bursting[dir] = p.rnd.Float64() >= 1/p.Burst
	} else {
		p.bursting[dir] = p.rnd.Float64() < p.Loss/(1-min(p.Loss, 0.9))/p.Burst
	}
	return p.bursting[dir]
}

// carry passes a packet of that size through the bottleneck (dir 0 only) and the air; do
// happens when it arrives.
func (p *Path) carry(dir, size int, do func()) {
	if p.lose(dir) {
		return
	}
	at := p.Now
	if dir == 0 && p.Rate > 0 {
		queue := p.Queue
		if queue == 0 {
			queue = 200 * time.Millisecond
		}
		at = max(p.busy, p.Now)
		if at-p.Now > queue {
			return
		}
		at += time.Duration(float64(size) * 8 / p.Rate * 1e9)
		p.busy = at
		p.PeakQueue = max(p.PeakQueue, at-p.Now)
	}
	copies := 1
	if p.rnd.Float64() < p.Twice {
		copies = 2
	}
	for range copies {
		then := at + p.Delay
		if p.Jitter > 0 {
			then += time.Duration(p.rnd.Int64N(int64(p.Jitter)))
		}
		if p.Spike != nil {
			then += p.Spike(at)
		}
		if p.InLine {
			then = max(then, p.last[dir])
			p.last[dir] = then
		}
		if p.rnd.Float64() < p.Late {
			then += p.LateBy
		}
		p.At(then, do)
	}
}

// Body is a message that can be checked.
func Body(ref uint32, size int) []byte {
	b := make([]byte, max(8, size))
	binary.BigEndian.PutUint32(b, ref)
	for i := 8; i < len(b); i++ {
		b[i] = byte(uint32(i)*7 + ref)
	}
	return b
}

// Send gives the Sender a message that the Receiver's end will check.
func (p *Path) Send(kind link.Kind, ref uint32, size int) {
	p.Created[ref], p.sizes[ref] = p.Now, size
	if err := p.S.Send(p.Now, kind, ref, Body(ref, size)); err != nil {
		p.t.Fatal(err)
	}
}

// Bulk sends pictures of the budgeted size whenever the Sender is ready, from ref on.
func (p *Path) Bulk(ref *uint32, size func() int, end time.Duration) {
	p.Every(time.Millisecond, end, func() {
		if p.S.Ready() {
			*ref++
			p.Send(link.Picture, *ref, size())
		}
	})
}

func (p *Path) helperNow() time.Duration {
	return p.Now + time.Duration(float64(p.Now)*p.Skew)
}

// Run pumps both ends until time end.
func (p *Path) Run(end time.Duration) {
	for steps, stuck := 0, p.Now; ; steps++ {
		if steps > 100_000 {
			if p.Now == stuck {
				p.t.Fatal("the pump spins")
			}
			steps, stuck = 0, p.Now
		}
		p.flush()
		next := end
		if at, ok := p.S.Wake(p.Now); ok {
			next = min(next, max(at, p.Now+time.Microsecond))
		}
		if at, ok := p.R.Wake(); ok {
			at = time.Duration(float64(at) / (1 + p.Skew))
			next = min(next, max(at, p.Now+time.Microsecond))
		}
		if len(p.air) > 0 {
			next = min(next, max(p.Now, p.air[0].at))
		}
		if p.Now = next; p.Now >= end {
			return
		}
		for len(p.air) > 0 && p.air[0].at <= p.Now {
			heap.Pop(&p.air).(event).do() //nolint:forcetypeassert // its own
		}
	}
}

// flush sends what is due at either end.
func (p *Path) flush() {
	for {
		b, ok := p.S.Next(p.Now)
		if !ok {
			break
		}
		if len(b) > link.MaxPacket {
			p.t.Fatalf("packet of %d bytes", len(b))
		}
		p.Wire += uint64(len(b) + overhead)
		b = bytes.Clone(b)
		p.carry(0, len(b)+overhead, func() { p.take(b) })
	}
	for _, o := range p.S.Outcomes(nil) {
		if _, twice := p.Outcomes[o.Ref]; twice {
			p.t.Fatalf("two outcomes of message %d", o.Ref)
		}
		if p.OnOutcome == nil {
			p.Outcomes[o.Ref] = o.Done
		} else {
			p.OnOutcome(o)
		}
	}
	p.MaxQueued = max(p.MaxQueued, p.S.Queued())
	p.decode()
	if a, ok := p.R.Ack(p.helperNow(), nil); ok {
		p.carry(1, len(a)+overhead, func() {
			if err := p.S.Ack(p.Now, a); err != nil {
				p.t.Fatalf("Ack: %v", err)
			}
		})
	}
}

func (p *Path) take(b []byte) {
	if err := p.R.Packet(p.helperNow(), b); err != nil {
		p.t.Fatalf("Packet: %v", err)
	}
}

// decode is the helper at work.
func (p *Path) decode() {
	for !p.decoding {
		m, ok := p.R.Next()
		if !ok {
			return
		}
		if p.Decode == 0 {
			p.finish(m)
			continue
		}
		p.decoding = true
		p.At(p.Now+p.Decode, func() {
			p.decoding = false
			p.finish(m)
		})
	}
}

func (p *Path) finish(m link.Message) {
	if p.OnMessage != nil {
		if p.OnMessage(m) {
			p.R.Done(m.ID)
		} else {
			p.R.Refuse(m.ID)
		}
		return
	}
	ref := binary.BigEndian.Uint32(m.Data)
	if !bytes.Equal(m.Data, Body(ref, len(m.Data))) {
		p.t.Fatalf("message %d is damaged", ref)
	}
	if p.rnd.Float64() < p.Refuse {
		p.R.Refuse(m.ID)
		return
	}
	if _, again := p.Arrived[ref]; again {
		p.t.Fatalf("message %d handed out twice", ref)
	}
	p.Arrived[ref] = p.Now
	p.R.Done(m.ID)
}

// Latency is what percentiles of the messages that keep wants (nil: all) took to arrive.
func (p *Path) Latency(keep func(ref uint32) bool) (p50, p95, p99, most time.Duration, n int) {
	var all []time.Duration
	for ref, at := range p.Arrived {
		if keep == nil || keep(ref) {
			all = append(all, at-p.Created[ref])
		}
	}
	slices.Sort(all)
	if n = len(all); n == 0 {
		return
	}
	return all[n/2], all[n*95/100], all[n*99/100], all[n-1], n
}

// Share is what arrived of messages while anything was created, as a share of the rate.
func (p *Path) Share() float64 {
	last, first, total := time.Duration(0), time.Duration(1<<62), 0
	for ref := range p.Arrived {
		last, first = max(last, p.Created[ref]), min(first, p.Created[ref])
		total += p.sizes[ref]
	}
	return float64(total) * 8 / (last - first).Seconds() / p.Rate
}

// Goodput is the bytes of all messages that arrived.
func (p *Path) Goodput() (total uint64) {
	for ref := range p.Arrived {
		total += uint64(p.sizes[ref])
	}
	return total
}
