package rtc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/datachannel"
	"github.com/pion/webrtc/v4"

	"beside/session"
)

const (
	maxMessage  = 64 << 10 // of a reliable channel
	maxDatagram = 1200     // of a channel that may lose
	maxPicture  = 1160     // of a picture packet
	maxAck      = 200      // of an acknowledgement
	queueLen    = 1024     // of each receiving queue
	lossy       = 2        // channels that may lose
)

// ErrFlood means that the peer sent faster than anything is read, on a channel where nothing may be lost.
var ErrFlood = errors.New("rtc: the peer floods a channel")

// ErrExtra means that the peer used a channel that the protocol does not have.
var ErrExtra = errors.New("rtc: the peer opened a channel of its own")

// errSize is the refusal of what is too long.
var errSize = errors.New("rtc: too long")

// Link is the connection once it is up.
type Link struct {
	sharer bool
	peer   [32]byte // the fingerprint that the pairing proved
	pc     *webrtc.PeerConnection
	offer  webrtc.SessionDescription // prepare's

	cut context.CancelFunc // closes the connections to relays

	queues map[session.Channel]chan []byte
	pics   chan []byte
	acks   chan []byte
	opened chan struct{} // closed once the peer is known to receive
	heard  sync.Once

	track     track
	strangers atomic.Int64
	open      atomic.Bool // media may come

	secure   chan struct{} // closed once DTLS is up
	upOnce   sync.Once
	channels chan struct{} // closed once all of streams are there

	mu      sync.Mutex
	streams map[session.Channel]datachannel.ReadWriteCloser
	err     error

	done chan struct{}
	once sync.Once
	shut chan struct{} // closed when the connection is closed
	wg   sync.WaitGroup
}

var _ session.Link = (*Link)(nil)

// newLink makes a Link without a connection.
func newLink(sharer bool, peer [32]byte) *Link {
	l := &Link{
		sharer: sharer, peer: peer, pics: make(chan []byte, queueLen), acks: make(chan []byte, queueLen),
		queues: map[session.Channel]chan []byte{}, streams: map[session.Channel]datachannel.ReadWriteCloser{},
		opened: make(chan struct{}), secure: make(chan struct{}), channels: make(chan struct{}), cut: func() {},
		done: make(chan struct{}), shut: make(chan struct{}),
	}
	for ch := range names {
		l.queues[ch] = make(chan []byte, queueLen)
	}
	return l
}

// sayOpen sends OPEN until one came: then both sides have everything open.
func (l *Link) sayOpen(ctx context.Context) error {
	t := time.NewTicker(20 * time.Millisecond)
	defer t.Stop()
	for {
		if err := l.app(nameOpen, []byte{0, 0, 0, 0}); err != nil {
			return l.why(err)
		}
		select {
		case <-l.opened:
			return nil
		case <-l.done:
			return l.why(io.EOF)
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
	}
}

// push puts a copy of b in, and the oldest out when there is no room.
func push(q chan []byte, b []byte) {
	b = append([]byte(nil), b...)
	for {
		select {
		case q <- b:
			return
		default:
		}
		select {
		case <-q:
		default:
		}
	}
}

func (l *Link) heardApp(name string, data []byte) {
	switch name {
	case nameOpen:
		l.heard.Do(func() { close(l.opened) })
		if len(data) > 0 && data[0] == 0 {
			_ = l.app(nameOpen, []byte{1, 0, 0, 0}) // it may have missed ours
		}
		return
	case nameAck:
		if l.sharer && len(data) <= maxAck {
			push(l.acks, data)
		}
		return
	}
	for ch, n := range names {
		if n == name && n != "" {
			push(l.queues[ch], data)
		}
	}
}

// up says whether anything may be sent.
func (l *Link) up() error {
	select {
	case <-l.done:
		return io.ErrClosedPipe
	default:
		return nil
	}
}

// Send is session.Link's. On channels that may lose, a message has at most 1200 bytes.
func (l *Link) Send(ch session.Channel, b []byte) error {
	name, ok := names[ch]
	switch {
	case !ok:
		return fmt.Errorf("rtc: no channel %d", ch)
	case name != "" && len(b) > maxDatagram, len(b) > maxMessage:
		return fmt.Errorf("%w: %d bytes on channel %d", errSize, len(b), ch)
	}
	if err := l.up(); err != nil {
		return err
	}
	if name != "" {
		return l.app(name, b)
	}
	return l.sendChannel(ch, b)
}

// Recv is session.Link's.
func (l *Link) Recv(ctx context.Context, ch session.Channel) ([]byte, error) {
	q, ok := l.queues[ch]
	if !ok {
		return nil, fmt.Errorf("rtc: no channel %d", ch)
	}
	return l.recv(ctx, q)
}

// recv prefers what has arrived over the end of the link.
func (l *Link) recv(ctx context.Context, q chan []byte) ([]byte, error) {
	select {
	case b := <-q:
		return b, nil
	default:
	}
	select {
	case b := <-q:
		return b, nil
	case <-l.done:
		return nil, l.why(io.EOF)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// WritePacket is session.Link's.
func (l *Link) WritePacket(b []byte) error {
	switch {
	case !l.sharer:
		return errors.New("rtc: only the sharer sends pictures")
	case len(b) > maxPicture:
		return fmt.Errorf("%w: a picture packet of %d bytes", errSize, len(b))
	}
	if err := l.up(); err != nil {
		return err
	}
	return l.track.packet(b)
}

// ReadPacket is session.Link's.
func (l *Link) ReadPacket(ctx context.Context) ([]byte, error) { return l.recv(ctx, l.pics) }

// WriteAck is session.Link's.
func (l *Link) WriteAck(b []byte) error {
	switch {
	case l.sharer:
		return errors.New("rtc: only the helper acknowledges pictures")
	case len(b) > maxAck:
		return fmt.Errorf("%w: an acknowledgement of %d bytes", errSize, len(b))
	}
	if err := l.up(); err != nil {
		return err
	}
	return l.app(nameAck, b)
}

// ReadAck is session.Link's.
func (l *Link) ReadAck(ctx context.Context) ([]byte, error) { return l.recv(ctx, l.acks) }

// Status is session.Link's.
func (l *Link) Status() session.LinkStatus {
	var s session.LinkStatus
	t := l.pc.SCTP().Transport().ICETransport()
	if pair, err := t.GetSelectedCandidatePair(); err == nil && pair != nil {
		s.Relay = pair.Local.Typ == webrtc.ICECandidateTypeRelay || pair.Remote.Typ == webrtc.ICECandidateTypeRelay
	}
	if st, ok := t.GetSelectedCandidatePairStats(); ok {
		s.RTT = time.Duration(st.CurrentRoundTripTime * float64(time.Second))
	}
	return s
}

// Done is closed when the link has ended.
func (l *Link) Done() <-chan struct{} { return l.done }

// fail ends the link because of err; the first reason stays.
func (l *Link) fail(err error) {
	l.once.Do(func() {
		l.mu.Lock()
		l.err = err
		l.mu.Unlock()
		close(l.done)
		go l.shutDown()
	})
}

// why is the reason the link ended, or err when it has not.
func (l *Link) why(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	return err
}
