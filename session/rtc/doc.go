// Package rtc makes the encrypted link between two apps out of pion: ICE, DTLS, SRTP and SCTP,
// without any SDP.
//
// The transports are used one by one (the ORTC interface), so there is no session description to
// parse and no place for a second fingerprint: DTLS is given exactly one, the one that the pairing
// proved, and the peer's certificate is compared with it again afterwards.
//
// What runs where:
//
//   - pictures, sharer to helper: RTP with a private payload type and a fixed SSRC, no interceptors;
//   - acknowledgements of pictures, and the input and pen channels: RTCP APP packets, named by
//     channel. They are unordered and never repeated. (Negotiated data channels of pion/datachannel
//     v1.6.0 never take their reliability parameters over: they stay reliable and ordered, and a
//     lone lost packet would wait for a second.)
//   - control, chat and clipboard: negotiated data channels 0, 2 and 3.
//
// Both sides send OPEN until they have heard one: pion reports "connected" before the other side
// can receive.
package rtc
