package rtc

import (
	"io"
	"time"
)

const (
	stepTime  = 250 * time.Millisecond // for closing one transport; SCTP's abort alone may wait 200 ms
	closeTime = 800 * time.Millisecond // for all of it
)

// shutDown closes the transports from the top to the bottom, each with a last word to the peer. None
// holds up the next: at the latest the end of ICE wakes whoever still reads.
func (l *Link) shutDown() {
	defer close(l.shut)
	l.mu.Lock()
	a, d := l.sctp, l.dtls
	l.mu.Unlock()
	if a != nil {
		within(stepTime, func() { a.Abort("") })
	}
	if d != nil {
		within(stepTime, func() { _ = d.Close() })
	}
	within(stepTime, func() { _ = l.agent.GracefulClose() })
}

// within runs f, and waits for it no longer than d.
func within(d time.Duration, f func()) {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
	}
}

// Close ends the link and waits for its goroutines, but less than a second: the sharer's Stop must
// not depend on anything that the peer or the network does.
func (l *Link) Close() error {
	l.fail(io.EOF)
	within(closeTime, func() { <-l.shut; l.wg.Wait() })
	return nil
}
