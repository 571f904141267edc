package link

import (
	"encoding/binary"
	"fmt"
)

type ack struct {
	hasDone, hasRefused bool
	largest, arrival    uint32
	delay, bytes        uint32
	done                uint32
	packets             [mapBits / 8]byte
	messages            [doneBits / 8]byte
	refused             uint32
	refusals            [refusedBits / 8]byte
}

func (a ack) append(out []byte) []byte {
	flags := byte(0)
	if a.hasDone {
		flags |= 1
	}
	if a.hasRefused {
		flags |= 2
	}
	out = append(out, version, flags, 0, 0)
	for _, v := range []uint32{a.largest, a.arrival, a.delay, a.bytes, a.done} {
		out = binary.BigEndian.AppendUint32(out, v)
	}
	out = append(out, a.packets[:]...)
	out = append(out, a.messages[:]...)
	out = binary.BigEndian.AppendUint32(out, a.refused)
	return append(out, a.refusals[:]...)
}

func parseAck(b []byte) (ack, error) {
	if len(b) != AckLen || b[0] != version || b[1] > 3 || b[2] != 0 || b[3] != 0 {
		return ack{}, fmt.Errorf("%w acknowledgement", ErrMalformed)
	}
	u := func(i int) uint32 { return binary.BigEndian.Uint32(b[i:]) }
	a := ack{
		hasDone: b[1]&1 != 0, hasRefused: b[1]&2 != 0,
		largest: u(4), arrival: u(8), delay: u(12), bytes: u(16), done: u(20), refused: u(72),
	}
	copy(a.packets[:], b[24:])
	copy(a.messages[:], b[56:])
	copy(a.refusals[:], b[76:])
	return a, nil
}

// covers says whether a serial number newest, with bits of m for those below it, names n.
func covers(newest uint32, m []byte, n uint32) bool {
	d := int32(newest - n)
	return d == 0 || (d > 0 && int(d) <= 8*len(m) && bit(m, int(d-1)))
}

func bit(m []byte, k int) bool { return m[k/8]&(1<<(k%8)) != 0 }
