package rtc

import (
	"io"
	"time"
)

const (
	closeTime = 800 * time.Millisecond // for Close, whatever pion does; SCTP's abort alone may wait 200 ms
)

// shutDown closes the connection. Readers have been woken by then, and Close waits no longer than
// closeTime.
func (l *Link) shutDown() {
	defer close(l.shut)
	_ = l.pc.GracefulClose()
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
