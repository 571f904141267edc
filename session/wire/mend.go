package wire

import (
	"encoding/binary"
	"fmt"
)

// Mend is one step of finding the path between the apps anew (PROTOCOL 1.7). It travels sealed, through
// the endpoint.
type Mend struct {
	Step        MendStep
	N           uint32 // of the attempt, from 1; the answers repeat it
	Description []byte // of an offer and an answer: session/rtc's own encoding, opaque here; else nil
}

func (Mend) message() {}

// MendStep is what a Mend says.
type MendStep byte

// The steps, in their order.
const (
	MendAsk    MendStep = iota + 1 // sharer: are you there? Nothing was given up yet
	MendReady                      // helper: yes
	MendOffer                      // sharer: where it can be reached now
	MendAnswer                     // helper: the same about itself
)

const tMend = 65

func appendMend(b []byte, m Mend) []byte {
	b = binary.BigEndian.AppendUint32(append(b, tMend, byte(m.Step)), m.N)
	return append(b, m.Description...)
}

func parseMend(b []byte) (Message, error) {
	if len(b) < 6 {
		return nil, fmt.Errorf("%w: mend of %d bytes", ErrBad, len(b))
	}
	m := Mend{Step: MendStep(b[1]), N: binary.BigEndian.Uint32(b[2:])}
	b = b[6:]
	told := m.Step == MendOffer || m.Step == MendAnswer
	if m.Step < MendAsk || m.Step > MendAnswer || m.N == 0 || told != (len(b) > 0) || len(b) > MaxAddress {
		return nil, fmt.Errorf("%w: mend step %d of %d bytes", ErrBad, m.Step, len(b))
	}
	if told {
		m.Description = append([]byte(nil), b...)
	}
	return m, nil
}
