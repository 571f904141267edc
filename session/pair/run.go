package pair

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha512"
	"sync"

	"github.com/gtank/ristretto255"

	"beside/internal/lv"
)

// run is what both sides' runs have in common. A run is used by one goroutine at a time; only
// Abort may come from another.
type run struct {
	mu     sync.Mutex
	step   int // of the next call; dead when negative
	role   Role
	local  Local
	sid    [32]byte
	ci     []byte
	y      *ristretto255.Scalar
	own    []byte // lv(Y, AD) of this side
	theirs []byte // lv(Y, AD) of the peer
	peer   Local
	isk    []byte
}

const dead = -1

func newRun(c Context, l Local, secret string, role Role, y *ristretto255.Scalar) (*run, error) {
	if c.Mode != "code" || !c.valid() || !l.valid() || len(secret) < MinCode-LocatorLen {
		return nil, ErrProtocol
	}
	if y == nil {
		var err error
		if y, err = newScalar(); err != nil {
			return nil, err
		}
	}
	r := &run{role: role, local: l, sid: c.sid(), ci: c.ci(), y: y}
	g, err := generator([]byte(secret), r.ci, r.sid[:])
	if err != nil {
		return nil, err
	}
	r.own = lv.Cat(ristretto255.NewIdentityElement().ScalarMult(y, g).Bytes(), l.ad(role))
	return r, nil
}

// enter begins step n, once. Whatever goes wrong in it kills the run: leave it with done.
func (r *run) enter(n int) error {
	if r.step != n {
		r.kill()
		return ErrProtocol
	}
	r.step = dead
	return nil
}

func (r *run) done(n int) { r.step = n + 1 }

func (r *run) kill() {
	r.step = dead
	clear(r.isk)
	if r.y != nil {
		r.y.Zero()
	}
}

// Abort kills the run for ever and forgets its secrets. Idempotent.
func (r *run) Abort() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kill()
}

// receive takes the peer's message and computes the key.
func (r *run) receive(b []byte) error {
	y, p, err := parseMessage(b, r.role.peer())
	if err != nil {
		return err
	}
	if bytes.Equal(b, r.own) {
		return ErrProtocol
	}
	k, ok := shared(r.y, y)
	if !ok {
		return ErrProtocol
	}
	defer clear(k)
	r.theirs, r.peer = bytes.Clone(b), p
	r.peer.Versions = bytes.Clone(p.Versions)
	r.isk = isk(r.sid[:], k, r.transcript())
	r.y.Zero()
	return nil
}

// transcript is the helper's message and then the sharer's.
func (r *run) transcript() []byte {
	if r.role == Helper {
		return append(bytes.Clone(r.own), r.theirs...)
	}
	return append(bytes.Clone(r.theirs), r.own...)
}

// confirmed compares the peer's tag in constant time.
func (r *run) confirmed(got []byte) bool { return hmac.Equal(got, tag(r.sid[:], r.isk, r.theirs)) }

// keys ends a run that both sides confirmed.
func (r *run) keys() (*Keys, error) {
	v, ok := highestCommon(r.local.Versions, r.peer.Versions)
	if !ok {
		r.kill()
		return nil, ErrVersion
	}
	k := &Keys{
		SID:  r.sid,
		TH:   sha512.Sum512(lv.Cat([]byte("beside-transcript/1"), r.sid[:], r.ci, r.transcript())),
		Peer: Peer{Fingerprint: r.peer.Fingerprint, AppVersion: r.peer.AppVersion, Version: v},
	}
	k.fp[r.role] = r.local.Fingerprint
	k.fp[r.role.peer()] = r.peer.Fingerprint
	prk, err := hkdf.Extract(sha512.New, r.isk, k.TH[:])
	if err != nil {
		return nil, err
	}
	k.prk = prk
	r.kill()
	return k, nil
}

// HelperRun is the helper's one run for one code.
type HelperRun struct{ *run }

// NewHelper starts the helper's run and returns P1.
func NewHelper(c Context, l Local, secret string) (h *HelperRun, p1 []byte, err error) {
	r, err := newRun(c, l, secret, Helper, nil)
	if err != nil {
		return nil, nil, err
	}
	return &HelperRun{r}, bytes.Clone(r.own), nil
}

// Confirm takes P2 and returns Ta. When it has returned, the code is dead, whatever it returned.
func (h *HelperRun) Confirm(p2 []byte) (ta []byte, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.enter(0); err != nil {
		return nil, err
	}
	if err := h.receive(p2); err != nil {
		h.kill()
		return nil, err
	}
	h.done(0)
	return tag(h.sid[:], h.isk, h.own), nil
}

// Finish takes Tb. ErrMismatch means that somebody typed a wrong code, or is interfering.
func (h *HelperRun) Finish(tb []byte) (*Keys, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.enter(1); err != nil {
		return nil, err
	}
	if !h.confirmed(tb) {
		h.kill()
		return nil, ErrMismatch
	}
	return h.keys()
}

// SharerRun is the sharer's one run for one typed code.
type SharerRun struct{ *run }

// NewSharer prepares the sharer's run; nothing is sent before P1 came.
func NewSharer(c Context, l Local, secret string) (*SharerRun, error) {
	r, err := newRun(c, l, secret, Sharer, nil)
	if err != nil {
		return nil, err
	}
	return &SharerRun{r}, nil
}

// Respond takes P1 and returns P2.
func (s *SharerRun) Respond(p1 []byte) (p2 []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.enter(0); err != nil {
		return nil, err
	}
	if err := s.receive(p1); err != nil {
		s.kill()
		return nil, err
	}
	s.done(0)
	return bytes.Clone(s.own), nil
}

// Finish takes Ta and returns Tb, or ErrMismatch and nothing to send.
func (s *SharerRun) Finish(ta []byte) (tb []byte, k *Keys, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.enter(1); err != nil {
		return nil, nil, err
	}
	if !s.confirmed(ta) {
		s.kill()
		return nil, nil, ErrMismatch
	}
	tb = tag(s.sid[:], s.isk, s.own)
	k, err = s.keys()
	return tb, k, err
}
