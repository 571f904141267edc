package rtc

import (
	"fmt"
	"io"

	"github.com/pion/datachannel"
	"github.com/pion/webrtc/v4"

	"beside/session"
)

// names are the RTCP APP names of the channels that may lose; the others are data channels.
var names = map[session.Channel]string{ //nolint:gochecknoglobals // a table
	session.ChanControl: "", session.ChanInput: "INPT", session.ChanChat: "", session.ChanClipboard: "", session.ChanPen: "PEN ",
}

const (
	nameAck  = "SACK"
	nameOpen = "OPEN"
)

// addChannels adds the reliable channels to the connection, and ends the link at any other and when
// SCTP ends. It comes before the connection does anything.
func (l *Link) addChannels() error {
	l.pc.OnDataChannel(func(*webrtc.DataChannel) { l.fail(ErrExtra) })
	s := l.pc.SCTP()
	s.OnError(func(error) { l.fail(ErrExtra) }) // of a stream that is no channel
	s.OnClose(func(err error) {
		if err != nil {
			l.fail(ErrExtra)
		}
		l.fail(io.EOF)
	})
	for ch, name := range names {
		if name != "" {
			continue
		}
		id, yes := uint16(ch), true
		d, err := l.pc.CreateDataChannel("", &webrtc.DataChannelInit{ID: &id, Negotiated: &yes})
		if err != nil {
			return fmt.Errorf("rtc: channel %d: %w", ch, err)
		}
		d.OnOpen(func() { l.openChannel(ch, d) })
	}
	return nil
}

// openChannel takes a channel over from pion.
func (l *Link) openChannel(ch session.Channel, d *webrtc.DataChannel) {
	raw, err := d.Detach()
	if err != nil {
		l.fail(fmt.Errorf("rtc: channel %d: %w", ch, err))
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil || l.streams[ch] != nil {
		return
	}
	l.streams[ch] = raw
	l.wg.Go(func() { l.readChannel(ch, raw) })
	if len(l.streams) == len(names)-lossy {
		close(l.channels)
	}
}

func (l *Link) readChannel(ch session.Channel, r datachannel.Reader) {
	buf := make([]byte, maxMessage)
	for {
		n, text, err := r.ReadDataChannel(buf)
		switch {
		case err != nil:
			l.fail(io.EOF)
			return
		case text:
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

// sendChannel sends one message on a reliable channel.
func (l *Link) sendChannel(ch session.Channel, b []byte) error {
	l.mu.Lock()
	s := l.streams[ch]
	l.mu.Unlock()
	if s == nil {
		return io.ErrClosedPipe
	}
	_, err := s.Write(b)
	return err
}
