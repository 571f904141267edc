package rtc

import (
	"encoding/binary"
	"net"
	"sync/atomic"

	"github.com/pion/transport/v4"
)

// sieve is the network as pion may see it: RTP and RTCP that are not of our stream are dropped
// before anything looks at them. pion/srtp makes room for the stream of every SSRC that it meets,
// for RTP even before it knows whether the packet is genuine, and keeps it until the end.
type sieve struct {
	transport.Net
	pictures bool         // RTP may come: on the helper's side
	open     *atomic.Bool // media may come. Before, pion/webrtc takes no new streams, and would wait for ever to close
}

// ListenUDP is for host and server reflexive candidates.
func (s sieve) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	c, err := s.Net.ListenUDP(network, at)
	if err != nil {
		return nil, err
	}
	return udpConn{UDPConn: c, sieve: s}, nil
}

// ListenPacket is for relays over UDP; see streamConn for the others.
func (s sieve) ListenPacket(network, address string) (net.PacketConn, error) {
	c, err := s.Net.ListenPacket(network, address)
	if err != nil {
		return nil, err
	}
	return packetConn{PacketConn: c, sieve: s}, nil
}

type udpConn struct {
	transport.UDPConn
	sieve sieve
}

func (c udpConn) ReadFrom(b []byte) (int, net.Addr, error) { return c.sieve.read(c.UDPConn, b) }

type packetConn struct {
	net.PacketConn
	sieve sieve
}

func (c packetConn) ReadFrom(b []byte) (int, net.Addr, error) { return c.sieve.read(c.PacketConn, b) }

func (s sieve) read(c net.PacketConn, b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.ReadFrom(b)
		if err != nil || s.passes(b[:n]) {
			return n, from, err
		}
	}
}

// passes says whether b, which may be wrapped for a relay, is no media or media of our stream.
func (s sieve) passes(b []byte) bool {
	return s.bare(unwrap(b))
}

func (s sieve) bare(b []byte) bool {
	switch {
	case len(b) == 0 || b[0] < 128 || b[0] > 191: // not media (RFC 7983)
		return true
	case len(b) < 12 || !s.open.Load():
		return false
	case b[1] >= 192 && b[1] <= 223: // RTCP (RFC 5761)
		return binary.BigEndian.Uint32(b[4:]) == ssrc
	}
	return s.pictures && binary.BigEndian.Uint32(b[8:]) == ssrc
}

const (
	stunCookie   = 0x2112A442
	turnData     = 0x0017 // a Data indication (RFC 8656)
	turnDataAttr = 0x0013
)

// unwrap is what a relay passes on in b, or b when it is no such thing.
func unwrap(b []byte) []byte {
	switch {
	case len(b) >= 4 && b[0] >= 64 && b[0] <= 79: // ChannelData
		return b[4:min(len(b), 4+int(binary.BigEndian.Uint16(b[2:])))]
	case len(b) >= 20 && binary.BigEndian.Uint16(b) == turnData && binary.BigEndian.Uint32(b[4:]) == stunCookie:
		for at := b[20:]; len(at) >= 4; {
			n := int(binary.BigEndian.Uint16(at[2:]))
			if n > len(at)-4 {
				break
			}
			if binary.BigEndian.Uint16(at) == turnDataAttr {
				return at[4 : 4+n]
			}
			at = at[min(len(at), 4+(n+3)&^3):]
		}
	}
	return b
}
