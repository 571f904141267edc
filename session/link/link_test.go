package link_test

import (
	"fmt"
	"testing"
	"time"

	"beside/session/link"
	"beside/session/link/linktest"
)

const (
	ms  = time.Millisecond
	far = 25 * ms
)

// l2 and l3 are the two links every figure is given for.
func l2() linktest.Net { return linktest.Net{Delay: far, Rate: 5e6, Loss: 0.01} }
func l3() linktest.Net { return linktest.Net{Delay: 2 * far, Rate: 2e6, Loss: 0.02} }

func typing(p *linktest.Path, count int) {
	for i := range count {
		p.At(time.Duration(i)*100*ms, func() { p.Send(link.Picture, uint32(i), 400) })
	}
}

func TestTyping(t *testing.T) {
	for name, tc := range map[string]struct {
		net      linktest.Net
		p50, p99 time.Duration
	}{
		"loopback":  {linktest.Net{Delay: ms / 20}, ms, ms},
		"1 percent": {l2(), 27 * ms, 37 * ms},
		"2 percent": {l3(), 53 * ms, 64 * ms},
		"jitter":    {linktest.Net{Delay: far, Jitter: 10 * ms, Loss: 0.01, Twice: 0.1}, 32 * ms, 50 * ms},
		"30":        {linktest.Net{Delay: far, Rate: 5e6, Loss: 0.3}, 30 * ms, 300 * ms},
		"bursts":    {linktest.Net{Delay: far, Rate: 5e6, Loss: 0.05, Burst: 4}, 30 * ms, 300 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			p := linktest.New(t, 1, tc.net, link.SenderConfig{})
			typing(p, 600)
			p.Run(70 * time.Second)
			p50, _, p99, _, n := p.Latency(nil)
			t.Logf("p50 %v p99 %v arrived %d wire %d B", p50, p99, n, p.Wire)
			if n < 600 || p50 > tc.p50 || p99 > tc.p99 {
				t.Errorf("p50 %v p99 %v of %d, want %v and %v of 600", p50, p99, n, tc.p50, tc.p99)
			}
		})
	}
}

// Loss that is not congestion costs what is lost and little more, however much it is.
func TestBulkUnderLoss(t *testing.T) {
	const secs = 20
	for loss, least := range map[float64]float64{0: 0.90, 0.01: 0.88, 0.05: 0.82, 0.1: 0.75, 0.2: 0.55, 0.3: 0.42} {
		t.Run(fmt.Sprint(loss), func(t *testing.T) {
			net := l2()
			net.Loss, net.Twice = loss, 0.02
			p := linktest.New(t, 1, net, link.SenderConfig{})
			ref := uint32(0)
			p.Bulk(&ref, p.S.Budget, secs*time.Second)
			p.Run((secs + 10) * time.Second)
			p50, p95, p99, _, n := p.Latency(nil)
			goodput := p.Share()
			t.Logf("%d of %d, p50 %v p95 %v p99 %v, %.2f of the link, %v", n, ref, p50, p95, p99, goodput, p.S.Stats().Rate)
			if n != int(ref) || len(p.Outcomes) != int(ref) {
				t.Errorf("%d arrived and %d outcomes of %d", n, len(p.Outcomes), ref)
			}
			if goodput < least {
				t.Errorf("%.2f of the link used, want %.2f", goodput, least)
			}
			if bytes, messages := p.S.InFlight(); bytes != 0 || messages != 0 || p.MaxQueued > 300 {
				t.Errorf("left over: %d B in flight, %d messages; queue %d", bytes, messages, p.MaxQueued)
			}
			if bytes, messages := p.R.Kept(); bytes != 0 || messages != 0 {
				t.Errorf("the receiver keeps %d bytes of %d messages", bytes, messages)
			}
		})
	}
}

func TestTypingBesideBulk(t *testing.T) {
	for name, tc := range map[string]struct {
		net      linktest.Net
		p50, p95 time.Duration
	}{
		"5 Mbit/s": {l2(), 36 * ms, 45 * ms},
		"2 Mbit/s": {l3(), 70 * ms, 90 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			p := linktest.New(t, 1, tc.net, link.SenderConfig{})
			typing(p, 300)
			ref := uint32(1000)
			p.Bulk(&ref, p.S.Budget, 30*time.Second)
			p.Run(40 * time.Second)
			p50, p95, p99, _, n := p.Latency(func(r uint32) bool { return r < 1000 })
			b50, b95, _, _, _ := p.Latency(func(r uint32) bool { return r > 1000 })
			t.Logf("typing p50 %v p95 %v p99 %v of %d; pictures p50 %v p95 %v, %.2f of the link", p50, p95, p99, n, b50, b95, p.Share())
			if n != 300 || p50 > tc.p50 || p95 > tc.p95 {
				t.Errorf("p50 %v p95 %v of %d, want %v and %v", p50, p95, n, tc.p50, tc.p95)
			}
			if p.Share() < 0.8 {
				t.Errorf("%.2f of the link used", p.Share())
			}
		})
	}
}

func TestLocalPageIsQuick(t *testing.T) {
	p := linktest.New(t, 1, linktest.Net{Delay: ms / 20}, link.SenderConfig{RTT: ms / 5})
	p.At(0, func() { p.Send(link.Picture, 1, 200_000) })
	p.Run(time.Second)
	if d := p.Arrived[1]; d == 0 || d > 12*ms {
		t.Errorf("200 kB took %v", d)
	}
}

func TestFirstPage(t *testing.T) {
	for name, tc := range map[string]struct {
		net  linktest.Net
		cfg  link.SenderConfig
		most time.Duration
	}{
		"unknown, 20 Mbit/s":    {linktest.Net{Delay: far, Rate: 20e6}, link.SenderConfig{}, 300 * ms},
		"remembered, 20 Mbit/s": {linktest.Net{Delay: far, Rate: 20e6}, link.SenderConfig{Rate: 18e6}, 140 * ms},
		"unknown, 5 Mbit/s":     {linktest.Net{Delay: far, Rate: 5e6}, link.SenderConfig{}, 450 * ms},
		"unknown, 2 Mbit/s":     {linktest.Net{Delay: 2 * far, Rate: 2e6}, link.SenderConfig{}, 1100 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			p := linktest.New(t, 1, tc.net, tc.cfg)
			left, ref := 200_000, uint32(0)
			p.Every(ms, 3*time.Second, func() {
				if n := min(left, p.S.Budget()); n > 0 && p.S.Ready() {
					ref++
					left -= n
					p.Send(link.Picture, ref, n)
				}
			})
			p.Run(3 * time.Second)
			last := time.Duration(0)
			for _, at := range p.Arrived {
				last = max(last, at)
			}
			t.Logf("%d pictures, the last after %v", len(p.Arrived), last)
			if len(p.Arrived) != int(ref) || left > 0 || last > tc.most {
				t.Errorf("200 kB took %v, want %v", last, tc.most)
			}
		})
	}
}

func TestRefusedMessageIsReportedAtOnce(t *testing.T) {
	p := linktest.New(t, 1, linktest.Net{Delay: 10 * ms, Refuse: 1}, link.SenderConfig{})
	p.At(0, func() { p.Send(link.Picture, 1, 5000) })
	p.Run(60 * ms)
	if done, ok := p.Outcomes[1]; done || !ok {
		t.Errorf("outcome %v %v, want lost", done, ok)
	}
}

func TestStaleLossIsNotRepaired(t *testing.T) {
	worth := 1.0
	p := linktest.New(t, 1, linktest.Net{Delay: 10 * ms}, link.SenderConfig{Worth: func(uint32) float64 { return worth }})
	p.Dead = func(now time.Duration) bool { return now < 100*ms }
	p.At(0, func() { p.Send(link.Picture, 1, 5000) })
	p.At(50*ms, func() { worth = 0 })
	p.Run(2 * time.Second)
	if done, ok := p.Outcomes[1]; done || !ok {
		t.Errorf("outcome %v %v, want lost", done, ok)
	}
	if _, ok := p.Arrived[1]; ok {
		t.Error("a stale message was repaired")
	}
}

func TestSilenceStopsAndEnds(t *testing.T) {
	p := linktest.New(t, 1, linktest.Net{Delay: 10 * ms}, link.SenderConfig{})
	p.Dead = func(now time.Duration) bool { return now > time.Second && now < 20*time.Second }
	ref := uint32(0)
	p.Every(10*ms, 25*time.Second, func() {
		if p.S.Ready() {
			ref++
			p.Send(link.Picture, ref, 20_000)
		}
	})
	p.Run(6 * time.Second)
	before := p.Wire
	if _, messages := p.S.InFlight(); !p.S.Stats().Stalled || messages != 0 {
		t.Errorf("not stalled after 5 s of silence; %d messages", messages)
	}
	p.Run(19 * time.Second)
	if n := p.Wire - before; n > 30*100 {
		t.Errorf("%d bytes sent into 13 s of silence", n)
	}
	p.Run(30 * time.Second)
	if p.S.Stats().Stalled || len(p.Outcomes) != int(ref) || ref < 300 {
		t.Errorf("did not recover: %d outcomes of %d", len(p.Outcomes), ref)
	}
}

func TestNewestStateArrives(t *testing.T) {
	p := linktest.New(t, 1, linktest.Net{Delay: 20 * ms, Loss: 0.3}, link.SenderConfig{})
	for i := range 50 {
		p.At(time.Duration(i)*30*ms, func() { p.Send(link.State, uint32(i), 12) })
	}
	p.Run(10 * time.Second)
	if _, ok := p.Arrived[49]; !ok || !p.Outcomes[49] {
		t.Error("the newest state is missing")
	}
}

func TestResetForgets(t *testing.T) {
	p := linktest.New(t, 1, linktest.Net{Delay: 20 * ms, Loss: 0.1}, link.SenderConfig{})
	p.Send(link.Picture, 1, 100_000)
	if _, ok := p.S.Next(0); !ok {
		t.Fatal("nothing to send")
	}
	p.S.Reset()
	for now := time.Duration(0); now < 5*time.Second; now += ms {
		if b, ok := p.S.Next(now); ok && len(b) > link.MaxPacket-link.Payload {
			t.Fatalf("a packet of %d bytes after Reset", len(b))
		}
	}
}

func TestSerialNumbersWrap(t *testing.T) {
	p := linktest.New(t, 1, linktest.Net{Delay: 5 * ms, Loss: 0.05}, link.SenderConfig{})
	p.S.StartAt(^uint32(0)-100, ^uint32(0)-5)
	for i := range 50 {
		p.At(time.Duration(i)*50*ms, func() {
			p.Send(link.Picture, uint32(i), 20_000)
		})
	}
	p.Run(10 * time.Second)
	if len(p.Arrived) != 50 || len(p.Outcomes) != 50 {
		t.Errorf("%d arrived, %d outcomes, want 50", len(p.Arrived), len(p.Outcomes))
	}
}

func TestSlowHelperHoldsThePictures(t *testing.T) {
	p := linktest.New(t, 1, linktest.Net{Delay: 2 * ms, Decode: 80 * ms}, link.SenderConfig{})
	ref := uint32(0)
	p.Bulk(&ref, func() int { return 5000 }, 10*time.Second)
	p.Run(12 * time.Second)
	_, _, _, most, n := p.Latency(nil)
	t.Logf("%d of %d, oldest %v", n, ref, most)
	if n != int(ref) || n < 100 || most > 400*ms {
		t.Errorf("%d of %d pictures, the oldest after %v", n, ref, most)
	}
}
