package link_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"beside/session/link"
	"beside/session/link/linktest"
)

// Neither starves beside a TCP download, and the queue is ours no longer than it has to be.
func TestFairBesideTCP(t *testing.T) {
	const secs = 60 * time.Second
	for name, tc := range map[string]struct {
		net   linktest.Net
		cubic bool
	}{
		"NewReno, 5 Mbit/s":  {linktest.Net{Delay: far, Rate: 5e6}, false},
		"Cubic, 5 Mbit/s":    {linktest.Net{Delay: far, Rate: 5e6}, true},
		"NewReno, 20 Mbit/s": {linktest.Net{Delay: far, Rate: 20e6}, false},
		"Cubic, 20 Mbit/s":   {linktest.Net{Delay: far, Rate: 20e6}, true},
		"NewReno, 2 Mbit/s":  {linktest.Net{Delay: 2 * far, Rate: 2e6}, false},
		"NewReno, shallow":   {linktest.Net{Delay: far, Rate: 10e6, Queue: 60 * ms}, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := linktest.New(t, 1, tc.net, link.SenderConfig{})
			ref := uint32(0)
			p.Bulk(&ref, p.S.Budget, secs+20*time.Second)
			var f *linktest.TCP
			p.At(5*time.Second, func() { f = p.AddTCP(tc.cubic, secs) })
			p.Run(20 * time.Second)
			before, theirs := p.Goodput(), f.Got
			p.Run(secs)
			can := tc.net.Rate / 8 * 40
			ours, other := float64(p.Goodput()-before)/can, float64(f.Got-theirs)/can
			p.Run(secs + 10*time.Second)
			calm := p.S.Stats()
			b := p.Goodput()
			p.Run(secs + 20*time.Second)
			alone := float64(p.Goodput()-b) / (tc.net.Rate / 8 * 10)
			t.Logf("ours %.2f, TCP %.2f of the link; alone afterwards %.2f with a queue of %v", ours, other, alone, calm.Queue)
			if ours < 0.3 || other < 0.3 {
				t.Errorf("ours %.2f, TCP %.2f of the link", ours, other)
			}
			if alone < 0.7 || calm.Queue > 60*ms {
				t.Errorf("alone afterwards %.2f with a queue of %v", alone, calm.Queue)
			}
		})
	}
}

// The path changes under a running transfer; in the end it is used and its queue is short.
func TestPathChanges(t *testing.T) {
	for name, tc := range map[string]struct {
		from, to linktest.Net
		within   time.Duration
	}{
		"longer":           {linktest.Net{Delay: far, Rate: 5e6}, linktest.Net{Delay: 4 * far, Rate: 5e6}, 6 * time.Second},
		"shorter":          {linktest.Net{Delay: 4 * far, Rate: 5e6}, linktest.Net{Delay: far, Rate: 5e6}, 3 * time.Second},
		"narrower":         {linktest.Net{Delay: far, Rate: 20e6}, linktest.Net{Delay: far, Rate: 2e6}, 5 * time.Second},
		"wider":            {linktest.Net{Delay: far, Rate: 2e6}, linktest.Net{Delay: far, Rate: 20e6}, 8 * time.Second},
		"longer, narrower": {linktest.Net{Delay: far, Rate: 20e6}, linktest.Net{Delay: 4 * far, Rate: 3e6}, 8 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			p := linktest.New(t, 1, tc.from, link.SenderConfig{})
			ref := uint32(0)
			p.Bulk(&ref, p.S.Budget, 40*time.Second)
			p.Run(10 * time.Second)
			p.Net = tc.to
			p.Run(10*time.Second + tc.within)
			before := p.Goodput()
			p.PeakQueue = 0
			p.Run(20*time.Second + tc.within)
			used := float64(p.Goodput()-before) / (tc.to.Rate / 8 * 10)
			t.Logf("%.2f of the link, queue at most %v", used, p.PeakQueue)
			if used < 0.75 || p.PeakQueue > 80*ms {
				t.Errorf("%.2f of the link, queue at most %v", used, p.PeakQueue)
			}
		})
	}
}

// Delay spikes and jitter as of a wireless network must not be taken for a full path.
func TestWireless(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	var spikes []time.Duration
	for at := time.Duration(0); at < time.Minute; at += time.Duration(rnd.IntN(1500)) * ms {
		spikes = append(spikes, at)
	}
	net := linktest.Net{Delay: 10 * ms, Jitter: 15 * ms, Rate: 20e6, Loss: 0.01, Burst: 3, InLine: true}
	net.Spike = func(now time.Duration) time.Duration {
		for _, at := range spikes {
			if now >= at && now < at+80*ms {
				return at + 80*ms - now // held until the spike ends, then all at once
			}
		}
		return 0
	}
	p := linktest.New(t, 1, net, link.SenderConfig{})
	typing(p, 250)
	ref := uint32(1000)
	p.Bulk(&ref, p.S.Budget, 30*time.Second)
	p.Run(32 * time.Second)
	p50, p95, _, _, n := p.Latency(func(r uint32) bool { return r < 1000 })
	t.Logf("%.2f of the link; typing p50 %v p95 %v", p.Share(), p50, p95)
	if p.Share() < 0.6 || n != 250 || p95 > 150*ms {
		t.Errorf("%.2f of the link; typing p50 %v p95 %v of %d", p.Share(), p50, p95, n)
	}
}

// What the network reorders is not repaired for ever.
func TestReordering(t *testing.T) {
	for name, net := range map[string]linktest.Net{
		"jitter": {Delay: far, Jitter: 20 * ms, Rate: 10e6},
		"late":   {Delay: far, Rate: 10e6, Late: 0.1, LateBy: 15 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			p := linktest.New(t, 1, net, link.SenderConfig{})
			ref := uint32(0)
			p.Bulk(&ref, p.S.Budget, 20*time.Second)
			p.Run(22 * time.Second)
			over := float64(p.Wire)/float64(p.Goodput()) - 1
			t.Logf("%.2f of the link, %.0f %% more sent than arrived", p.Share(), 100*over)
			if p.Share() < 0.7 || over > 0.15 {
				t.Errorf("%.2f of the link, %.0f %% more sent than arrived", p.Share(), 100*over)
			}
		})
	}
}

// Clocks that part by 200 ppm must not look like a queue, nor hide one, after hours.
func TestClockDrift(t *testing.T) {
	for name, skew := range map[string]float64{"fast": 200e-6, "slow": -200e-6} {
		t.Run(name, func(t *testing.T) {
			net := linktest.Net{Delay: far, Rate: 5e6, Skew: skew}
			p := linktest.New(t, 1, net, link.SenderConfig{})
			ref := uint32(0)
			// A busy half minute, an hour with hardly anything, half an hour with nothing, and busy again.
			p.Bulk(&ref, p.S.Budget, 30*time.Second)
			p.Run(30 * time.Second)
			p.Every(5*time.Second, time.Hour, func() {
				ref++
				p.Send(link.Picture, ref, 400)
			})
			p.Run(90 * time.Minute)
			before := p.Goodput()
			p.Bulk(&ref, p.S.Budget, p.Now+20*time.Second)
			p.PeakQueue = 0
			p.Run(p.Now + 20*time.Second)
			used := float64(p.Goodput()-before) / (5e6 / 8 * 20)
			t.Logf("%.2f of the link, queue at most %v", used, p.PeakQueue)
			if used < 0.8 || p.PeakQueue > 60*ms {
				t.Errorf("%.2f of the link, queue at most %v", used, p.PeakQueue)
			}
		})
	}
}

// A bottleneck without a queue shows congestion by loss alone.
func TestShallowQueue(t *testing.T) {
	p := linktest.New(t, 1, linktest.Net{Delay: far, Rate: 5e6, Queue: 11 * ms}, link.SenderConfig{})
	ref := uint32(0)
	p.Bulk(&ref, p.S.Budget, 30*time.Second)
	p.Run(10 * time.Second)
	wire := p.Wire
	p.Run(30 * time.Second)
	sent := float64(p.Wire-wire) / (5e6 / 8 * 20)
	t.Logf("%.2f of the link sent, %.2f got through", sent, p.Share())
	if p.Share() < 0.7 || sent > 1.2 {
		t.Errorf("%.2f of the link sent, %.2f got through", sent, p.Share())
	}
}
