package rtc_test

import (
	"context"
	"testing"
	"time"

	"beside/session"
	"beside/session/rtc"
)

func benchLink(b *testing.B) (s, h session.Link) {
	b.Helper()
	mk := func(sharer bool) *rtc.Peer {
		p, err := rtc.New(rtc.Config{Sharer: sharer, Loopback: true})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = p.Close() })
		return p
	}
	ps, ph := mk(true), mk(false)
	ctx, cancel := context.WithTimeout(b.Context(), 20*time.Second)
	defer cancel()
	ds, err := ps.Local(ctx, nil, ph.Fingerprint())
	if err != nil {
		b.Fatal(err)
	}
	dh, err := ph.Local(ctx, nil, ps.Fingerprint())
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		var err error
		s, err = ps.Connect(ctx, dh)
		done <- err
	}()
	if h, err = ph.Connect(ctx, ds); err != nil {
		b.Fatal(err)
	}
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	return s, h
}

// BenchmarkRoundTrip is a picture packet and its acknowledgement.
func BenchmarkRoundTrip(b *testing.B) {
	s, h := benchLink(b)
	p, a := make([]byte, 1160), make([]byte, 68)
	for b.Loop() {
		if err := s.WritePacket(p); err != nil {
			b.Fatal(err)
		}
		if _, err := h.ReadPacket(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := h.WriteAck(a); err != nil {
			b.Fatal(err)
		}
		if _, err := s.ReadAck(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPictures is packets in bursts of 32, as a pacer sends them.
func BenchmarkPictures(b *testing.B) {
	s, h := benchLink(b)
	p := make([]byte, 1160)
	b.SetBytes(int64(len(p)) * 32)
	for b.Loop() {
		for range 32 {
			if err := s.WritePacket(p); err != nil {
				b.Fatal(err)
			}
		}
		for range 32 {
			if _, err := h.ReadPacket(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkWritePacket is what sending costs the sender: it must not wait for anybody.
func BenchmarkWritePacket(b *testing.B) {
	s, _ := benchLink(b)
	p := make([]byte, 1160)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		if err := s.WritePacket(p); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkConnect is from nothing to both sides being able to receive, and closing it.
func BenchmarkConnect(b *testing.B) {
	for b.Loop() {
		s, h := benchLink(b)
		_, _ = s.Close(), h.Close()
	}
}
