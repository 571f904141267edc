package link

import "crypto/subtle"

const (
	parityEvery = 10 // fragments that one parity packet protects
	parityLeast = 4  // messages of fewer fragments get none
)

// groups is how many parity packets a message of that many fragments may have; fragment i
// belongs to group i modulo that, so that a burst hits many groups once.
func groups(of int) int {
	if of < parityLeast {
		return 0
	}
	return (of + parityEvery - 1) / parityEvery
}

// xorGroup appends the parity of one group to out: the sum of its fragments, the last one
// filled up with zeros.
func xorGroup(out, data []byte, of, group int) []byte {
	at := len(out)
	var zero [Payload]byte
	out = append(out, zero[:]...)
	sum := out[at:]
	for i := group; i < of; i += groups(of) {
		part := data[i*Payload : min((i+1)*Payload, len(data))]
		subtle.XORBytes(sum[:len(part)], sum[:len(part)], part)
	}
	return out
}
