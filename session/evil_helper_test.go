package session_test

import (
	"encoding/hex"
	"image"
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
			r.end.NoChat = true
			p := r.live(t, policy.View)
			for i := range 50 {
				b := []byte("anything at all")
				if ch == session.ChanInput {
					b = wire.AppendInput(nil, wire.Input{Epoch: p.now().Epoch, First: uint32(i + 1), Events: []input.Event{pressA}})
				}
				if ch == session.ChanPen { // nobody can draw on this screen
					b = wire.AppendLaser(nil, wire.Laser{Seq: uint32(i), On: true})
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
