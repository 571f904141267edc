package session_test

import (
	"testing"
	"time"

	"beside/input"
	"beside/session"
)

// What passes at each step of a turn to another monitor.
func TestGateTurns(t *testing.T) {
	type passes struct{ picture, input, pen, chat bool }
	open, blind, shut := passes{true, true, true, true}, passes{picture: true, chat: true}, passes{chat: true}
	for name, c := range map[string]struct {
		steps func(g *session.Gate)
		want  passes
	}{
		"none":                    {func(*session.Gate) {}, open},
		"turn":                    {func(g *session.Gate) { g.Turn() }, shut},
		"turned":                  {func(g *session.Gate) { g.Turned(g.Turn()) }, blind},
		"aimed":                   {func(g *session.Gate) { n := g.Turn(); g.Turned(n); g.Aim(n) }, open},
		"aimed too early":         {func(g *session.Gate) { g.Aim(g.Turn()) }, shut},
		"turned by an older turn": {func(g *session.Gate) { n := g.Turn(); g.Turn(); g.Turned(n) }, shut},
		"aimed by an older turn":  {func(g *session.Gate) { n := g.Turn(); g.Turned(n); g.Turned(g.Turn()); g.Aim(n) }, blind},
		"turned without a turn":   {func(g *session.Gate) { g.Turned(0); g.Aim(0) }, open},
		"new rights meanwhile":    {func(g *session.Gate) { g.Turn(); g.Set(control, time.Hour) }, shut},
		"paused meanwhile":        {func(g *session.Gate) { n := g.Turn(); g.Pause(); g.Turned(n); g.Aim(n) }, shut},
		"continued meanwhile":     {func(g *session.Gate) { n := g.Turn(); g.Continue(g.Pause()); g.Turned(n) }, blind},
	} {
		t.Run(name, func(t *testing.T) {
			clock, _ := fakeClock()
			g := session.NewGate(nil, &sink{}, clock)
			g.AllowChat(true)
			g.Set(control, time.Minute)
			c.steps(g)
			ok := func(c session.Class) bool { return g.Check(c) == nil }
			if got := (passes{ok(session.ClassPicture), ok(session.ClassInput), ok(session.ClassPen), ok(session.ClassChat)}); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

// A turn lifts what is down, and what was sent before it or during it never lands.
func TestGateTurnRefusesWhatWasUnderWay(t *testing.T) {
	clock, _ := fakeClock()
	s := &sink{}
	g := session.NewGate(nil, s, clock)
	before := g.Set(control, time.Minute)
	if err := g.Inject(before, pressA); err != nil {
		t.Fatal(err)
	}
	n := g.Turn()
	if got := s.events(); len(got) != 2 || got[1] != (input.Key{Usage: 4}) {
		t.Errorf("the key stayed down: %v", got)
	}
	_, during := g.Rights()
	g.Turned(n)
	g.Aim(n)
	_, after := g.Rights()
	for _, e := range []uint32{before, during} {
		if g.Inject(e, pressA) == nil {
			t.Errorf("what was sent under %d landed under %d", e, after)
		}
	}
	if err := g.Inject(after, pressA); err != nil {
		t.Error(err)
	}
}
