package grant

import (
	"crypto/sha512"
	"encoding/binary"
)

// SID names one session between two apps (PROTOCOL 1.0): both apps and the endpoint can compute it,
// and as both nonces are in it nobody can make two honest apps use one twice.
func SID(session string, nH, nS []byte) [32]byte {
	var b []byte
	for _, p := range [][]byte{[]byte("beside-sid/1"), []byte(session), nH, nS} {
		b = append(binary.AppendUvarint(b, uint64(len(p))), p...)
	}
	h := sha512.Sum512(b)
	return [32]byte(h[:32])
}
