package link_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"beside/session/link"
	"beside/session/link/linktest"
)

// screen is a small model of a picture and of a codec that sends what changed, and what
// was lost again as it looks now.
type screen struct {
	p           *linktest.Path
	rnd         *rand.Rand
	now, shown  []uint32 // version of each block
	dirty       []bool
	carried     map[uint32][]int // blocks of open updates, by ref
	sentVersion map[uint32][]uint32
	next        uint32
	perBlock    int
	lastChange  time.Duration
	exactAt     time.Duration
}

func newScreen(p *linktest.Path, rnd *rand.Rand) *screen {
	s := &screen{p: p, rnd: rnd, carried: map[uint32][]int{}, sentVersion: map[uint32][]uint32{}, perBlock: 60 + rnd.IntN(200)}
	n := 50 + rnd.IntN(300)
	s.now, s.shown, s.dirty = make([]uint32, n), make([]uint32, n), make([]bool, n)
	p.OnMessage, p.OnOutcome = s.apply, s.outcome
	return s
}

// live is the share of an update that is still current.
func (s *screen) live(ref uint32) float64 {
	blocks, versions := s.carried[ref], s.sentVersion[ref]
	if len(blocks) == 0 {
		return 0
	}
	n := 0
	for i, b := range blocks {
		if s.now[b] == versions[i] {
			n++
		}
	}
	return float64(n) / float64(len(blocks))
}

func (s *screen) change() {
	n := 1
	if s.rnd.IntN(3) == 0 {
		n = 1 + s.rnd.IntN(len(s.now))
	}
	from := s.rnd.IntN(len(s.now))
	for i := range n {
		b := (from + i) % len(s.now)
		s.now[b]++
		s.dirty[b] = true
	}
	s.lastChange, s.exactAt = s.p.Now, 0
}

func (s *screen) send() {
	for s.p.S.Ready() {
		var blocks []int
		for b, d := range s.dirty {
			if d && len(blocks)*s.perBlock < s.p.S.Budget() {
				blocks = append(blocks, b)
			}
		}
		if len(blocks) == 0 {
			return
		}
		s.next++
		body := binary.BigEndian.AppendUint32(nil, s.next)
		body = binary.BigEndian.AppendUint32(body, uint32(len(blocks)))
		var versions []uint32
		for _, b := range blocks {
			s.dirty[b] = false
			versions = append(versions, s.now[b])
			body = binary.BigEndian.AppendUint32(body, uint32(b))
			body = binary.BigEndian.AppendUint32(body, s.now[b])
		}
		s.carried[s.next], s.sentVersion[s.next] = blocks, versions
		body = append(body, make([]byte, max(0, len(blocks)*s.perBlock-len(body)))...)
		_ = s.p.S.Send(s.p.Now, link.Picture, s.next, body)
	}
}

func (s *screen) apply(m link.Message) bool {
	if s.rnd.Float64() < s.p.Refuse {
		return false
	}
	n := int(binary.BigEndian.Uint32(m.Data[4:]))
	for i := range n {
		b, v := binary.BigEndian.Uint32(m.Data[8+8*i:]), binary.BigEndian.Uint32(m.Data[12+8*i:])
		s.shown[b] = max(s.shown[b], v)
	}
	if s.exact() && s.exactAt == 0 {
		s.exactAt = s.p.Now
	}
	return true
}

func (s *screen) outcome(o link.Outcome) {
	if !o.Done {
		for _, b := range s.carried[o.Ref] {
			s.dirty[b] = true
		}
	}
	delete(s.carried, o.Ref)
	delete(s.sentVersion, o.Ref)
}

func (s *screen) exact() bool {
	for b := range s.now {
		if s.now[b] != s.shown[b] {
			return false
		}
	}
	return true
}

// random draws a network.
func random(rnd *rand.Rand) linktest.Net {
	n := linktest.Net{
		Delay: time.Duration(rnd.IntN(150_000)) * time.Microsecond, Rate: 300e3 * float64(1+rnd.IntN(15)),
		Queue: time.Duration(20+rnd.IntN(300)) * ms,
	}
	some := func(p float64) bool { return rnd.Float64() < p }
	if some(0.7) {
		n.Loss = rnd.Float64() * rnd.Float64() * 0.35
	}
	if some(0.3) {
		n.Burst = 1 + rnd.Float64()*8
	}
	if some(0.5) {
		n.Jitter, n.InLine = time.Duration(1+rnd.IntN(40))*ms, some(0.5)
	}
	if some(0.3) {
		n.Twice = rnd.Float64() * 0.2
	}
	if some(0.3) {
		n.Late, n.LateBy = rnd.Float64()*0.2, time.Duration(rnd.IntN(80))*ms
	}
	if some(0.2) {
		every, long := time.Duration(300+rnd.IntN(1500))*ms, time.Duration(20+rnd.IntN(150))*ms
		n.Spike = func(now time.Duration) time.Duration { return max(0, long-now%every) }
	}
	if some(0.1) {
		from, long := time.Duration(rnd.IntN(2000))*ms, time.Duration(rnd.IntN(1500))*ms
		n.Dead = func(now time.Duration) bool { return now > from && now < from+long }
	}
	if some(0.1) {
		n.Refuse = rnd.Float64() * 0.2
	}
	if some(0.2) {
		n.Decode = time.Duration(rnd.IntN(30)) * ms
	}
	n.Skew = (rnd.Float64() - 0.5) * 400e-6
	return n
}

// Whatever the network does, the screen ends exact, soon, and neither end keeps much.
func TestThousandNetworks(t *testing.T) {
	const parts = 20
	for part := range parts {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for i := range 1000 / parts {
				seed := uint64(part*1000 + i)
				oneNetwork(t, seed)
			}
		})
	}
}

func oneNetwork(t *testing.T, seed uint64) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 99))
	net := random(rnd)
	var s *screen
	p := linktest.New(t, seed, net, link.SenderConfig{Worth: func(ref uint32) float64 { return s.live(ref) }})
	s = newScreen(p, rnd)
	const busy = 2000 * ms
	step := time.Duration(10+rnd.IntN(90)) * ms
	p.Every(step, busy, s.change)
	p.Every(2*ms, busy+40*time.Second, s.send)
	if rnd.IntN(5) == 0 {
		p.At(time.Second, func() { p.Delay, p.Rate = 3*p.Delay/2, p.Rate*(0.3+rnd.Float64()) })
	}
	p.Run(busy)
	sent := float64(p.Wire) * 8 / busy.Seconds()
	most := 0
	for end := p.Now + 100*ms; p.Now < busy+40*time.Second; end += 100 * ms {
		p.Run(end)
		kept, _ := p.R.Kept()
		most = max(most, kept)
		if bytes, messages := p.S.InFlight(); s.exact() && bytes == 0 && messages == 0 {
			break
		}
	}
	if !s.exact() {
		t.Fatalf("seed %d: not exact; %+v", seed, net)
	}
	// At the physical limit all of it would take this long once more, and a few repairs.
	all := time.Duration(float64(len(s.now)*s.perBlock) * 8 / min(net.Rate, p.Rate) / (1 - p.Loss) * 1e9)
	if net.Burst > 1 {
		all += all / 2 // whole repairs are lost
	}
	limit := 8*all + 20*p.Delay + 2*net.Queue + 4*net.LateBy + 10*net.Jitter + 3500*ms
	if late := s.exactAt - s.lastChange; late > limit {
		t.Errorf("seed %d: exact %v after the last change, want %v; %+v", seed, late, limit, net)
	}
	if most > 1<<20 || p.MaxQueued > 400 {
		t.Errorf("seed %d: %d bytes kept, %d packets queued; %+v", seed, most, p.MaxQueued, net)
	}
	if allowed := 2*max(net.Rate, p.Rate)/(1-net.Loss) + 3e6/busy.Seconds(); sent > allowed {
		t.Errorf("seed %d: sent %.2f Mbit/s on a link of %.2f; %+v", seed, sent/1e6, net.Rate/1e6, net)
	}
}
