package picture_test

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"beside/session/picture"
)

// Seen follows a Reset once the helper has shown something of the new picture, and not before.
func TestSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisplay(320, 240)
		d.paint(d.f.Bounds(), noise(1))
		r := newRig(t, d, 40*time.Millisecond)
		defer r.stop()
		time.Sleep(3 * time.Second)
		was := r.s.Seen()
		r.w.deaf.Store(true) // what the helper says is lost
		gen := r.s.Reset()
		time.Sleep(3 * time.Second)
		if got := r.s.Seen(); got != was || got == gen {
			t.Errorf("seen %d after %d, but nothing of %d was acknowledged", got, was, gen)
		}
		r.w.deaf.Store(false)
		time.Sleep(5 * time.Second)
		if got := r.s.Seen(); got != gen {
			t.Errorf("seen %d, want %d", got, gen)
		}
	})
}

// held is a path on which the first packet is being written while something else is done.
type held struct {
	*wire
	once      sync.Once
	meanwhile func()
	after     atomic.Bool // Reset has returned
	late      atomic.Bool // and a packet was still being written
}

func (h *held) WritePacket(b []byte) error {
	h.once.Do(func() {
		h.meanwhile()
		for range 10_000 {
			runtime.Gosched()
		}
	})
	if h.after.Load() {
		h.late.Store(true)
	}
	return h.wire.WritePacket(b)
}

// Reset waits for a packet that is being written: when it has returned, no older one is.
func TestResetWaitsForThePacket(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := newDisplay(320, 240)
	d.paint(d.f.Bounds(), noise(1))
	out := &held{wire: newWire(ctx, 0)}
	var allow atomic.Bool
	allow.Store(true)
	s := picture.NewSender(picture.SenderConfig{Source: d, Out: out, Allow: allow.Load})
	reset := make(chan struct{})
	out.meanwhile = func() {
		allow.Store(false) // nothing newer leaves either
		go func() {
			s.Reset()
			out.after.Store(true)
			close(reset)
		}()
	}
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx) }()
	<-reset
	cancel()
	<-ran
	if out.late.Load() {
		t.Error("a packet was written after Reset had returned")
	}
}
