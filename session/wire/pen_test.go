package wire_test

import (
	"errors"
	"reflect"
	"testing"

	"beside/session/wire"
)

func appendPen(m any) []byte {
	switch m := m.(type) {
	case wire.Laser:
		return wire.AppendLaser(nil, m)
	case wire.Stroke:
		return wire.AppendStroke(nil, m)
	}
	return nil
}

func TestPenRoundTrip(t *testing.T) {
	for name, m := range map[string]any{
		"laser":   wire.Laser{Seq: 1 << 31, On: true, At: wire.PenPoint{X: 1, Y: 65535}},
		"off":     wire.Laser{Seq: 2},
		"point":   wire.Stroke{ID: 1, Points: []wire.PenPoint{{X: 3, Y: 4}}},
		"longest": wire.Stroke{ID: 1 << 31, First: wire.MaxStroke - wire.MaxPenPoints, Points: make([]wire.PenPoint, wire.MaxPenPoints)},
	} {
		t.Run(name, func(t *testing.T) {
			b := appendPen(m)
			if got, err := wire.ParsePen(b); err != nil || !reflect.DeepEqual(got, m) {
				t.Fatalf("got %v, %v", got, err)
			}
			for _, b := range [][]byte{b[:len(b)-1], append(b, 0)} {
				if m, err := wire.ParsePen(b); err == nil {
					t.Errorf("%d bytes are %v", len(b), m)
				}
			}
		})
	}
}

func TestPenRefuses(t *testing.T) {
	for name, b := range map[string][]byte{
		"empty": {}, "unknown type": {9, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "flag beyond": {1, 0, 0, 0, 0, 2, 0, 0, 0, 0},
		"no point": wire.AppendStroke(nil, wire.Stroke{ID: 1}), "no number": wire.AppendStroke(nil, wire.Stroke{Points: make([]wire.PenPoint, 1)}),
		"too many":      wire.AppendStroke(nil, wire.Stroke{ID: 1, Points: make([]wire.PenPoint, wire.MaxPenPoints+1)}),
		"beyond stroke": wire.AppendStroke(nil, wire.Stroke{ID: 1, First: wire.MaxStroke, Points: make([]wire.PenPoint, 1)}),
	} {
		t.Run(name, func(t *testing.T) {
			if m, err := wire.ParsePen(b); !errors.Is(err, wire.ErrBad) {
				t.Fatalf("got %v, %v", m, err)
			}
		})
	}
}

func FuzzPen(f *testing.F) {
	f.Add(wire.AppendLaser(nil, wire.Laser{Seq: 1, On: true}))
	f.Add(wire.AppendStroke(nil, wire.Stroke{ID: 1, First: 9, Points: make([]wire.PenPoint, 3)}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := wire.ParsePen(b); err == nil && string(appendPen(m)) != string(b) {
			t.Fatalf("%x is not what it was", b)
		}
	})
}
