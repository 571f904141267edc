package relay

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

const (
	helloFor  = 10 * time.Second // TLS and the first byte
	maxHellos = 1000             // connections that have not come so far
	firstHTTP = 0x40             // a STUN message begins below (RFC 7983), a word of HTTP above
)

// ALPN is what a client may call TURN inside TLS (RFC 7443); it need not.
const ALPN = "stun.turn"

// Splitter shares one TLS port between https and TURN. The first byte inside TLS tells them apart: a
// STUN message begins with 0x00 or 0x01, a request of HTTP with a letter. That asks nothing of the
// clients, neither a name of its own for the relay nor ALPN, which TURN clients rarely send.
type Splitter struct {
	HTTP, TURN net.Listener // close them, or end Run

	ln   net.Listener
	conf *tls.Config
	http *side
	turn *side
}

// Split makes a splitter of connections that come to ln and are to speak TLS. It takes over ln.
func Split(ln net.Listener, conf *tls.Config) *Splitter {
	conf = conf.Clone()
	conf.NextProtos = append(append([]string(nil), conf.NextProtos...), ALPN)
	s := &Splitter{ln: ln, conf: conf}
	s.http, s.turn = newSide(ln.Addr()), newSide(ln.Addr())
	s.HTTP, s.TURN = s.http, s.turn
	return s
}

// Run accepts until ctx ends or ln is closed, and then closes everything that nobody has taken over.
func (s *Splitter) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer func() { _ = s.http.Close(); _ = s.turn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = s.ln.Close() })
	defer stop()
	room := make(chan struct{}, maxHellos)
	for {
		c, err := s.ln.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return ctx.Err()
		case err != nil: // too many open files, or a client that left
			select {
			case <-time.After(10 * time.Millisecond):
			case <-ctx.Done():
			}
			continue
		}
		select {
		case room <- struct{}{}:
		default:
			_ = c.Close()
			continue
		}
		wg.Go(func() {
			defer func() { <-room }()
			s.hello(ctx, c)
		})
	}
}

// hello brings TLS up and gives the connection to the side that it is for.
func (s *Splitter) hello(ctx context.Context, c net.Conn) {
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	t := tls.Server(c, s.conf)
	k := &peeked{Conn: t}
	err := t.SetDeadline(time.Now().Add(helloFor))
	if err == nil {
		err = t.HandshakeContext(ctx)
	}
	if err == nil {
		_, err = t.Read(k.first[:])
	}
	if err == nil {
		err = t.SetDeadline(time.Time{})
	}
	if !stop() || err != nil {
		_ = c.Close()
		return
	}
	to := s.http
	if k.first[0] < firstHTTP {
		to = s.turn
	}
	to.give(ctx, k)
}

// peeked is a connection of which the first byte was read already. One goroutine reads.
type peeked struct {
	*tls.Conn
	first [1]byte
	given bool
}

func (p *peeked) Read(b []byte) (int, error) {
	if !p.given && len(b) > 0 {
		p.given = true
		return copy(b, p.first[:]), nil
	}
	return p.Conn.Read(b)
}

// side is one of the two listeners.
type side struct {
	addr net.Addr
	ch   chan net.Conn
	done chan struct{}
	once sync.Once
}

func newSide(a net.Addr) *side {
	return &side{addr: a, ch: make(chan net.Conn), done: make(chan struct{})}
}

func (s *side) give(ctx context.Context, c *peeked) {
	select {
	case s.ch <- c:
	case <-s.done:
		_ = c.NetConn().Close()
	case <-ctx.Done():
		_ = c.NetConn().Close()
	}
}

func (s *side) Accept() (net.Conn, error) {
	select {
	case c := <-s.ch:
		return c, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

func (s *side) Close() error {
	s.once.Do(func() { close(s.done) })
	return nil
}

func (s *side) Addr() net.Addr { return s.addr }
