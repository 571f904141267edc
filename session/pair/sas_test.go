package pair

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"beside/internal/lv"
)

const sasDevice = "55555555-5555-4555-8555-555555555555"

func sasContext() Context {
	c := besideContext()
	c.Mode, c.Device = ModeSAS, sasDevice
	return c
}

func sasLocal(fp byte) Local {
	return Local{Fingerprint: rep(fp), AppVersion: "1.0.0", Versions: []byte{1}}
}

// sas is one launch, in which a test may change what arrives.
type sas struct {
	helper, sharer        Context
	local                 [2]Local
	commit, share, reveal func([]byte) []byte
	kh, ks                *Keys
	numH, numS            string
	errShare, errH, errS  error
}

func newSASPlay() *sas {
	same := func(b []byte) []byte { return b }
	return &sas{helper: sasContext(), sharer: sasContext(), local: [2]Local{sasLocal(0x0a), sasLocal(0x0b)}, commit: same, share: same, reveal: same}
}

func (x *sas) play(t *testing.T) {
	t.Helper()
	h, commit, err := NewHelperSAS(x.helper, x.local[0])
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSharerSAS(x.sharer, x.local[1])
	if err != nil {
		t.Fatal(err)
	}
	share, err := s.Share(x.commit(commit))
	if x.errShare = err; err != nil {
		return
	}
	reveal, kh, num, err := h.Reveal(x.share(share))
	x.kh, x.numH, x.errH = kh, num, err
	if err != nil {
		return
	}
	x.ks, x.numS, x.errS = s.Finish(x.reveal(reveal))
}

func TestSASVector(t *testing.T) {
	h, commit, err := newHelperSAS(sasContext(), sasLocal(0x0a), bytes.NewReader(append(bytes.Repeat([]byte{0x11}, 32), bytes.Repeat([]byte{0x12}, 32)...)))
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSharerSAS(sasContext(), sasLocal(0x0b), bytes.NewReader(append(bytes.Repeat([]byte{0x21}, 32), bytes.Repeat([]byte{0x22}, 32)...)))
	if err != nil {
		t.Fatal(err)
	}
	share, err := s.Share(commit)
	if err != nil {
		t.Fatal(err)
	}
	reveal, kh, numH, err := h.Reveal(share)
	if err != nil {
		t.Fatal(err)
	}
	ks, numS, err := s.Finish(reveal)
	if err != nil {
		t.Fatal(err)
	}
	// Computed by a second implementation of X25519, HKDF and the joins, in another language.
	for name, c := range map[string][2]string{
		"commitment":  {hex.EncodeToString(commit), "05eab3fa50b8350632faa1bc6edcd615621e29d696e5b973dfaed140b2b6d0e4"},
		"TH of H":     {hex.EncodeToString(kh.TH[:]), "9f2cc6168d54a282bacf7af5a985b24e4df57c45fc0d9f4ce61fc2829b24721d462534da0a6ead033ad46e75ad1728476e2b390b4ad63f7de995c893d55c6e05"},
		"TH of S":     {hex.EncodeToString(ks.TH[:]), hex.EncodeToString(kh.TH[:])},
		"H reads":     {numH, "927171"},
		"S must hear": {numS, "927171"},
		"signal key":  {hex.EncodeToString(kh.key("signal helper->sharer")), "78e107924279a201551754ea9382e9dff222bd853105fe39195d8ab25947cfd4"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %s, want %s", name, c[0], c[1])
		}
	}
}

func TestSASHonest(t *testing.T) {
	x := newSASPlay()
	x.play(t)
	if x.errShare != nil || x.errH != nil || x.errS != nil || x.numH != x.numS || len(x.numH) != 6 || x.kh.TH != x.ks.TH {
		t.Fatalf("%q %q %v %v %v", x.numH, x.numS, x.errShare, x.errH, x.errS)
	}
	if x.ks.CheckHello(Helper, x.kh.Hello(Helper)) != nil || x.kh.Peer.Fingerprint != rep(0x0b) || x.ks.Peer.Fingerprint != rep(0x0a) {
		t.Error("the link is not bound")
	}
	b, err := x.kh.Sealer(Helper).Seal([]byte("m"))
	if err != nil {
		t.Fatal(err)
	}
	if m, err := x.ks.Opener(Helper).Open(b); err != nil || string(m) != "m" {
		t.Errorf("%q %v", m, err)
	}
}

// Whatever the endpoint changes, either a side stops or the numbers differ; nobody holds the same
// keys with the same number and another belief.
func TestSASAttacks(t *testing.T) {
	part := func(i int, f func([]byte) []byte) func([]byte) []byte {
		return func(b []byte) []byte {
			parts, ok := lv.Cut(bytes.Clone(b), 3)
			if !ok {
				t.Fatal("no message")
			}
			parts[i] = f(parts[i])
			return lv.Cat(parts...)
		}
	}
	flipped := func(b []byte) []byte { b[3] ^= 4; return b }
	zero := func(b []byte) []byte { return make([]byte, len(b)) }
	ad := func(fp byte, r Role) func([]byte) []byte {
		return func([]byte) []byte { l := sasLocal(fp); return l.ad(r) }
	}
	for name, spoil := range map[string]func(*sas){
		"commitment":           func(x *sas) { x.commit = flipped },
		"short commitment":     func(x *sas) { x.commit = func(b []byte) []byte { return b[:31] } },
		"share key":            func(x *sas) { x.share = part(0, flipped) },
		"share zero key":       func(x *sas) { x.share = part(0, zero) },
		"share fingerprint":    func(x *sas) { x.share = part(1, ad(0x77, Sharer)) },
		"share random":         func(x *sas) { x.share = part(2, flipped) },
		"reflected share":      func(x *sas) { x.share = part(1, ad(0x0a, Helper)) },
		"share cut":            func(x *sas) { x.share = func(b []byte) []byte { return b[:len(b)-1] } },
		"share with more":      func(x *sas) { x.share = func(b []byte) []byte { return append(b, 0) } },
		"reveal key":           func(x *sas) { x.reveal = part(0, flipped) },
		"reveal zero key":      func(x *sas) { x.reveal = part(0, zero) },
		"reveal fingerprint":   func(x *sas) { x.reveal = part(1, ad(0x77, Helper)) },
		"reveal random":        func(x *sas) { x.reveal = part(2, flipped) },
		"other helper":         func(x *sas) { x.sharer.HelperOID = sasDevice },
		"other sharer":         func(x *sas) { x.helper.SharerOID = sasDevice },
		"other device":         func(x *sas) { x.helper.Device = x.helper.Tenant },
		"other endpoint":       func(x *sas) { x.helper.Origin += ":1" },
		"other anchor":         func(x *sas) { x.helper.AnchorID = rep(1) },
		"other session":        func(x *sas) { x.helper.SessionGUID = sasDevice },
		"other nonce":          func(x *sas) { x.sharer.NH = rep(1) },
		"no version in common": func(x *sas) { x.local[0].Versions = []byte{2} },
	} {
		x := newSASPlay()
		spoil(x)
		x.play(t)
		if x.errShare == nil && x.errH == nil && x.errS == nil && x.numH == x.numS {
			t.Errorf("%s: both see %s", name, x.numH)
		}
	}
}

// A man in the middle has to fix his commitment before he sees the sharer's random value, so what he
// finds afterwards that would give the right number is refused.
func TestSASCannotBeGround(t *testing.T) {
	s, err := NewSharerSAS(sasContext(), sasLocal(0x0b))
	if err != nil {
		t.Fatal(err)
	}
	_, commit, err := NewHelperSAS(sasContext(), sasLocal(0x66))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Share(commit); err != nil {
		t.Fatal(err)
	}
	better, _, err := NewHelperSAS(sasContext(), sasLocal(0x66))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Finish(better.own); !errors.Is(err, ErrMismatch) {
		t.Errorf("another key than the one committed to: %v", err)
	}
	if _, _, err := s.Finish(better.own); !errors.Is(err, ErrProtocol) {
		t.Errorf("a second try: %v", err)
	}
}

func TestSASOneRunOnly(t *testing.T) {
	h, commit, err := NewHelperSAS(sasContext(), sasLocal(0x0a))
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSharerSAS(sasContext(), sasLocal(0x0b))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Finish(h.own); !errors.Is(err, ErrProtocol) {
		t.Errorf("a reveal before the commitment: %v", err)
	}
	if _, err := s.Share(commit); !errors.Is(err, ErrProtocol) {
		t.Errorf("after an error: %v", err)
	}
	if s, err = NewSharerSAS(sasContext(), sasLocal(0x0b)); err != nil {
		t.Fatal(err)
	}
	share, err := s.Share(commit)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Share(commit); !errors.Is(err, ErrProtocol) {
		t.Errorf("a second share: %v", err)
	}
	if _, _, _, err := h.Reveal(share); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := h.Reveal(share); !errors.Is(err, ErrProtocol) {
		t.Errorf("a second reveal: %v", err)
	}
	for name, c := range map[string]Context{"code": besideContext(), "no device": func() Context { c := sasContext(); c.Device = ""; return c }()} {
		if _, _, err := NewHelperSAS(c, sasLocal(1)); !errors.Is(err, ErrProtocol) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := NewHelper(sasContext(), sasLocal(1), "K7QX"); !errors.Is(err, ErrProtocol) {
		t.Errorf("a code in mode sas: %v", err)
	}
}

func TestChoices(t *testing.T) {
	at := [3]int{}
	for range 600 {
		c, err := Choices("012345")
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for i, x := range c {
			if len(x) != 6 {
				t.Fatalf("%q", x)
			}
			if x == "012345" {
				at[i]++
				n++
			}
			for _, y := range c[:i] {
				if differ(x, y) < 3 {
					t.Errorf("%s and %s sound alike", x, y)
				}
			}
		}
		if n != 1 {
			t.Fatalf("%v", c)
		}
	}
	for i, n := range at { // 200 each, with a deviation of 12
		if n < 130 || n > 270 {
			t.Errorf("place %d: %d of 600", i, n)
		}
	}
}

func FuzzSASMessage(f *testing.F) {
	h, commit, err := NewHelperSAS(sasContext(), sasLocal(0x0a))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(h.own)
	f.Add(commit)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := NewSharerSAS(sasContext(), sasLocal(0x0b))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Share(commit); err != nil {
			t.Fatal(err)
		}
		if k, num, err := s.Finish(b); err == nil && (!bytes.Equal(b, h.own) || k == nil || len(num) != 6) {
			t.Errorf("%x was not committed to", b)
		}
	})
}

// Somebody in the middle who plays the protocol with each side has keys with both, and two numbers.
func TestSASManInTheMiddle(t *testing.T) {
	h, commit, err := NewHelperSAS(sasContext(), sasLocal(0x0a))
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSharerSAS(sasContext(), sasLocal(0x0b))
	if err != nil {
		t.Fatal(err)
	}
	toH, err := NewSharerSAS(sasContext(), sasLocal(0x66))
	if err != nil {
		t.Fatal(err)
	}
	toS, own, err := NewHelperSAS(sasContext(), sasLocal(0x66))
	if err != nil {
		t.Fatal(err)
	}
	shareH, err := toH.Share(commit)
	if err != nil {
		t.Fatal(err)
	}
	shareS, err := s.Share(own)
	if err != nil {
		t.Fatal(err)
	}
	_, _, numH, errH := h.Reveal(shareH)
	reveal, _, _, errM := toS.Reveal(shareS)
	if errH != nil || errM != nil {
		t.Fatal(errH, errM)
	}
	if _, numS, err := s.Finish(reveal); err != nil || numS == numH {
		t.Errorf("%s and %s, %v", numH, numS, err)
	}
}
