package session

import (
	"context"
	"time"
)

// Channel is one of the negotiated data channels (PROTOCOL 1.0). No other is accepted.
type Channel uint16

// The channels.
const (
	ChanControl   Channel = 0 // reliable, ordered
	ChanInput     Channel = 1 // unordered, no retransmission: session's input log repairs
	ChanChat      Channel = 2 // reliable, ordered
	ChanClipboard Channel = 3 // reliable, ordered
	ChanPen       Channel = 4 // unordered, no retransmission
)

// A Link is an established, encrypted, authenticated connection to the peer, after ICE,
// DTLS and the second fingerprint comparison, before hello. session/rtc makes real ones,
// sessiontest.Pair two in memory. All methods are safe for concurrent use; each channel
// is read by one goroutine.
type Link interface {
	// Send sends one message of at most 64 KiB. On unreliable channels it may be lost.
	Send(ch Channel, b []byte) error
	// Recv returns the next message; the slice is the caller's. io.EOF once closed.
	Recv(ctx context.Context, ch Channel) ([]byte, error)
	// WritePacket sends one picture packet (<= 1160 bytes) from sharer to helper: RTP payload.
	// It does not block on the network. Packets may be lost, doubled or reordered.
	WritePacket(b []byte) error
	// ReadPacket returns the next picture packet on the helper's side; the slice is valid until the next call.
	ReadPacket(ctx context.Context) ([]byte, error)
	// WriteAck sends an acknowledgement (<= 200 bytes) from helper to sharer: RTCP APP.
	WriteAck(b []byte) error
	// ReadAck returns the next acknowledgement on the sharer's side; valid until the next call.
	ReadAck(ctx context.Context) ([]byte, error)
	// Status is the path as it is now.
	Status() LinkStatus
	// Close ends the link and wakes every reader with io.EOF. Idempotent.
	Close() error
}

// LinkStatus describes the path.
type LinkStatus struct {
	Relay bool          // through a TURN server
	RTT   time.Duration // of the ICE pair, 0 if unknown
}
