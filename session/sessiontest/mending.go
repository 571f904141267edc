package sessiontest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"beside/session"
)

// Mending makes a link over which nothing passes once Break was called, until both sides have agreed on
// a new path. The zero Mending is ready for one Pair.
type Mending struct {
	cut atomic.Bool

	mu       sync.Mutex
	restarts int
	rejoins  int
	moved    bool
}

// Pair makes the link's two ends.
func (m *Mending) Pair() (sharer, helper session.Link) {
	s, h := PairCut(&m.cut)
	return mended{s, m, true, &atomic.Bool{}}, mended{h, m, false, &atomic.Bool{}}
}

// Break takes the path away for good, as when a machine gets another address. moved: it is the sharer's, and its system says so.
func (m *Mending) Break(moved bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.moved = moved
	m.cut.Store(true)
}

// Heal gives the old path back.
func (m *Mending) Heal() { m.cut.Store(false) }

// Count says how often the sides restarted and rejoined.
func (m *Mending) Count() (restarts, rejoins int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.restarts, m.rejoins
}

type mended struct {
	session.Link
	m      *Mending
	sharer bool
	closed *atomic.Bool // by this side
}

// hidden keeps the peer's Close from coming over a path that is gone.
func (l mended) hidden(ctx context.Context, b []byte, err error) ([]byte, error) {
	if err == nil || ctx.Err() != nil || l.closed.Load() || !l.m.cut.Load() {
		return b, err
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// Recv is session.Link's.
func (l mended) Recv(ctx context.Context, ch session.Channel) ([]byte, error) {
	b, err := l.Link.Recv(ctx, ch)
	return l.hidden(ctx, b, err)
}

// ReadPacket is session.Link's.
func (l mended) ReadPacket(ctx context.Context) ([]byte, error) {
	b, err := l.Link.ReadPacket(ctx)
	return l.hidden(ctx, b, err)
}

// ReadAck is session.Link's.
func (l mended) ReadAck(ctx context.Context) ([]byte, error) {
	b, err := l.Link.ReadAck(ctx)
	return l.hidden(ctx, b, err)
}

// Close is session.Link's.
func (l mended) Close() error {
	l.closed.Store(true)
	return l.Link.Close()
}

var _ session.Mender = mended{}

func (l mended) Restart(context.Context) ([]byte, error) {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	l.m.cut.Store(true)
	l.m.restarts++
	l.m.moved = false
	return fmt.Appendf(nil, "offer %d", l.m.restarts), nil
}

func (l mended) Rejoin(_ context.Context, remote []byte) ([]byte, error) {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	l.m.rejoins++
	l.m.cut.Store(true)
	return append([]byte("answer to "), remote...), nil
}

func (l mended) Finish(remote []byte) error {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	if string(remote) != fmt.Sprintf("answer to offer %d", l.m.restarts) {
		return fmt.Errorf("%w: %s", ErrUse, remote)
	}
	l.m.cut.Store(false)
	return nil
}

func (l mended) Moved() bool {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	return l.sharer && l.m.moved
}
