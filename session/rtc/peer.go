package rtc

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"beside/policy/api"
	"beside/session"
)

// Config says which side this is.
type Config struct {
	Sharer   bool // sends pictures, is the DTLS server; else the helper
	Loopback bool // loopback addresses may be offered and taken: development and tests only

	Roots     *x509.CertPool // authorities of relays over TLS; nil for the system's
	RelayOnly bool           // no path but by way of a relay
}

// Peer is one side of one connection. Its certificate is new and never stored. The methods are
// called in the order Local, Connect; Close may come at any time, from any goroutine.
type Peer struct {
	cfg  Config
	cert webrtc.Certificate
	fp   [32]byte

	mu      sync.Mutex
	link    *Link // Local's
	started bool  // by Connect
	closed  bool
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

// Local gathers where this side can be reached, for a peer with that fingerprint.
func (p *Peer) Local(ctx context.Context, list []api.ICEServer, peer [32]byte) ([]byte, error) {
	ufrag, pwd := rand.Text()[:16], rand.Text()+rand.Text()
	l := newLink(p.cfg.Sharer, peer)
	life, cut := context.WithCancel(context.WithoutCancel(ctx))
	l.cut = cut
	pc, err := newConnection(life, p.cfg, list, p.cert, ufrag, pwd, l)
	if err != nil {
		cut()
		return nil, fmt.Errorf("rtc: %w", err)
	}
	l.pc = pc
	p.mu.Lock()
	if p.closed || p.link != nil {
		p.mu.Unlock()
		cut()
		return nil, errors.Join(errors.New("rtc: gathered before, or closed"), pc.Close())
	}
	p.link = l
	p.mu.Unlock()
	found, err := l.prepare(ctx)
	if err != nil {
		return nil, err
	}
	return describe(ufrag, pwd, found, p.cfg.Loopback)
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
	l := p.link
	if l == nil || p.closed || p.started {
		p.mu.Unlock()
		return nil, errors.New("rtc: Connect without Local, or a second time")
	}
	p.started = true
	l.wg.Add(1) // start's
	p.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { l.fail(ctx.Err()) })
	err = l.start(ctx, d)
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

// Close ends the connection, whatever state it is in, in less than a second. Idempotent.
func (p *Peer) Close() error {
	p.mu.Lock()
	p.closed = true
	l := p.link
	p.mu.Unlock()
	if l != nil {
		return l.Close()
	}
	return nil
}
