package session

import (
	"context"
	"errors"
	"time"

	"beside/capture"
	"beside/frame"
	"beside/policy"
	"beside/policy/api"
	"beside/session/pair"
	"beside/session/picture"
	"beside/session/wire"
)

// sharerLive is the sharer's side of a session while the link is up. Its own goroutine owns it.
type sharerLive struct {
	s         *Sharer
	con       *conduit
	in        chan wire.Message
	local     chan bool
	first     chan struct{}
	end       *Ended
	rights    policy.Right // consented and granted; the gate may be narrower while a question is up
	quiet     bool
	toldPause bool // the helper knows that the person has paused
	tx        *picture.Sender
	acks      acker
	refuse    *refusals
	ink       *ink
	src       *turnSource
	turns     uint32        // of the gate: the turn that is under way, or was last
	turnGen   uint32        // what tx.Seen says once the helper has seen it
	seen      chan struct{} // that may be so
	turnLimit *bucket
	lostLimit *bucket
	relookAt  <-chan time.Time
	mends     *mends

	asking   *question
	askFor   policy.Right
	deadline <-chan time.Time
	granting chan grantResult
}

// live captures, sends and injects until the session ends.
func (s *Sharer) live(ctx context.Context, link Link, rights policy.Right, end *Ended) error {
	con := newConduit(link, s.cfg.Clock)
	mends := newMends(con, link, s.seal)
	link = con.link
	cards := wire.Cards{Helper: s.met.digestH, Sharer: s.met.digestS, State: s.met.device.State}
	if err := greet(ctx, con, s.keys, pair.Sharer, cards); err != nil {
		return err
	}
	src := newTurnSource(s.area, &s.mask)
	defer src.Close() //nolint:errcheck // nothing to do about it
	sys, err := s.cfg.Injector(s.area.get)
	if err != nil {
		return captureError(err)
	}
	s.sys.Store(&sys)
	defer s.sys.Store(nil)
	l := &sharerLive{
		s: s, con: con, in: make(chan wire.Message, 64), local: make(chan bool, 4), first: make(chan struct{}, 1),
		end: end, rights: rights, granting: make(chan grantResult, 1), mends: mends,
		src: src, seen: make(chan struct{}, 1), turnLimit: turnBucket(s.cfg.Clock), lostLimit: lostBucket(s.cfg.Clock),
	}
	l.acks.link = link
	l.ink = &ink{open: s.cfg.Overlay, own: s.cfg.Own, area: s.area.get, out: s.out}
	s.gate.AllowChat(s.met.chat)
	s.talk.on.Store(s.met.chat)
	defer s.talk.on.Store(false)
	l.refuse = newRefusals(func(class string, n int) {
		sendEvent(ctx, s.cfg.Endpoint, api.Event{Session: s.box.session, Kind: api.EventRefused, Detail: class, Count: n})
	})
	l.tx = picture.NewSender(picture.SenderConfig{
		Source: src, Out: pausedOut{link, s.gate},
		Allow: func() bool { return s.gate.Check(ClassPicture) == nil },
		Focus: src.focus, RTT: func() time.Duration { return link.Status().RTT },
		FirstSent: func() { l.first <- struct{}{} }, Shown: func() { poke(l.seen) },
	})
	s.tx.Store(l.tx)
	defer s.tx.Store(nil)
	if err := l.begin(ctx); err != nil {
		return err
	}
	l.apply(rights, ByHelper)
	l.stillPaused()
	_ = l.tellMonitors() // a dead link shows as silence
	defer s.gate.Close()
	return group(ctx,
		l.own,
		func(ctx context.Context) error { return con.control(ctx, ByHelper, l.in) },
		l.readInput,
		l.tx.Run,
		l.mends.lead,
		func(ctx context.Context) error { return l.cursors(ctx) },
		l.watchLocal,
		l.chat,
		l.readPen,
		func(ctx context.Context) error {
			told := func(ch Channel) { l.refuse.add(classOf(ch).String()) }
			return refuseChannels(ctx, con, ByHelper, told, ChanClipboard)
		},
		l.refuse.run,
	)
}

func classOf(ch Channel) Class {
	switch ch {
	case ChanInput:
		return ClassInput
	case ChanChat:
		return ClassChat
	case ChanClipboard:
		return ClassClipboard
	case ChanPen:
		return ClassPen
	case ChanControl:
	}
	return ClassUnknown
}

// own is the owner: every change of rights happens here, or narrows in the caller of Stop and TakeBack.
func (l *sharerLive) own(ctx context.Context) error {
	tick := time.NewTimer(lookIdle)
	defer tick.Stop()
	pushes := l.s.box.endpoint.Pushes()
	for {
		var answer <-chan bool
		if l.asking != nil {
			answer = l.asking.answer
		}
		var err error
		select {
		case <-ctx.Done():
			return lastWord(l.in, ByHelper, ctx.Err())
		case <-l.s.box.stop.c:
			l.s.gate.Close()
			sayEnd(l.con, api.EndStopped)
			return over(BySharer, api.EndStopped)
		case m := <-l.in:
			err = l.message(ctx, m)
		case a := <-answer:
			err = l.answered(ctx, a)
		case <-l.deadline:
			err = l.answered(ctx, false)
		case r := <-l.granting:
			err = l.granted(ctx, r)
		case c := <-l.s.box.cmds:
			err = l.command(ctx, c)
		case f, ok := <-pushes:
			if ok {
				err = l.push(ctx, f)
			} else {
				pushes = nil // the endpoint is gone; the session lives until its grant runs out
			}
		case active := <-l.local:
			if !active || !l.toldPause {
				err = l.con.send(wire.Local{Active: active})
			}
		case <-l.first:
			l.started(ctx)
		case <-l.s.turn:
			err = l.limited(ctx)
		case <-l.seen:
			err = l.sawTurn()
		case <-l.src.gone:
			err = l.lost(ctx)
		case <-l.src.relaid():
			l.relookAt = time.After(relookAfter)
		case <-l.relookAt:
			err = l.relook(ctx)
		case <-tick.C:
			err = l.tick(ctx)
			tick.Reset(l.look())
		}
		if err != nil {
			return l.leave(err)
		}
	}
}

// command does what the person asked for.
func (l *sharerLive) command(ctx context.Context, c command) error {
	switch c.kind {
	case cmdGiveBack:
		return l.narrow(ctx, c.rights, BySharer)
	case cmdContinue:
		if l.src.none() {
			return nil // there is nothing that may be seen
		}
		return l.pause(ctx, c)
	case cmdPause:
		return l.pause(ctx, c)
	case cmdClearInk:
		return l.clearInk(0)
	}
	return nil
}

// leave closes the gate first, then tells the helper why, if it was this side that ended it.
func (l *sharerLive) leave(err error) error {
	l.s.gate.Close()
	var e *ended
	if errors.As(err, &e) && e.by != ByHelper {
		sayEnd(l.con, e.code)
	}
	return err
}

func (l *sharerLive) started(ctx context.Context) {
	if !l.end.Began.IsZero() {
		return
	}
	l.end.Began = time.Now()
	go sendEvent(ctx, l.s.cfg.Endpoint, l.s.event(api.EventStarted, l.rights))
	l.s.out.emit(Started{Rights: l.rights, Peer: l.s.met.helper})
	l.s.out.emit(l.s.monitors.now())
}

// apply makes r the law and says so to the helper.
func (l *sharerLive) apply(r policy.Right, by Who) {
	if l.con.silence() >= closeAt {
		l.rights = r // tick applies it when the helper is heard again
		l.s.gate.Set(0, l.s.auth.until())
		return
	}
	l.ink.hold(l.toldPause)
	r, epoch := l.s.gate.put(r, l.s.auth.until()) // less than r if the person took it back meanwhile
	l.rights = r
	l.end.Used |= r
	_ = l.con.send(wire.Rights{Rights: r, Epoch: epoch, By: uint8(by)}) // a dead link shows as silence
	if !l.end.Began.IsZero() {
		l.s.out.emit(RightsNow{Rights: r, By: by})
	}
}

// narrow keeps only keep; it needs no grant and no consent.
func (l *sharerLive) narrow(ctx context.Context, keep policy.Right, by Who) error {
	r := l.rights & keep
	if !r.Has(policy.View) {
		return over(by, api.EndStopped)
	}
	if r == l.rights && (l.asking == nil || by == ByHelper) {
		return nil // nothing to take: a flood of these must become no flood of audit rows, nor end a question
	}
	l.dropQuestion()
	l.apply(r, by)
	go sendEvent(ctx, l.s.cfg.Endpoint, l.s.event(api.EventNarrowed, r))
	return nil
}

func (l *sharerLive) message(ctx context.Context, m wire.Message) error {
	switch m := m.(type) {
	case wire.Ping:
		return l.con.send(wire.Pong(m))
	case wire.Want:
		return l.want(ctx, m.Rights)
	case wire.CancelWant:
		if l.asking != nil {
			l.dropQuestion()
			l.apply(l.rights, ByHelper)
			return l.con.send(wire.Denied{Rights: l.askFor})
		}
		return nil
	case wire.InkClear:
		return l.clearInk(m.Upto)
	case wire.Show:
		return l.show(ctx, int(m.Monitor))
	case wire.GiveBack:
		return l.narrow(ctx, m.Keep, ByHelper)
	case wire.End:
		return over(ByHelper, m.Code)
	}
	return over(ByHelper, api.ProtocolBroken)
}

func (l *sharerLive) push(ctx context.Context, f api.Frame) error {
	v, err := l.s.box.push(f)
	var e *ended
	if errors.As(err, &e) && e.by != ByEndpoint && l.con.silence() < mendAfter {
		return nil // the helper's own end comes over the link while there is one
	} else if err != nil {
		return err
	}
	switch r := v.(type) {
	case api.Signal:
		l.mends.take(r)
	case api.Revoke:
		left, ok := l.s.auth.revoked(r)
		if !ok {
			return nil
		}
		return l.narrow(ctx, left, ByEndpoint)
	}
	return nil
}

// look is until the next tick.
func (l *sharerLive) look() time.Duration {
	if l.quiet {
		return beatHeld
	}
	return l.con.due()
}

// tick keeps time: expiry, renewal, silence.
func (l *sharerLive) tick(ctx context.Context) error {
	s, now := l.s, l.s.cfg.Clock()
	if s.gate.Lift() {
		return over(ByNobody, api.GrantExpired)
	}
	if silent := l.con.silence(); silent >= closeAt {
		s.gate.Set(0, s.auth.until()) // opened again by back, with the rights that are still valid
	} else if silent >= liftAfter {
		s.gate.ReleaseAll()
	}
	was := l.quiet
	if err := quiet(l.con, &l.quiet, s.out); err != nil {
		return err
	}
	if r, _ := s.gate.Rights(); was && !l.quiet && r == 0 && l.asking == nil {
		l.apply(l.rights, ByNobody)
		l.tx.Reset()
	}
	if now >= s.auth.next && !s.auth.busy {
		l.renew(ctx)
	}
	if left := s.auth.until() - now; left <= warnBefore && !s.auth.warned {
		s.auth.warned = true
		s.out.emit(Expiring{})
		return l.con.send(wire.Expiring{})
	}
	return nil
}

// readInput applies the helper's events, who is not trusted beyond this line.
func (l *sharerLive) readInput(ctx context.Context) error {
	a := applier{gate: l.s.gate, next: 1, deny: func() { l.refuse.add(ClassInput.String()) }}
	for {
		b, err := l.con.link.Recv(ctx, ChanInput)
		if err != nil {
			return err
		}
		m, err := wire.ParseInput(b)
		if err != nil {
			return err
		}
		a.apply(m)
		if err := l.acks.seen(a.next, a.moved); err != nil {
			return err
		}
	}
}

// cursors tells the helper where the pointer is and what it looks like.
func (l *sharerLive) cursors(ctx context.Context) error {
	var shape *frame.CursorShape
	for first := true; ; first = false {
		c, err := l.src.Cursor(ctx)
		if errors.Is(err, capture.ErrTemporary) {
			continue
		} else if err != nil {
			return captureError(err)
		}
		if l.s.gate.Check(ClassPicture) != nil {
			continue
		}
		if c.Shape != shape || first {
			shape = c.Shape
			if err := l.con.send(wire.Shape{Shape: shape}); err != nil {
				return err
			}
		}
		if err := l.acks.pointer(c); err != nil {
			return err
		}
	}
}
