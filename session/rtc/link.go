package rtc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"beside/session"
)

const (
	maxMessage  = 64 << 10 // of a data channel
	maxDatagram = 1200     // of a packet that is neither repeated nor cut
	queueLen    = 1024     // of each receiving queue
)

// ErrFlood means that the peer sent faster than anything is read, on a channel where nothing may be lost.
var ErrFlood = errors.New("rtc: the peer floods a channel")

// ErrExtra means that the peer opened a channel that the protocol does not have.
var ErrExtra = errors.New("rtc: the peer opened a channel of its own")

// Link is the connection once it is up.
type Link struct {
	sharer bool
	ice    *webrtc.ICETransport

	queues map[session.Channel]chan []byte
	pics   chan []byte
	acks   chan []byte
	opened chan struct{} // closed once the peer is known to receive
	heard  sync.Once

	mu    sync.Mutex
	dtls  *webrtc.DTLSTransport
	sctp  *webrtc.SCTPTransport
	chans map[session.Channel]io.ReadWriteCloser
	tx    *webrtc.RTPSender
	rx    *webrtc.RTPReceiver
	write webrtc.TrackLocalWriter
	seq   uint16
	err   error

	done   chan struct{}
	once   sync.Once
	closed sync.Once
	wg     sync.WaitGroup
}

var _ session.Link = (*Link)(nil)

func newLink(sharer bool) *Link {
	l := &Link{
		sharer: sharer, pics: make(chan []byte, queueLen), acks: make(chan []byte, queueLen),
		queues: map[session.Channel]chan []byte{}, chans: map[session.Channel]io.ReadWriteCloser{},
		opened: make(chan struct{}), done: make(chan struct{}),
	}
	for ch := range names {
		l.queues[ch] = make(chan []byte, queueLen)
	}
	return l
}

// names are the RTCP APP names of the channels that may lose; the others are data channels.
var names = map[session.Channel]string{ //nolint:gochecknoglobals // a table
	session.ChanControl: "", session.ChanInput: "INPT", session.ChanChat: "", session.ChanClipboard: "", session.ChanPen: "PEN ",
}

const (
	nameAck  = "SACK"
	nameOpen = "OPEN"
)

// watch ends the link when ICE gives up.
func (l *Link) watch() {
	l.ice.OnConnectionStateChange(func(s webrtc.ICETransportState) {
		if s == webrtc.ICETransportStateFailed || s == webrtc.ICETransportStateClosed {
			l.fail(errors.New("rtc: no path to the peer"))
		}
	})
}

func (l *Link) setDTLS(d *webrtc.DTLSTransport) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dtls = d
}

// open sets up channels and streams, and waits until the peer has done the same.
func (l *Link) open(ctx context.Context, a *webrtc.API) error {
	if err := l.openRTP(a); err != nil {
		return err
	}
	l.sctp = a.NewSCTPTransport(l.dtls)
	l.sctp.OnDataChannel(func(*webrtc.DataChannel) { l.fail(ErrExtra) })
	if err := l.sctp.Start(webrtc.SCTPCapabilities{MaxMessageSize: maxMessage}); err != nil {
		return l.why(fmt.Errorf("rtc: channels: %w", err))
	}
	for ch, name := range names {
		if name != "" {
			continue
		}
		id := uint16(ch)
		dc, err := a.NewDataChannel(l.sctp, &webrtc.DataChannelParameters{ID: &id, Negotiated: true, Ordered: true})
		if err != nil {
			return fmt.Errorf("rtc: channel %d: %w", ch, err)
		}
		rw, err := dc.Detach()
		if err != nil {
			return fmt.Errorf("rtc: channel %d: %w", ch, err)
		}
		l.chans[ch] = rw
		l.wg.Go(func() { l.readChannel(ch, rw) })
	}
	return l.sayOpen(ctx)
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

func (l *Link) openRTP(a *webrtc.API) error {
	enc := webrtc.RTPCodingParameters{SSRC: ssrc, PayloadType: payload}
	if l.sharer {
		tx, err := a.NewRTPSender(screenTrack{l}, l.dtls)
		if err != nil {
			return err
		}
		l.tx = tx
		p := tx.GetParameters()
		p.Encodings = []webrtc.RTPEncodingParameters{{RTPCodingParameters: enc}}
		if err := tx.Send(p); err != nil {
			return err
		}
		l.wg.Go(func() { l.readRTCP(tx.Read) })
		return nil
	}
	rx, err := a.NewRTPReceiver(webrtc.RTPCodecTypeVideo, l.dtls)
	if err != nil {
		return err
	}
	l.rx = rx
	err = rx.Receive(webrtc.RTPReceiveParameters{Encodings: []webrtc.RTPDecodingParameters{{RTPCodingParameters: enc}}})
	if err != nil {
		return err
	}
	l.wg.Go(l.readRTP)
	l.wg.Go(func() { l.readRTCP(rx.Read) })
	return nil
}

// screenTrack is the sharer's one track: it hands the writer to the link.
type screenTrack struct{ l *Link }

func (t screenTrack) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	t.l.write = c.WriteStream()
	return c.CodecParameters()[0], nil
}
func (screenTrack) Unbind(webrtc.TrackLocalContext) error { return nil }
func (screenTrack) ID() string                            { return "screen" }
func (screenTrack) RID() string                           { return "" }
func (screenTrack) StreamID() string                      { return "screen" }
func (screenTrack) Kind() webrtc.RTPCodecType             { return webrtc.RTPCodecTypeVideo }

// readRTP takes pictures in; when nobody reads, the oldest go.
func (l *Link) readRTP() {
	buf := make([]byte, 1500)
	var h rtp.Header
	for {
		n, _, err := l.rx.Track().Read(buf)
		if err != nil {
			l.fail(io.EOF)
			return
		}
		at, err := h.Unmarshal(buf[:n])
		if err != nil || h.PayloadType != payload {
			continue
		}
		push(l.pics, append([]byte(nil), buf[at:n]...))
	}
}

// push puts b in, and the oldest out when there is no room.
func push(q chan []byte, b []byte) {
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

func (l *Link) readRTCP(read func([]byte) (int, interceptor.Attributes, error)) {
	buf := make([]byte, 1500)
	for {
		n, _, err := read(buf)
		if err != nil {
			l.fail(io.EOF)
			return
		}
		ps, err := rtcp.Unmarshal(buf[:n])
		if err != nil {
			continue
		}
		for _, p := range ps {
			if a, ok := p.(*rtcp.ApplicationDefined); ok {
				l.heardApp(a.Name, a.Data)
			}
		}
	}
}

func (l *Link) heardApp(name string, data []byte) {
	if name == nameOpen {
		l.heard.Do(func() { close(l.opened) })
		if len(data) > 0 && data[0] == 0 {
			_ = l.app(nameOpen, []byte{1, 0, 0, 0}) // it may have missed ours
		}
		return
	}
	b := append([]byte(nil), data...)
	if name == nameAck {
		push(l.acks, b)
		return
	}
	for ch, n := range names {
		if n == name {
			push(l.queues[ch], b)
		}
	}
}

func (l *Link) readChannel(ch session.Channel, rw io.Reader) {
	buf := make([]byte, maxMessage)
	for {
		n, err := rw.Read(buf)
		if err != nil {
			l.fail(io.EOF)
			return
		}
		select {
		case l.queues[ch] <- append([]byte(nil), buf[:n]...):
		default:
			l.fail(ErrFlood)
			return
		}
	}
}

// app sends one RTCP APP packet.
func (l *Link) app(name string, data []byte) error {
	_, err := l.dtls.WriteRTCP([]rtcp.Packet{&rtcp.ApplicationDefined{SSRC: ssrc, Name: name, Data: data}})
	return err
}

// Send is session.Link's.
func (l *Link) Send(ch session.Channel, b []byte) error {
	select {
	case <-l.done:
		return io.ErrClosedPipe
	default:
	}
	name, ok := names[ch]
	switch {
	case !ok:
		return fmt.Errorf("rtc: no channel %d", ch)
	case name != "" && len(b) > maxDatagram, len(b) > maxMessage:
		return fmt.Errorf("rtc: %d bytes on channel %d", len(b), ch)
	case name != "":
		return l.app(name, b)
	}
	_, err := l.chans[ch].Write(b)
	return err
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

// WritePacket is session.Link's. It must be called by one goroutine at a time.
func (l *Link) WritePacket(b []byte) error {
	select {
	case <-l.done:
		return io.ErrClosedPipe
	default:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.write == nil {
		return errors.New("rtc: only the sharer sends pictures")
	}
	l.seq++
	_, err := l.write.WriteRTP(&rtp.Header{Version: 2, PayloadType: payload, SequenceNumber: l.seq, SSRC: ssrc}, b)
	return err
}

// ReadPacket is session.Link's.
func (l *Link) ReadPacket(ctx context.Context) ([]byte, error) { return l.recv(ctx, l.pics) }

// WriteAck is session.Link's.
func (l *Link) WriteAck(b []byte) error {
	select {
	case <-l.done:
		return io.ErrClosedPipe
	default:
		return l.app(nameAck, b)
	}
}

// ReadAck is session.Link's.
func (l *Link) ReadAck(ctx context.Context) ([]byte, error) { return l.recv(ctx, l.acks) }

// Status is session.Link's.
func (l *Link) Status() session.LinkStatus {
	var s session.LinkStatus
	if pair, err := l.ice.GetSelectedCandidatePair(); err == nil && pair != nil {
		s.Relay = pair.Local.Typ == webrtc.ICECandidateTypeRelay || pair.Remote.Typ == webrtc.ICECandidateTypeRelay
	}
	if st, ok := l.ice.GetSelectedCandidatePairStats(); ok {
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
		go l.shut()
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

// shut closes the transports, once.
func (l *Link) shut() {
	l.closed.Do(func() {
		if l.tx != nil {
			_ = l.tx.Stop()
		}
		if l.rx != nil {
			_ = l.rx.Stop()
		}
		if l.sctp != nil {
			_ = l.sctp.Stop()
		}
		l.mu.Lock()
		dtls := l.dtls
		l.mu.Unlock()
		if dtls != nil {
			_ = dtls.Stop()
		}
		_ = l.ice.Stop()
	})
}

// Close ends the link and waits for its goroutines.
func (l *Link) Close() error {
	l.fail(io.EOF)
	l.shut()
	l.wg.Wait()
	return nil
}
