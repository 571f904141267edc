// Package rtc makes the encrypted link between two apps out of pion's protocols: ICE, DTLS, SRTP
// and SCTP, without any SDP and without pion/webrtc's sessions on top.
//
// The protocols are used one by one, so there is no session description to parse and no place for a
// second fingerprint: DTLS is given exactly one, the one that the pairing proved, and the peer's
// certificate is compared with it again afterwards. What pion/webrtc would put around them does not
// fit a hostile peer: without a PeerConnection its SRTP sessions wait for ever at the first packet
// of a stream that nobody opened, and with them everything that closes.
//
// What runs where:
//
//   - pictures, sharer to helper: SRTP with a private payload type (video/x-screen, were there an
//     SDP to say so) and a fixed SSRC, no interceptors;
//   - acknowledgements of pictures, and the input and pen channels: SRTCP APP packets, named by
//     channel. They are unordered and never repeated, and are not held up by SCTP's congestion
//     control behind a clipboard. (As negotiated data channels of pion/datachannel v1.6.0 they would
//     not even be unreliable: it commits a channel's reliability to the stream only when DCEP's OPEN
//     or ACK comes in, and negotiated channels have neither.)
//   - control, chat and clipboard: SCTP streams 0, 2 and 3, messages as in WebRTC data channels that
//     were negotiated beforehand. Any other stream, and any DCEP message, ends the link.
//
// RTP and RTCP of any other SSRC are dropped before they cost anything. One goroutine takes in what
// ICE delivers and never waits for a reader, so a peer cannot hold up the end of the link.
//
// Both sides send OPEN until they have heard one: DTLS is up on one side before the other.
package rtc
