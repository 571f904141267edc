package grant

import (
	"crypto/sha512"

	"beside/internal/lv"
)

// SID names one session between two apps (PROTOCOL 1.0): both apps and the endpoint can compute it,
// and as both nonces are in it nobody can make two honest apps use one twice.
func SID(session string, nH, nS []byte) [32]byte {
	h := sha512.Sum512(lv.Cat([]byte("beside-sid/1"), []byte(session), nH, nS))
	return [32]byte(h[:32])
}
