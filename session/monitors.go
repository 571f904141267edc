package session

import (
	"context"
	"errors"
	"time"

	"beside/capture"
	"beside/policy"
	"beside/policy/api"
	"beside/session/wire"
)

// relookAfter is how long after news of monitors the list is read: a change of mode switches one off
// and on, and that is no news.
const relookAfter = 1200 * time.Millisecond

// errTurns is the end of a screen whose capture ends again and again.
var errTurns = errors.New("session: capture keeps ending")

// Monitors are the sharer's monitors, as far as they are known.
func (s *Sharer) Monitors() []Monitor { return s.monitors.connected() }

// ShareOnly limits the share to one monitor by its number, or with 0 to none. When it returns, nothing
// that shows another one is sent and nothing can be aimed at one any more; until the new picture is
// there, nothing passes at all. What shows more than before counts only from a person once a helper
// has had input, as an Allow does.
func (s *Sharer) ShareOnly(n int) {
	if s.monitors.widens(n) && !s.byPerson("monitors.injected") {
		return
	}
	if !s.monitors.limit(n) {
		return
	}
	if s.tx.Load() == nil {
		return // the session begins with it
	}
	s.gate.Turn()
	if tx := s.tx.Load(); tx != nil {
		tx.Reset()
	}
	poke(s.turn)
}

// poke says once that there is news.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// begin captures what is to be seen first.
func (l *sharerLive) begin(ctx context.Context) error {
	if _, err := l.s.monitors.refresh(ctx); err != nil {
		return captureError(err)
	}
	return l.aimSource(ctx)
}

// aimSource opens what is to be seen, if that is not what is captured already. While there is nothing
// that may be seen, the share is paused.
func (l *sharerLive) aimSource(ctx context.Context) error {
	for range 3 {
		id, _, ok := l.s.monitors.target()
		if !ok {
			l.src.turn(nil, "")
			l.s.gate.Pause()
			return nil
		}
		src, err := l.s.cfg.Displays.Open(ctx, id)
		if err == nil {
			l.src.turn(src, id)
			return nil
		}
		if !errors.Is(err, capture.ErrDisplayGone) {
			return captureError(err)
		}
		if _, err := l.s.monitors.refresh(ctx); err != nil { // it went between the two
			return captureError(err)
		}
	}
	return captureError(capture.ErrDisplayGone)
}

// turn shows what is to be seen now, from a picture that begins anew, and tells both people. lost says
// that what was captured has ended.
func (l *sharerLive) turn(ctx context.Context, lost bool) error {
	s := l.s
	times := s.gate.Turn() // before the look: a limit that comes between has its own turn
	id, _, ok := s.monitors.target()
	same := ok && !lost && l.src.on(id)
	if !same {
		if err := l.aimSource(ctx); err != nil {
			return err
		}
		_ = l.con.send(wire.InkClear{Upto: l.ink.wipe(0)}) // what was drawn on another picture
	}
	if l.turns = times; !same {
		l.turnGen = l.tx.Reset()
	}
	if on, _ := s.gate.Paused(); on && !l.toldPause {
		if err := l.pause(ctx, command{kind: cmdPause}); err != nil {
			return err
		}
	}
	if !ok {
		l.relookAt = time.After(relookAfter) // nothing that is captured tells when it comes back
	}
	s.gate.Turned(times)
	if same {
		l.turnGen = l.tx.Seen()
		return errors.Join(l.tellMonitors(), l.sawTurn())
	}
	return l.tellMonitors()
}

// sawTurn lets input in again once the helper has seen something of the new picture.
func (l *sharerLive) sawTurn() error {
	if int32(l.tx.Seen()-l.turnGen) < 0 || !l.s.gate.Aim(l.turns) { //nolint:gosec // serial arithmetic
		return nil
	}
	r, epoch := l.s.gate.Rights()
	return l.con.send(wire.Rights{Rights: r, Epoch: epoch, By: uint8(ByNobody)})
}

// tellMonitors tells both people; the sharer not before the session has started.
func (l *sharerLive) tellMonitors() error {
	if !l.end.Began.IsZero() {
		l.s.out.emit(l.s.monitors.now())
	}
	return l.con.send(l.s.monitors.offer())
}

// limited is a change of the person's limit.
func (l *sharerLive) limited(ctx context.Context) error {
	n, detail := l.s.monitors.now().Only, "only"
	if n == 0 {
		detail = "all"
	}
	go sendEvent(ctx, l.s.cfg.Endpoint, api.Event{Session: l.s.box.session, Kind: api.EventMonitors, Detail: detail, Count: n})
	return l.turn(ctx, false)
}

// show is the helper's wish.
func (l *sharerLive) show(ctx context.Context, n int) error {
	ok, flood := l.turnLimit.take(1)
	switch {
	case flood:
		return over(ByHelper, api.ProtocolBroken)
	case !ok, l.s.gate.Check(ClassPicture) != nil, !l.s.monitors.choose(n):
		l.refuse.add("monitor")
		return l.tellMonitors()
	}
	if id, _, _ := l.s.monitors.target(); l.src.on(id) {
		return l.tellMonitors()
	}
	go sendEvent(ctx, l.s.cfg.Endpoint, api.Event{Session: l.s.box.session, Kind: api.EventMonitors, Detail: "shown", Count: n})
	return l.turn(ctx, false)
}

// relook looks which monitors there are.
func (l *sharerLive) relook(ctx context.Context) error {
	news, err := l.s.monitors.refresh(ctx)
	if err != nil {
		return captureError(err)
	}
	id, _, ok := l.s.monitors.target()
	switch {
	case !ok && l.src.none():
		l.relookAt = time.After(relookAfter)
	case ok && !l.src.on(id):
		return l.turn(ctx, false)
	case news:
		return l.tellMonitors()
	}
	return nil
}

// lost turns to what is left after a display has gone.
func (l *sharerLive) lost(ctx context.Context) error {
	if ok, _ := l.lostLimit.take(1); !ok {
		return captureError(errors.Join(capture.ErrDisplayGone, errTurns))
	}
	if _, err := l.s.monitors.refresh(ctx); err != nil {
		return captureError(err)
	}
	return l.turn(ctx, true)
}

// The limits of turning. A helper may look around quickly, but every turn sends a whole picture.
func turnBucket(c Clock) *bucket { return newBucket(c, 1, 8, 200) }
func lostBucket(c Clock) *bucket { return newBucket(c, 0.2, 5, 5) }

// ShowMonitor asks to be shown one monitor by its number, or with 0 all in one canvas.
func (h *Helper) ShowMonitor(n int) { h.box.post(command{kind: cmdShow, monitor: n}) }

// monitors is the sharer's word on what there is to see.
func (l *helperLive) monitors(m wire.Monitors) {
	now := MonitorsNow{Shown: int(m.Shown), All: m.All}
	for _, d := range m.List {
		now.List = append(now.List, Monitor{N: int(d.N), Bounds: d.Bounds, Primary: d.Primary})
	}
	if !m.All && len(now.List) > 0 {
		now.Only = now.List[0].N
	}
	l.seeMonitors(now)
}

// seeMonitors tells the helper, once the session has started.
func (l *helperLive) seeMonitors(now MonitorsNow) {
	if l.there = now; !l.began.IsZero() {
		l.h.out.emit(now)
	}
}

// askShow passes the helper's wish on.
func (l *helperLive) askShow(n int) error {
	if n < 0 || n > wire.MaxMonitors || !l.rights.Has(policy.View) {
		return nil
	}
	return l.con.send(wire.Show{Monitor: uint8(n)})
}
