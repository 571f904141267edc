package sessiontest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"

	"beside/session"
)

// Limits of a link, in bytes. They are those of session.Link.
const (
	maxMessage = 64 << 10
	maxPacket  = 1160
	maxAck     = 200
)

// queueLen bounds every receiving queue, in messages.
const queueLen = 1024

// Errors of a link in memory, with errors.Is.
var (
	// ErrFlood ended the link: a reliable channel got more than anybody read.
	ErrFlood = errors.New("sessiontest: the peer floods a channel")
	// ErrUse is a call that no link allows: too many bytes, no such channel, the wrong side.
	ErrUse = errors.New("sessiontest: not allowed on a link")
)

// Pair returns the two ends of one link in memory. Nothing is lost, and it starts no goroutine,
// so it works inside testing/synctest. Closing either end closes both; what had arrived by then
// can still be read.
func Pair() (sharer, helper session.Link) { return PairLossy(0, 0) }

// PairLossy is Pair with a share of loss, 0 to 1, of what may be lost: pictures, acknowledgements
// and the unreliable channels. What is lost depends on seed and on each end's order of sending only.
func PairLossy(seed uint64, loss float64) (sharer, helper session.Link) {
	over := &ending{done: make(chan struct{})}
	s, h := newEnd(over, rand.New(rand.NewPCG(seed, 0)), loss), newEnd(over, rand.New(rand.NewPCG(seed, 1)), loss)
	s.sharer, s.peer, h.peer = true, h, s
	return s, h
}

// ending is what both ends share: whether the link is over.
type ending struct {
	once sync.Once
	done chan struct{}
	why  error // of Send; set before done is closed
}

func (o *ending) end(why error) {
	o.once.Do(func() {
		o.why = why
		close(o.done)
	})
}

// end is one end. Its queues hold what has arrived here.
type end struct {
	sharer bool
	peer   *end
	over   *ending
	queues map[session.Channel]chan []byte
	pics   chan []byte
	acks   chan []byte

	loss float64
	mu   sync.Mutex
	rng  *rand.Rand // guarded by mu
}

var _ session.Link = (*end)(nil)

func newEnd(over *ending, rng *rand.Rand, loss float64) *end {
	e := &end{
		over: over, rng: rng, loss: loss, queues: map[session.Channel]chan []byte{},
		pics: make(chan []byte, queueLen), acks: make(chan []byte, queueLen),
	}
	for ch := session.ChanControl; ch <= session.ChanPen; ch++ {
		e.queues[ch] = make(chan []byte, queueLen)
	}
	return e
}

// reliable says whether a channel may not lose.
func reliable(ch session.Channel) bool { return ch != session.ChanInput && ch != session.ChanPen }

func (e *end) Send(ch session.Channel, b []byte) error {
	q, ok := e.peer.queues[ch]
	if !ok || len(b) > maxMessage {
		return fmt.Errorf("%w: %d bytes on channel %d", ErrUse, len(b), ch)
	}
	if !reliable(ch) {
		return e.lossy(q, b)
	}
	if e.isOver() {
		return e.over.why
	}
	select {
	case q <- bytes.Clone(b):
		return nil
	default:
		e.over.end(ErrFlood)
		return ErrFlood
	}
}

// lossy sends what may be lost: by chance, or because the oldest goes when nobody reads.
func (e *end) lossy(q chan []byte, b []byte) error {
	if e.isOver() {
		return e.over.why
	}
	e.mu.Lock() // one writer at a time, so that the loop below ends
	defer e.mu.Unlock()
	if e.rng.Float64() < e.loss {
		return nil
	}
	b = bytes.Clone(b)
	for {
		select {
		case q <- b:
			return nil
		default:
		}
		select {
		case <-q:
		default:
		}
	}
}

func (e *end) isOver() bool {
	select {
	case <-e.over.done:
		return true
	default:
		return false
	}
}

func (e *end) Recv(ctx context.Context, ch session.Channel) ([]byte, error) {
	q, ok := e.queues[ch]
	if !ok {
		return nil, fmt.Errorf("%w: channel %d", ErrUse, ch)
	}
	return e.recv(ctx, q)
}

// recv prefers what has arrived over the end of the link.
func (e *end) recv(ctx context.Context, q chan []byte) ([]byte, error) {
	select {
	case b := <-q:
		return b, nil
	default:
	}
	select {
	case b := <-q:
		return b, nil
	case <-e.over.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select { // it may have come just before the end
	case b := <-q:
		return b, nil
	default:
		return nil, io.EOF
	}
}

func (e *end) WritePacket(b []byte) error {
	if !e.sharer || len(b) > maxPacket {
		return fmt.Errorf("%w: picture packet of %d bytes", ErrUse, len(b))
	}
	return e.lossy(e.peer.pics, b)
}

func (e *end) ReadPacket(ctx context.Context) ([]byte, error) {
	if e.sharer {
		return nil, fmt.Errorf("%w: the sharer gets no pictures", ErrUse)
	}
	return e.recv(ctx, e.pics)
}

func (e *end) WriteAck(b []byte) error {
	if e.sharer || len(b) > maxAck {
		return fmt.Errorf("%w: acknowledgement of %d bytes", ErrUse, len(b))
	}
	return e.lossy(e.peer.acks, b)
}

func (e *end) ReadAck(ctx context.Context) ([]byte, error) {
	if !e.sharer {
		return nil, fmt.Errorf("%w: the helper gets no acknowledgements", ErrUse)
	}
	return e.recv(ctx, e.acks)
}

// Status is of a direct path whose round trip is unknown.
func (e *end) Status() session.LinkStatus { return session.LinkStatus{} }

func (e *end) Close() error {
	e.over.end(io.ErrClosedPipe)
	return nil
}
