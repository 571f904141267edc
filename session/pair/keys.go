package pair

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha512"

	"beside/internal/lv"
)

// Keys is what a confirmed pairing leaves. It is safe for concurrent use until Zero.
type Keys struct {
	SID  [32]byte
	TH   [64]byte // transcript hash: names the pairing in grants
	Peer Peer

	prk []byte
	fp  [3][32]byte // by role
}

// key derives one key.
func (k *Keys) key(label string) []byte {
	b, err := hkdf.Expand(sha512.New, k.prk, "beside/1 "+label, 32)
	if err != nil {
		return make([]byte, 32) // cannot happen: 32 bytes are far below HKDF's limit
	}
	return b
}

// Hello is the MAC that side r sends first over the link: it ties DTLS to the pairing.
func (k *Keys) Hello(r Role) []byte {
	m := hmac.New(sha512.New, k.key("hello "+r.String()))
	m.Write(lv.Cat([]byte("beside-hello/1"), []byte(r.String()), k.TH[:], k.fp[Helper][:], k.fp[Sharer][:]))
	return m.Sum(nil)
}

// CheckHello compares the MAC that side r sent, in constant time.
func (k *Keys) CheckHello(r Role, got []byte) error {
	if !hmac.Equal(got, k.Hello(r)) {
		return ErrMismatch
	}
	return nil
}

// Reconnect is the secret for a restart of the sharer's machine.
func (k *Keys) Reconnect() [32]byte { return [32]byte(k.key("reconnect")) }

// Zero forgets the keys. Sealers and Openers made before go on working until they are dropped.
func (k *Keys) Zero() { clear(k.prk) }
