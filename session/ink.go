package session

import (
	"context"
	"image"
	"sync"
	"time"

	"beside/input"
	"beside/policy/api"
	"beside/session/wire"
)

// An Overlay draws on the sharer's real screen what the helper points at, above other windows and
// without taking a click; app/overlay makes them. Places are in desktop coordinates. It is safe for
// concurrent use; a call returns once the screen shows it. What it draws is on the screen, and so in
// the picture that is sent: that is how the helper sees it, where and when the sharer does.
type Overlay interface {
	// Laser moves the laser pointer there, or with on false takes it away.
	Laser(at image.Point, on bool) error
	// Line draws a line through these points, at least one.
	Line(points []image.Point) error
	// Clear removes everything.
	Clear() error
	// Close removes everything, for good.
	Close() error
}

// Inked says whether the helper's pen has left something on the screen that can be cleared.
type Inked struct{ On bool }

func (Inked) event() {}

// Limits of what a helper can draw.
const (
	laserFor  = 3 * time.Second // the pointer goes when it rests that long
	inkPoints = 20_000          // on the screen at once; then the pen is dry until it is cleared
)

// ink is what the helper has drawn, at the sharer's side.
type ink struct {
	open func() (Overlay, error) // nil: pointing is not possible here
	own  input.Windows           // may be nil
	area func() image.Rectangle
	out  outbox

	mu      sync.Mutex
	over    Overlay
	held    bool // nothing may be drawn: Beside asks something, or the person has paused
	broken  bool
	laser   uint32 // newest seen
	hide    *time.Timer
	strokes map[uint32]*strokeSeen
	newest  uint32
	upto    uint32 // cleared
	points  int
}

type strokeSeen struct {
	next int
	last image.Point
}

// hold removes everything and draws nothing until hold(false). When it returns, the screen is clean.
// upto is the newest line that is gone.
func (k *ink) hold(on bool) (upto uint32) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held = on; on {
		k.clear()
	}
	return k.upto
}

// clear removes everything that was drawn so far, also what is still on its way.
func (k *ink) clear() (upto uint32) {
	k.upto = max(k.upto, k.newest)
	if k.points > 0 {
		k.out.emit(Inked{})
	}
	k.strokes, k.points = nil, 0
	if k.over != nil && k.over.Clear() != nil {
		k.close()
		k.broken = true
	}
	return k.upto
}

// wipe is clear for a person's press; upto is the newest stroke that is gone.
func (k *ink) wipe(upto uint32) uint32 {
	k.mu.Lock()
	defer k.mu.Unlock()
	if upto-k.newest < 1<<16 { // the helper may have drawn more than has come; no further
		k.newest = upto
	}
	return k.clear()
}

func (k *ink) close() {
	if k.hide != nil {
		k.hide.Stop()
	}
	if k.over != nil {
		_ = k.over.Close()
		k.over = nil
	}
}

// take draws one message and says whether it was let in.
func (k *ink) take(m any) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held || k.broken || k.open == nil {
		return false
	}
	if k.over == nil {
		var err error
		if k.over, err = k.open(); err != nil {
			k.broken, k.over = true, nil
			return false
		}
	}
	switch m := m.(type) {
	case wire.Laser:
		return k.point(m)
	case wire.Stroke:
		return k.stroke(m)
	}
	return false
}

func (k *ink) point(m wire.Laser) bool {
	if int32(m.Seq-k.laser) <= 0 { //nolint:gosec // serial arithmetic
		return true // late, not wrong
	}
	k.laser = m.Seq
	at := k.place(m.At)
	on := m.On && !k.ours(at)
	if k.hide != nil {
		k.hide.Stop()
	}
	if on {
		k.hide = time.AfterFunc(laserFor, func() {
			k.mu.Lock()
			defer k.mu.Unlock()
			if k.over != nil && k.laser == m.Seq {
				_ = k.over.Laser(at, false)
			}
		})
	}
	return k.over.Laser(at, on) == nil
}

// stroke draws the points that are new. Where a piece was lost the line goes straight on.
func (k *ink) stroke(m wire.Stroke) bool {
	if m.ID <= k.upto {
		return true // cleared meanwhile
	}
	s := k.strokes[m.ID]
	if s == nil {
		s = &strokeSeen{}
	}
	skip := max(0, s.next-int(m.First))
	if skip >= len(m.Points) {
		return true // seen before
	}
	fresh := m.Points[skip:]
	if k.points+len(fresh) > inkPoints {
		return false
	}
	var line []image.Point
	if s.next > 0 && !k.ours(s.last) {
		line = append(line, s.last)
	}
	for _, p := range fresh {
		at := k.place(p)
		if s.last = at; k.ours(at) {
			if len(line) > 0 && k.over.Line(line) != nil {
				return false
			}
			line = nil
			continue
		}
		line = append(line, at)
	}
	if len(line) > 0 && k.over.Line(line) != nil {
		return false
	}
	s.next = int(m.First) + len(m.Points)
	if k.strokes == nil {
		k.strokes = map[uint32]*strokeSeen{}
	}
	k.strokes[m.ID] = s
	k.newest = max(k.newest, m.ID)
	if k.points == 0 {
		k.out.emit(Inked{On: true})
	}
	k.points += len(fresh)
	return true
}

// ours says whether Beside's own window is there: nothing is drawn on that.
func (k *ink) ours(p image.Point) bool { return k.own != nil && k.own.OwnAt(p) }

// place is where on the desktop a place in the picture is.
func (k *ink) place(p wire.PenPoint) image.Point {
	r := k.area()
	at := func(v uint16, n int) int { return (int(v)*max(0, n-1) + 32767) / 65535 }
	return r.Min.Add(image.Pt(at(p.X, r.Dx()), at(p.Y, r.Dy())))
}

// readPen draws what the helper points at, who is not trusted beyond this line.
func (l *sharerLive) readPen(ctx context.Context) error {
	defer func() {
		l.ink.mu.Lock()
		defer l.ink.mu.Unlock()
		l.ink.broken = true
		l.ink.close()
	}()
	limit := penBucket(l.con.clock)
	for {
		b, err := l.con.link.Recv(ctx, ChanPen)
		if err != nil {
			return err
		}
		l.con.hear()
		ok, flood := limit.take(1)
		if flood {
			return over(ByHelper, api.ProtocolBroken)
		}
		if ok && l.s.gate.Check(ClassPen) == nil {
			m, err := wire.ParsePen(b)
			if err != nil {
				return err
			}
			ok = l.ink.take(m)
		} else {
			ok = false
		}
		if !ok {
			l.refuse.add(ClassPen.String())
		}
	}
}

// clearInk removes everything, at the helper's or the person's wish, and tells the helper up to where.
func (l *sharerLive) clearInk(upto uint32) error {
	return l.con.send(wire.InkClear{Upto: l.ink.wipe(upto)})
}

// ClearInk removes what the helper has drawn on the screen.
func (s *Sharer) ClearInk() { s.box.post(command{kind: cmdClearInk}) }
