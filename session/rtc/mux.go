package rtc

import (
	"errors"
	"io"
	"net"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/transport/v4/packetio"
)

const (
	maxPacketIn = 8 << 10   // of one UDP packet; longer ones are dropped
	dtlsBuffer  = 256 << 10 // bytes of DTLS that wait to be read; more is lost, and SCTP repeats
)

// mux parts what comes in over ICE by its first byte (RFC 7983).
type mux struct {
	conn  net.Conn         // ICE's
	dtls  *packetio.Buffer // what DTLS reads
	media func(b []byte)   // takes RTP and RTCP; b is valid until it returns, and it must not block
}

func newMux(conn net.Conn, media func([]byte)) *mux {
	m := &mux{conn: conn, dtls: packetio.NewBuffer(), media: media}
	m.dtls.SetLimitSize(dtlsBuffer)
	return m
}

// run takes packets in until ICE is closed.
func (m *mux) run() {
	defer m.dtls.Close() //nolint:errcheck // never fails
	buf := make([]byte, maxPacketIn)
	for {
		n, err := m.conn.Read(buf)
		switch {
		case errors.Is(err, io.ErrShortBuffer):
			continue
		case err != nil:
			return
		case n > 0 && buf[0] >= 20 && buf[0] <= 63:
			_, _ = m.dtls.Write(buf[:n]) // full or closed: lost
		case n > 0 && buf[0] >= 128 && buf[0] <= 191:
			m.media(buf[:n])
		}
	}
}

// dtlsConn is the DTLS part of a mux. There is one peer, whatever its address is by now.
type dtlsConn struct{ *mux }

var _ net.PacketConn = dtlsConn{}

func (c dtlsConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := c.dtls.Read(b)
	return n, nil, err
}

// WriteTo loses what cannot be sent just now, as any network does.
func (c dtlsConn) WriteTo(b []byte, _ net.Addr) (int, error) { return c.send(b) }

// send is for DTLS and media: only the end of ICE is an error, the loss of a path is not.
func (m *mux) send(b []byte) (int, error) {
	if _, err := m.conn.Write(b); errors.Is(err, ice.ErrClosed) || errors.Is(err, net.ErrClosed) {
		return 0, io.ErrClosedPipe
	}
	return len(b), nil
}

func (c dtlsConn) Close() error                      { return c.dtls.Close() }
func (c dtlsConn) LocalAddr() net.Addr               { return c.conn.LocalAddr() }
func (c dtlsConn) SetReadDeadline(t time.Time) error { return c.dtls.SetReadDeadline(t) }
func (c dtlsConn) SetWriteDeadline(time.Time) error  { return nil } // writing never waits
func (c dtlsConn) SetDeadline(t time.Time) error     { return c.dtls.SetReadDeadline(t) }
