package session

import (
	"context"
	"math"
	"sync"
	"time"

	"beside/input"
	"beside/session/wire"
)

// penEvery is the pace of the pen channel; penRepeat is how often the newest is said again, because
// messages may be lost, and penOverlap how many points each message repeats.
const (
	penEvery   = 16 * time.Millisecond
	penRepeat  = 3
	penOverlap = 24
)

// inkPen is what the helper points at, on its way out. It is safe for concurrent use.
type inkPen struct {
	mu     sync.Mutex
	open   bool // there is a session that may show it
	laser  wire.Laser
	laserN int // times still to say it
	stroke wire.Stroke
	from   int // points from here on were not said yet
	penN   int
	total  int // points drawn and not cleared
	wake   chan struct{}
}

func newInkPen() *inkPen { return &inkPen{wake: make(chan struct{}, 1)} }

func (k *inkPen) poke() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// setOpen lets what is drawn out, or not; closed, the line being drawn ends.
func (k *inkPen) setOpen(on bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.open = on
	if !on {
		k.stroke.Points, k.from, k.laserN, k.penN = nil, 0, 0, 0
		k.laser.On = false
	}
}

func (k *inkPen) point(at input.Move, on bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.open || input.Check(at) != nil || !on && !k.laser.On {
		return
	}
	k.laser = wire.Laser{Seq: k.laser.Seq + 1, On: on, At: penPoint(at)}
	k.laserN = penRepeat
	k.poke()
}

func (k *inkPen) draw(at input.Move, begin bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.open || input.Check(at) != nil || k.total >= inkPoints {
		return
	}
	p := penPoint(at)
	if n := len(k.stroke.Points); begin || n >= wire.MaxStroke {
		k.stroke.ID++
		k.stroke.Points, k.from = nil, 0
	} else if n == 0 || k.stroke.Points[n-1] == p {
		return // cleared while drawing, or at rest
	}
	k.stroke.Points = append(k.stroke.Points, p)
	k.total++
	k.penN = penRepeat
	k.poke()
}

// clear forgets every line that is gone at the sharer's.
func (k *inkPen) clear(upto uint32) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if upto >= k.stroke.ID {
		k.stroke.ID = max(k.stroke.ID, upto)
		k.stroke.Points, k.from, k.penN, k.total = nil, 0, 0, 0
	}
}

// newest is the number of the newest line.
func (k *inkPen) newest() uint32 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stroke.ID
}

func penPoint(at input.Move) wire.PenPoint {
	f := func(v float64) uint16 { return uint16(math.Round(min(max(v, 0), 1) * 65535)) }
	return wire.PenPoint{X: f(at.X), Y: f(at.Y)}
}

// run sends until ctx ends.
func (k *inkPen) run(ctx context.Context, link Link) error {
	t := time.NewTicker(penEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-k.wake:
		}
		for more := true; more; {
			var out [][]byte
			out, more = k.next()
			for _, b := range out {
				_ = link.Send(ChanPen, b) // a dead link shows as silence
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-t.C:
			}
		}
	}
}

// next is what is to be said now; more says whether there will be something at the next turn.
func (k *inkPen) next() (out [][]byte, more bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.laserN > 0 {
		k.laserN--
		out = append(out, wire.AppendLaser(nil, k.laser))
	}
	if k.penN > 0 && len(k.stroke.Points) > 0 {
		first := max(0, k.from-penOverlap)
		last := min(len(k.stroke.Points), first+wire.MaxPenPoints)
		m := wire.Stroke{ID: k.stroke.ID, First: uint16(first), Points: k.stroke.Points[first:last]} //nolint:gosec // at most MaxStroke
		out = append(out, wire.AppendStroke(nil, m))
		if k.from = last; last == len(k.stroke.Points) {
			k.penN--
		}
	}
	return out, k.laserN > 0 || k.penN > 0
}

// Laser points at a place in the picture, or with on false no longer. Without a session nothing is sent.
func (h *Helper) Laser(at input.Move, on bool) { h.pen.point(at, on) }

// Draw draws to a place in the picture; begin starts a new line there. Beyond a generous number of
// points the pen is dry until ClearInk.
func (h *Helper) Draw(at input.Move, begin bool) { h.pen.draw(at, begin) }

// ClearInk removes every line.
func (h *Helper) ClearInk() { h.box.post(command{kind: cmdClearInk}) }
