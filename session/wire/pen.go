package wire

import (
	"encoding/binary"
	"fmt"
)

// Limits of the pen channel.
const (
	MaxPenPoints = 64   // in one message
	MaxStroke    = 4096 // in one stroke
)

// PenPoint is a place in the shared picture: 0,0 is the middle of its first pixel, 65535,65535 of
// its last.
type PenPoint struct{ X, Y uint16 }

// Laser says where the laser pointer is, or that there is none. Seq counts; an older one is late.
type Laser struct {
	Seq uint32
	On  bool
	At  PenPoint
}

// Stroke is a piece of a line: its points from number First on. Pieces overlap, because a message
// may be lost. ID counts from 1.
type Stroke struct {
	ID     uint32
	First  uint16
	Points []PenPoint // 1 to MaxPenPoints
}

const (
	tLaser = 1 + iota
	tStroke
)

// AppendLaser appends m's bytes to b.
func AppendLaser(b []byte, m Laser) []byte {
	b = binary.BigEndian.AppendUint32(append(b, tLaser), m.Seq)
	return appendPoint(append(b, flag(m.On)), m.At)
}

// AppendStroke appends m's bytes to b.
func AppendStroke(b []byte, m Stroke) []byte {
	b = binary.BigEndian.AppendUint32(append(b, tStroke), m.ID)
	b = binary.BigEndian.AppendUint16(b, m.First)
	for _, p := range m.Points {
		b = appendPoint(b, p)
	}
	return b
}

func appendPoint(b []byte, p PenPoint) []byte {
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, p.X), p.Y)
}

// ParsePen reads one message of the pen channel: a Laser or a Stroke. Errors wrap ErrBad.
func ParsePen(b []byte) (any, error) {
	be := binary.BigEndian
	point := func(b []byte) PenPoint { return PenPoint{be.Uint16(b), be.Uint16(b[2:])} }
	switch {
	case len(b) == 10 && b[0] == tLaser && b[5] <= 1:
		return Laser{be.Uint32(b[1:]), b[5] == 1, point(b[6:])}, nil
	case len(b) >= 11 && b[0] == tStroke && (len(b)-7)%4 == 0:
		m := Stroke{ID: be.Uint32(b[1:]), First: be.Uint16(b[5:])}
		n := (len(b) - 7) / 4
		if n > MaxPenPoints || int(m.First)+n > MaxStroke || m.ID == 0 {
			break
		}
		for i := range n {
			m.Points = append(m.Points, point(b[7+4*i:]))
		}
		return m, nil
	}
	return nil, fmt.Errorf("%w: pen", ErrBad)
}
