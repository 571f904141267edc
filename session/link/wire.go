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
	AckLen       = 72

	packetHeader = 24
	version      = 1
	mapBits      = 256
	doneBits     = 128
)

// ErrMalformed means the peer sent bytes that are no packet or acknowledgement.
var ErrMalformed = errors.New("link: malformed")

// Kind says what a message is.
type Kind uint8

// The kinds. Pictures are abandoned when they are stale; the newest State is repeated
// until it has arrived.
const (
	Picture Kind = 0
	State   Kind = 1
	ping    Kind = 2
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
	out = append(out, 0, 0)
	return append(out, p.payload...)
}

func parsePacket(b []byte) (packet, error) {
	if len(b) < packetHeader || len(b) > MaxPacket || b[0] != version || b[22] != 0 || b[23] != 0 {
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
		payload: b[packetHeader:],
	}
	ok := false
	switch p.kind {
	case ping:
		ok = p.frag == 0 && p.of == 0 && len(p.payload) == 0
	case Picture, State:
		last := p.frag == p.of-1
		ok = p.frag < p.of && p.of <= MaxFragments && len(p.payload) > 0 && (last || len(p.payload) == Payload) &&
			!newer(p.floor, p.message)
	}
	if !ok {
		return packet{}, fmt.Errorf("%w packet", ErrMalformed)
	}
	return p, nil
}

type ack struct {
	hasDone          bool
	largest, arrival uint32
	delay, bytes     uint32
	done             uint32
	packets          [mapBits / 8]byte
	messages         [doneBits / 8]byte
}

func (a ack) append(out []byte) []byte {
	flags := byte(0)
	if a.hasDone {
		flags = 1
	}
	out = append(out, version, flags, 0, 0)
	for _, v := range []uint32{a.largest, a.arrival, a.delay, a.bytes, a.done} {
		out = binary.BigEndian.AppendUint32(out, v)
	}
	out = append(out, a.packets[:]...)
	return append(out, a.messages[:]...)
}

func parseAck(b []byte) (ack, error) {
	if len(b) != AckLen || b[0] != version || b[1] > 1 || b[2] != 0 || b[3] != 0 {
		return ack{}, fmt.Errorf("%w acknowledgement", ErrMalformed)
	}
	u := func(i int) uint32 { return binary.BigEndian.Uint32(b[i:]) }
	a := ack{hasDone: b[1] == 1, largest: u(4), arrival: u(8), delay: u(12), bytes: u(16), done: u(20)}
	copy(a.packets[:], b[24:])
	copy(a.messages[:], b[56:])
	return a, nil
}

// window remembers which serial numbers were seen, the newest and those just below it.
type window struct {
	begun  bool
	newest uint32
	bits   [mapBits / 64]uint64 // bit k: newest-1-k
}

// add says whether n is new; older than the window counts as seen.
func (w *window) add(n uint32) bool {
	if !w.begun {
		w.begun, w.newest = true, n
		return true
	}
	d := int32(n - w.newest)
	switch {
	case d > 0:
		w.shift(uint32(d))
		w.newest = n
		if d <= mapBits {
			w.bits[(d-1)/64] |= 1 << ((d - 1) % 64)
		}
		return true
	case d == 0 || -d > mapBits:
		return false
	}
	k := -d - 1
	if w.bits[k/64]&(1<<(k%64)) != 0 {
		return false
	}
	w.bits[k/64] |= 1 << (k % 64)
	return true
}

// has says whether n was seen, or is too old to know.
func (w *window) has(n uint32) bool {
	d := int32(w.newest - n)
	switch {
	case !w.begun || d < 0:
		return false
	case d == 0 || d > mapBits:
		return true
	}
	return w.bits[(d-1)/64]&(1<<((d-1)%64)) != 0
}

func (w *window) shift(by uint32) {
	if by >= mapBits {
		w.bits = [len(w.bits)]uint64{}
		return
	}
	for ; by >= 64; by -= 64 {
		copy(w.bits[1:], w.bits[:len(w.bits)-1])
		w.bits[0] = 0
	}
	if by == 0 {
		return
	}
	for i := len(w.bits) - 1; i >= 0; i-- {
		w.bits[i] <<= by
		if i > 0 {
			w.bits[i] |= w.bits[i-1] >> (64 - by)
		}
	}
}

func (w *window) put(out []byte) {
	for i := range out {
		out[i] = byte(w.bits[i/8] >> (8 * (i % 8)))
	}
}

func bit(m []byte, k int) bool { return m[k/8]&(1<<(k%8)) != 0 }
