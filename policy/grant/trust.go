package grant

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Pin is what a device remembers of one organisation's endpoint between starts.
type Pin struct {
	Tenant string `json:"tid"`
	Root   []byte `json:"root,omitempty"` // deployed anchor that Anchor descends from, if any
	Anchor []byte `json:"anchor"`
	Next   []byte `json:"next,omitempty"` // named by Anchor to follow it
	Seq    uint64 `json:"seq"`            // the highest statement seen
}

// Pins keeps the Pin. It is used by one Trust at a time.
type Pins interface {
	// Load returns the zero Pin when there is none yet.
	Load() (Pin, error)
	Save(Pin) error
}

// FilePins keeps the Pin in a file of mode 0600.
type FilePins string

// Load reads the pin. A file that cannot be understood is an error, never a missing pin: else
// damaging it would bring trust on first use back.
func (f FilePins) Load() (Pin, error) {
	b, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return Pin{}, nil
	} else if err != nil {
		return Pin{}, err
	}
	var p Pin
	if err := strict(b, &p); err != nil {
		return Pin{}, fmt.Errorf("pin file: %w", err)
	}
	if len(p.Anchor) != ed25519.PublicKeySize || p.Tenant == "" {
		return Pin{}, errors.New("pin file: no anchor in it")
	}
	return p, nil
}

// Save replaces the file as a whole.
func (f FilePins) Save(p Pin) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(string(f)), 0o700); err != nil {
		return err
	}
	tmp := string(f) + ".new"
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, string(f))
}

// Trust is which anchor this device believes and how far the statements have come. It is safe
// for concurrent use.
type Trust struct {
	tenant string
	pins   Pins
	now    func() time.Time

	mu  sync.Mutex
	pin Pin
}

// NewTrust starts from the anchor that the installation was given, or, if deployed is nil, from
// the pin of an earlier start, or else from nothing: then First pins the first anchor it is shown.
func NewTrust(tenant string, deployed ed25519.PublicKey, pins Pins, now func() time.Time) (*Trust, error) {
	p, err := pins.Load()
	if err != nil {
		return nil, err
	}
	if p.Tenant != tenant {
		p = Pin{Tenant: tenant}
	}
	if deployed != nil {
		if len(deployed) != ed25519.PublicKeySize {
			return nil, refuse("anchor", "%d bytes", len(deployed))
		}
		switch {
		case p.Anchor != nil && bytes.Equal(p.Root, deployed): // perhaps rotated since
		case bytes.Equal(p.Anchor, deployed):
			p.Root = bytes.Clone(deployed)
		default: // management replaced the anchor: nothing the old one said counts, its successor neither
			p = Pin{Tenant: tenant, Root: bytes.Clone(deployed), Anchor: bytes.Clone(deployed)}
		}
	}
	return &Trust{tenant: tenant, pins: pins, now: now, pin: p}, nil
}

// First takes the anchor an endpoint shows when none is known yet, and refuses with
// ErrAnchorChanged when another one is. The successor that the known one named may be shown
// too; it changes nothing.
func (t *Trust) First(shown []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case len(shown) != ed25519.PublicKeySize:
		return refuse("anchor", "%d bytes", len(shown))
	case t.pin.Anchor == nil:
		t.pin.Anchor = bytes.Clone(shown)
		return t.pins.Save(t.pin)
	case !bytes.Equal(t.pin.Anchor, shown) && !bytes.Equal(t.pin.Next, shown):
		return ErrAnchorChanged
	}
	return nil
}

// ID names the anchor; ok is false while there is none.
func (t *Trust) ID() (id [32]byte, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return AnchorID(t.pin.Anchor), t.pin.Anchor != nil
}

// Statement checks a key statement against the anchor and never lets the sequence go back. One
// that names the next anchor is remembered: the trust moves there with the first statement that
// the next anchor signs.
func (t *Trust) Statement(jws string) (Statement, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	next := t.pin
	s, err := VerifyStatement(jws, t.pin.Anchor, t.tenant, t.now(), t.pin.Seq)
	if err != nil && t.pin.Next != nil {
		next.Anchor, next.Next = t.pin.Next, nil
		s, err = VerifyStatement(jws, next.Anchor, t.tenant, t.now(), t.pin.Seq)
	}
	if err != nil {
		return Statement{}, err
	}
	next.Seq = max(next.Seq, s.Seq)
	next.Next = nil // a statement may also take the successor back
	if len(s.Next) == ed25519.PublicKeySize && !bytes.Equal(s.Next, next.Anchor) {
		next.Next = s.Next
	}
	if next.Seq != t.pin.Seq || !bytes.Equal(next.Anchor, t.pin.Anchor) || !bytes.Equal(next.Next, t.pin.Next) {
		if err := t.pins.Save(next); err != nil {
			return Statement{}, err
		}
		t.pin = next
	}
	return s, nil
}
