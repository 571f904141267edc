package link

import (
	"testing"
	"time"
)

// A small message after a silence is acknowledged once, with the news that it was dealt with.
func TestSmallMessageOneAck(t *testing.T) {
	now := time.Second
	s := NewSender(0, SenderConfig{RTT: time.Millisecond})
	var r Receiver
	deliver := func() Message {
		if err := s.Send(now, Picture, 1, []byte("small")); err != nil {
			t.Fatal(err)
		}
		b, ok := s.Next(now)
		if !ok || r.Packet(now, b) != nil {
			t.Fatal("not delivered")
		}
		if b, ok := r.Ack(now, nil); ok {
			t.Fatalf("acknowledged with %d bytes before it was dealt with", len(b))
		}
		m, ok := r.Next()
		if !ok {
			t.Fatal("no message")
		}
		return m
	}
	r.Done(deliver().ID)
	b, ok := r.Ack(now, nil)
	if !ok || s.Ack(now, b) != nil {
		t.Fatal("not acknowledged once it was dealt with")
	}
	if o := s.Outcomes(nil); len(o) != 1 || !o[0].Done {
		t.Errorf("outcomes %v, want one that is done", o)
	}
	if _, ok := r.Ack(now+time.Hour, nil); ok {
		t.Error("acknowledged twice")
	}

	now += time.Second
	deliver() // and nobody deals with it
	if at, ok := r.Wake(); !ok || at != now+ackWhole {
		t.Errorf("due at %v, %v, want %v after it came", at, ok, ackWhole)
	}
	if _, ok := r.Ack(now+ackWhole, nil); !ok {
		t.Error("never acknowledged")
	}
}
