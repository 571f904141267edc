package rtc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/pion/webrtc/v4"

	"beside/session"
)

const gatherFor = 2 * time.Second // how long addresses may be gathered

// prepare puts everything into the connection that it has, and finds where this side can be reached.
// Nothing of the offer but the addresses is told to anybody, and only the sharer's is ever used: this
// is how PeerConnection says what it has gathered.
func (l *Link) prepare(ctx context.Context) ([]byte, error) {
	l.pc.OnConnectionStateChange(l.changed)
	if err := l.addChannels(); err != nil {
		return nil, err
	}
	var err error
	if l.sharer {
		_, err = l.pc.AddTransceiverFromTrack(&l.track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	} else {
		_, err = l.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	}
	if err != nil {
		return nil, err
	}
	if err := l.gathered(ctx, gatherFor); err != nil {
		return nil, err
	}
	if l.offer, err = l.pc.CreateOffer(nil); err != nil {
		return nil, err
	}
	return describe(l.offer, l.loopback)
}

// gathered waits until the addresses are there, but no longer than limit.
func (l *Link) gathered(ctx context.Context, limit time.Duration) error {
	l.from = ownAddresses()
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-webrtc.GatheringCompletePromise(l.pc):
	case <-t.C: // what was found by now will do
	case <-ctx.Done():
		return ctx.Err()
	case <-l.done:
		return l.why(io.EOF)
	}
	return nil
}

// changed ends the link with the connection, and says when it is up.
func (l *Link) changed(s webrtc.PeerConnectionState) {
	switch s {
	case webrtc.PeerConnectionStateConnected:
		l.upOnce.Do(func() { close(l.secure) })
	case webrtc.PeerConnectionStateFailed:
		l.fail(errors.New("rtc: no path to the peer, or no encryption with it"))
	case webrtc.PeerConnectionStateClosed:
		l.fail(io.EOF)
	default: // on its way, or looking for another path
	}
}

// start brings the link up, once. When it fails, the caller fails the link.
func (l *Link) start(ctx context.Context, d description) error {
	defer l.wg.Done() // Connect's: nobody waits for goroutines while start may add some
	err := l.connect(ctx, d)
	if cert := l.shown(); len(cert) > 0 && !isPeer(cert, l.peer) { // why pion let the connection fail; or a second look
		return session.ErrFingerprint
	}
	return err
}

func (l *Link) connect(ctx context.Context, d description) error {
	if err := l.describe(d); err != nil {
		return l.why(err)
	}
	for _, ready := range []chan struct{}{l.secure, l.channels} {
		select {
		case <-ready:
		case <-l.done:
			return l.why(io.EOF)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if !isPeer(l.shown(), l.peer) { // pion has compared; again, by what DTLS says
		return session.ErrFingerprint
	}
	l.open.Store(true) // pion takes channels after it takes media
	return l.sayOpen(ctx)
}

// shown is the certificate that the peer showed, empty until then.
func (l *Link) shown() []byte { return l.pc.SCTP().Transport().GetRemoteCertificate() }

// describe tells the connection who the peer is and where.
func (l *Link) describe(d description) error {
	remote := describePeer(!l.sharer, d, l.peer)
	if l.sharer {
		if err := l.pc.SetLocalDescription(l.offer); err != nil {
			return fmt.Errorf("rtc: this side: %w", err)
		}
	}
	if err := l.pc.SetRemoteDescription(remote); err != nil {
		return fmt.Errorf("rtc: the peer's side: %w", err)
	}
	if err := l.meetAt(d.Candidates); err != nil || l.sharer {
		return err
	}
	_, err := l.answer()
	return err
}

// meetAt tells the connection where the peer may be.
func (l *Link) meetAt(cs []candidate) error {
	for _, c := range cs {
		r, err := c.remote()
		if err != nil {
			return err
		}
		if err := l.pc.SCTP().Transport().ICETransport().AddRemoteCandidate(r); err != nil {
			return fmt.Errorf("rtc: an address: %w", err)
		}
	}
	return nil
}

// answer is the helper's half.
func (l *Link) answer() (webrtc.SessionDescription, error) {
	answer, err := l.pc.CreateAnswer(nil)
	if err != nil {
		return answer, fmt.Errorf("rtc: answer: %w", err)
	}
	return answer, l.pc.SetLocalDescription(answer)
}

// isPeer says whether the peer showed exactly the certificate with that fingerprint.
func isPeer(cert []byte, peer [32]byte) bool {
	got := sha256.Sum256(cert)
	return len(cert) > 0 && subtle.ConstantTimeCompare(got[:], peer[:]) == 1
}
