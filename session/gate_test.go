package session_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"beside/input"
	"beside/policy"
	"beside/session"
)

// sink records what reaches the system.
type sink struct {
	mu  sync.Mutex
	got []input.Event
}

func (s *sink) Inject(e input.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, e)
	return nil
}

func (s *sink) events() []input.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]input.Event(nil), s.got...)
}

func fakeClock() (session.Clock, func(time.Duration)) {
	var now atomic.Int64
	return func() time.Duration { return time.Duration(now.Load()) },
		func(d time.Duration) { now.Add(int64(d)) }
}

const control = policy.View | policy.Control

// Every class of traffic against every set of rights: what is not listed is refused.
func TestGateTable(t *testing.T) {
	need := map[session.Class]policy.Right{
		session.ClassPicture: policy.View,
		session.ClassInput:   control,
		session.ClassPen:     policy.View,
		session.ClassChat:    policy.View,
	}
	clock, _ := fakeClock()
	for c := session.ClassUnknown; c <= session.ClassClipboard+1; c++ {
		for r := policy.Right(0); r < 32; r++ {
			g := session.NewGate(nil, &sink{}, clock)
			g.AllowChat(true)
			g.Set(r, time.Minute)
			want := need[c] != 0 && r.Has(need[c])
			err := g.Check(c)
			if (err == nil) != want {
				t.Errorf("class %v under %q: got %v, want allowed %v", c, r, err, want)
			}
			if err != nil && !errors.Is(err, session.ErrRefused) {
				t.Errorf("class %v: %v is not ErrRefused", c, err)
			}
		}
	}
}

func TestGateDeniesByDefaultAndAfterClose(t *testing.T) {
	clock, _ := fakeClock()
	s := &sink{}
	g := session.NewGate(nil, s, clock)
	if err := g.Inject(0, input.Key{Usage: 4, Down: true}); !errors.Is(err, session.ErrRefused) {
		t.Fatalf("a new gate let input in: %v", err)
	}
	e := g.Set(control, time.Minute)
	if err := g.Inject(e, input.Key{Usage: 4, Down: true}); err != nil {
		t.Fatal(err)
	}
	g.Close()
	if err := g.Inject(e, input.Key{Usage: 5, Down: true}); !errors.Is(err, session.ErrRefused) {
		t.Fatalf("a closed gate let input in: %v", err)
	}
	got := s.events()
	if len(got) != 2 || got[1] != (input.Key{Usage: 4}) {
		t.Fatalf("the held key was not lifted by Close: %v", got)
	}
}

func TestGateLiftsHeldKeyWhenTheRightRunsOut(t *testing.T) {
	clock, pass := fakeClock()
	s := &sink{}
	g := session.NewGate(nil, s, clock)
	e := g.Set(control, 10*time.Second)
	if err := g.Inject(e, input.Key{Usage: 0xE0, Down: true}); err != nil {
		t.Fatal(err)
	}
	if g.Lift() {
		t.Fatal("lifted before expiry")
	}
	pass(10 * time.Second) // as long as a suspend: no event, no timer
	if !g.Lift() {
		t.Fatal("expiry was not noticed")
	}
	if got := s.events(); len(got) != 2 || got[1] != (input.Key{Usage: 0xE0}) {
		t.Fatalf("Ctrl is still down: %v", got)
	}
	if err := g.Check(session.ClassPicture); !errors.Is(err, session.ErrRefused) {
		t.Fatal("the picture goes on after expiry")
	}
}

func TestGateRefusesEventsOfAnOlderEpoch(t *testing.T) {
	clock, _ := fakeClock()
	s := &sink{}
	g := session.NewGate(nil, s, clock)
	old := g.Set(control, time.Minute)
	g.Narrow(policy.View)
	now := g.Set(control, time.Minute)
	if err := g.Inject(old, input.Button{Code: 1, Down: true}); !errors.Is(err, session.ErrRefused) {
		t.Fatalf("a click that was under way landed after the question: %v", err)
	}
	if err := g.Inject(now, input.Button{Code: 1, Down: true}); err != nil {
		t.Fatal(err)
	}
}

func TestGateExtendNeverOpens(t *testing.T) {
	clock, pass := fakeClock()
	g := session.NewGate(nil, &sink{}, clock)
	g.Extend(time.Hour)
	if g.Check(session.ClassPicture) == nil {
		t.Fatal("Extend opened a gate that was never set")
	}
	g.Set(policy.View, time.Minute)
	pass(time.Minute)
	g.Extend(time.Hour)
	if g.Check(session.ClassPicture) == nil {
		t.Fatal("Extend brought an expired right back")
	}
}

// Nothing lands after Set returns, however many goroutines push.
func TestGateRaceOfRevokeAndInput(t *testing.T) {
	clock, _ := fakeClock()
	var closed atomic.Bool
	var late atomic.Int64
	g := session.NewGate(nil, input.InjectorFunc(func(e input.Event) error {
		if k, ok := e.(input.Key); ok && k.Down && closed.Load() {
			late.Add(1)
		}
		return nil
	}), clock)
	e := g.Set(control, time.Minute)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 25000 {
				_ = g.Inject(e, input.Key{Usage: uint16(4 + i), Down: j%2 == 0})
			}
		})
	}
	wg.Go(func() {
		g.Close()
		closed.Store(true)
	})
	wg.Wait()
	if late.Load() != 0 {
		t.Fatalf("%d keys went down after Close returned", late.Load())
	}
}

func TestSystemClockNeverGoesBack(t *testing.T) {
	c := session.SystemClock()
	last := c()
	for range 1000 {
		now := c()
		if now < last {
			t.Fatalf("%v after %v", now, last)
		}
		last = now
	}
}

// What the person took back, or closed, is not opened by somebody who was about to set older rights.
func TestGateTakenBackStaysClosed(t *testing.T) {
	clock, _ := fakeClock()
	g := session.NewGate(nil, &sink{}, clock)
	g.Set(control, time.Minute)
	g.TakeBack(policy.View)
	g.Set(control, time.Minute)
	if g.Check(session.ClassInput) == nil || g.Check(session.ClassPicture) != nil {
		t.Error("input is open again, or the picture is not")
	}
	g.Allow()
	if g.Check(session.ClassInput) == nil {
		t.Error("Allow opened something by itself")
	}
	g.Set(control, time.Minute)
	if err := g.Check(session.ClassInput); err != nil {
		t.Error(err)
	}
	g.Close()
	g.Allow()
	g.Set(control, time.Minute)
	if r, _ := g.Rights(); r != 0 {
		t.Error("open after Close")
	}
}
