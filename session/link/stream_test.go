package link_test

import (
	"slices"
	"testing"
	"time"

	"beside/session/link"
	"beside/session/link/linktest"
)

// Stream messages arrive in order, and all of them while the path lets them in time.
func TestStreamIsInOrder(t *testing.T) {
	for name, net := range map[string]linktest.Net{
		"loss":    {Delay: far, Rate: 5e6, Loss: 0.05},
		"jitter":  {Delay: far, Jitter: 60 * ms, Loss: 0.02, Twice: 0.1},
		"perfect": {Delay: far, Rate: 5e6},
	} {
		t.Run(name, func(t *testing.T) {
			p := linktest.New(t, 1, net, link.SenderConfig{})
			for i := range uint32(300) {
				p.At(time.Duration(i)*33*ms, func() {
					p.Send(link.Stream, 2*i, 5000)
					p.Send(link.Picture, 2*i+1, 300)
				})
			}
			p.Run(15 * time.Second)
			_, p95, _, most, _ := p.Latency(func(r uint32) bool { return r%2 == 0 })
			t.Logf("%d in order, p95 %v, the last after %v", len(p.Order), p95, most)
			if !slices.IsSorted(p.Order) || len(p.Order) < 299 {
				t.Errorf("%d of 300, sorted %v", len(p.Order), slices.IsSorted(p.Order))
			}
		})
	}
}

// A Stream message that cannot arrive in time is given up, and holds the others no longer
// than that.
func TestStreamDeadline(t *testing.T) {
	p := linktest.New(t, 1, linktest.Net{Delay: 10 * ms}, link.SenderConfig{StreamFor: 200 * ms})
	p.Dead = func(now time.Duration) bool { return now < 50*ms || (now > 105*ms && now < 400*ms) }
	p.At(0, func() { p.Send(link.Stream, 1, 5000) })
	p.At(60*ms, func() { p.Send(link.Stream, 2, 5000) })
	p.At(500*ms, func() { p.Send(link.Stream, 3, 5000) })
	p.Run(2 * time.Second)
	if _, ok := p.Outcomes[1]; !ok {
		t.Error("no outcome of the first")
	}
	if _, ok := p.Arrived[3]; !ok || p.Arrived[3] > 900*ms {
		t.Errorf("the third arrived after %v (%v)", p.Arrived[3], ok)
	}
	if len(p.Outcomes) != 3 || !slices.IsSorted(p.Order) {
		t.Errorf("outcomes %v, order %v", p.Outcomes, p.Order)
	}
}

// Parity saves the round trip of a repair: of messages of 27 packets at 2 % loss, 42 of a
// hundred lose something.
func TestParityRepairs(t *testing.T) {
	p := linktest.New(t, 1, linktest.Net{Delay: far, Rate: 5e6, Loss: 0.02}, link.SenderConfig{})
	for i := range uint32(300) {
		p.At(time.Duration(i)*200*ms, func() { p.Send(link.Picture, i, 30_000) })
	}
	p.Run(65 * time.Second)
	slow := 0
	for ref, at := range p.Arrived {
		if at-p.Created[ref] > 105*ms {
			slow++
		}
	}
	t.Logf("%d of %d waited for a repair", slow, len(p.Arrived))
	if len(p.Arrived) != 300 || slow > 30 {
		t.Errorf("%d of %d waited for a repair", slow, len(p.Arrived))
	}
}
