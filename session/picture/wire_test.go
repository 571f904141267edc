package picture_test

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// wire is a lossy, slow path in memory.
type wire struct {
	ctx          context.Context
	delay        time.Duration
	loss         atomic.Uint64 // per million
	packets, ack chan []byte
	sent         atomic.Int64
	bytes        atomic.Int64
	mu           sync.Mutex
	rnd          *rand.Rand
	tap          atomic.Pointer[chan []byte] // gets a copy of every packet
	rate         atomic.Int64                // bits a second towards the helper, 0 for no limit
	busy         time.Time
	deaf         atomic.Bool // acknowledgements are lost
	garble       atomic.Bool // they are nonsense
}

func newWire(ctx context.Context, delay time.Duration) *wire {
	return &wire{ctx: ctx, delay: delay, packets: make(chan []byte, 1<<15), ack: make(chan []byte, 1<<15), rnd: rand.New(rand.NewPCG(5, 6))}
}

func (w *wire) put(c chan []byte, b []byte) error {
	if w.ctx.Err() != nil {
		return io.EOF
	}
	w.mu.Lock()
	lost := w.rnd.Uint64N(1e6) < w.loss.Load()
	w.mu.Unlock()
	if lost {
		return nil
	}
	b = bytes.Clone(b)
	delay := w.delay
	if rate := w.rate.Load(); rate > 0 && c == w.packets {
		w.mu.Lock()
		now := time.Now()
		if w.busy.Before(now) {
			w.busy = now
		}
		if w.busy.Sub(now) > 200*time.Millisecond {
			w.mu.Unlock()
			return nil
		}
		w.busy = w.busy.Add(time.Duration(int64(len(b)+56) * 8 * int64(time.Second) / rate))
		delay += w.busy.Sub(now)
		w.mu.Unlock()
	}
	if delay == 0 {
		c <- b
		return nil
	}
	time.AfterFunc(delay, func() { c <- b })
	return nil
}

func (w *wire) get(ctx context.Context, c chan []byte) ([]byte, error) {
	select {
	case b := <-c:
		return b, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-w.ctx.Done():
		return nil, io.EOF
	}
}

func (w *wire) WritePacket(b []byte) error {
	w.sent.Add(1)
	w.bytes.Add(int64(len(b)))
	if c := w.tap.Load(); c != nil {
		*c <- bytes.Clone(b)
	}
	return w.put(w.packets, b)
}
func (w *wire) ReadAck(ctx context.Context) ([]byte, error) { return w.get(ctx, w.ack) }
func (w *wire) WriteAck(b []byte) error {
	if w.deaf.Load() {
		return nil
	}
	if w.garble.Load() {
		b = bytes.Clone(b)
		w.mu.Lock()
		for range 8 {
			b[w.rnd.IntN(len(b))] = byte(w.rnd.Uint32())
		}
		w.mu.Unlock()
	}
	return w.put(w.ack, b)
}
func (w *wire) ReadPacket(ctx context.Context) ([]byte, error) { return w.get(ctx, w.packets) }
