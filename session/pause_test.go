package session_test

import (
	"image"
	"testing"
	"testing/synctest"
	"time"

	"beside/input"
	"beside/policy"
	"beside/session"
	"beside/session/wire"
)

// Row 26: when Pause has returned, no packet leaves whatever the helper asks for, no key lands, none
// stays down, and a helper is not even told where the pointer is. Continue starts from a new picture.
func TestPauseLeaksNothing(t *testing.T) {
	virtual(t, "26 pause", func(t *testing.T, r *rig) {
		p := r.live(t, control)
		was := p.now().Epoch
		p.input(under(was, wire.Input{First: 1, Events: []input.Event{pressA}}))
		synctest.Wait()
		if len(r.sys.events()) != 1 {
			t.Fatal("the key did not land")
		}
		r.screen.paint(image.Rect(0, 0, 160, 96), 11) // on its way when the pause comes
		r.sharer.Pause()
		if got := r.sys.events(); len(got) != 2 || got[1] != (input.Key{Usage: 4}) {
			t.Errorf("the key stayed down: %v", got)
		}
		synctest.Wait() // what had left by then has arrived
		if m := said[wire.Paused](p); !m.On || m.Epoch == was {
			t.Fatalf("%+v", m)
		}
		if e := expect[session.PausedNow](t, r.se); !e.On {
			t.Errorf("%+v", e)
		}
		before := p.packets.Load()
		r.wg.Go(func() { p.pings(3 * time.Second) })
		for i := range 20 {
			r.screen.paint(image.Rect(0, 0, 160, 96), uint64(i))
			_ = p.link.WriteAck(make([]byte, 60)) // asks for everything it has missed
			time.Sleep(50 * time.Millisecond)
		}
		for _, epoch := range []uint32{was, said[wire.Paused](p).Epoch} {
			p.input(under(epoch, wire.Input{First: 2, Events: []input.Event{input.Key{Usage: 5, Down: true}}}))
		}
		p.say(wire.Want{Rights: everything})
		synctest.Wait()
		if n := p.packets.Load() - before; n != 0 {
			t.Errorf("%d packets left", n)
		}
		if len(r.sys.events()) != 2 {
			t.Errorf("injected %v", r.sys.events())
		}
		r.person.touch()
		r.sharer.Continue()
		time.Sleep(time.Second)
		if m := said[wire.Paused](p); m.On {
			t.Fatalf("%+v", m)
		}
		if p.packets.Load() == before {
			t.Error("no picture came afterwards")
		}
		p.input(under(said[wire.Paused](p).Epoch, wire.Input{First: 3, Events: []input.Event{input.Key{Usage: 6, Down: true}}}))
		synctest.Wait()
		if got := r.sys.events(); len(got) != 3 || got[2] != (input.Key{Usage: 6, Down: true}) {
			t.Errorf("input after the pause: %v", got)
		}
	})
}

// said is the newest message of that kind.
func said[T wire.Message](p *peer) (last T) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.said {
		if v, ok := m.(T); ok {
			last = v
		}
	}
	return last
}

// Both apps say so, chat goes on, and the picture is right again afterwards.
func TestPauseAndContinue(t *testing.T) {
	r := newRig(t)
	r.start(policy.View)
	eventually(t, "the picture is equal", r.same)
	r.sharer.Pause()
	if e := expect[session.PausedNow](t, r.he); !e.On {
		t.Errorf("%+v", e)
	}
	if !r.glass.hidden() {
		t.Error("the old picture is still shown")
	}
	r.screen.paint(image.Rect(0, 0, 160, 96), 5)
	if _, ok := r.sharer.Say("one moment"); !ok {
		t.Error("not sent")
	}
	if m := expect[session.ChatSaid](t, r.he); m.Text != "one moment" {
		t.Errorf("%+v", m)
	}
	if r.same() {
		t.Error("the new picture came through the pause")
	}
	r.sharer.Continue()
	if e := expect[session.PausedNow](t, r.he); e.On {
		t.Errorf("%+v", e)
	}
	eventually(t, "the picture is equal again", r.same)
	eventually(t, "the exact badge", func() bool { return r.helper.Meter().Exact })
}

// Once a helper has had input, something he typed could press Continue: only a person's press counts.
func TestContinueNeedsAPerson(t *testing.T) {
	virtual(t, "26 continue by injected input", func(t *testing.T, r *rig) {
		p := r.live(t, control)
		r.sharer.Pause()
		r.sharer.Continue()
		synctest.Wait()
		if !said[wire.Paused](p).On {
			t.Error("it went on")
		}
		if n := r.refused("continue.injected"); n != 1 {
			t.Errorf("%d refusals", n)
		}
		r.person.touch()
		r.sharer.Continue()
		synctest.Wait()
		if said[wire.Paused](p).On {
			t.Error("it did not go on")
		}
	})
}

// The newest press wins: a Continue that is still on its way does not undo a later Pause.
func TestGatePauseCounts(t *testing.T) {
	clock, _ := fakeClock()
	g := session.NewGate(nil, &sink{}, clock)
	g.Set(control, time.Minute)
	g.AllowChat(true)
	first := g.Pause()
	second := g.Pause()
	if g.Continue(first) {
		t.Error("the older Continue counted")
	}
	open := func(c session.Class) bool { return g.Check(c) == nil }
	if open(session.ClassPicture) || open(session.ClassInput) || !open(session.ClassChat) {
		t.Error("pause closes all but chat")
	}
	g.Set(control, time.Hour) // a renewal or a change of rights is no Continue
	if open(session.ClassPicture) {
		t.Error("Set ended the pause")
	}
	if !g.Continue(second) || g.Continue(second) || !open(session.ClassPicture) || !open(session.ClassInput) {
		t.Error("Continue did not open once")
	}
}
