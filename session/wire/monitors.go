package wire

import (
	"encoding/binary"
	"fmt"
	"image"

	"beside/frame"
)

type (
	// Monitors says which monitors the helper may see, and which he sees now (S).
	Monitors struct {
		Shown uint8 // number of one of List; 0 is all in one canvas
		All   bool  // the helper may ask for all in one canvas
		List  []Monitor
	}
	// Monitor is one of them. A name could be anything that somebody wrote, so there is none.
	Monitor struct {
		N       uint8           // the sharer's number for it, from 1
		Bounds  image.Rectangle // on the sharer's desktop, in pixels
		Primary bool
	}
	// Show asks to be shown one monitor, or with 0 all (H).
	Show struct{ Monitor uint8 }
)

func (Monitors) message() {}
func (Show) message()     {}

// MaxMonitors is how many there can be.
const MaxMonitors = 16

// monitorLen is the length of one: number, flags, place and size.
const monitorLen = 1 + 1 + 4 + 4 + 2 + 2

// maxPlace is how far from 0,0 a monitor can be, in pixels.
const maxPlace = 1 << 20

func appendMonitors(b []byte, m Monitors) []byte {
	be := binary.BigEndian
	b = append(b, m.Shown, flag(m.All))
	for _, d := range m.List {
		b = append(b, d.N, flag(d.Primary))
		b = be.AppendUint32(b, uint32(int32(d.Bounds.Min.X))) //nolint:gosec // within maxPlace
		b = be.AppendUint32(b, uint32(int32(d.Bounds.Min.Y))) //nolint:gosec // as above
		b = be.AppendUint16(b, uint16(d.Bounds.Dx()))         //nolint:gosec // at most frame.MaxSide
		b = be.AppendUint16(b, uint16(d.Bounds.Dy()))         //nolint:gosec // as above
	}
	return b
}

func parseMonitors(b []byte) (Message, error) {
	bad := func(what string) (Message, error) { return nil, fmt.Errorf("%w: monitors: %s", ErrBad, what) }
	if len(b) < 2 || (len(b)-2)%monitorLen != 0 || (len(b)-2)/monitorLen > MaxMonitors || b[1] > 1 {
		return bad("length")
	}
	m := Monitors{Shown: b[0], All: b[1] == 1}
	there := m.Shown == 0
	for b = b[2:]; len(b) > 0; b = b[monitorLen:] {
		d, ok := parseMonitor(b[:monitorLen])
		if n := len(m.List); !ok || n > 0 && m.List[n-1].N >= d.N {
			return bad("a monitor")
		}
		there = there || d.N == m.Shown
		m.List = append(m.List, d)
	}
	if !there {
		return bad("what is shown is not there")
	}
	return m, nil
}

func parseMonitor(b []byte) (Monitor, bool) {
	be := binary.BigEndian
	at := image.Pt(int(int32(be.Uint32(b[2:]))), int(int32(be.Uint32(b[6:])))) //nolint:gosec // as it was written
	size := image.Pt(int(be.Uint16(b[10:])), int(be.Uint16(b[12:])))
	far := max(at.X, -at.X, at.Y, -at.Y) > maxPlace
	if b[0] == 0 || b[1] > 1 || far || !frame.ValidSize(size) {
		return Monitor{}, false
	}
	return Monitor{N: b[0], Bounds: image.Rectangle{Min: at, Max: at.Add(size)}, Primary: b[1] == 1}, true
}
