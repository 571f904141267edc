package rtc

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/pion/stun/v3"
	"github.com/pion/webrtc/v4"

	"beside/policy/api"
)

const (
	maxURLs  = 8               // of servers that are asked; what follows is left out
	reachFor = 5 * time.Second // to reach a relay over TCP or TLS
	maxFrame = 20 + 1<<16 + 4  // bytes of a message on a stream
)

// servers are the STUN and TURN servers that this side asks: STUN and TURN over UDP, TURN over TCP and
// TLS. What the endpoint lists and is anything else, has no credentials or is malformed is left out:
// without a relay there may still be a path. overTLS are the addresses where TLS is spoken.
func servers(list []api.ICEServer) (out []webrtc.ICEServer, overTLS map[string]bool) {
	overTLS = map[string]bool{}
	n := 0
	for _, s := range list {
		var urls []string
		for _, u := range s.URLs {
			p, err := stun.ParseURI(u)
			if err != nil || n == maxURLs {
				continue
			}
			turn := s.Username != "" && s.Credential != ""
			switch {
			case p.Scheme == stun.SchemeTypeSTUN:
			case p.Scheme == stun.SchemeTypeTURN && turn:
			case p.Scheme == stun.SchemeTypeTURNS && turn && p.Proto == stun.ProtoTypeTCP:
				overTLS[net.JoinHostPort(p.Host, strconv.Itoa(p.Port))] = true
			default:
				continue
			}
			n++
			urls = append(urls, u)
		}
		if len(urls) > 0 {
			out = append(out, webrtc.ICEServer{URLs: urls, Username: s.Username, Credential: s.Credential})
		}
	}
	return out, overTLS
}

// dial reaches relays over TCP and TLS, in pion's place: pion trusts the system's authorities only, and
// what a relay sends is to go through the sieve. When ctx ends, so do the connections.
func dial(ctx context.Context, overTLS map[string]bool, roots *x509.CertPool, s sieve) dialer {
	return func(network, address string) (net.Conn, error) {
		soon, cancel := context.WithTimeout(ctx, reachFor)
		defer cancel()
		c, err := (&net.Dialer{}).DialContext(soon, network, address)
		if err != nil {
			return nil, err
		}
		raw := c
		if overTLS[address] {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, errors.Join(err, c.Close())
			}
			t := tls.Client(c, &tls.Config{ServerName: host, RootCAs: roots, MinVersion: tls.VersionTLS12})
			if err := t.HandshakeContext(soon); err != nil {
				return nil, errors.Join(err, c.Close())
			}
			c = t
		}
		stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
		return &streamConn{Conn: c, stop: stop, in: bufio.NewReaderSize(c, 16<<10), sieve: s}, nil
	}
}

// dialer is proxy.Dialer.
type dialer func(network, address string) (net.Conn, error)

// Dial is proxy.Dialer's.
func (d dialer) Dial(network, address string) (net.Conn, error) { return d(network, address) }

// streamConn is a relay over TCP or TLS of which only whole messages are read that pass the sieve. One
// goroutine reads.
type streamConn struct {
	net.Conn
	in    *bufio.Reader
	sieve sieve
	stop  func() bool // waiting for the link's end
	buf   [maxFrame]byte
	rest  []byte // of buf
}

// Close closes the connection.
func (c *streamConn) Close() error {
	c.stop()
	return c.Conn.Close()
}

// errFrame means that a relay sent something that is no message of TURN.
var errFrame = errors.New("rtc: what the relay sends is not TURN")

func (c *streamConn) Read(b []byte) (int, error) {
	for len(c.rest) == 0 {
		frame, err := readFrame(c.in, c.buf[:])
		if err != nil {
			return 0, err
		}
		if c.sieve.passes(frame) {
			c.rest = frame
		}
	}
	n := copy(b, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// readFrame reads one message (RFC 8656, 2.1 and 12.5) into buf, which has maxFrame bytes.
func readFrame(r io.Reader, buf []byte) ([]byte, error) {
	if _, err := io.ReadFull(r, buf[:4]); err != nil {
		return nil, err
	}
	n := 4 + int(binary.BigEndian.Uint16(buf[2:]))
	switch {
	case buf[0] < 64:
		n += 16 // the rest of STUN's header
	case buf[0] <= 79: // ChannelData, padded
		n = (n + 3) &^ 3
	default:
		return nil, errFrame
	}
	_, err := io.ReadFull(r, buf[4:n])
	return buf[:n], err
}
