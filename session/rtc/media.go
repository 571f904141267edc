package rtc

import (
	"errors"
	"io"
	"sync"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/transport/v4/packetio"
	"github.com/pion/webrtc/v4"
)

// The private payload: pictures of a screen. The SSRC is fixed, since there is one stream.
const (
	payload = 96
	ssrc    = 0x42534431 // "BSD1"
	replay  = 512        // packets: how late one may come
)

// maxStrangers is how many SSRCs besides ours a peer may name inside its sealed RTCP: each costs pion
// some hundred bytes until the link ends.
const maxStrangers = 64

// screen is what the payload is called.
func screen() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{MimeType: "video/x-screen", ClockRate: 90000}
}

// track is the one track, sharer to helper. It is not webrtc.TrackLocalStaticRTP because the peer
// must know the SSRC, and PeerConnection would choose one by chance.
type track struct {
	mu  sync.Mutex
	out webrtc.TrackLocalWriter
	seq uint16
}

var _ webrtc.TrackLocal = (*track)(nil)

func (t *track) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	for _, p := range c.CodecParameters() {
		if p.PayloadType == payload {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.out = c.WriteStream()
			return p, nil
		}
	}
	return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
}

func (t *track) Unbind(webrtc.TrackLocalContext) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.out = nil
	return nil
}

func (t *track) ID() string                { return "screen" }
func (t *track) RID() string               { return "" }
func (t *track) StreamID() string          { return "screen" }
func (t *track) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeVideo }

// packet sends one RTP packet. That it does not get out is a loss like any other, unless the link
// has ended.
func (t *track) packet(b []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.out == nil {
		return io.ErrClosedPipe
	}
	t.seq++
	_, err := t.out.WriteRTP(&rtp.Header{Version: 2, PayloadType: payload, SequenceNumber: t.seq, SSRC: ssrc}, b)
	return ended(err)
}

// app sends one RTCP APP packet.
func (l *Link) app(name string, data []byte) error {
	return ended(l.pc.WriteRTCP([]rtcp.Packet{&rtcp.ApplicationDefined{SSRC: ssrc, Name: name, Data: data}}))
}

// ended is io.ErrClosedPipe when err says that there is no more link, else nil.
func ended(err error) error {
	if errors.Is(err, io.ErrClosedPipe) {
		return io.ErrClosedPipe
	}
	return nil
}

// buffer is where pion puts what it has opened of one SSRC. It asks for every SSRC that it meets.
func (l *Link) buffer(kind packetio.BufferPacketType, n uint32) io.ReadWriteCloser {
	switch {
	case n != ssrc:
		if l.strangers.Add(1) > maxStrangers {
			l.fail(ErrFlood)
		}
		return stranger{}
	case kind == packetio.RTCPBufferPacket:
		return newTap(l.takeRTCP)
	}
	return newTap(l.takeRTP)
}

// tap hands over what pion writes, at once and on pion's goroutine, so that there is no second queue
// behind ours that could be full. Nothing is ever there to read.
type tap struct {
	take func([]byte)
	done chan struct{}
	once sync.Once
}

func newTap(take func([]byte)) *tap { return &tap{take: take, done: make(chan struct{})} }

func (t *tap) Write(b []byte) (int, error) {
	t.take(b)
	return len(b), nil
}

func (t *tap) Read([]byte) (int, error) {
	<-t.done
	return 0, io.EOF
}

func (t *tap) Close() error {
	t.once.Do(func() { close(t.done) })
	return nil
}

// stranger takes what is not of our stream. It refuses, so that pion stops at the first stranger of a
// packet, and has nothing to read, so that pion waits for nothing.
type stranger struct{}

var errStranger = errors.New("rtc: not of our stream")

func (stranger) Write([]byte) (int, error) { return 0, errStranger }
func (stranger) Read([]byte) (int, error)  { return 0, io.EOF }
func (stranger) Close() error              { return nil }

// takeRTP takes an opened RTP packet of our stream in; when nobody reads, the oldest go.
func (l *Link) takeRTP(b []byte) {
	var h rtp.Header
	at, err := h.Unmarshal(b)
	if err != nil || l.sharer || h.SSRC != ssrc || h.PayloadType != payload {
		return
	}
	push(l.pics, b[at:])
}

// takeRTCP takes an opened RTCP packet in that has to do with our stream.
func (l *Link) takeRTCP(b []byte) {
	ps, err := rtcp.Unmarshal(b)
	if err != nil {
		return
	}
	for _, p := range ps {
		if a, ok := p.(*rtcp.ApplicationDefined); ok && a.SSRC == ssrc {
			l.heardApp(a.Name, a.Data)
		}
	}
}
