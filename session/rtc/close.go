package rtc

import (
	"io"
	"time"
)

const (
	gentleTime = 600 * time.Millisecond // for pion to close with a last word to the peer; SCTP's abort alone may wait 200 ms
	closeTime  = 800 * time.Millisecond // for Close, whatever pion does
)

// shutDown closes the connection; readers have been woken by then. Should pion not come to an end,
// its sockets are closed all the same. Connections to relays carry the last word, too, and go after it.
func (l *Link) shutDown() {
	defer close(l.shut)
	done := make(chan struct{})
	go func() { defer close(done); _ = l.pc.GracefulClose() }()
	within(gentleTime, func() { <-done })
	l.cut()
	select {
	case <-done:
		return
	default:
	}
	_ = l.pc.SCTP().Transport().ICETransport().Stop()
	<-done
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
