package session

import (
	"context"
	"sync"
	"time"

	"beside/input"
	"beside/session/wire"
)

// inputLog is the helper's half of the input channel. The link under it loses and reorders; so
// every packet carries the newest position and all events that are not yet acknowledged, each
// packet goes out twice, and the rest is repeated until it is acknowledged. One lost packet costs
// 10 ms, and nothing is ever lost or out of order. It is safe for concurrent use.
type inputLog struct {
	mu     sync.Mutex
	epoch  uint32
	open   bool // there is a right to send input
	first  uint32
	events []input.Event
	moved  uint32
	move   input.Move
	ackMov uint32
	down   map[input.Event]input.Event // what is held: its release, by its press's identity
	wake   chan struct{}
}

// maxPending bounds what waits for an acknowledgement; more than that means that the link is
// gone, and stale clicks must not arrive when it comes back.
const maxPending = 512

func newInputLog() *inputLog {
	return &inputLog{first: 1, down: map[input.Event]input.Event{}, wake: make(chan struct{}, 1)}
}

// setEpoch starts a new right: events made under an older one are forgotten.
func (l *inputLog) setEpoch(epoch uint32, open bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if epoch == l.epoch && open == l.open {
		return
	}
	l.epoch, l.open = epoch, open
	l.first += uint32(len(l.events)) //nolint:gosec // at most maxPending
	l.events = nil
	clear(l.down)
}

// add queues one event; without a right it does nothing.
func (l *inputLog) add(e input.Event) {
	l.mu.Lock()
	if !l.open || input.Check(e) != nil {
		l.mu.Unlock()
		return
	}
	switch e := e.(type) {
	case input.Move:
		l.moved++
		l.move = e
	default:
		l.hold(e)
		if len(l.events) < maxPending {
			l.events = append(l.events, e)
		}
	}
	l.mu.Unlock()
	l.kick()
}

// hold remembers what is down, so that release can lift it.
func (l *inputLog) hold(e input.Event) {
	switch e := e.(type) {
	case input.Key:
		id := input.Key{Usage: e.Usage}
		if delete(l.down, id); e.Down {
			l.down[id] = id
		}
	case input.Button:
		id := input.Button{Code: e.Code}
		if delete(l.down, id); e.Down {
			l.down[id] = input.Button{At: e.At, Code: e.Code}
		}
	}
}

// release queues the lifting of everything that is down.
func (l *inputLog) release() {
	l.mu.Lock()
	for _, up := range l.down {
		l.events = append(l.events, up)
	}
	clear(l.down)
	l.mu.Unlock()
	l.kick()
}

// acked drops what the sharer has seen.
func (l *inputLog) acked(a wire.Ack) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := int32(a.Next - l.first); n > 0 && int(n) <= len(l.events) { //nolint:gosec // serial arithmetic
		l.events = append(l.events[:0], l.events[n:]...)
		l.first = a.Next
	}
	if int32(a.Moved-l.ackMov) > 0 { //nolint:gosec // serial arithmetic
		l.ackMov = a.Moved
	}
}

// packet is what to send now; ok is false when everything is acknowledged.
func (l *inputLog) packet() (m wire.Input, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open || (len(l.events) == 0 && l.moved == l.ackMov) {
		return wire.Input{}, false
	}
	m = wire.Input{Epoch: l.epoch, First: l.first, Moved: l.moved, Move: l.move}
	m.Events = append(m.Events, l.events[:min(len(l.events), wire.MaxEvents)]...)
	return m, true
}

// empty is a packet that says nothing but that this side is there.
func (l *inputLog) empty() wire.Input {
	l.mu.Lock()
	defer l.mu.Unlock()
	return wire.Input{Epoch: l.epoch, First: l.first}
}

// holds says whether anything is down.
func (l *inputLog) holds() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.down) > 0
}

func (l *inputLog) kick() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run sends until ctx ends. rtt is asked before each repetition.
func (l *inputLog) run(ctx context.Context, link Link, rtt func() time.Duration) error {
	const twice = 10 * time.Millisecond
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	again := 0
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.wake:
			again = 0
		case <-timer.C:
			again++
		}
		m, ok := l.packet()
		if !ok {
			timer.Stop()
			continue
		}
		if err := link.Send(ChanInput, wire.AppendInput(nil, m)); err != nil {
			return err
		}
		wait := twice
		if again > 0 {
			wait = min(rtt()+20*time.Millisecond<<min(again, 5), time.Second)
		}
		timer.Reset(wait)
	}
}

// applier is the sharer's half: it applies each event once and in order, and positions only when
// they are newer than what was applied. It belongs to one goroutine.
type applier struct {
	gate  *Gate
	next  uint32 // number of the first event not yet seen
	moved uint32
	deny  func() // told for every refused event
}

// apply handles one packet from the helper, who is not trusted.
func (a *applier) apply(m wire.Input) {
	if int32(m.First-a.next) > 0 { //nolint:gosec // serial arithmetic
		// The helper dropped events on a change of rights: they will never come.
		a.next = m.First
	}
	for i, e := range m.Events {
		n := m.First + uint32(i)
		if n != a.next {
			continue // seen before
		}
		a.next++
		if err := a.gate.Inject(m.Epoch, e); err != nil {
			a.deny()
		}
	}
	if m.Moved != 0 && int32(m.Moved-a.moved) > 0 { //nolint:gosec // serial arithmetic
		a.moved = m.Moved
		if err := a.gate.Inject(m.Epoch, m.Move); err != nil {
			a.deny()
		}
	}
}
