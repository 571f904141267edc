package pair

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"beside/internal/lv"
)

func sha256Of(s string) [32]byte { return sha256.Sum256([]byte(s)) }

// sides are the two halves of one honest run, before anything was said.
type sides struct {
	c, cs          Context
	lh, ls         Local
	secret, typed  string
	p1, p2, ta, tb func([]byte) []byte // what stands in the middle may change
}

func honest() sides {
	keep := func(b []byte) []byte { return b }
	return sides{
		c: besideContext(), cs: besideContext(), secret: "K7QX", typed: "K7QX",
		lh: Local{Fingerprint: rep(1), AppVersion: "1.0.0", Versions: []byte{1, 2}},
		ls: Local{Fingerprint: rep(2), AppVersion: "1.1.0", Versions: []byte{1, 3}},
		p1: keep, p2: keep, ta: keep, tb: keep,
	}
}

// play runs both sides; errH and errS are what each ended with.
func (x sides) play(t *testing.T) (kh, ks *Keys, errH, errS error) {
	t.Helper()
	h, p1, err := NewHelper(x.c, x.lh, x.secret)
	if err != nil {
		return nil, nil, err, nil
	}
	s, err := NewSharer(x.cs, x.ls, x.typed)
	if err != nil {
		return nil, nil, nil, err
	}
	p2, errS := s.Respond(x.p1(p1))
	if errS != nil {
		return nil, nil, nil, errS
	}
	ta, errH := h.Confirm(x.p2(p2))
	if errH != nil {
		return nil, nil, errH, nil
	}
	tb, ks, errS := s.Finish(x.ta(ta))
	if errS != nil {
		return nil, nil, nil, errS
	}
	kh, errH = h.Finish(x.tb(tb))
	return kh, ks, errH, errS
}

func TestHonestPairing(t *testing.T) {
	kh, ks, errH, errS := honest().play(t)
	if errH != nil || errS != nil {
		t.Fatal(errH, errS)
	}
	if kh.TH != ks.TH || kh.SID != ks.SID {
		t.Error("the sides hold different transcripts")
	}
	if kh.Peer.Fingerprint != rep(2) || ks.Peer.Fingerprint != rep(1) || kh.Peer.Version != 1 || ks.Peer.AppVersion != "1.0.0" {
		t.Errorf("peers: %+v %+v", kh.Peer, ks.Peer)
	}
	if err := ks.CheckHello(Helper, kh.Hello(Helper)); err != nil {
		t.Error("an honest hello was refused")
	}
	if ks.CheckHello(Helper, ks.Hello(Sharer)) == nil {
		t.Error("a reflected hello was accepted")
	}
}

// flip changes byte i of a message, from the end when i is negative.
func flip(i int) func([]byte) []byte {
	return func(b []byte) []byte {
		c := bytes.Clone(b)
		if i < 0 {
			c[len(c)+i] ^= 1
		} else {
			c[i] ^= 1
		}
		return c
	}
}

// Every attack on the pairing leaves at least one side without keys, and never both with them.
func TestAttacksOnPairing(t *testing.T) {
	otherID := "99999999-9999-4999-8999-999999999999"
	for name, mend := range map[string]func(*sides){
		"wrong code":                     func(x *sides) { x.typed = "K7QY" },
		"swapped fingerprint in P1":      func(x *sides) { x.p1 = flip(-10) },
		"swapped fingerprint in P2":      func(x *sides) { x.p2 = flip(-10) },
		"point changed in P1":            func(x *sides) { x.p1 = flip(5) },
		"Ta changed":                     func(x *sides) { x.ta = flip(3) },
		"Tb changed":                     func(x *sides) { x.tb = flip(3) },
		"Ta cut":                         func(x *sides) { x.ta = func(b []byte) []byte { return b[:63] } },
		"Tb empty":                       func(x *sides) { x.tb = func([]byte) []byte { return nil } },
		"endpoint lies about the sharer": func(x *sides) { x.c.SharerOID = otherID },
		"endpoint lies about the helper": func(x *sides) { x.cs.HelperOID = otherID },
		"another tenant":                 func(x *sides) { x.cs.Tenant = otherID },
		"another endpoint":               func(x *sides) { x.cs.Origin = "https://evil.example" },
		"another anchor":                 func(x *sides) { x.cs.AnchorID = rep(9) },
		"nonce of another session":       func(x *sides) { x.cs.NS = rep(7) },
		"another session id":             func(x *sides) { x.cs.SessionGUID = otherID },
		"versions stripped in P1":        func(x *sides) { x.p1 = stripVersion },
		"no version in common":           func(x *sides) { x.ls.Versions = []byte{9} },
		"helper's own message sent back": func(x *sides) { reflected(x) },
		"identity point":                 func(x *sides) { x.p1 = identity },
		"bytes behind P1":                func(x *sides) { x.p1 = func(b []byte) []byte { return append(bytes.Clone(b), 0) } },
		"P1 cut":                         func(x *sides) { x.p1 = func(b []byte) []byte { return b[:len(b)-1] } },
		"P1 far too long":                func(x *sides) { x.p1 = func([]byte) []byte { return make([]byte, 1<<20) } },
	} {
		t.Run(name, func(t *testing.T) {
			x := honest()
			mend(&x)
			kh, ks, errH, errS := x.play(t)
			if errH == nil && errS == nil {
				t.Fatal("nobody noticed")
			}
			if kh != nil && ks != nil {
				t.Fatal("both sides hold keys")
			}
			for _, err := range []error{errH, errS} {
				if err != nil && !errors.Is(err, ErrMismatch) && !errors.Is(err, ErrProtocol) && !errors.Is(err, ErrVersion) {
					t.Errorf("error %v is none of ours", err)
				}
			}
		})
	}
}

func stripVersion(b []byte) []byte {
	m, _ := lv.Cut(b, 2)
	f, _ := lv.Cut(m[1], 6)
	f[2] = f[2][:1]
	return lv.Cat(m[0], lv.Cat(f...))
}

func identity(b []byte) []byte {
	m, _ := lv.Cut(b, 2)
	return lv.Cat(make([]byte, 32), m[1])
}

func reflected(x *sides) {
	var p1 []byte
	x.p1 = func(b []byte) []byte { p1 = b; return b }
	x.p2 = func([]byte) []byte { return p1 }
}

func TestOneRunOnly(t *testing.T) {
	x := honest()
	h, p1, err := NewHelper(x.c, x.lh, x.secret)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSharer(x.cs, x.ls, x.typed)
	if err != nil {
		t.Fatal(err)
	}
	p2, err := s.Respond(p1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Respond(p1); !errors.Is(err, ErrProtocol) {
		t.Error("the sharer answered twice")
	}
	if _, err := h.Confirm(p2); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Confirm(p2); !errors.Is(err, ErrProtocol) {
		t.Error("the helper confirmed twice")
	}
	if _, err := h.Finish(make([]byte, 64)); err == nil {
		t.Error("a dead run went on")
	}
}

func TestAbortKills(t *testing.T) {
	x := honest()
	h, _, err := NewHelper(x.c, x.lh, x.secret)
	if err != nil {
		t.Fatal(err)
	}
	h.Abort()
	if _, err := h.Confirm(nil); !errors.Is(err, ErrProtocol) {
		t.Fatal("an aborted run went on")
	}
}

func TestSealed(t *testing.T) {
	kh, ks, errH, errS := honest().play(t)
	if errH != nil || errS != nil {
		t.Fatal(errH, errS)
	}
	seal, open := kh.Sealer(Helper), ks.Opener(Helper)
	one, err := seal.Seal([]byte("one"))
	if err != nil {
		t.Fatal(err)
	}
	two, _ := seal.Seal([]byte("two"))
	if b, err := open.Open(one); err != nil || string(b) != "one" {
		t.Fatal(b, err)
	}
	if _, err := open.Open(one); !errors.Is(err, ErrDuplicate) {
		t.Errorf("duplicate: %v", err)
	}
	if b, err := open.Open(two); err != nil || string(b) != "two" {
		t.Fatal(b, err)
	}
	if _, err := kh.Opener(Sharer).Open(one); !errors.Is(err, ErrProtocol) {
		t.Error("a reflected message was opened")
	}
	gap := ks.Opener(Helper)
	if _, err := gap.Open(two); !errors.Is(err, ErrProtocol) {
		t.Error("a gap was accepted")
	}
	if _, err := gap.Open(one); err == nil {
		t.Error("opened after a gap")
	}
	if bytes.Contains(one, []byte("one")) {
		t.Error("plaintext on the wire")
	}
	if _, err := seal.Seal(make([]byte, MaxSealed+1)); err == nil {
		t.Error("oversize was sealed")
	}
}

func TestParseCode(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"plain":      {"K7QXB3MN", "K7QXB3MN"},
		"lower":      {"k7qx-b3mn", "K7QXB3MN"},
		"spaces":     {"  k7 qx b3 mn ", "K7QXB3MN"},
		"long":       {"K7QX-B3MN45", "K7QXB3MN45"},
		"link":       {"beside://join#K7QXB3MN", "K7QXB3MN"},
		"link upper": {"BESIDE://JOIN#K7QX-B3MN", "K7QXB3MN"},
	} {
		t.Run(name, func(t *testing.T) {
			l, s, err := ParseCode(c.in)
			if err != nil || l+s != c.want {
				t.Fatalf("got %s%s, %v", l, s, err)
			}
		})
	}
	for name, in := range map[string]string{
		"short": "K7QX", "too long": strings.Repeat("B", 13), "vowel": "K7QXB3MA", "zero": "K7QXB3M0", "empty": "",
		"https": "https://evil.example/#K7QXB3MN", "flag": "beside://join#-x", "other host": "beside://evil#K7QXB3MN",
		"newline": "K7QX\nB3MN", "query": "beside://join?endpoint=x#K7QXB3MN", "huge": strings.Repeat("B", 1000), "percent": "beside://join#K7QX%00B3MN",
	} {
		t.Run(name, func(t *testing.T) {
			if l, s, err := ParseCode(in); err == nil {
				t.Fatalf("accepted as %s %s", l, s)
			}
		})
	}
	var bad *BadSymbolError
	if _, _, err := ParseCode("K7QXB3MÉ"); !errors.As(err, &bad) || bad.Symbol != 'É' {
		t.Errorf("the wrong symbol is not named: %v", err)
	}
}

func TestSecretIsUnbiased(t *testing.T) {
	s, err := NewSecret(26000)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range Alphabet {
		if n := strings.Count(s, string(r)); n < 800 || n > 1200 { // six sigma
			t.Errorf("%c stands %d times in 26000", r, n)
		}
	}
}

func TestSpent(t *testing.T) {
	s, err := NewSpent()
	if err != nil {
		t.Fatal(err)
	}
	if s.Spent("K7QX", "B3MN") {
		t.Fatal("spent before it was typed")
	}
	s.Spend("K7QX", "B3MN")
	if !s.Spent("K7QX", "B3MN") || s.Spent("K7QX", "B3MM") {
		t.Fatal("the wrong code is remembered")
	}
}

func FuzzParseMessage(f *testing.F) {
	x := honest()
	_, p1, err := NewHelper(x.c, x.lh, x.secret)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p1)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := NewSharer(x.cs, x.ls, x.typed)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Respond(b)
		if err == nil {
			if y, p, _ := parseMessage(b, Helper); !bytes.Equal(lv.Cat(y, p.ad(Helper)), b) {
				t.Fatal("two writings of one message")
			}
		}
	})
}

func FuzzParseCode(f *testing.F) {
	f.Add("beside://join#K7QX-B3MN")
	f.Add("k7qx b3mn")
	f.Fuzz(func(t *testing.T, in string) {
		l, s, err := ParseCode(in)
		if err == nil && (strings.Trim(l+s, Alphabet) != "" || len(l) != LocatorLen) {
			t.Fatalf("accepted %q as %q %q", in, l, s)
		}
	})
}
