package link

import (
	"testing"
	"time"
)

func FuzzPacket(f *testing.F) {
	f.Add(packet{number: 1, message: 1, of: 2, payload: make([]byte, Payload)}.append(nil),
		packet{number: 2, message: 1, frag: 1, of: 2, payload: []byte{1}}.append(nil))
	f.Add(packet{kind: ping, number: 9}.append(nil), []byte{})
	f.Add(packet{kind: State, number: 3, message: 9, of: 1, payload: []byte{1}}.append(nil),
		packet{kind: parity, number: 4, message: 10, of: 4, extra: 7, payload: make([]byte, Payload)}.append(nil))
	f.Add(packet{kind: parity, number: 4, message: 10, frag: 1, of: 12, extra: 7, payload: make([]byte, Payload)}.append(nil),
		packet{kind: Picture, number: 5, message: 10, frag: 11, of: 12, payload: make([]byte, 7)}.append(nil))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		r := &Receiver{}
		for i, in := range [][]byte{a, b, a} {
			_ = r.Packet(time.Duration(i), in)
			if m, ok := r.Next(); ok {
				if len(m.Data) == 0 || len(m.Data) > MaxMessage {
					t.Fatalf("message of %d bytes", len(m.Data))
				}
				if i == 0 {
					r.Done(m.ID)
				} else {
					r.Refuse(m.ID)
				}
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
	f.Add(ack{largest: 2, hasRefused: true, refused: 1}.append(nil))
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
