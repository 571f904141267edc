package relay

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/pion/turn/v5"
)

const (
	maxPacket = 1600 // bytes; pion's limit, too
	queueLen  = 512  // packets that wait for a slow client
	firstPort = 1024
)

var (
	errQuota = errors.New("relay: quota")
	errPeer  = errors.New("relay: not the other side of this session")
	errNever = errors.New("relay: not offered")
)

// here is the address of every port: TEST-NET-1, of which nobody is.
func here() net.IP { return net.IPv4(192, 0, 2, 1).To4() }

// permits is turn.PermissionHandler. It sees no port and no session, so a port looks again at each packet.
func permits(_ net.Addr, peer net.IP) bool { return peer.Equal(here()) }

// generator is turn.RelayAddressGenerator: it makes ports, and refuses TCP to peers (RFC 6062).
type generator struct{ r *Relay }

func (generator) Validate() error { return nil }

// AllocatePacketConn makes a port. For EVEN-PORT, pion first asks for one without a user, to learn of a
// number that is free, and then for that number.
func (g generator) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	switch {
	case c.Network != "udp4":
		return nil, nil, errNever
	case c.UserID == "" && c.RequestedPort == 0:
		g.r.mu.RLock()
		defer g.r.mu.RUnlock()
		return proposal{}, &net.UDPAddr{IP: here(), Port: g.r.freeLocked(true)}, nil
	}
	p, err := g.r.open(c.UserID, c.RequestedPort)
	if err != nil {
		return nil, nil, err
	}
	return p, p.addr, nil
}

func (generator) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errNever
}

func (generator) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errNever }

// proposal stands for a number that pion asks for. Nothing is held, and nothing passes.
type proposal struct{ net.PacketConn }

func (proposal) Close() error { return nil }

// port is a relayed address. What is written to it goes to another port of the same session.
type port struct {
	r    *Relay
	s    *session
	user string
	addr *net.UDPAddr

	from, client string // the allocation's client; guarded by the relay's mu

	in   chan packet
	done chan struct{}
	once sync.Once
}

type packet struct {
	b    []byte
	from *net.UDPAddr
}

// open makes a port for a side of a session, with any number if number is 0.
func (r *Relay) open(userID string, number int) (*port, error) {
	id, _, _ := strings.Cut(userID, ":")
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.sessions[id]
	if s == nil {
		return nil, net.ErrClosed
	}
	if err := r.roomLocked(userID); err != nil {
		return nil, err
	}
	switch {
	case number == 0:
		number = r.freeLocked(false)
	case number < firstPort || number > 1<<16-1 || r.ports[number] != nil:
		return nil, fmt.Errorf("%w: that port", errQuota)
	}
	p := &port{
		r: r, s: s, user: userID, addr: &net.UDPAddr{IP: here(), Port: number},
		in: make(chan packet, queueLen), done: make(chan struct{}),
	}
	r.ports[p.addr.Port] = p
	s.ports[p] = true
	return p, nil
}

// roomLocked says whether a side may have one allocation more.
func (r *Relay) roomLocked(userID string) error {
	id, _, _ := strings.Cut(userID, ":")
	s := r.sessions[id]
	if s == nil {
		return net.ErrClosed
	}
	n := 0
	for p := range s.ports {
		if p.user == userID {
			n++
		}
	}
	switch {
	case n >= r.o.Limits.PerSide:
		return fmt.Errorf("%w: allocations of one side", errQuota)
	case len(r.ports) >= min(r.o.Limits.Allocations, (1<<16-firstPort)/4):
		return fmt.Errorf("%w: allocations of all", errQuota)
	}
	return nil
}

// freeLocked is a port number at random; three in four are free.
func (r *Relay) freeLocked(even bool) int {
	for {
		var b [2]byte
		_, _ = rand.Read(b[:]) // never fails
		if n := int(binary.BigEndian.Uint16(b[:])); n >= firstPort && r.ports[n] == nil && (n%2 == 0 || !even) {
			return n
		}
	}
}

// WriteTo hands b to another port of the same session, or drops it, as a network does.
func (p *port) WriteTo(b []byte, to net.Addr) (int, error) {
	u, ok := to.(*net.UDPAddr)
	if !ok || !u.IP.Equal(here()) {
		p.r.Stats.Refused.Add(1)
		return 0, errPeer
	}
	p.r.mu.RLock()
	peer := p.r.ports[u.Port]
	alive := p.r.sessions[p.s.id] == p.s
	p.r.mu.RUnlock()
	if !alive || peer == nil || peer == p || peer.s != p.s {
		p.r.Stats.Refused.Add(1)
		return 0, errPeer
	}
	now := p.r.o.Now()
	if len(b) > maxPacket || !p.s.rate.AllowN(now, len(b)) || !p.r.total.AllowN(now, len(b)) {
		p.r.Stats.Dropped.Add(1)
		return len(b), nil
	}
	select {
	case peer.in <- packet{append([]byte(nil), b...), p.addr}:
		p.r.Stats.Bytes.Add(int64(len(b)))
	default:
		p.r.Stats.Dropped.Add(1)
	}
	return len(b), nil
}

// ReadFrom waits for what other ports sent.
func (p *port) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case k := <-p.in:
		return copy(b, k.b), k.from, nil
	case <-p.done:
		return 0, nil, net.ErrClosed
	}
}

// Close gives the port back. Idempotent.
func (p *port) Close() error {
	p.once.Do(func() {
		p.r.mu.Lock()
		delete(p.r.ports, p.addr.Port)
		delete(p.s.ports, p)
		p.r.mu.Unlock()
		close(p.done)
	})
	return nil
}

// LocalAddr is the relayed address.
func (p *port) LocalAddr() net.Addr { return p.addr }

// Deadlines are for sockets.
func (p *port) SetDeadline(time.Time) error      { return errors.ErrUnsupported }
func (p *port) SetReadDeadline(time.Time) error  { return errors.ErrUnsupported }
func (p *port) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }
