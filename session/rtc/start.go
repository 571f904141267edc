package rtc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"

	"beside/session"
)

// flight is how long DTLS waits before it repeats itself: with 1 s one lost packet costs a second.
const flight = 150 * time.Millisecond

// start brings the link up, once. When it fails, the caller fails the link.
func (l *Link) start(ctx context.Context, d description, cert tls.Certificate, peer [32]byte) error {
	defer l.wg.Done() // newLink's: nobody waits for goroutines while start may add some
	conn, err := l.startICE(ctx, d)
	if err != nil {
		return l.why(err)
	}
	l.mux = newMux(conn, l.takeMedia)
	l.wg.Go(l.mux.run)
	secure, err := l.startDTLS(ctx, cert, peer)
	if err != nil {
		if errors.Is(err, session.ErrFingerprint) {
			return err
		}
		return l.why(err)
	}
	if err := l.media.key(secure, !l.sharer); err != nil {
		return err
	}
	if err := l.openChannels(secure); err != nil {
		return l.why(err)
	}
	return l.sayOpen(ctx)
}

func (l *Link) startICE(ctx context.Context, d description) (net.Conn, error) {
	for _, c := range d.Candidates {
		r, err := c.remote()
		if err != nil {
			return nil, err
		}
		if err := l.agent.AddRemoteCandidate(r); err != nil {
			return nil, err
		}
	}
	err := l.agent.OnConnectionStateChange(func(s ice.ConnectionState) {
		if s == ice.ConnectionStateFailed || s == ice.ConnectionStateClosed {
			l.fail(errors.New("rtc: no path to the peer"))
		}
	})
	if err != nil {
		return nil, err
	}
	if l.sharer {
		return l.agent.Accept(ctx, d.Ufrag, d.Pwd)
	}
	return l.agent.Dial(ctx, d.Ufrag, d.Pwd)
}

// startDTLS makes sure of the peer's certificate twice: while shaking hands, and by what DTLS says
// afterwards.
func (l *Link) startDTLS(ctx context.Context, cert tls.Certificate, peer [32]byte) (*dtls.Conn, error) {
	opts := []dtls.Option{
		dtls.WithCertificates(cert),
		dtls.WithSRTPProtectionProfiles(profiles()...),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithFlightInterval(flight),
		dtls.WithLoggerFactory(quiet{}),
		dtls.WithInsecureSkipVerify(true), // no names and no authorities: the fingerprint decides
		dtls.WithVerifyPeerCertificate(func(raw [][]byte, _ [][]*x509.Certificate) error { return isPeer(raw, peer) }),
	}
	var conn *dtls.Conn
	var err error
	if l.sharer {
		so := []dtls.ServerOption{dtls.WithClientAuth(dtls.RequireAnyClientCert)}
		for _, o := range opts {
			so = append(so, o)
		}
		conn, err = dtls.ServerWithOptions(dtlsConn{l.mux}, l.mux.conn.RemoteAddr(), so...)
	} else {
		var co []dtls.ClientOption
		for _, o := range opts {
			co = append(co, o)
		}
		conn, err = dtls.ClientWithOptions(dtlsConn{l.mux}, l.mux.conn.RemoteAddr(), co...)
	}
	if err != nil {
		return nil, fmt.Errorf("rtc: encryption: %w", err)
	}
	l.mu.Lock()
	l.dtls = conn
	l.mu.Unlock()
	if err := l.up(); err != nil { // closing may have begun before it could see this
		return nil, errors.Join(err, conn.Close())
	}
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("rtc: encryption: %w", err)
	}
	state, ok := conn.ConnectionState()
	if !ok {
		return nil, errors.New("rtc: encryption is not up")
	}
	return conn, isPeer(state.PeerCertificates, peer)
}

// isPeer is nil when the peer showed exactly the certificate with that fingerprint.
func isPeer(raw [][]byte, peer [32]byte) error {
	if len(raw) == 0 {
		return session.ErrFingerprint
	}
	got := sha256.Sum256(raw[0])
	if subtle.ConstantTimeCompare(got[:], peer[:]) != 1 {
		return session.ErrFingerprint
	}
	return nil
}
