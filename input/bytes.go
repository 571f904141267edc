package input

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// ErrBad wraps what was wrong with the bytes of an event.
var ErrBad = errors.New("input: bad event")

const (
	tMove = 1 + iota
	tButton
	tScroll
	tKey
	tText
)

// Append appends e's bytes: a type byte and fixed big-endian fields. Fractions are 32 bits, which
// is finer than a pixel of any screen; scrolls are hundredths of a detent.
func Append(b []byte, e Event) []byte {
	switch e := e.(type) {
	case Move:
		return appendMove(append(b, tMove), e)
	case Button:
		return append(appendMove(append(b, tButton), e.At), e.Code, flag(e.Down))
	case Scroll:
		b = appendMove(append(b, tScroll), e.At)
		return appendDetents(appendDetents(b, e.DX), e.DY)
	case Key:
		return append(binary.BigEndian.AppendUint16(append(b, tKey), e.Usage), flag(e.Down))
	case Text:
		b = binary.BigEndian.AppendUint16(append(b, tText), uint16(len(e.S))) //nolint:gosec // at most 4*MaxText
		return append(b, e.S...)
	}
	return b
}

// Parse reads one event and returns what follows it. The event passed Check. Errors wrap ErrBad.
func Parse(b []byte) (Event, []byte, error) {
	if len(b) == 0 {
		return nil, nil, fmt.Errorf("%w: empty", ErrBad)
	}
	t, b := b[0], b[1:]
	n := map[byte]int{tMove: 8, tButton: 10, tScroll: 12, tKey: 3, tText: 2}[t]
	if n == 0 || len(b) < n {
		return nil, nil, fmt.Errorf("%w: type %d of %d bytes", ErrBad, t, len(b))
	}
	f, rest := b[:n], b[n:]
	var e Event
	switch t {
	case tMove:
		e = parseMove(f)
	case tButton:
		if f[9] > 1 {
			return nil, nil, fmt.Errorf("%w: flag", ErrBad)
		}
		e = Button{parseMove(f), f[8], f[9] == 1}
	case tScroll:
		e = Scroll{parseMove(f), parseDetents(f[8:]), parseDetents(f[10:])}
	case tKey:
		if f[2] > 1 {
			return nil, nil, fmt.Errorf("%w: flag", ErrBad)
		}
		e = Key{binary.BigEndian.Uint16(f), f[2] == 1}
	case tText:
		l := int(binary.BigEndian.Uint16(f))
		if l > len(rest) {
			return nil, nil, fmt.Errorf("%w: text", ErrBad)
		}
		e, rest = Text{string(rest[:l])}, rest[l:]
	}
	if Check(e) != nil {
		return nil, nil, fmt.Errorf("%w: out of range", ErrBad)
	}
	return e, rest, nil
}

func appendMove(b []byte, m Move) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(math.Round(m.X*math.MaxUint32)))
	return binary.BigEndian.AppendUint32(b, uint32(math.Round(m.Y*math.MaxUint32)))
}

func parseMove(b []byte) Move {
	v := func(i int) float64 { return float64(binary.BigEndian.Uint32(b[i:])) / math.MaxUint32 }
	return Move{v(0), v(4)}
}

func appendDetents(b []byte, v float64) []byte {
	return binary.BigEndian.AppendUint16(b, uint16(int16(math.Round(v*100)))) //nolint:gosec // within ±MaxScroll
}

func parseDetents(b []byte) float64 {
	return float64(int16(binary.BigEndian.Uint16(b))) / 100 //nolint:gosec // two's complement on purpose
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}
