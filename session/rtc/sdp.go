package rtc

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/pion/webrtc/v4"
)

// No SDP crosses the wire: PeerConnection wants some, so each side writes the other's itself, from
// the template below. All that comes from the peer are the ICE credentials, whose characters parse
// has checked; the one fingerprint is the pairing's.

// part is what differs between the two sides' descriptions.
type part struct {
	kind      webrtc.SDPType
	setup     string // DTLS: active is the client
	direction string
	stream    string // lines that declare the stream of pictures
}

// parts of the sharer, who offers and so leads ICE, and of the helper, who answers.
func partOf(sharer bool) part {
	if sharer {
		return part{kind: webrtc.SDPTypeOffer, setup: "passive", direction: "sendonly", stream: fmt.Sprintf("a=ssrc:%d cname:beside\r\n", uint32(ssrc))}
	}
	return part{kind: webrtc.SDPTypeAnswer, setup: "active", direction: "recvonly"}
}

// describePeer writes the description that the peer with those credentials and that certificate
// would have sent. peerShares says which side the peer is.
func describePeer(peerShares bool, d description, fp [32]byte) webrtc.SessionDescription {
	p := partOf(peerShares)
	both := "c=IN IP4 0.0.0.0\r\n" +
		"a=ice-ufrag:" + d.Ufrag + "\r\na=ice-pwd:" + d.Pwd + "\r\na=setup:" + p.setup + "\r\n"
	return webrtc.SessionDescription{Type: p.kind, SDP: "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" +
		"a=fingerprint:sha-256 " + colons(fp) + "\r\na=group:BUNDLE 0 1\r\na=msid-semantic:WMS *\r\n" +
		fmt.Sprintf("m=video 9 UDP/TLS/RTP/SAVPF %d\r\n", payload) + both +
		fmt.Sprintf("a=mid:0\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:%d x-screen/90000\r\n", payload) + p.stream + "a=" + p.direction + "\r\n" +
		"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" + both +
		fmt.Sprintf("a=mid:1\r\na=sendrecv\r\na=sctp-port:5000\r\na=max-message-size:%d\r\n", maxMessage)}
}

// colons is the form in which SDP has a fingerprint.
func colons(fp [32]byte) string {
	var s []string
	for _, b := range fp {
		s = append(s, strings.ToUpper(hex.EncodeToString([]byte{b})))
	}
	return strings.Join(s, ":")
}
