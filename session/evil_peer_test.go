package session_test

import (
	"context"
	"crypto/sha256"
	"sync"
	"sync/atomic"
	"testing"

	"beside/policy"
	"beside/policy/api"
	"beside/session"
	"beside/session/pair"
	"beside/session/picture"
	"beside/session/sessiontest"
	"beside/session/wire"
)

// peer is a hostile app: it pairs honestly, because it must, and then says over the link whatever
// the test wants.
type peer struct {
	deaf  bool // chat, clipboard and pen may bring something
	t     *testing.T
	r     *rig
	role  pair.Role
	conn  *sessiontest.Conn
	id    string
	keys  *pair.Keys
	seal  *pair.Sealer
	open  *pair.Opener
	wire  session.Wire
	link  session.Link
	cards wire.Cards

	packets atomic.Int64 // of pictures
	mu      sync.Mutex
	said    []wire.Message
	rights  wire.Rights
	ack     wire.Ack
	gone    bool
	msg     uint32 // newest number of a message, and of a packet
	pkt     uint32
}

const evilSecret = "B3MN"

// evilHelper pairs with the rig's sharer, asks for these rights and is allowed: its link is up, and
// nothing was said over it.
func (r *rig) evilHelper(want policy.Right) *peer {
	r.t.Helper()
	p := &peer{t: r.t, r: r, role: pair.Helper, conn: r.end.Connect(sessiontest.Noa)}
	nH := make([]byte, 32)
	var code api.Code
	p.call(api.TypeCodeNew, api.CodeNew{NH: nH}, &code)
	r.join(code.Locator + evilSecret)
	p.id = code.Session
	c := next[api.Claimant](p, api.TypeClaimant, "")
	run, p1, err := pair.NewHelper(p.context(nH, c.NS), p.local(), evilSecret)
	p.must(err)
	p.signal("p1", p1)
	ta, err := run.Confirm(next[api.Signal](p, api.TypeSignal, "p2").Body)
	p.must(err)
	p.signal("ta", ta)
	p.keys, err = run.Finish(next[api.Signal](p, api.TypeSignal, "tb").Body)
	p.must(err)
	p.meet()
	p.sealed(wire.Want{Rights: want})
	expect[session.Consent](r.t, r.se).Answer(true)
	p.connect()
	return p
}

// evilSharer pairs with the rig's helper, whose code is given, and lets it connect.
func (r *rig) evilSharer(code string) *peer {
	r.t.Helper()
	p := &peer{t: r.t, r: r, role: pair.Sharer, conn: r.end.Connect(sessiontest.Sam)}
	nS := make([]byte, 32)
	var c api.Claimed
	p.call(api.TypeCodeClaim, api.Claim{Locator: code[:4], NS: nS}, &c)
	p.id = c.Session
	run, err := pair.NewSharer(p.context(c.NH, nS), p.local(), code[4:])
	p.must(err)
	p2, err := run.Respond(next[api.Signal](p, api.TypeSignal, "p1").Body)
	p.must(err)
	p.signal("p2", p2)
	tb, keys, err := run.Finish(next[api.Signal](p, api.TypeSignal, "ta").Body)
	p.must(err)
	p.keys = keys
	p.signal("tb", tb)
	p.meet()
	expect[session.MetSharer](r.t, r.he)
	r.helper.Ask(control)
	for {
		if _, ok := p.opened().(wire.Want); ok {
			break
		}
	}
	p.sealed(wire.Asking{Rights: control})
	p.connect()
	return p
}

func (p *peer) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) call(typ string, body, answer any) {
	p.t.Helper()
	p.must(p.conn.Call(p.r.ctx, typ, body, answer))
}

func (p *peer) signal(kind string, b []byte) {
	p.t.Helper()
	p.call(api.TypeSignal, api.Signal{Session: p.id, Kind: kind, Body: b}, nil)
}

func (p *peer) sealed(m wire.Message) {
	p.t.Helper()
	b, err := p.seal.Seal(wire.AppendSealed(nil, m))
	p.must(err)
	p.signal("sealed", b)
}

func (p *peer) opened() wire.Message {
	p.t.Helper()
	b, err := p.open.Open(next[api.Signal](p, api.TypeSignal, "sealed").Body)
	p.must(err)
	m, err := wire.ParseSealed(b)
	p.must(err)
	return m
}

// next waits for a push.
func next[T any](p *peer, typ, kind string) (v T) {
	p.t.Helper()
	for f := range p.conn.Pushes() {
		if f.Type == typ && (kind == "" || read[api.Signal](f.Body).Kind == kind) {
			return read[T](f.Body)
		} else if f.Type == api.TypeEnd {
			p.t.Fatalf("ended: %s", f.Body)
		}
	}
	return v
}

func (p *peer) context(nH, nS []byte) pair.Context {
	return pair.Context{
		Mode: "code", SessionGUID: p.id, Origin: sessiontest.Origin, AnchorID: p.r.end.AnchorID(), Tenant: sessiontest.Tenant,
		HelperOID: sessiontest.Noa, SharerOID: sessiontest.Sam, NH: [32]byte(nH), NS: [32]byte(nS),
	}
}

func (p *peer) local() pair.Local {
	var err error
	p.wire, err = p.r.net.New(p.role == pair.Sharer)
	p.must(err)
	return pair.Local{Fingerprint: p.wire.Fingerprint(), AppVersion: "1.0.0", Versions: []byte{1}}
}

func (p *peer) meet() {
	p.t.Helper()
	p.seal, p.open = p.keys.Sealer(p.role), p.keys.Opener(p.other())
	p.call(api.TypePaired, api.Paired{Session: p.id}, nil)
	m := next[api.Met](p, api.TypeMet, "")
	p.cards = wire.Cards{
		Helper: sha256.Sum256(m.Helper), Sharer: sha256.Sum256(m.Sharer), State: policy.ParseDeviceState(m.Device.State),
	}
}

func (p *peer) other() pair.Role {
	if p.role == pair.Helper {
		return pair.Sharer
	}
	return pair.Helper
}

func (p *peer) connect() {
	p.t.Helper()
	d, err := p.wire.Local(p.r.ctx, nil, p.keys.Peer.Fingerprint)
	p.must(err)
	p.sealed(wire.Address{Description: d})
	for p.link == nil {
		if a, ok := p.opened().(wire.Address); ok {
			p.link, err = p.wire.Connect(p.r.ctx, a.Description)
			p.must(err)
		}
	}
	p.t.Cleanup(func() { _ = p.link.Close() })
}

// greet says hello and the cards as it should be.
func (p *peer) greet() {
	p.say(wire.Hello{MAC: [64]byte(p.keys.Hello(p.role))})
	p.say(p.cards)
}

// listen hears everything, so that nothing fills up, and on the helper's side takes pictures as an
// honest app does, so that they go on coming.
func (p *peer) listen() {
	hear := func(ch session.Channel, take func(b []byte)) {
		p.r.wg.Go(func() {
			for {
				b, err := p.link.Recv(p.r.ctx, ch)
				p.mu.Lock()
				if err != nil {
					p.gone = true
					p.mu.Unlock()
					return
				}
				take(b)
				p.mu.Unlock()
			}
		})
	}
	hear(session.ChanControl, func(b []byte) {
		m, err := wire.Parse(b)
		if err != nil {
			p.t.Errorf("an honest app said %x", b)
		}
		if now, ok := m.(wire.Rights); ok {
			p.rights = now
		}
		if len(p.said) < 10_000 {
			p.said = append(p.said, m)
		}
	})
	hear(session.ChanInput, func(b []byte) { p.ack, _ = wire.ParseAck(b) })
	for _, ch := range []session.Channel{session.ChanChat, session.ChanClipboard, session.ChanPen} {
		hear(ch, func([]byte) {
			if !p.deaf {
				p.t.Errorf("something came on channel %d", ch)
			}
		})
	}
	if p.role == pair.Helper {
		rx := picture.NewReceiver(picture.ReceiverConfig{In: counted{p.link, &p.packets}, Screen: &glass{}})
		p.r.wg.Go(func() { _ = rx.Run(p.r.ctx) })
	}
}

type counted struct {
	session.Link
	n *atomic.Int64
}

func (c counted) ReadPacket(ctx context.Context) ([]byte, error) {
	b, err := c.Link.ReadPacket(ctx)
	if err == nil {
		c.n.Add(1)
	}
	return b, err
}

var _ picture.Screen = (*glass)(nil)

func (p *peer) say(m wire.Message) { _ = p.link.Send(session.ChanControl, wire.Append(nil, m)) }

func (p *peer) raw(ch session.Channel, b []byte) error { return p.link.Send(ch, b) }

func (p *peer) input(m wire.Input) { _ = p.link.Send(session.ChanInput, wire.AppendInput(nil, m)) }

func (p *peer) now() wire.Rights { p.mu.Lock(); defer p.mu.Unlock(); return p.rights }
func (p *peer) cut() bool        { p.mu.Lock(); defer p.mu.Unlock(); return p.gone }
