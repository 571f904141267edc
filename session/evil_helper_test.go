package session_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"beside/input"
	"beside/policy"
	"beside/policy/api"
	"beside/policy/grant"
	"beside/session"
	"beside/session/sessiontest"
	"beside/session/wire"
)

// live is an evil helper in a session with these rights.
func (r *rig) live(t *testing.T, want policy.Right) *peer {
	t.Helper()
	p := r.evilHelper(want)
	p.greet()
	p.listen()
	expect[session.Started](t, r.se)
	synctest.Wait()
	if p.now().Rights != want || p.packets.Load() == 0 {
		t.Fatalf("no session: %+v", p.now())
	}
	return p
}

var (
	pressA = input.Key{Usage: 4, Down: true}
	anyKey = wire.Input{First: 1, Moved: 1, Move: input.Move{X: 0.5, Y: 0.5}, Events: []input.Event{
		pressA, input.Key{Usage: 4}, input.Button{Code: 1, Down: true}, input.Button{Code: 1}, input.Scroll{DY: 2}, input.Text{S: "x"},
	}}
)

func under(epoch uint32, m wire.Input) wire.Input { m.Epoch = epoch; return m }

func (r *rig) nothingInjected(t *testing.T) {
	t.Helper()
	if got := r.sys.events(); len(got) != 0 {
		t.Errorf("injected %v", got)
	}
}

// before the session: whatever comes first over the link, other than a proof and the same cards, ends
// it before anything was captured.
func TestEvilHelperGreeting(t *testing.T) {
	for name, c := range map[string]struct {
		say  func(p *peer)
		code string
	}{
		"wrong hello":            {func(p *peer) { p.say(wire.Hello{}) }, api.LinkMismatch},
		"sharer's own hello":     {func(p *peer) { p.say(wire.Hello{MAC: [64]byte(p.keys.Hello(p.other()))}) }, api.LinkMismatch},
		"no hello":               {func(*peer) {}, api.EndLost},
		"cards before hello":     {func(p *peer) { p.say(p.cards) }, api.LinkMismatch},
		"want before hello":      {func(p *peer) { p.say(wire.Want{Rights: control}) }, api.LinkMismatch},
		"rubbish before hello":   {func(p *peer) { _ = p.raw(session.ChanControl, []byte{200, 1}) }, api.ProtocolBroken},
		"nothing before hello":   {func(p *peer) { _ = p.raw(session.ChanControl, nil) }, api.ProtocolBroken},
		"other cards":            {func(p *peer) { p.cards.Helper[0]++; p.greet() }, api.CardsMismatch},
		"other state":            {func(p *peer) { p.cards.State++; p.greet() }, api.CardsMismatch},
		"hello twice":            {func(p *peer) { p.greetWith(wire.Hello{MAC: [64]byte(p.keys.Hello(p.role))}) }, api.ProtocolBroken},
		"input before the hello": {func(p *peer) { p.input(under(1, anyKey)) }, api.EndLost},
	} {
		virtual(t, name, func(t *testing.T, r *rig) {
			p := r.evilHelper(control)
			c.say(p)
			e := expect[session.Ended](t, r.se)
			if e.Code != c.code || !e.Began.IsZero() {
				t.Errorf("%+v", e)
			}
			if _, err := p.link.ReadPacket(r.ctx); err == nil {
				t.Error("a picture left")
			}
			r.nothingInjected(t)
		})
	}
}

func (p *peer) greetWith(instead wire.Message) {
	p.say(wire.Hello{MAC: [64]byte(p.keys.Hello(p.role))})
	p.say(instead)
}

// Row 19: every class of message without a right to it.
func TestEvilHelperWithoutRight(t *testing.T) {
	for ch, class := range map[session.Channel]string{
		session.ChanChat: "chat", session.ChanClipboard: "clipboard", session.ChanPen: "pen", session.ChanInput: "input",
	} {
		virtual(t, "19 "+class, func(t *testing.T, r *rig) {
			p := r.live(t, policy.View)
			for i := range 50 {
				b := []byte("anything at all")
				if ch == session.ChanInput {
					b = wire.AppendInput(nil, wire.Input{Epoch: p.now().Epoch, First: uint32(i + 1), Events: []input.Event{pressA}})
				}
				_ = p.raw(ch, b)
			}
			p.input(under(p.now().Epoch, wire.Input{First: 60, Moved: 9, Move: input.Move{X: 1, Y: 1}}))
			time.Sleep(1500 * time.Millisecond)
			r.nothingInjected(t)
			if n := r.refused(class); n < 50 {
				t.Errorf("%d refusals were reported", n)
			}
			if p.cut() {
				t.Error("the session did not survive")
			}
		})
	}
	// What only a sharer may say, and what nobody may.
	epoch := wire.Rights{Rights: everything, Epoch: 99}
	for name, b := range map[string][]byte{
		"rights": wire.Append(nil, epoch), "asking": wire.Append(nil, wire.Asking{Rights: control}),
		"denied": wire.Append(nil, wire.Denied{}), "local": wire.Append(nil, wire.Local{}), "shape": wire.Append(nil, wire.Shape{}),
		"pong": wire.Append(nil, wire.Pong{}), "expiring": wire.Append(nil, wire.Expiring{}), "hello": wire.Append(nil, wire.Hello{}),
		"cards": wire.Append(nil, wire.Cards{}), "empty": {}, "unknown": {99, 1, 2, 3}, "zero": {0}, "address": {64, 1},
		"truncated": wire.Append(nil, wire.Ping{N: 1})[:5], "too long": append(wire.Append(nil, wire.CancelWant{}), 0),
		"unknown right": wire.Append(nil, wire.Want{Rights: 1 << 20}), "huge": make([]byte, 64<<10), "end code": append([]byte{13}, "DROP TABLE"...),
		"shape bomb": append([]byte{12, 255, 255, 255, 255, 0, 0, 0, 0}, make([]byte, 60_000)...),
	} {
		virtual(t, "19 control "+name, func(t *testing.T, r *rig) {
			p := r.live(t, control)
			_ = p.raw(session.ChanControl, b)
			if e := expect[session.Ended](t, r.se); e.Code != api.ProtocolBroken {
				t.Errorf("%+v", e)
			}
			r.nothingInjected(t)
		})
	}
	good := wire.AppendInput(nil, under(1, anyKey))
	for name, b := range map[string][]byte{
		"empty": {}, "an ack": wire.AppendAck(nil, wire.Ack{}), "truncated": good[:len(good)-1], "longer": append(good[:len(good):len(good)], 0),
		"huge": make([]byte, 64<<10), "unknown": append([]byte{9}, good[1:]...),
		"count": func() []byte { b := append([]byte(nil), good...); b[13] = 255; return b }(),
	} {
		virtual(t, "19 input "+name, func(t *testing.T, r *rig) {
			p := r.live(t, control)
			_ = p.raw(session.ChanInput, b)
			if e := expect[session.Ended](t, r.se); e.Code != api.ProtocolBroken {
				t.Errorf("%+v", e)
			}
			r.nothingInjected(t)
		})
	}
}

func (r *rig) refused(class string) (n int) {
	r.end.Change(func() {
		for _, e := range r.end.Events {
			if e.Kind == api.EventRefused && e.Detail == class {
				n += e.Count
			}
		}
	})
	return n
}

// Input at every moment at which there is no right to it.
func TestEvilHelperInputAtTheWrongTime(t *testing.T) {
	for name, f := range map[string]func(t *testing.T, r *rig, p *peer){
		"after Stop": func(t *testing.T, r *rig, p *peer) {
			r.sharer.Stop()
			p.input(under(p.now().Epoch, anyKey))
			p.input(under(p.now().Epoch+1, anyKey))
			expect[session.Ended](t, r.se)
		},
		"after take-back": func(_ *testing.T, r *rig, p *peer) {
			r.sharer.TakeBack()
			for e := range uint32(8) {
				p.input(under(e, anyKey))
			}
			time.Sleep(time.Second)
		},
		"after expiry": func(t *testing.T, r *rig, p *peer) {
			r.cutOff()
			r.sleep(10 * time.Minute)
			p.input(under(p.now().Epoch, anyKey))
			expect[session.Ended](t, r.se)
		},
		"of an older right": func(_ *testing.T, _ *rig, p *peer) {
			p.input(under(p.now().Epoch-1, anyKey))
			time.Sleep(time.Second)
		},
		"of a right to come": func(_ *testing.T, _ *rig, p *peer) {
			p.input(under(p.now().Epoch+1, anyKey))
			time.Sleep(time.Second)
		},
		"while the person uses the machine": func(_ *testing.T, r *rig, p *peer) {
			r.person.touch()
			p.input(under(p.now().Epoch, anyKey))
			time.Sleep(100 * time.Millisecond)
		},
		"after a minute of silence": func(t *testing.T, r *rig, p *peer) {
			time.Sleep(closed)
			p.input(under(p.now().Epoch, anyKey))
			synctest.Wait()
		},
		"after a revocation": func(t *testing.T, r *rig, p *peer) {
			r.revoke(policy.View)
			synctest.Wait()
			p.input(under(p.now().Epoch, anyKey))
			p.input(under(p.now().Epoch-1, anyKey))
			time.Sleep(time.Second)
		},
	} {
		virtual(t, name, func(t *testing.T, r *rig) {
			p := r.live(t, control)
			f(t, r, p)
			r.nothingInjected(t)
		})
	}
	// The same input lands when there is a right: the table above fails for the right reason.
	virtual(t, "at the right time", func(t *testing.T, r *rig) {
		p := r.live(t, control)
		p.input(under(p.now().Epoch, anyKey))
		time.Sleep(time.Second)
		if len(r.sys.events()) != len(anyKey.Events)+1 {
			t.Errorf("%v", r.sys.events())
		}
	})
}

// closed is longer than the silence that closes the gate, shorter than the one that ends the session.
const closed = 8 * time.Second

// revoke is the endpoint's, signed and right.
func (r *rig) revoke(left policy.Right) {
	id, th := r.end.Session()
	jws, err := grant.SignRevoke(r.end.Key, "k1", grant.Revocation{
		Iss: sessiontest.Origin, Tid: sessiontest.Tenant, Sid: r.end.SID(), TH: hex.EncodeToString(th), Seq: 99, Rights: left.Names(),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.end.PushTo(sessiontest.Sam, api.TypeRevoke, api.Revoke{Session: id, JWS: jws})
}

// Row 20: no input while the person reads a question, whatever the helper says meanwhile, and what was
// queued before does not fire after.
func TestEvilHelperDuringConsent(t *testing.T) {
	for name, trick := range map[string]func(p *peer){
		"only waits":       func(*peer) {},
		"gives back all":   func(p *peer) { p.say(wire.GiveBack{Keep: everything}) },
		"wants again":      func(p *peer) { p.say(wire.Want{Rights: everything}) },
		"gives back often": func(p *peer) { p.say(wire.GiveBack{Keep: control}); p.say(wire.GiveBack{Keep: control}) },
	} {
		virtual(t, "20 "+name, func(t *testing.T, r *rig) {
			r.end.Offer, r.ceiling = everything, everything
			p := r.live(t, control)
			old := p.now().Epoch
			// The trick is played before the endpoint has answered.
			r.end.Change(func() {
				r.end.Grant = func(*grant.Claims) string { r.end.Grant = nil; trick(p); return "" }
			})
			p.say(wire.Want{Rights: everything})
			c := expect[session.Consent](t, r.se)
			synctest.Wait()
			for e := range old + 8 {
				p.input(wire.Input{Epoch: e, First: 1 + 10*e, Events: []input.Event{pressA}})
			}
			time.Sleep(time.Second)
			r.nothingInjected(t)
			c.Answer(false)
			time.Sleep(time.Second)
			r.nothingInjected(t)
		})
	}
}

// Row 21: Beside's own windows cannot be pressed.
func TestEvilHelperOwnWindows(t *testing.T) {
	virtual(t, "21 own windows", func(t *testing.T, r *rig) {
		r.own = everywhere{}
		p := r.live(t, control)
		p.input(under(p.now().Epoch, anyKey))
		time.Sleep(time.Second)
		for _, e := range r.sys.events() {
			if _, ok := e.(input.Move); !ok {
				t.Errorf("%v reached a window of Beside", e)
			}
		}
	})
}

type everywhere struct{}

func (everywhere) OwnAt(image.Point) bool { return true }
func (everywhere) OwnFocused() bool       { return true }

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
				m.Events = append(m.Events, input.Key{Usage: uint16(4 + n%20), Down: n%2 == 0}) //nolint:gosec // small
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

// Row 24: a flood on any channel injects nothing, is told in few rows, and does not stop the pictures
// or Stop itself.
func TestEvilHelperFloods(t *testing.T) {
	flood := map[string]func(p *peer, i int){
		"chat":      func(p *peer, i int) { _ = p.raw(session.ChanChat, make([]byte, 1000)) },
		"clipboard": func(p *peer, i int) { _ = p.raw(session.ChanClipboard, make([]byte, 60_000)) },
		"pen":       func(p *peer, i int) { _ = p.raw(session.ChanPen, make([]byte, 100)) },
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
