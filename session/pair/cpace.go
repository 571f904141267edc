package pair

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"crypto/subtle"

	"github.com/gtank/ristretto255"

	"beside/internal/lv"
)

// The constants of CPACE-RISTR255-SHA512.
const (
	dsi        = "CPaceRistretto255"
	hashBlock  = 128 // SHA-512's input block
	pointBytes = 32
)

// generator is the draft's calculate_generator: hash the padded, prefixed secret, map to the group.
func generator(prs, ci, sid []byte) (*ristretto255.Element, error) {
	h := sha512.Sum512(generatorString(prs, ci, sid))
	return ristretto255.NewIdentityElement().SetUniformBytes(h[:])
}

// generatorString pads so that secret and prefix fill exactly one block of the hash, whatever
// the secret's length.
func generatorString(prs, ci, sid []byte) []byte {
	head := len(lv.Cat([]byte(dsi), prs))
	pad := max(0, hashBlock-1-head)
	return lv.Cat([]byte(dsi), prs, make([]byte, pad), ci, sid)
}

// newScalar is a uniform scalar.
func newScalar() (*ristretto255.Scalar, error) {
	var b [64]byte
	if _, err := rand.Read(b[:]); err != nil {
		return nil, err
	}
	defer clear(b[:])
	return ristretto255.NewScalar().SetUniformBytes(b[:])
}

// shared is scalar_mult_vfy: it fails for a point that does not decode and for the identity,
// which ristretto255 decodes without an error.
func shared(y *ristretto255.Scalar, peer []byte) ([]byte, bool) {
	if len(peer) != pointBytes {
		return nil, false
	}
	p, err := ristretto255.NewIdentityElement().SetCanonicalBytes(peer)
	if err != nil {
		return nil, false
	}
	k := ristretto255.NewIdentityElement().ScalarMult(y, p).Bytes()
	if subtle.ConstantTimeCompare(k, make([]byte, pointBytes)) == 1 {
		return nil, false
	}
	return k, true
}

// isk is the intermediate session key over the initiator's and then the responder's message.
func isk(sid, k, transcript []byte) []byte {
	h := sha512.New()
	h.Write(lv.Cat([]byte(dsi+"_ISK"), sid, k))
	h.Write(transcript)
	return h.Sum(nil)
}

// tag is the draft's key confirmation over a side's own message.
func tag(sid, isk, msg []byte) []byte {
	key := sha512.New()
	key.Write([]byte("CPaceMac"))
	key.Write(sid)
	key.Write(isk)
	m := hmac.New(sha512.New, key.Sum(nil))
	m.Write(msg)
	return m.Sum(nil)
}
