package sessiontest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"sync"

	"beside/policy/api"
	"beside/session"
)

// Network is where wires in memory meet. The zero Network is ready.
type Network struct {
	mu    sync.Mutex
	wires map[string]*Wire
	// Swap, if set, replaces the certificate that the peer of a wire sees: what a man in the middle does.
	Swap func(fp [32]byte) [32]byte
	// Links makes the ends of each link; Pair if nil.
	Links func() (sharer, helper session.Link)
}

// Wire is a session.Wire in memory. Like a real one it refuses a peer with another fingerprint.
type Wire struct {
	net    *Network
	sharer bool
	fp     [32]byte

	mu    sync.Mutex
	peer  [32]byte
	local bool // Local was called
	link  chan session.Link
	up    session.Link
}

// New makes the wire of one side.
func (n *Network) New(sharer bool) (session.Wire, error) {
	w := &Wire{net: n, sharer: sharer, link: make(chan session.Link, 1)}
	_, err := rand.Read(w.fp[:])
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.wires == nil {
		n.wires = map[string]*Wire{}
	}
	n.wires[hex.EncodeToString(w.fp[:])] = w
	return w, err
}

// Fingerprint is session.Wire's.
func (w *Wire) Fingerprint() [32]byte { return w.fp }

// Local is session.Wire's: in memory, one's address is one's name. It works once.
func (w *Wire) Local(_ context.Context, _ []api.ICEServer, peer [32]byte) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.local {
		return nil, errors.New("sessiontest: gathered before")
	}
	w.peer, w.local = peer, true
	return []byte(hex.EncodeToString(w.fp[:])), nil
}

// Connect is session.Wire's.
func (w *Wire) Connect(ctx context.Context, remote []byte) (session.Link, error) {
	w.net.mu.Lock()
	p := w.net.wires[string(remote)]
	w.net.mu.Unlock()
	if p == nil {
		return nil, errors.New("sessiontest: nobody there")
	}
	seen := p.fp
	if w.net.Swap != nil {
		seen = w.net.Swap(seen)
	}
	w.mu.Lock()
	want := w.peer
	w.mu.Unlock()
	if seen != want {
		return nil, session.ErrFingerprint
	}
	if w.sharer {
		links := w.net.Links
		if links == nil {
			links = Pair
		}
		s, h := links()
		p.link <- h
		w.setUp(s)
		return s, nil
	}
	select {
	case l := <-w.link:
		w.setUp(l)
		return l, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (w *Wire) setUp(l session.Link) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.up = l
}

// Close is session.Wire's.
func (w *Wire) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.up != nil {
		return w.up.Close()
	}
	return nil
}
