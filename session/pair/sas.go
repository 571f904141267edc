package pair

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"sync"

	"beside/internal/lv"
)

// ModeSAS is the mode of a session that is started from the admin site (PROTOCOL 1.2): nobody types
// a code, people compare a number instead. Until they have, whoever is in the middle may be the peer.
const ModeSAS = "sas"

const (
	sasPublic = 32 // bytes of an X25519 key
	sasRandom = 32
)

// sasRun is what both sides' runs have in common. Each step counts once, and whatever goes wrong in
// one kills the run.
type sasRun struct {
	mu     sync.Mutex
	step   int
	local  Local
	sid    [32]byte
	ci     []byte
	key    *ecdh.PrivateKey
	random [sasRandom]byte
	own    []byte // lv(e, AD, r) of this side
	commit [32]byte
}

func newSAS(c Context, l Local, role Role, from io.Reader) (*sasRun, error) {
	if c.Mode != ModeSAS || !c.valid() || !l.valid() {
		return nil, ErrProtocol
	}
	r := &sasRun{local: l, sid: c.sid(), ci: c.ci()}
	var seed [32]byte
	if _, err := io.ReadFull(from, seed[:]); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(from, r.random[:]); err != nil {
		return nil, err
	}
	var err error
	if r.key, err = ecdh.X25519().NewPrivateKey(seed[:]); err != nil {
		return nil, err
	}
	clear(seed[:])
	r.own = lv.Cat(r.key.PublicKey().Bytes(), l.ad(role), r.random[:])
	return r, nil
}

// enter begins step n, once; the run is dead until done.
func (r *sasRun) enter(n int) error {
	if r.step != n {
		r.step = dead
		return ErrProtocol
	}
	r.step = dead
	return nil
}

// commitment is C for the helper's message lv(eH, ADa, rH).
func (r *sasRun) commitment(helper [][]byte) [32]byte {
	return sha256.Sum256(lv.Cat([]byte("beside-sas-commit/1"), r.sid[:], r.ci, helper[0], helper[1], helper[2]))
}

// finish computes the keys and the number. The parts are those of both sides' messages.
func (r *sasRun) finish(own Role, helper, sharer [][]byte, theirs []byte, peer Local) (*Keys, string, error) {
	public, err := ecdh.X25519().NewPublicKey(theirs)
	if err != nil {
		return nil, "", ErrProtocol
	}
	shared, err := r.key.ECDH(public) // refuses the all-zero secret
	if err != nil {
		return nil, "", ErrProtocol
	}
	defer clear(shared)
	v, ok := highestCommon(r.local.Versions, peer.Versions)
	if !ok {
		return nil, "", ErrVersion
	}
	k := &Keys{
		SID:  r.sid,
		TH:   sha512.Sum512(lv.Cat([]byte("beside-sas/1"), r.sid[:], r.ci, r.commit[:], helper[0], helper[1], helper[2], sharer[0], sharer[1], sharer[2])),
		Peer: Peer{Fingerprint: peer.Fingerprint, AppVersion: peer.AppVersion, Version: v},
	}
	k.fp[own], k.fp[own.peer()] = r.local.Fingerprint, peer.Fingerprint
	if k.prk, err = hkdf.Extract(sha512.New, shared, k.TH[:]); err != nil {
		return nil, "", err
	}
	b, err := hkdf.Expand(sha512.New, k.prk, "beside/1 sas", 8)
	if err != nil {
		return nil, "", err
	}
	return k, fmt.Sprintf("%06d", binary.BigEndian.Uint64(b)%1_000_000), nil
}

// cutSAS takes a message of a side apart and checks every field.
func cutSAS(b []byte, from Role) ([][]byte, Local, error) {
	if len(b) > maxMessage {
		return nil, Local{}, ErrProtocol
	}
	parts, ok := lv.Cut(bytes.Clone(b), 3)
	if !ok || len(parts[0]) != sasPublic || len(parts[2]) != sasRandom {
		return nil, Local{}, ErrProtocol
	}
	p, err := parseAD(parts[1], from)
	return parts, p, err
}

// HelperSAS is the helper's one run for one launch.
type HelperSAS struct{ *sasRun }

// NewHelperSAS starts the helper's run and returns the commitment, which is sent first.
func NewHelperSAS(c Context, l Local) (*HelperSAS, []byte, error) {
	return newHelperSAS(c, l, rand.Reader)
}

func newHelperSAS(c Context, l Local, from io.Reader) (*HelperSAS, []byte, error) {
	r, err := newSAS(c, l, Helper, from)
	if err != nil {
		return nil, nil, err
	}
	parts, _ := lv.Cut(r.own, 3)
	r.commit = r.commitment(parts)
	return &HelperSAS{r}, bytes.Clone(r.commit[:]), nil
}

// Reveal takes the sharer's share and returns what was committed to, which is sent now and never
// before, with the keys and the six digits that the helper reads aloud.
func (h *HelperSAS) Reveal(share []byte) (reveal []byte, k *Keys, number string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.enter(0); err != nil {
		return nil, nil, "", err
	}
	theirs, peer, err := cutSAS(share, Sharer)
	if err != nil {
		return nil, nil, "", err
	}
	own, _ := lv.Cut(h.own, 3)
	k, number, err = h.finish(Helper, own, theirs, theirs[0], peer)
	if err != nil {
		return nil, nil, "", err
	}
	return bytes.Clone(h.own), k, number, nil
}

// SharerSAS is the sharer's one run for one launch.
type SharerSAS struct{ *sasRun }

// NewSharerSAS prepares the sharer's run. Its key and random value are made here and shown to nobody
// before the commitment came.
func NewSharerSAS(c Context, l Local) (*SharerSAS, error) { return newSharerSAS(c, l, rand.Reader) }

func newSharerSAS(c Context, l Local, from io.Reader) (*SharerSAS, error) {
	r, err := newSAS(c, l, Sharer, from)
	if err != nil {
		return nil, err
	}
	return &SharerSAS{r}, nil
}

// Share takes the commitment and returns the share, once.
func (s *SharerSAS) Share(commit []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.enter(0); err != nil {
		return nil, err
	}
	if len(commit) != len(s.commit) {
		return nil, ErrProtocol
	}
	s.commit, s.step = [32]byte(commit), 1
	return bytes.Clone(s.own), nil
}

// Finish takes what the helper had committed to and returns the keys and the six digits that the
// sharer must hear. ErrMismatch if it is something else.
func (s *SharerSAS) Finish(reveal []byte) (*Keys, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.enter(1); err != nil {
		return nil, "", err
	}
	theirs, peer, err := cutSAS(reveal, Helper)
	if err != nil {
		return nil, "", err
	}
	if c := s.commitment(theirs); !hmac.Equal(c[:], s.commit[:]) {
		return nil, "", ErrMismatch
	}
	own, _ := lv.Cut(s.own, 3)
	return s.finish(Sharer, theirs, own, theirs[0], peer)
}

// Choices are the number and two others, in random order, of which the sharer must pick the one
// they hear. Any two differ in at least three places, so that mishearing one digit picks none.
func Choices(number string) ([3]string, error) {
	out := [3]string{number}
	for n := 1; n < len(out); {
		var b [8]byte
		if _, err := rand.Read(b[:]); err != nil {
			return out, err
		}
		x := fmt.Sprintf("%06d", binary.BigEndian.Uint64(b[:])%1_000_000)
		if !slices.ContainsFunc(out[:n], func(y string) bool { return differ(x, y) < 3 }) {
			out[n] = x
			n++
		}
	}
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return out, err
	}
	at := binary.BigEndian.Uint64(b[:]) % uint64(len(out))
	out[0], out[at] = out[at], out[0]
	return out, nil
}

func differ(a, b string) (n int) {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}
