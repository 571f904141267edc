package session_test

import (
	"errors"
	"fmt"
	"image"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"beside/input"
	"beside/policy"
	"beside/session"
	"beside/session/wire"
)

// sheet is a session.Overlay that remembers.
type sheet struct {
	mu     sync.Mutex
	opened int
	closed bool
	fail   bool
	laser  image.Point
	on     bool
	lines  [][]image.Point
}

func (s *sheet) open() (session.Overlay, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened++; s.fail {
		return nil, errors.New("no screen")
	}
	return s, nil
}

func (s *sheet) Laser(at image.Point, on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.laser, s.on = at, on
	return nil
}

func (s *sheet) Line(p []image.Point) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, append([]image.Point(nil), p...))
	return nil
}

func (s *sheet) Clear() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines, s.on = nil, false
	return nil
}

func (s *sheet) Close() error { _ = s.Clear(); s.mu.Lock(); s.closed = true; s.mu.Unlock(); return nil }

func (s *sheet) say() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprint(s.lines, s.laser, s.on)
}

func (s *sheet) pointed() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.on }

func (s *sheet) points() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		n += len(l)
	}
	return n
}

// What the helper draws under View is on the sharer's screen, in the right place; either can clear
// it; the laser goes by itself.
func TestPointing(t *testing.T) {
	virtual(t, "draw and clear", func(t *testing.T, r *rig) {
		r.sheet = &sheet{}
		r.start(policy.View)
		if r.sheet.opened != 0 {
			t.Error("there before anybody draws")
		}
		r.helper.Laser(input.Move{X: 1, Y: 0.5}, true)
		time.Sleep(time.Second)
		if got := r.sheet.say(); got != "[] (159,48) true" {
			t.Errorf("%s", got)
		}
		time.Sleep(3 * time.Second)
		if r.sheet.pointed() {
			t.Error("the laser stays for ever")
		}
		for i := range 5 {
			r.helper.Draw(input.Move{X: float64(i) / 4, Y: 1}, i == 0)
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(time.Second)
		if got := r.sheet.say(); got != "[[(0,95)] [(0,95) (40,95)] [(40,95) (80,95)] [(80,95) (119,95)] [(119,95) (159,95)]] (159,48) false" {
			t.Errorf("%s", got)
		}
		if e := expect[session.Inked](t, r.se); !e.On {
			t.Errorf("%+v", e)
		}
		r.helper.ClearInk()
		if e := expect[session.Inked](t, r.se); e.On || r.sheet.points() != 0 {
			t.Errorf("%+v, %s", e, r.sheet.say())
		}
		r.helper.Draw(input.Move{}, true)
		time.Sleep(time.Second)
		if r.sheet.points() == 0 {
			t.Error("nothing can be drawn after clearing")
		}
		r.sharer.ClearInk()
		expect[session.Inked](t, r.se)
		expect[session.Inked](t, r.se)
		r.helper.Draw(input.Move{X: 1}, false) // goes on with the line that is gone
		time.Sleep(time.Second)
		if r.sheet.points() != 0 {
			t.Error("the sharer cannot clear")
		}
		r.sharer.Stop()
		expect[session.Ended](t, r.se)
		if !r.sheet.closed {
			t.Error("the drawing outlives the session")
		}
	})
}

// Rows 19, 22 and 26: nothing is drawn while Beside asks or the person has paused, and what was
// there is gone before the question can be seen.
func TestPointingStopsForQuestions(t *testing.T) {
	line := wire.AppendStroke(nil, wire.Stroke{ID: 1, Points: make([]wire.PenPoint, 3)})
	laser := wire.AppendLaser(nil, wire.Laser{Seq: 1, On: true})
	after := wire.AppendStroke(nil, wire.Stroke{ID: 9, Points: make([]wire.PenPoint, 3)})
	for name, c := range map[string]struct{ stop, again func(*testing.T, *rig, *peer) }{
		"22 question": {
			func(t *testing.T, r *rig, p *peer) {
				p.say(wire.Want{Rights: control})
				expect[session.Consent](t, r.se)
			},
			func(t *testing.T, r *rig, p *peer) { p.say(wire.CancelWant{}) },
		},
		"26 pause": {
			func(t *testing.T, r *rig, p *peer) { r.sharer.Pause() },
			func(t *testing.T, r *rig, p *peer) { r.sharer.Continue() },
		},
	} {
		virtual(t, name, func(t *testing.T, r *rig) {
			r.sheet = &sheet{}
			p := r.live(t, policy.View)
			_, _ = p.raw(session.ChanPen, line), p.raw(session.ChanPen, laser)
			synctest.Wait()
			if r.sheet.points() != 3 || !r.sheet.pointed() {
				t.Fatal(r.sheet.say())
			}
			c.stop(t, r, p)
			synctest.Wait()
			if r.sheet.points() != 0 || r.sheet.pointed() {
				t.Errorf("still there: %s", r.sheet.say())
			}
			for i := range byte(5) {
				_ = p.raw(session.ChanPen, wire.AppendLaser(nil, wire.Laser{Seq: uint32(i) + 5, On: true}))
				_ = p.raw(session.ChanPen, after)
			}
			synctest.Wait()
			if r.sheet.points() != 0 || r.sheet.pointed() {
				t.Errorf("drawn: %s", r.sheet.say())
			}
			c.again(t, r, p)
			synctest.Wait()
			_ = p.raw(session.ChanPen, after)
			synctest.Wait()
			if r.sheet.points() != 3 {
				t.Errorf("not afterwards: %s", r.sheet.say())
			}
		})
	}
}

// Pieces may be lost, doubled and late.
func TestPenPieces(t *testing.T) {
	pts := func(from, n int) (out []wire.PenPoint) {
		for i := range n {
			out = append(out, wire.PenPoint{X: uint16((from + i) * 4122)}) // ten pixels apart
		}
		return out
	}
	piece := func(id uint32, from, n int) wire.Stroke {
		return wire.Stroke{ID: id, First: uint16(from), Points: pts(from, n)}
	}
	for name, c := range map[string]struct {
		in   []wire.Stroke
		want string
	}{
		"in order": {[]wire.Stroke{piece(1, 0, 2), piece(1, 0, 3)}, "[[(0,0) (10,0)] [(10,0) (20,0)]]"},
		"doubled":  {[]wire.Stroke{piece(1, 0, 2), piece(1, 0, 2)}, "[[(0,0) (10,0)]]"},
		"lost":     {[]wire.Stroke{piece(1, 0, 1), piece(1, 3, 1)}, "[[(0,0)] [(0,0) (30,0)]]"},
		"late":     {[]wire.Stroke{piece(1, 0, 3), piece(1, 0, 1), piece(1, 1, 1)}, "[[(0,0) (10,0) (20,0)]]"},
		"two":      {[]wire.Stroke{piece(1, 0, 1), piece(2, 1, 1), piece(1, 1, 1)}, "[[(0,0)] [(10,0)] [(0,0) (10,0)]]"},
	} {
		virtual(t, name, func(t *testing.T, r *rig) {
			r.sheet = &sheet{}
			p := r.live(t, policy.View)
			for _, m := range c.in {
				_ = p.raw(session.ChanPen, wire.AppendStroke(nil, m))
				synctest.Wait()
			}
			r.sheet.mu.Lock()
			defer r.sheet.mu.Unlock()
			if got := fmt.Sprint(r.sheet.lines); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// However much a helper draws, there is an end; and a screen that cannot be drawn on refuses.
func TestPenIsBounded(t *testing.T) {
	virtual(t, "24 points", func(t *testing.T, r *rig) {
		r.sheet = &sheet{}
		p := r.live(t, policy.View)
		r.wg.Go(func() { p.pings(20 * time.Second) })
		for i := range uint32(600) {
			_ = p.raw(session.ChanPen, wire.AppendStroke(nil, wire.Stroke{ID: i + 1, Points: make([]wire.PenPoint, wire.MaxPenPoints)}))
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		if n := r.sheet.points(); n > 20_000 || n < 19_000 {
			t.Errorf("%d points", n)
		}
		if r.refused("pen") == 0 || p.cut() {
			t.Error("not refused, or ended")
		}
		p.say(wire.InkClear{Upto: 600})
		synctest.Wait()
		_ = p.raw(session.ChanPen, wire.AppendStroke(nil, wire.Stroke{ID: 601, Points: make([]wire.PenPoint, 1)}))
		synctest.Wait()
		if n := r.sheet.points(); n != 1 {
			t.Errorf("%d points after clearing", n)
		}
	})
	virtual(t, "no overlay", func(t *testing.T, r *rig) {
		r.sheet = &sheet{fail: true}
		p := r.live(t, policy.View)
		for i := range uint32(3) {
			_ = p.raw(session.ChanPen, wire.AppendLaser(nil, wire.Laser{Seq: i + 1, On: true}))
		}
		time.Sleep(2 * time.Second)
		if r.refused("pen") != 3 || r.sheet.opened != 1 || p.cut() {
			t.Errorf("%d refused, opened %d times", r.refused("pen"), r.sheet.opened)
		}
	})
}
