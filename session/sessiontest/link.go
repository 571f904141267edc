package sessiontest

import (
	"context"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"beside/session"
)

// Pair returns both ends of a link that loses nothing.
func Pair() (sharer, helper session.Link) { return PairLossy(0, 0) }

// PairLossy returns both ends of a link that loses that share of everything but the reliable channels.
func PairLossy(seed uint64, loss float64) (sharer, helper session.Link) {
	done := make(chan struct{})
	once := &sync.Once{}
	s := &end{in: newQueues(), done: done, once: once, loss: loss, rnd: rand.New(rand.NewPCG(seed, 1))} //nolint:gosec // a test's dice
	h := &end{in: newQueues(), done: done, once: once, loss: loss, rnd: rand.New(rand.NewPCG(seed, 2))} //nolint:gosec // a test's dice
	s.out, h.out = h.in, s.in
	return s, h
}

// PairCut returns both ends of a link over which nothing passes while cut is true.
func PairCut(cut *atomic.Bool) (sharer, helper session.Link) {
	s, h := Pair()
	s.(*end).cut, h.(*end).cut = cut, cut
	return s, h
}

// queues is what one end receives.
type queues struct {
	chans [5]chan []byte
	pics  chan []byte
	acks  chan []byte
}

func newQueues() *queues {
	q := &queues{pics: make(chan []byte, 4096), acks: make(chan []byte, 4096)}
	for i := range q.chans {
		q.chans[i] = make(chan []byte, 4096)
	}
	return q
}

// end is one end of a link in memory.
type end struct {
	in, out *queues
	done    chan struct{}
	once    *sync.Once
	loss    float64
	cut     *atomic.Bool

	mu  sync.Mutex
	rnd *rand.Rand
}

func (e *end) lose() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.loss > 0 && e.rnd.Float64() < e.loss
}

func (e *end) put(q chan []byte, b []byte) error {
	select {
	case <-e.done:
		return io.ErrClosedPipe
	default:
	}
	if e.cut != nil && e.cut.Load() {
		return nil
	}
	select {
	case q <- slices.Clone(b):
	default: // full: as on a real path, it is gone
	}
	return nil
}

func (e *end) get(ctx context.Context, q chan []byte) ([]byte, error) {
	select {
	case b := <-q:
		return b, nil
	default:
	}
	select {
	case b := <-q:
		return b, nil
	case <-e.done:
		return nil, io.EOF
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (e *end) Send(ch session.Channel, b []byte) error {
	if (ch == session.ChanInput || ch == session.ChanPen) && e.lose() {
		return nil
	}
	return e.put(e.out.chans[ch], b)
}

func (e *end) Recv(ctx context.Context, ch session.Channel) ([]byte, error) {
	return e.get(ctx, e.in.chans[ch])
}

func (e *end) WritePacket(b []byte) error {
	if e.lose() {
		return nil
	}
	return e.put(e.out.pics, b)
}
func (e *end) ReadPacket(ctx context.Context) ([]byte, error) { return e.get(ctx, e.in.pics) }

func (e *end) WriteAck(b []byte) error {
	if e.lose() {
		return nil
	}
	return e.put(e.out.acks, b)
}
func (e *end) ReadAck(ctx context.Context) ([]byte, error) { return e.get(ctx, e.in.acks) }
func (e *end) Status() session.LinkStatus                  { return session.LinkStatus{} }
func (e *end) Close() error                                { e.once.Do(func() { close(e.done) }); return nil }
