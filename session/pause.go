package session

import (
	"context"

	"beside/policy"
	"beside/policy/api"
	"beside/session/wire"
)

// PausedNow says that the sharer has paused, or goes on: in between nothing of the screen is sent
// and nothing but chat is taken.
type PausedNow struct{ On bool }

func (PausedNow) event() {}

// Pause closes every class but chat, under a new epoch. Keys and buttons that are down are lifted
// before it returns, and nothing that Pass was asked to let out is on its way any more. It changes
// no right. Each call counts: only Continue with what the newest returned opens again.
func (g *Gate) Pause() (times uint32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pauses++
	if !g.paused {
		g.paused = true
		g.epoch++
		_ = g.held.ReleaseAll() // nothing to do about a failed lift: the gate is shut anyway
	}
	return g.pauses
}

// Continue ends the Pause that was the times-th, under a new epoch, and says whether it did: a
// Pause after it stays.
func (g *Gate) Continue(times uint32) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.paused || g.pauses != times {
		return false
	}
	g.paused = false
	g.epoch++
	return true
}

// Paused says whether the person has paused, and how often so far.
func (g *Gate) Paused() (on bool, times uint32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.paused, g.pauses
}

// AllowChat lets chat through where View is; without it none passes.
func (g *Gate) AllowChat(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.chat = on
}

// Pass does what sends one message of that class, unless the Gate refuses it: when a call that
// narrows returns, nothing is being sent any more. do must not block. Errors wrap ErrRefused, or
// are do's own.
func (g *Gate) Pass(c Class, do func() error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.open(c); err != nil {
		return err
	}
	return do()
}

// Pause hides the screen from the helper: when it returns, nothing that can be seen is sent and
// nothing can be injected any more. The session goes on, and so does chat.
func (s *Sharer) Pause() {
	s.gate.Pause()
	s.box.post(command{kind: cmdPause})
}

// Continue ends a Pause. Once a helper has had input, it counts only from a person, as an Allow does.
func (s *Sharer) Continue() {
	if on, times := s.gate.Paused(); on && s.byPerson("continue.injected") {
		s.box.post(command{kind: cmdContinue, times: times})
	}
}

// pausedOut is the way out for pictures: each packet is written with the Gate held open.
type pausedOut struct {
	Link
	gate *Gate
}

// WritePacket is Link's. What the Gate refuses is dropped without an error: the Sender asks the
// Gate itself before the next one, and forgets what it had.
func (o pausedOut) WritePacket(b []byte) error {
	var err error
	_ = o.gate.Pass(ClassPicture, func() error {
		err = o.Link.WritePacket(b)
		return err
	})
	return err
}

// pause tells the helper, once the gate is shut or just before it opens. The picture begins anew
// both times: no packet of what was there before may leave afterwards.
func (l *sharerLive) pause(ctx context.Context, c command) error {
	l.tx.Reset()
	on := c.kind == cmdPause
	if !on && !l.s.gate.Continue(c.times) || on && l.toldPause {
		return nil
	}
	l.toldPause = on
	if on && l.asking != nil { // nobody is asked about a screen that is not shared
		l.dropQuestion()
		l.apply(l.rights, BySharer)
		if err := l.con.send(wire.Denied{Rights: l.askFor}); err != nil {
			return err
		}
	}
	l.ink.hold(on)
	_, epoch := l.s.gate.Rights()
	kind := api.EventContinued
	if on {
		kind = api.EventPaused
	}
	go sendEvent(ctx, l.s.cfg.Endpoint, l.s.event(kind, l.rights))
	l.s.out.emit(PausedNow{On: on})
	return l.con.send(wire.Paused{On: on, Epoch: epoch})
}

// paused hides the picture at the helper, or waits for a new one.
func (l *helperLive) paused(m wire.Paused) {
	was := l.isPaused
	l.isPaused = m.On
	l.h.log.setEpoch(m.Epoch, l.mayControl() && !l.isPaused)
	l.h.cfg.Screen.Pause(m.On)
	l.h.pen.setOpen(l.rights.Has(policy.View) && !m.On)
	if was != m.On {
		l.h.out.emit(PausedNow{On: m.On})
	}
}
