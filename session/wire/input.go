package wire

import (
	"encoding/binary"
	"fmt"

	"beside/input"
)

// MaxEvents is how many events one Input carries.
const MaxEvents = 64

// MaxInput is the largest Input in bytes.
const MaxInput = 16 << 10

// Input is the helper's side of the input channel: every event not yet acknowledged, in order,
// and the newest pointer position. It is sent more than once; events are applied once, by number.
type Input struct {
	Epoch uint32 // of the right that the events are sent under; others are refused
	First uint32 // number of Events[0]; numbers count up by one from 1
	// Events hold no Move: pointer positions are not a log, only the newest counts.
	Events []input.Event
	Moved  uint32     // counts positions; 0 if there is none
	Move   input.Move // where the pointer is after the last event
}

// Ack is the sharer's side: what was applied or refused, and where the pointer is.
type Ack struct {
	Next  uint32 // number of the first event not yet seen
	Moved uint32 // newest position seen
	Seq   uint32 // counts Acks, so that an old one is ignored
	X, Y  int32  // pointer, picture coordinates
	Shown bool   // pointer is in the picture and visible
}

const (
	tInput = 1
	tAck   = 2
)

// AppendInput appends the bytes of m.
func AppendInput(b []byte, m Input) []byte {
	be := binary.BigEndian
	b = be.AppendUint32(append(b, tInput), m.Epoch)
	b = be.AppendUint32(b, m.First)
	b = be.AppendUint32(b, m.Moved)
	b = append(b, byte(len(m.Events))) //nolint:gosec // at most MaxEvents
	if m.Moved != 0 {
		b = input.Append(b, m.Move)
	}
	for _, e := range m.Events {
		b = input.Append(b, e)
	}
	return b
}

// ParseInput reads an Input. Errors wrap ErrBad.
func ParseInput(b []byte) (Input, error) {
	if len(b) < 14 || len(b) > MaxInput || b[0] != tInput || b[13] > MaxEvents {
		return Input{}, fmt.Errorf("%w: input of %d bytes", ErrBad, len(b))
	}
	be := binary.BigEndian
	m := Input{Epoch: be.Uint32(b[1:]), First: be.Uint32(b[5:]), Moved: be.Uint32(b[9:])}
	n := int(b[13])
	b = b[14:]
	if m.Moved != 0 {
		e, rest, err := input.Parse(b)
		mv, ok := e.(input.Move)
		if err != nil || !ok {
			return Input{}, fmt.Errorf("%w: position", ErrBad)
		}
		m.Move, b = mv, rest
	}
	for range n {
		e, rest, err := input.Parse(b)
		if err != nil {
			return Input{}, fmt.Errorf("%w: event", ErrBad)
		}
		if _, ok := e.(input.Move); ok {
			return Input{}, fmt.Errorf("%w: a position in the log", ErrBad)
		}
		m.Events, b = append(m.Events, e), rest
	}
	if len(b) != 0 {
		return Input{}, fmt.Errorf("%w: bytes left over", ErrBad)
	}
	return m, nil
}

// AppendAck appends the bytes of m.
func AppendAck(b []byte, m Ack) []byte {
	be := binary.BigEndian
	b = be.AppendUint32(append(b, tAck), m.Next)
	b = be.AppendUint32(b, m.Moved)
	b = be.AppendUint32(b, m.Seq)
	b = be.AppendUint32(b, uint32(m.X)) //nolint:gosec // two's complement on purpose
	b = be.AppendUint32(b, uint32(m.Y)) //nolint:gosec // two's complement on purpose
	return append(b, flag(m.Shown))
}

// ParseAck reads an Ack. Errors wrap ErrBad.
func ParseAck(b []byte) (Ack, error) {
	if len(b) != 22 || b[0] != tAck || b[21] > 1 {
		return Ack{}, fmt.Errorf("%w: ack of %d bytes", ErrBad, len(b))
	}
	be := binary.BigEndian
	return Ack{
		Next: be.Uint32(b[1:]), Moved: be.Uint32(b[5:]), Seq: be.Uint32(b[9:]),
		X: int32(be.Uint32(b[13:])), Y: int32(be.Uint32(b[17:])), //nolint:gosec // two's complement on purpose
		Shown: b[21] == 1,
	}, nil
}
