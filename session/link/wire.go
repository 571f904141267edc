package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Sizes on the wire, in bytes.
const (
	Payload      = 1120
	MaxPacket    = packetHeader + Payload
	MaxFragments = 12288
	MaxMessage   = MaxFragments * Payload
	AckLen       = 80

	packetHeader = 24
	version      = 2
	mapBits      = 256
	doneBits     = 128
	refusedBits  = 32
)

// ErrMalformed means the peer sent bytes that are no packet or acknowledgement.
var ErrMalformed = errors.New("link: malformed")

// Kind says what a message is.
type Kind uint8

// The kinds.
const (
	// Picture messages stand alone, arrive in any order, and are abandoned when stale.
	Picture Kind = 0
	// State is repeated until it has arrived or a newer State replaces it.
	State Kind = 1

	ping   Kind = 2
	parity Kind = 4
)

func newer(a, b uint32) bool { return int32(a-b) > 0 }

func micros(t time.Duration) uint32 { return uint32(t.Microseconds()) }

type packet struct {
	kind     Kind
	number   uint32
	message  uint32
	frag, of int
	sent     uint32
	floor    uint32
	extra    int // parity: length of the last fragment
	payload  []byte
}

func (p packet) append(out []byte) []byte {
	out = append(out, version, byte(p.kind))
	out = binary.BigEndian.AppendUint32(out, p.number)
	out = binary.BigEndian.AppendUint32(out, p.message)
	out = binary.BigEndian.AppendUint16(out, uint16(p.frag))
	out = binary.BigEndian.AppendUint16(out, uint16(p.of))
	out = binary.BigEndian.AppendUint32(out, p.sent)
	out = binary.BigEndian.AppendUint32(out, p.floor)
	out = binary.BigEndian.AppendUint16(out, uint16(p.extra))
	return append(out, p.payload...)
}

func parsePacket(b []byte) (packet, error) {
	if len(b) < packetHeader || len(b) > MaxPacket || b[0] != version {
		return packet{}, fmt.Errorf("%w packet", ErrMalformed)
	}
	p := packet{
		kind:    Kind(b[1]),
		number:  binary.BigEndian.Uint32(b[2:]),
		message: binary.BigEndian.Uint32(b[6:]),
		frag:    int(binary.BigEndian.Uint16(b[10:])),
		of:      int(binary.BigEndian.Uint16(b[12:])),
		sent:    binary.BigEndian.Uint32(b[14:]),
		floor:   binary.BigEndian.Uint32(b[18:]),
		extra:   int(binary.BigEndian.Uint16(b[22:])),
		payload: b[packetHeader:],
	}
	ok := false
	switch p.kind {
	case ping:
		ok = p.frag == 0 && p.of == 0 && p.extra == 0 && len(p.payload) == 0
	case Picture, State:
		last := p.frag == p.of-1
		ok = p.frag < p.of && p.of <= MaxFragments && len(p.payload) > 0 && (last || len(p.payload) == Payload) &&
			!newer(p.floor, p.message) && p.extra == 0
	case parity:
		ok = p.of <= MaxFragments && p.frag < groups(p.of) && len(p.payload) == Payload &&
			p.extra > 0 && p.extra <= Payload && !newer(p.floor, p.message)
	}
	if !ok {
		return packet{}, fmt.Errorf("%w packet", ErrMalformed)
	}
	return p, nil
}
