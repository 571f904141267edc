package session_test

import (
	"encoding/binary"
	"fmt"
	"image"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"beside/input"
	"beside/policy"
	"beside/policy/api"
	"beside/session"
	"beside/session/wire"
)

// Row 23: events by the ten thousand around a take-back and a stop. When the call returns, nothing
// more lands, although the helper goes on and has its old rights just coming back from a question.
func TestEvilHelperRacesTheTakeBack(t *testing.T) {
	takeBack, stop := func(r *rig) { r.sharer.TakeBack() }, func(r *rig) { r.sharer.Stop() }
	for name, c := range map[string]struct {
		call   func(r *rig)
		events int
		cancel bool
	}{
		"23 take-back": {takeBack, 100_000, false}, "23 stop": {stop, 100_000, false},
		"23 take-back after a question": {takeBack, 5_000, true}, "23 stop after a question": {stop, 5_000, true},
	} {
		t.Run(name, func(t *testing.T) {
			noLeak(t)
			for range map[bool]int{false: 1, true: 20}[c.cancel] {
				r := newRig(t)
				r.end.Offer, r.ceiling = everything, everything
				r.race(t, c.call, c.events, c.cancel)
				r.cancel()
				r.wg.Wait()
			}
		})
	}
}

func (r *rig) race(t *testing.T, call func(r *rig), events int, cancel bool) {
	t.Helper()
	p := r.evilHelper(control)
	p.greet()
	p.listen()
	expect[session.Started](t, r.se)
	eventually(t, "there is a right", func() bool { return p.now().Rights == control })
	if cancel {
		p.say(wire.Want{Rights: everything})
		expect[session.Consent](t, r.se)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		n := uint32(1)
		for range events / wire.MaxEvents {
			m := wire.Input{Epoch: p.now().Epoch, First: n}
			if cancel {
				m.Epoch++ // of the rights that come back
			}
			for range wire.MaxEvents {
				m.Events = append(m.Events, input.Key{Usage: uint16(4 + n%20), Down: n%2 == 0})
				n++
			}
			p.input(m)
		}
	})
	if cancel {
		p.say(wire.CancelWant{})
	} else {
		eventually(t, "some landed", func() bool { return len(r.sys.events()) > 0 })
	}
	call(r)
	n := len(r.sys.events())
	wg.Wait()
	for e := range uint32(200) {
		p.input(wire.Input{Epoch: e, First: 1 << 30, Events: []input.Event{pressA}})
	}
	time.Sleep(20 * time.Millisecond)
	r.sharer.Stop()
	expect[session.Ended](t, r.se)
	got := r.sys.events()
	if len(got) != n {
		t.Errorf("%d events landed after the call had returned: %v", len(got)-n, got[n:min(len(got), n+5)])
	}
	down := map[uint16]bool{}
	for _, e := range got {
		if k, ok := e.(input.Key); ok {
			down[k.Usage] = k.Down
		}
	}
	for u, d := range down {
		if d {
			t.Errorf("key %d stayed down", u)
		}
	}
}

// Row 24: a flood on any channel injects nothing and is told in few rows. What has no limit of its own
// does not stop the pictures or Stop itself; the others end the session.
func TestEvilHelperFloods(t *testing.T) {
	flood := map[string]func(p *peer, i int){
		"chat": func(p *peer, i int) {
			_ = p.raw(session.ChanChat, wire.AppendChat(nil, wire.Chat{ID: uint32(i), Text: "again"}))
		},
		"clipboard": func(p *peer, i int) { _ = p.raw(session.ChanClipboard, make([]byte, 60_000)) },
		"pen": func(p *peer, i int) {
			_ = p.raw(session.ChanPen, wire.AppendLaser(nil, wire.Laser{Seq: uint32(i), On: true}))
		},
		"input":     func(p *peer, i int) { p.input(wire.Input{First: uint32(i), Events: []input.Event{pressA}}) },
		"want":      func(p *peer, i int) { p.say(wire.Want{Rights: everything}) },
		"ping":      func(p *peer, i int) { p.say(wire.Ping{N: uint64(i)}) },
		"give back": func(p *peer, i int) { p.say(wire.GiveBack{Keep: everything}) },
		"cancel":    func(p *peer, i int) { p.say(wire.CancelWant{}) },
		"acks": func(p *peer, i int) {
			b := make([]byte, 60)
			binary.BigEndian.PutUint32(b[2:], uint32(i*7919))
			_ = p.link.WriteAck(b)
		},
	}
	for name, one := range flood {
		virtual(t, "24 "+name, func(t *testing.T, r *rig) {
			p := r.live(t, policy.View)
			p.mu.Lock()
			p.deaf = name == "chat" // it is told what arrived
			p.mu.Unlock()
			const many = 20_000
			for i := range many {
				one(p, i)
				if i%200 == 0 {
					synctest.Wait()
				}
				if i%2000 == 0 {
					time.Sleep(200 * time.Millisecond)
				}
			}
			time.Sleep(1500 * time.Millisecond)
			r.nothingInjected(t)
			if n := r.end.Reported(api.EventRefused) + r.end.Reported(api.EventNarrowed); n > 10 {
				t.Errorf("%d audit rows", n)
			}
			if name != "input" && name != "acks" {
				if e := expect[session.Ended](t, r.se); e.Code != api.ProtocolBroken || e.By != session.ByHelper {
					t.Errorf("%+v", e)
				}
				return
			}
			if p.cut() {
				t.Fatal("the session did not survive")
			}
			before := p.packets.Load()
			r.screen.paint(image.Rect(0, 0, 64, 64), 4)
			time.Sleep(time.Second)
			if p.packets.Load() == before {
				t.Error("the pictures stopped")
			}
			r.sharer.Stop()
			expect[session.Ended](t, r.se)
		})
	}
}

// Rows 25 and 26: when a right is gone, by whatever way, no packet of a picture leaves any more.
func TestEvilHelperStaysToLook(t *testing.T) {
	for name, f := range map[string]func(t *testing.T, r *rig, p *peer){
		"26 stop": func(_ *testing.T, r *rig, _ *peer) { r.sharer.Stop() },
		"26 keeps nothing": func(t *testing.T, r *rig, p *peer) {
			p.say(wire.GiveBack{})
			expect[session.Ended](t, r.se)
		},
		"26 expiry": func(_ *testing.T, r *rig, _ *peer) { r.cutOff(); r.sleep(11 * time.Minute) },
		"26 silence": func(t *testing.T, r *rig, p *peer) {
			time.Sleep(closed)
			r.t = t
		},
		"25 role removed": func(_ *testing.T, r *rig, _ *peer) { r.revoke(0); synctest.Wait() },
		"25 not renewed": func(t *testing.T, r *rig, p *peer) {
			r.end.Change(func() {
				r.end.Refuse = func(_, typ string) *api.Problem {
					if typ == api.TypeGrantRequest {
						return &api.Problem{Code: api.OfferMissing}
					}
					return nil
				}
			})
			r.wg.Go(func() { p.pings(6 * time.Minute) })
			if e := expect[session.Ended](t, r.se); e.Code != api.OfferMissing {
				t.Errorf("%+v", e)
			}
		},
	} {
		virtual(t, name, func(t *testing.T, r *rig) {
			p := r.live(t, control)
			r.screen.paint(image.Rect(0, 0, 160, 96), 11)
			f(t, r, p)
			synctest.Wait() // what had left by then has arrived
			before := p.packets.Load()
			for i := range 20 {
				r.screen.paint(image.Rect(0, 0, 160, 96), uint64(i))
				time.Sleep(20 * time.Millisecond)
			}
			if n := p.packets.Load() - before; n != 0 {
				t.Errorf("%d packets left", n)
			}
			p.input(under(p.now().Epoch, anyKey))
			synctest.Wait()
			r.nothingInjected(t)
		})
	}
}

// pings keeps the session alive.
func (p *peer) pings(d time.Duration) {
	for range d / time.Second {
		p.say(wire.Ping{})
		select {
		case <-time.After(time.Second):
		case <-p.r.ctx.Done():
			return
		}
	}
}

// Events are applied once and in order, whatever their numbers say.
func TestEvilHelperNumbers(t *testing.T) {
	key := func(u uint16) input.Event { return input.Key{Usage: u, Down: true} }
	virtual(t, "replayed and reordered", func(t *testing.T, r *rig) {
		p := r.live(t, control)
		e := p.now().Epoch
		one := wire.Input{Epoch: e, First: 1, Events: []input.Event{key(4)}}
		two := wire.Input{Epoch: e, First: 1, Events: []input.Event{key(4), key(5)}}
		for _, m := range []wire.Input{one, one, two, one, two, {Epoch: e, First: 2, Events: []input.Event{key(9)}}} {
			p.input(m)
		}
		p.input(wire.Input{Epoch: e, First: 100, Events: []input.Event{key(6)}})
		p.input(wire.Input{Epoch: e, First: 50, Events: []input.Event{key(7)}})
		p.input(wire.Input{Epoch: e, First: 0xFFFFFF00, Events: []input.Event{key(8)}})
		synctest.Wait()
		if got := fmt.Sprint(r.sys.events()); got != fmt.Sprint([]input.Event{key(4), key(5), key(6)}) {
			t.Errorf("%v", got)
		}
	})
}
