package session

import (
	"context"
	"time"

	"beside/policy"
	"beside/policy/api"
	"beside/session/pair"
	"beside/session/picture"
	"beside/session/wire"
)

// helperLive is the helper's side of a session while the link is up. Its own goroutine owns it.
type helperLive struct {
	h    *Helper
	con  *conduit
	rx   *picture.Receiver
	in   chan wire.Message
	acks chan wire.Ack

	rights   policy.Right
	used     *policy.Right
	began    *time.Time
	seq      uint32 // newest Ack
	cursor   cursorView
	quiet    bool
	isPaused bool
	shown    chan struct{}
	first    bool // a picture was shown
	pings    pinger
	pinged   time.Duration // when, on the clock; 0 for never
	mends    *mends
	there    MonitorsNow // what there is to see
}

// live runs the session over an encrypted link until it ends.
func (h *Helper) live(ctx context.Context, link Link, began *time.Time, used *policy.Right) error {
	con := newConduit(link, h.cfg.Clock)
	mends := newMends(con, link, h.seal)
	link = con.link
	if err := greet(ctx, con, h.keys, pair.Helper, wire.Cards{Helper: h.met.digestH, Sharer: h.met.digestS, State: h.met.device.State}); err != nil {
		return err
	}
	l := &helperLive{
		h: h, con: con, in: make(chan wire.Message, 64), acks: make(chan wire.Ack, 64),
		used: used, began: began, shown: make(chan struct{}, 1), cursor: cursorView{screen: h.cfg.Screen}, mends: mends,
	}
	screen := &firstShown{Screen: h.cfg.Screen, shown: l.shown}
	l.rx = picture.NewReceiver(picture.ReceiverConfig{In: link, Screen: screen})
	h.meter.start(l.rx, link, h.cfg.Screen, &l.pings)
	defer h.meter.stop()
	h.talk.on.Store(h.met.chat)
	defer h.talk.on.Store(false)
	defer h.log.setEpoch(0, false)
	return group(ctx,
		l.own,
		func(ctx context.Context) error { return con.control(ctx, BySharer, l.in) },
		l.readAcks,
		l.chat,
		func(ctx context.Context) error { return h.log.run(ctx, link, l.pings.rtt) },
		l.rx.Run,
		l.mends.follow,
		func(ctx context.Context) error {
			return refuseChannels(ctx, con, BySharer, nil, ChanClipboard, ChanPen)
		},
		func(ctx context.Context) error {
			defer h.pen.setOpen(false)
			return h.pen.run(ctx, link)
		},
	)
}

// own is the owner: every change of state happens here.
func (l *helperLive) own(ctx context.Context) error {
	beat := time.NewTimer(beatHeld)
	defer beat.Stop()
	pushes := l.h.box.endpoint.Pushes()
	for {
		select {
		case <-ctx.Done():
			return lastWord(l.in, BySharer, ctx.Err())
		case <-l.h.box.stop.c:
			return l.bye(api.EndStopped)
		case m := <-l.in:
			if err := l.message(ctx, m); err != nil {
				return err
			}
		case a := <-l.acks:
			l.ack(a)
		case <-l.shown:
			l.first = true
			l.start()
		case c := <-l.h.box.cmds:
			if err := l.command(ctx, c); err != nil {
				return err
			}
		case f, ok := <-pushes:
			if !ok {
				pushes = nil // the endpoint is gone; the session lives until its grant runs out
				continue
			}
			if err := l.push(f); err != nil {
				return err
			}
		case <-beat.C:
			if err := l.tick(); err != nil {
				return err
			}
			if next := l.untilBeat(); next > 0 {
				beat.Reset(next)
			} else {
				beat.Reset(l.beat()) // nothing is heard, or the answer is under way
			}
		}
	}
}

// bye tells the sharer before the link goes.
func (l *helperLive) bye(code string) error {
	sayEnd(l.con, code)
	return over(ByHelper, code)
}

func (l *helperLive) message(ctx context.Context, m wire.Message) error {
	switch m := m.(type) {
	case wire.Rights:
		l.setRights(m)
	case wire.Asking:
		l.h.out.emit(Asked{m.Rights})
	case wire.Denied:
		l.h.out.emit(Declined{m.Rights})
	case wire.Pong:
		l.pings.pong(m.N, l.con.clock())
	case wire.Local:
		l.h.out.emit(LocalInput{m.Active})
	case wire.Shape:
		l.cursor.shape(m.Shape)
	case wire.Expiring:
		l.h.out.emit(Expiring{})
	case wire.InkClear:
		l.h.pen.clear(m.Upto)
	case wire.Paused:
		l.paused(m)
	case wire.Monitors:
		l.monitors(m)
	case wire.End:
		return over(BySharer, m.Code)
	default:
		return over(ByNobody, api.ProtocolBroken)
	}
	return nil
}

func (l *helperLive) setRights(m wire.Rights) {
	was := l.rights
	l.rights = m.Rights
	l.h.log.setEpoch(m.Epoch, l.mayControl() && !l.isPaused)
	l.h.pen.setOpen(l.rights.Has(policy.View) && !l.isPaused)
	*l.used |= m.Rights
	if !l.began.IsZero() && was != m.Rights {
		l.h.out.emit(RightsNow{Rights: m.Rights, By: whoFrom(m.By)})
	}
	l.start()
}

func (l *helperLive) mayControl() bool { return l.rights.Has(policy.View | policy.Control) }

func whoFrom(b uint8) Who {
	if b > uint8(ByEndpoint) {
		return ByNobody
	}
	return Who(b)
}

// start says once that the first picture is there and with which rights: a picture may overtake the
// message that says them.
func (l *helperLive) start() {
	if l.began.IsZero() && l.first && l.rights != 0 {
		*l.began = time.Now()
		l.h.out.emit(Started{Rights: l.rights, Peer: l.h.met.sharer})
		l.seeMonitors(l.there)
	}
}

func (l *helperLive) ack(a wire.Ack) {
	l.h.log.acked(a)
	if int32(a.Seq-l.seq) <= 0 && l.seq != 0 { //nolint:gosec // serial arithmetic
		return
	}
	l.seq = a.Seq
	l.cursor.move(a)
}

func (l *helperLive) readAcks(ctx context.Context) error {
	for {
		b, err := l.con.link.Recv(ctx, ChanInput)
		if err != nil {
			return err
		}
		a, err := wire.ParseAck(b)
		if err != nil {
			return err
		}
		select {
		case l.acks <- a:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (l *helperLive) command(ctx context.Context, c command) error {
	switch c.kind {
	case cmdAsk:
		if !l.h.met.offer.Has(c.rights) {
			l.h.out.emit(Declined{c.rights})
			return nil
		}
		l.h.audit(ctx, api.EventRequested, c.rights)
		return l.con.send(wire.Want{Rights: c.rights})
	case cmdCancel:
		return l.con.send(wire.CancelWant{})
	case cmdClearInk:
		return l.con.send(wire.InkClear{Upto: l.h.pen.newest()})
	case cmdShow:
		return l.askShow(c.monitor)
	case cmdGiveBack:
		return l.con.send(wire.GiveBack{Keep: c.rights})
	}
	return nil
}

// push listens to the endpoint only for an end, and for the sharer who looks for a path: everything
// else is the sharer's business.
func (l *helperLive) push(f api.Frame) error {
	v, err := l.h.box.push(f)
	if s, ok := v.(api.Signal); ok {
		l.mends.take(s)
	}
	return err
}

// tick makes this side heard when nothing else did, and notices silence. Both go over the channel that
// may lose, whose every message is acknowledged: SCTP would cost more than all the rest of an idle session.
func (l *helperLive) tick() error {
	if now := l.con.clock(); now >= l.pinged+rttEvery || l.pinged == 0 {
		l.pinged = now
		_ = l.con.send(wire.Ping{N: l.pings.ping(now)}) // a dead link shows as silence
	} else if l.untilBeat() <= l.beat()/8 {
		_ = l.con.link.Send(ChanInput, wire.AppendInput(nil, l.h.log.empty()))
	}
	return quiet(l.con, &l.quiet, l.h.out)
}

// untilBeat is until this side should make itself heard; it may be past.
func (l *helperLive) untilBeat() time.Duration {
	return l.beat() - max(l.con.silence(), l.con.unsaid())
}

// beat is how long this side may say, or hear, nothing before it makes itself heard.
func (l *helperLive) beat() time.Duration {
	if l.quiet || l.h.log.holds() || l.con.silence() > beatIdle {
		return beatHeld
	}
	return beatIdle
}

// quiet tells people about silence, once, and ends the session after a minute of it.
func quiet(con *conduit, was *bool, out outbox) error {
	s := con.silence()
	switch {
	case s >= lostAt:
		return over(ByNobody, api.EndLost)
	case s >= quietAt && !*was:
		*was = true
		out.emit(Unreachable{Since: time.Now().Add(-s)})
	case s < quietAt && *was:
		*was = false
		out.emit(Back{})
	}
	return nil
}
