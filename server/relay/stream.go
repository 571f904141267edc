package relay

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const writeFor = 5 * time.Second // a client that does not read for so long is gone

// steady is a UDP socket of which an error about one packet is no end: pion stops at the first, and
// some systems report there that a client has gone.
type steady struct{ net.PacketConn }

func (s steady) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := s.PacketConn.ReadFrom(b)
		if err == nil || errors.Is(err, net.ErrClosed) {
			return n, from, err
		}
		<-time.After(time.Millisecond) // should it be an error that stays
	}
}

// listener accepts streams within the limits.
type listener struct {
	net.Listener
	r *Relay
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		if err != nil { // too many files, or a client that left: pion stops at the first error
			<-time.After(10 * time.Millisecond)
			continue
		}
		if s := l.r.admit(c); s != nil {
			return s, nil
		}
		_ = c.Close()
	}
}

// stream is a TCP or TLS connection of a client.
type stream struct {
	net.Conn
	r           *Relay
	key         string
	site        netip.Prefix
	until       time.Time // then it must have an allocation
	established atomic.Bool
	once        sync.Once
}

func streamKey(src, dst net.Addr) string { return src.String() + " " + dst.String() }

// admit is nil when there are too many.
func (r *Relay) admit(c net.Conn) *stream {
	at, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return nil
	}
	bits := 32
	if !at.Addr().Unmap().Is4() {
		bits = 64 // what one customer has
	}
	site, err := at.Addr().Unmap().Prefix(bits)
	if err != nil {
		return nil
	}
	s := &stream{
		Conn: c, r: r, key: streamKey(c.RemoteAddr(), c.LocalAddr()), site: site,
		until: time.Now().Add(r.o.Limits.Unestablished), // the kernel's clock, not Now's
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.streams) >= r.o.Limits.Streams || r.perIP[site] >= r.o.Limits.StreamsPerIP || r.streams[s.key] != nil {
		return nil
	}
	r.streams[s.key] = s
	r.perIP[site]++
	return s
}

func (s *stream) Read(b []byte) (int, error) {
	until := s.until
	if s.established.Load() {
		until = time.Now().Add(s.r.o.Limits.Idle)
	}
	if err := s.SetReadDeadline(until); err != nil {
		return 0, err
	}
	return s.Conn.Read(b)
}

// Write ends the connection when the client does not read: half of a message would break it anyway.
func (s *stream) Write(b []byte) (int, error) {
	if err := s.SetWriteDeadline(time.Now().Add(writeFor)); err != nil {
		return 0, err
	}
	n, err := s.Conn.Write(b)
	if err != nil {
		_ = s.Close()
	}
	return n, err
}

// Close is idempotent.
func (s *stream) Close() error {
	s.once.Do(func() {
		s.r.mu.Lock()
		delete(s.r.streams, s.key)
		if s.r.perIP[s.site]--; s.r.perIP[s.site] <= 0 {
			delete(s.r.perIP, s.site)
		}
		s.r.mu.Unlock()
	})
	if t, ok := s.Conn.(interface{ NetConn() net.Conn }); ok {
		return t.NetConn().Close() // TLS would wait for a client that does not read, to say goodbye
	}
	return s.Conn.Close()
}
