package rtc

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"

	"beside/policy/api"
	"beside/session"
)

// Config says which side this is.
type Config struct {
	Sharer   bool // sends pictures, is the DTLS server; else the helper
	Loopback bool // loopback addresses may be offered and taken: development and tests only
}

// Peer is one side of one connection. Its certificate is new and never stored. The methods are
// called in the order Local, Connect; Close may come at any time, from any goroutine.
type Peer struct {
	cfg  Config
	cert webrtc.Certificate
	fp   [32]byte

	mu     sync.Mutex
	api    *webrtc.API
	gather *webrtc.ICEGatherer
	peer   [32]byte
	link   *Link
	closed bool
}

var _ session.Wire = (*Peer)(nil)

// New makes a Peer with a new ECDSA P-256 certificate.
func New(cfg Config) (*Peer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	tpl := x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "beside"},
		NotBefore: now.Add(-48 * time.Hour), NotAfter: now.Add(48 * time.Hour), // clocks may be off; the fingerprint decides
	}
	der, err := x509.CreateCertificate(rand.Reader, &tpl, &tpl, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &Peer{cfg: cfg, cert: webrtc.CertificateFromX509(key, cert), fp: sha256.Sum256(der)}, nil
}

// Fingerprint is the SHA-256 of this side's certificate.
func (p *Peer) Fingerprint() [32]byte { return p.fp }

// The private payload: pictures of a screen. The SSRC is fixed, since there is one stream.
const (
	mime    = "video/x-beside-screen"
	payload = 96
	ssrc    = 0x42534431 // "BSD1"
)

// gatherFor is how long addresses may be gathered.
const gatherFor = 2 * time.Second

func newAPI(loopback bool) (*webrtc.API, error) {
	var se webrtc.SettingEngine
	se.LoggerFactory = quiet{}
	se.SetDTLSRetransmissionInterval(150 * time.Millisecond) // the default of 1 s makes one lost flight cost a second
	se.DetachDataChannels()
	se.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	se.SetICETimeouts(5*time.Second, 60*time.Second, 2*time.Second)
	se.SetIncludeLoopbackCandidate(loopback)
	se.SetSRTPReplayProtectionWindow(512)
	me := &webrtc.MediaEngine{}
	err := me.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90000}, PayloadType: payload,
	}, webrtc.RTPCodecTypeVideo)
	if err != nil {
		return nil, err
	}
	return webrtc.NewAPI(webrtc.WithSettingEngine(se), webrtc.WithMediaEngine(me),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{})), nil // empty: we acknowledge and repair ourselves
}

// quiet keeps pion from writing to standard error: what matters comes back as an error.
type quiet struct{}

func (quiet) NewLogger(string) logging.LeveledLogger {
	return logging.NewDefaultLeveledLoggerForScope("", logging.LogLevelDisabled, io.Discard)
}

// Local gathers where this side can be reached, for a peer with that fingerprint.
func (p *Peer) Local(ctx context.Context, servers []api.ICEServer, peer [32]byte) ([]byte, error) {
	a, err := newAPI(p.cfg.Loopback)
	if err != nil {
		return nil, err
	}
	opts := webrtc.ICEGatherOptions{ICEGatherPolicy: webrtc.ICETransportPolicyAll}
	for _, s := range servers {
		opts.ICEServers = append(opts.ICEServers, webrtc.ICEServer{URLs: s.URLs, Username: s.Username, Credential: s.Credential})
	}
	g, err := a.NewICEGatherer(opts)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	if p.closed || p.gather != nil {
		p.mu.Unlock()
		return nil, errors.Join(errors.New("rtc: gathered before, or closed"), g.Close())
	}
	p.api, p.gather, p.peer = a, g, peer
	p.mu.Unlock()
	done := make(chan struct{})
	var once sync.Once
	g.OnLocalCandidate(func(c *webrtc.ICECandidate) {
		if c == nil {
			once.Do(func() { close(done) })
		}
	})
	if err := g.Gather(); err != nil {
		return nil, err
	}
	t := time.NewTimer(gatherFor)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C: // what was found by now will do
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	params, err := g.GetLocalParameters()
	if err != nil {
		return nil, err
	}
	found, err := g.GetLocalCandidates()
	if err != nil {
		return nil, err
	}
	return describe(params, found, p.cfg.Loopback)
}

// Connect connects to the peer that sent remote. It returns once DTLS is up, the peer's certificate
// is the one that was told to Local, and both sides can receive. The error wraps
// session.ErrFingerprint when the certificate is another one.
func (p *Peer) Connect(ctx context.Context, remote []byte) (session.Link, error) {
	d, err := parse(remote, p.cfg.Loopback)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	if p.gather == nil || p.closed || p.link != nil {
		p.mu.Unlock()
		return nil, errors.New("rtc: Connect without Local, or a second time")
	}
	l := newLink(p.cfg.Sharer)
	l.ice = p.api.NewICETransport(p.gather)
	p.link = l
	p.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { l.fail(ctx.Err()) })
	err = p.start(ctx, l, d)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		l.fail(err)
		_ = l.Close()
		return nil, err
	}
	return l, nil
}

func (p *Peer) start(ctx context.Context, l *Link, d description) error {
	for _, c := range d.Candidates {
		r, err := c.remote()
		if err != nil {
			return err
		}
		if err := l.ice.AddRemoteCandidate(r); err != nil {
			return err
		}
	}
	role, peerDTLS := webrtc.ICERoleControlling, webrtc.DTLSRoleServer
	if p.cfg.Sharer {
		role, peerDTLS = webrtc.ICERoleControlled, webrtc.DTLSRoleClient
	}
	l.watch()
	if err := l.ice.Start(p.gather, webrtc.ICEParameters{UsernameFragment: d.Ufrag, Password: d.Pwd}, &role); err != nil {
		return l.why(err)
	}
	dtls, err := p.api.NewDTLSTransport(l.ice, []webrtc.Certificate{p.cert})
	if err != nil {
		return err
	}
	l.setDTLS(dtls)
	err = dtls.Start(webrtc.DTLSParameters{
		Role: peerDTLS, Fingerprints: []webrtc.DTLSFingerprint{{Algorithm: "sha-256", Value: colons(p.peer)}},
	})
	if err != nil {
		if got := dtls.GetRemoteCertificate(); len(got) > 0 && !p.isPeer(got) {
			return fmt.Errorf("%w: %w", session.ErrFingerprint, err)
		}
		return l.why(fmt.Errorf("rtc: encryption: %w", err))
	}
	if !p.isPeer(dtls.GetRemoteCertificate()) { // again, by ourselves
		return session.ErrFingerprint
	}
	return l.open(ctx, p.api)
}

func (p *Peer) isPeer(der []byte) bool {
	got := sha256.Sum256(der)
	return subtle.ConstantTimeCompare(got[:], p.peer[:]) == 1
}

// colons is a fingerprint as SDP writes it.
func colons(fp [32]byte) string {
	return strings.TrimSuffix(strings.ToUpper(fmt.Sprintf(strings.Repeat("%02x:", len(fp)), bytesOf(fp)...)), ":")
}

func bytesOf(fp [32]byte) []any {
	out := make([]any, len(fp))
	for i, b := range fp {
		out[i] = b
	}
	return out
}

// Close ends the connection, whatever state it is in. Idempotent.
func (p *Peer) Close() error {
	p.mu.Lock()
	p.closed = true
	l, g := p.link, p.gather
	p.mu.Unlock()
	if l != nil {
		return l.Close()
	}
	if g != nil {
		return g.Close()
	}
	return nil
}
