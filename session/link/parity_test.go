package link_test

import (
	"testing"
	"time"

	"beside/session/link"
	"beside/session/link/linktest"
)

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
