package rtc

import (
	"fmt"
	"io"
	"net"

	"github.com/pion/sctp"

	"beside/session"
)

// names are the RTCP APP names of the channels that may lose; the others are SCTP streams.
var names = map[session.Channel]string{ //nolint:gochecknoglobals // a table
	session.ChanControl: "", session.ChanInput: "INPT", session.ChanChat: "", session.ChanClipboard: "", session.ChanPen: "PEN ",
}

const (
	nameAck  = "SACK"
	nameOpen = "OPEN"
)

const sctpMTU = 1152 // a multiple of 4; with DTLS, UDP, TURN and IPv6 around it still below 1280

// openChannels sets SCTP up over DTLS, and the streams of the reliable channels on it.
func (l *Link) openChannels(conn net.Conn) error {
	a, err := sctp.ClientWithOptions(sctp.WithNetConn(conn), sctp.WithLoggerFactory(quiet{}),
		sctp.WithMTU(sctpMTU), sctp.WithMaxMessageSize(maxMessage))
	if err != nil {
		return fmt.Errorf("rtc: channels: %w", err)
	}
	l.mu.Lock()
	l.sctp = a
	l.mu.Unlock()
	if err := l.up(); err != nil { // closing may have begun before it could see this
		a.Abort("")
		return err
	}
	for ch, name := range names {
		if name != "" {
			continue
		}
		s, err := a.OpenStream(uint16(ch), sctp.PayloadTypeWebRTCBinary)
		if err != nil {
			return fmt.Errorf("rtc: channel %d: %w", ch, err)
		}
		l.streams[ch] = s
		l.wg.Go(func() { l.readChannel(ch, s) })
	}
	l.wg.Go(func() { l.refuse(a) })
	return nil
}

// refuse ends the link at the first stream that the protocol does not have.
func (l *Link) refuse(a *sctp.Association) {
	for {
		s, err := a.AcceptStream()
		if err != nil {
			l.fail(io.EOF) // SCTP has ended
			return
		}
		if name, ok := names[session.Channel(s.StreamIdentifier())]; !ok || name != "" {
			l.fail(ErrExtra)
			return
		}
	}
}

func (l *Link) readChannel(ch session.Channel, s *sctp.Stream) {
	buf := make([]byte, maxMessage)
	for {
		n, kind, err := s.ReadSCTP(buf)
		if err != nil {
			l.fail(io.EOF)
			return
		}
		switch kind {
		case sctp.PayloadTypeWebRTCBinary:
		case sctp.PayloadTypeWebRTCBinaryEmpty:
			n = 0
		default: // DCEP among them
			l.fail(ErrExtra)
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

// sendChannel sends one message on a reliable channel. SCTP has no empty messages (RFC 8831).
func (l *Link) sendChannel(ch session.Channel, b []byte) error {
	if len(b) == 0 {
		_, err := l.streams[ch].WriteSCTP([]byte{0}, sctp.PayloadTypeWebRTCBinaryEmpty)
		return err
	}
	_, err := l.streams[ch].WriteSCTP(b, sctp.PayloadTypeWebRTCBinary)
	return err
}
