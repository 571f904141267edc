package policy

// Proof is how well it is known which device this is. Each step proves more than the
// one before; the zero Proof is none.
type Proof uint8

// The proof ladder (PROTOCOL: C.3).
const (
	ProofNone     Proof = iota // nothing was said
	ProofReported              // the client said so
	ProofOwn                   // reported, and it is the sharer's own managed device
	ProofVerified              // signed by a key that management put on the device
)

var proofNames = [...]string{"none", "reported", "own", "verified"}

// String is the wire name.
func (p Proof) String() string { return name(proofNames[:], int(p)) }

// DeviceState is what the helper is told about the device before anything is seen.
// The zero state is unknown, never compliant.
type DeviceState uint8

// The four states of R7.
const (
	StateUnknown DeviceState = iota
	StateCompliant
	StateNotCompliant
	StateNotEnrolled
)

var stateNames = [...]string{"unknown", "compliant", "noncompliant", "unenrolled"}

// String is the wire name.
func (s DeviceState) String() string { return name(stateNames[:], int(s)) }

// ParseDeviceState reads a wire name; anything unknown is StateUnknown.
func ParseDeviceState(s string) DeviceState {
	for i, n := range stateNames {
		if n == s {
			return DeviceState(i)
		}
	}
	return StateUnknown
}

func name(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return names[0]
}

// ParseProof reads a wire name; anything unknown is ProofNone.
func ParseProof(s string) Proof {
	for i, n := range proofNames {
		if n == s {
			return Proof(i)
		}
	}
	return ProofNone
}
