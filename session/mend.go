package session

import (
	"context"
	"time"

	"beside/internal/pause"
	"beside/policy/api"
	"beside/session/wire"
)

// How the path is found anew (PROTOCOL 1.7).
const (
	mendAfter = 2 * time.Second        // of silence
	mendMoved = time.Second            // of silence, when this machine has other addresses than before
	mendEvery = 2 * time.Second        // at most one restart in this time, on either side
	mendTry   = 3 * time.Second        // for the new path to carry anything
	mendCall  = 2 * time.Second        // for the endpoint to take a message
	mendReply = time.Second            // for the peer's answer; then the same is said again
	mendPause = 250 * time.Millisecond // after the endpoint did not take it
)

// mends is one side of finding the path anew. The sharer leads, as in ICE. It asks first whether
// the helper can be reached through the endpoint: a path that was given up can no longer come back
// by itself. Each message is repeated, as the same sealed bytes, until it is answered, and no new one
// is sealed before that: so whatever the endpoint loses, there is never a gap in the sequence. All but
// take belongs to one goroutine.
type mends struct {
	con  *conduit
	link Mender // nil: the path of this link cannot be found anew
	seal *sealed
	in   chan api.Signal

	n        uint32        // of the attempt
	asked    bool          // MendAsk is under way
	restarts time.Duration // when the last one was, on the session's clock; 0 for never
	repeated time.Duration // when the last answer was repeated
}

func newMends(con *conduit, link Link, seal *sealed) *mends {
	m := &mends{con: con, seal: seal, in: make(chan api.Signal, 16)}
	m.link, _ = link.(Mender)
	return m
}

// take hands over what came through the endpoint. It never waits: what is lost is said again.
func (m *mends) take(s api.Signal) {
	select {
	case m.in <- s:
	default:
	}
}

// lead is the sharer's side. It returns when ctx ends or what came was broken.
func (m *mends) lead(ctx context.Context) error {
	if m.link == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	for {
		if err := m.silent(ctx); err != nil {
			return err
		}
		if err := m.attempt(ctx); err != nil {
			return err
		}
	}
}

// silent waits until the path must be taken for lost.
func (m *mends) silent(ctx context.Context) error {
	for {
		s := m.con.silence()
		wait := mendMoved - s
		switch {
		case s >= mendAfter, s >= mendMoved && m.link.Moved():
			return nil
		case wait <= 0:
			wait = min(mendAfter-s, mendPause)
		}
		if _, err := m.await(ctx, 0, wait); err != nil {
			return err
		}
	}
}

// attempt is one try, which need not succeed.
func (m *mends) attempt(ctx context.Context) error {
	if !m.asked {
		m.n++
		if err := m.say(wire.Mend{Step: wire.MendAsk, N: m.n}); err != nil {
			return err
		}
		m.asked = true
	}
	back := func() bool { return m.con.silence() < mendMoved }
	if _, ok, err := m.exchange(ctx, wire.MendReady, back); err != nil || !ok {
		return err // it came back by itself; the question stands, and is asked again next time
	}
	m.asked = false
	if back() {
		m.seal.owed = nil
		return nil
	}
	if err := m.spread(ctx); err != nil {
		return err
	}
	d, err := m.link.Restart(ctx)
	if err != nil {
		m.seal.owed = nil
		_, err = m.await(ctx, 0, mendEvery) // the next may work
		return err
	}
	if err := m.say(wire.Mend{Step: wire.MendOffer, N: m.n, Description: d}); err != nil {
		return err
	}
	answer, _, err := m.exchange(ctx, wire.MendAnswer, func() bool { return false })
	if err != nil {
		return err
	}
	m.seal.owed = nil
	if m.link.Finish(answer.Description) != nil {
		return over(ByNobody, api.ProtocolBroken)
	}
	for began := m.con.clock(); m.con.clock()-began < mendTry && !back() && !m.link.Moved(); {
		if _, err := m.await(ctx, 0, mendPause); err != nil {
			return err
		}
	}
	return nil
}

// exchange says what is owed until the answer comes, or enough says so.
func (m *mends) exchange(ctx context.Context, want wire.MendStep, enough func() bool) (wire.Mend, bool, error) {
	for !enough() {
		wait := mendReply
		if m.post(ctx) != nil {
			wait = mendPause
		}
		answer, err := m.await(ctx, want, wait)
		if err != nil || answer.Step == want {
			return answer, err == nil, err
		}
	}
	return wire.Mend{}, false, nil
}

// await waits for the helper's answer to this attempt. Anything else that is in order is ignored.
func (m *mends) await(ctx context.Context, want wire.MendStep, limit time.Duration) (wire.Mend, error) {
	t := time.NewTimer(limit)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return wire.Mend{}, ctx.Err()
		case <-t.C:
			return wire.Mend{}, nil
		case s := <-m.in:
			got, err := m.seal.read(s)
			if err != nil {
				return wire.Mend{}, err
			}
			if a, ok := got.(wire.Mend); ok && a.Step == want && a.N == m.n {
				return a, nil
			}
		}
	}
}

// follow is the helper's side. It returns when ctx ends or what came was broken.
func (m *mends) follow(ctx context.Context) error {
	for {
		var s api.Signal
		select {
		case <-ctx.Done():
			return ctx.Err()
		case s = <-m.in:
		}
		got, err := m.seal.read(s)
		if err != nil {
			return err
		}
		reply, err := m.reply(ctx, got)
		if err != nil {
			return err
		}
		for try := 0; reply && try < 3 && m.post(ctx) != nil && ctx.Err() == nil; try++ { // the sharer asks again
			if err := pause.For(ctx, mendPause); err != nil {
				return err
			}
		}
	}
}

// reply makes the answer to what the sharer said, and says whether there is one to send.
func (m *mends) reply(ctx context.Context, got wire.Message) (bool, error) {
	a, ok := got.(wire.Mend)
	switch {
	case got == nil: // said again
		now := m.con.clock()
		if m.seal.owed == nil || now-m.repeated < mendPause {
			return false, nil // whoever repeats it faster gets no more of it
		}
		m.repeated = now
		return true, nil
	case !ok:
		return false, nil
	case a.Step == wire.MendAsk:
		return true, m.say(wire.Mend{Step: wire.MendReady, N: a.N})
	case a.Step != wire.MendOffer || m.link == nil:
		return false, over(ByNobody, api.ProtocolBroken)
	}
	if err := m.spread(ctx); err != nil {
		return false, err
	}
	d, err := m.link.Rejoin(ctx, a.Description)
	if err != nil {
		return false, err
	}
	return true, m.say(wire.Mend{Step: wire.MendAnswer, N: a.N, Description: d})
}

// spread keeps restarts apart.
func (m *mends) spread(ctx context.Context) error {
	if m.restarts > 0 {
		if err := pause.For(ctx, m.restarts+mendEvery-m.con.clock()); err != nil {
			return err
		}
	}
	m.restarts = m.con.clock()
	return nil
}

// say seals the next message; post sends it.
func (m *mends) say(msg wire.Message) error {
	b, err := m.seal.seal.Seal(wire.AppendSealed(nil, msg))
	m.seal.owed = b
	return err
}

func (m *mends) post(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, mendCall)
	defer cancel()
	return m.seal.box.endpoint.Call(ctx, api.TypeSignal, api.Signal{Session: m.seal.box.session, Kind: "sealed", Body: m.seal.owed}, nil)
}

// heardLink notes that anything came: whatever a link passes on is authenticated. And when anything
// was sent.
type heardLink struct {
	Link
	con *conduit
}

func (l heardLink) heard(b []byte, err error) ([]byte, error) {
	if err == nil {
		l.con.hear()
	}
	return b, err
}

// Recv is Link's.
func (l heardLink) Recv(ctx context.Context, ch Channel) ([]byte, error) {
	return l.heard(l.Link.Recv(ctx, ch))
}

// ReadPacket is Link's.
func (l heardLink) ReadPacket(ctx context.Context) ([]byte, error) {
	return l.heard(l.Link.ReadPacket(ctx))
}

// ReadAck is Link's.
func (l heardLink) ReadAck(ctx context.Context) ([]byte, error) {
	return l.heard(l.Link.ReadAck(ctx))
}

// Send is Link's.
func (l heardLink) Send(ch Channel, b []byte) error {
	l.con.spoke()
	return l.Link.Send(ch, b)
}

// WriteAck is Link's.
func (l heardLink) WriteAck(b []byte) error {
	l.con.spoke()
	return l.Link.WriteAck(b)
}
