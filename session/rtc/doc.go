// Package rtc makes the encrypted link between two apps out of pion/webrtc's PeerConnection.
//
// No SDP crosses the wire. PeerConnection wants some, so each side writes the other's itself, from a
// template that holds exactly one fingerprint: the one that the pairing proved. Only the peer's ICE
// credentials go into it, of which parse knows every character; candidates are handed over as values.
// The sharer offers, leads ICE and is the DTLS server. What DTLS showed is compared again afterwards.
//
// What runs where:
//
//   - pictures, sharer to helper: one track of a private payload type (video/x-screen) with a fixed
//     SSRC, no interceptors;
//   - acknowledgements of pictures, and the input and pen channels: RTCP APP packets, named by
//     channel. They are unordered and never repeated, and are not held up by SCTP's congestion
//     control behind a clipboard. (As negotiated data channels of pion/datachannel v1.6.0 they would
//     not even be unreliable: it commits a channel's reliability to the stream only when DCEP's OPEN
//     or ACK comes in, and negotiated channels have neither.)
//   - control, chat and clipboard: negotiated, ordered, reliable data channels 0, 2 and 3, detached
//     and always read. Any other channel, and any DCEP OPEN, ends the link.
//
// pion was made for peers that mean well, hence four guards around it. A sieve below ICE drops RTP
// and RTCP of any other SSRC, also out of what a relay wraps, over UDP, TCP or TLS: pion/srtp makes room for the
// stream of every SSRC that it meets, for RTP before it knows whether the packet is genuine, and keeps
// it until the end. The sieve also holds all media back until the connection takes new streams;
// before, one of them would keep it from closing. What SSRCs a peer names inside sealed RTCP
// costs pion some hundred bytes each, and 64 of them end the link. And what
// pion opens goes straight into our bounded queues, on pion's goroutines, which never wait for a
// reader. Close does not depend on any of it: it wakes readers first, and waits less than a second.
//
// Both sides send OPEN until they have heard one: DTLS is up on one side before the other.
package rtc
