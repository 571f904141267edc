package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"beside/policy/api"
	"beside/session/wire"
)

// The silence after which things happen (PROTOCOL 1.7, 1.8).
const (
	liftAfter = 1200 * time.Millisecond // held keys go up
	quietAt   = 3 * time.Second         // people are told
	closeAt   = 5 * time.Second         // the gate closes
	lostAt    = 60 * time.Second        // the session ends
	pingEvery = 500 * time.Millisecond
)

// conduit is one link once it is up: what both sides do with it alike. Its readers pass what
// they hear to the owner; the owner alone decides.
type conduit struct {
	link  Link
	clock Clock

	mu    sync.Mutex
	heard time.Duration // when anything authenticated last came, on clock
}

func newConduit(l Link, clock Clock) *conduit {
	return &conduit{link: l, clock: clock, heard: clock()}
}

func (c *conduit) hear() {
	c.mu.Lock()
	c.heard = c.clock()
	c.mu.Unlock()
}

// silence is how long nothing came.
func (c *conduit) silence() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.clock() - c.heard
}

func (c *conduit) send(m wire.Message) error { return c.link.Send(ChanControl, wire.Append(nil, m)) }

// control reads control messages into to until ctx ends. A bad message is a protocol error, and so
// is a flood; when it is merely too much, what asks for something is dropped.
func (c *conduit) control(ctx context.Context, peer Who, to chan<- wire.Message) error {
	limit := controlBucket(c.clock)
	for {
		b, err := c.link.Recv(ctx, ChanControl)
		if err != nil {
			return err
		}
		m, err := wire.Parse(b)
		if err != nil {
			return err
		}
		c.hear()
		if ok, flood := limit.take(1); flood {
			return over(peer, api.ProtocolBroken)
		} else if !ok && mayDrop(m) {
			continue
		}
		select {
		case to <- m:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// mayDrop says whether nothing that was promised is lost with m.
func mayDrop(m wire.Message) bool {
	switch m.(type) {
	case wire.Ping, wire.Want, wire.Local, wire.Shape, wire.Expiring:
		return true
	}
	return false
}

// group runs functions until one returns, then cancels the rest and waits for them: no goroutine
// outlives it. The error is the first that says why the session ended, or else the first: when one
// side says goodbye, the other closes the link, and that must not look like a lost connection.
func group(ctx context.Context, fns ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		first error
		why   *ended
	)
	for _, fn := range fns {
		wg.Go(func() {
			err := fn(ctx)
			mu.Lock()
			defer mu.Unlock()
			if first == nil {
				first = err
			}
			if why == nil {
				errors.As(err, &why)
			}
			cancel()
		})
	}
	wg.Wait()
	if why != nil {
		return why
	}
	return first
}

// lastWord looks for a goodbye among what has arrived but was not read yet.
func lastWord(in <-chan wire.Message, from Who, otherwise error) error {
	for {
		select {
		case m := <-in:
			if e, ok := m.(wire.End); ok {
				return over(from, e.Code)
			}
		default:
			return otherwise
		}
	}
}
