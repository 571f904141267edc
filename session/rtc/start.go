package rtc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"beside/session"
)

const gatherFor = 2 * time.Second // how long addresses may be gathered

// prepare puts everything into the connection that it has, and gathers where this side can be
// reached. Both sides make an offer for that; the helper takes it back when the sharer's is known.
func (l *Link) prepare(ctx context.Context) ([]webrtc.ICECandidate, error) {
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
	l.pc.OnConnectionStateChange(l.changed)

	var mu sync.Mutex
	var found []webrtc.ICECandidate
	done := make(chan struct{})
	var once sync.Once
	l.pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c == nil {
			once.Do(func() { close(done) })
			return
		}
		mu.Lock()
		defer mu.Unlock()
		found = append(found, *c)
	})
	offer, err := l.pc.CreateOffer(nil)
	if err != nil {
		return nil, err
	}
	if err := l.pc.SetLocalDescription(offer); err != nil {
		return nil, err
	}
	t := time.NewTimer(gatherFor)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C: // what was found by now will do
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.done:
		return nil, l.why(io.EOF)
	}
	mu.Lock()
	defer mu.Unlock()
	return append([]webrtc.ICECandidate(nil), found...), nil
}

// changed ends the link with the connection, and says when it is up.
func (l *Link) changed(s webrtc.PeerConnectionState) {
	switch s {
	case webrtc.PeerConnectionStateConnected:
		l.upOnce.Do(func() { close(l.secure) })
	case webrtc.PeerConnectionStateFailed:
		dtls := l.pc.SCTP().Transport()
		if cert := dtls.GetRemoteCertificate(); dtls.State() == webrtc.DTLSTransportStateFailed && len(cert) > 0 && !isPeer(cert, l.peer) {
			l.fail(session.ErrFingerprint)
		}
		l.fail(errors.New("rtc: no path to the peer, or no encryption with it"))
	case webrtc.PeerConnectionStateClosed:
		l.fail(io.EOF)
	}
}

// start brings the link up, once. When it fails, the caller fails the link.
func (l *Link) start(ctx context.Context, d description) error {
	defer l.wg.Done() // newLink's: nobody waits for goroutines while start may add some
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
		if !isPeer(l.pc.SCTP().Transport().GetRemoteCertificate(), l.peer) { // pion has compared; again, by what DTLS says
			return session.ErrFingerprint
		}
	}
	return l.sayOpen(ctx)
}

// describe tells the connection who the peer is and where.
func (l *Link) describe(d description) error {
	remote := describePeer(!l.sharer, d, l.peer)
	if !l.sharer {
		own := l.pc.LocalDescription()
		if own == nil {
			return io.ErrClosedPipe
		}
		if err := l.pc.SetLocalDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeRollback, SDP: own.SDP}); err != nil {
			return fmt.Errorf("rtc: taking the offer back: %w", err)
		}
	}
	if err := l.pc.SetRemoteDescription(remote); err != nil {
		return fmt.Errorf("rtc: the peer's side: %w", err)
	}
	for _, c := range d.Candidates {
		r, err := c.remote()
		if err != nil {
			return err
		}
		if err := l.pc.SCTP().Transport().ICETransport().AddRemoteCandidate(r); err != nil {
			return fmt.Errorf("rtc: an address: %w", err)
		}
	}
	if l.sharer {
		return nil
	}
	answer, err := l.pc.CreateAnswer(nil)
	if err != nil {
		return fmt.Errorf("rtc: answer: %w", err)
	}
	return l.pc.SetLocalDescription(answer)
}

// isPeer says whether the peer showed exactly the certificate with that fingerprint.
func isPeer(cert []byte, peer [32]byte) bool {
	got := sha256.Sum256(cert)
	return len(cert) > 0 && subtle.ConstantTimeCompare(got[:], peer[:]) == 1
}
