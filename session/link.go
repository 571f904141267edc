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

// A Mender is a Link whose path can be found anew, over new addresses and with new credentials, under
// an encryption that goes on as it is: the peer is still the one whom the pairing proved. Restart,
// Finish and Rejoin may take a second, and are called by one goroutine; a peer's bad description is an error and
// changes nothing, any other error leaves the link without a path until the next restart.
type Mender interface {
	// Restart gives the path up, on the sharer's side, and tells where this side can be reached now.
	Restart(ctx context.Context) ([]byte, error)
	// Rejoin takes what the sharer's Restart told, on the helper's side, and tells the same about this side.
	Rejoin(ctx context.Context, remote []byte) ([]byte, error)
	// Finish takes what the helper's Rejoin told, on the sharer's side, once after each Restart.
	Finish(remote []byte) error
	// Moved says whether this machine has other addresses than when the path was looked for.
	Moved() bool
}

// LinkStatus describes the path.
type LinkStatus struct {
	Relay bool          // through a TURN server
	RTT   time.Duration // of the ICE pair, 0 if unknown
}
