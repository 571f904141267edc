package picture

import (
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"beside/codec/mix"
	"beside/frame"
	"beside/session/link"
)

// senderLoop is everything the Sender's one goroutine owns.
type senderLoop struct {
	s     *Sender
	start time.Time
	enc   *mix.Encoder
	link  *link.Sender
	grabs chan<- grab
	gen   uint32

	f       *frame.Frame // not to be touched while lent
	lent    bool
	lentAt  time.Duration
	cancel  context.CancelFunc // ends the Next that holds f
	taken   bool               // cancel was called
	have    bool               // f holds something that was not encoded yet
	rest    bool               // and a part of it was
	restBy  time.Duration      // until then the path may take the rest
	whole   bool               // f was filled since it was made
	size    image.Point        // of f when it was filled last
	retryAt time.Duration
	retry   time.Duration

	denied     bool
	first      bool // a packet has left
	newest     uint32
	look       attention
	last       state
	lastAt     time.Duration
	busyFrom   time.Duration // when the helper was last known to have everything
	stateRef   uint32
	told       bool // last was sent and not lost
	outcomes   []link.Outcome
	msg        []byte
	encode     recent
	captureMin time.Duration
	hintAt     time.Duration
}

func newSenderLoop(s *Sender, enc *mix.Encoder) *senderLoop {
	l := &senderLoop{s: s, start: time.Now(), enc: enc, f: &frame.Frame{}, cancel: func() {}, gen: s.gen.Load()}
	l.link = link.NewSender(0, link.SenderConfig{Worth: enc.Live})
	l.lastAt = -time.Hour
	return l
}

func (l *senderLoop) now() time.Duration { return time.Since(l.start) }

// step does all there is to do and says how long there is nothing more.
func (l *senderLoop) step(ctx context.Context) (time.Duration, error) {
	for {
		if !l.allowed() {
			return askAgain, nil
		}
		l.hint()
		if err := l.pump(); err != nil {
			return 0, err
		}
		if l.denied || l.gen != l.s.gen.Load() {
			continue
		}
		l.settle()
		if !l.produce() && !l.tell() {
			break
		}
	}
	l.lend(ctx)
	l.s.exact.Store(l.settled())
	if l.gen != l.s.gen.Load() { // Reset came in between
		l.s.exact.Store(false)
		return 0, nil
	}
	l.s.publish(l.link, l.captureMin, l.encode.median())
	return l.wait(), nil
}

// hint tells the link what is believed of the path. Asking is not free: it goes through the
// goroutines of ICE, so a running session asks once a second.
func (l *senderLoop) hint() {
	rtt := l.s.cfg.RTT
	if now := l.now(); rtt != nil && now >= l.hintAt {
		l.link.Hint(rtt())
		l.hintAt = now + time.Second
	}
}

// allowed asks for permission and takes in Resets; whatever ended in between is forgotten.
func (l *senderLoop) allowed() bool {
	if gen := l.s.gen.Load(); gen != l.gen {
		l.gen = gen
		l.forget()
	}
	if l.s.cfg.Allow() {
		l.denied = false
		return true
	}
	l.deny()
	return false
}

func (l *senderLoop) deny() {
	if !l.denied {
		l.denied = true
		l.forget()
		l.s.exact.Store(false)
	}
}

// forget drops every trace of what was on the screen. A Next that is under way keeps its
// own frame, which is then thrown away.
func (l *senderLoop) forget() {
	l.takeFrameBack()
	l.link.Reset()
	l.enc.Reset()
	l.f = &frame.Frame{}
	l.have, l.rest, l.whole, l.told = false, false, false, false
	l.last = state{}
}

func (l *senderLoop) takeFrameBack() {
	if l.lent && !l.taken {
		l.taken = true
		l.cancel()
	}
}

// pump writes the packets that are due, each with its own permission.
func (l *senderLoop) pump() error {
	for {
		b, ok := l.link.Next(l.now())
		if !ok {
			return nil
		}
		if !l.s.cfg.Allow() {
			l.deny()
			return nil
		}
		if current, err := l.write(b); err != nil || !current {
			return err
		}
		if !l.first {
			l.first = true
			if l.s.cfg.FirstSent != nil {
				l.s.cfg.FirstSent()
			}
		}
	}
}

// write writes a packet unless a Reset came before it.
func (l *senderLoop) write(b []byte) (current bool, err error) {
	l.s.out.Lock()
	defer l.s.out.Unlock()
	if l.gen != l.s.gen.Load() {
		return false, nil
	}
	if err := l.s.cfg.Out.WritePacket(b); err != nil {
		return true, fmt.Errorf("picture: write packet: %w", err)
	}
	return true, nil
}

func (l *senderLoop) takeAck(b []byte) {
	_ = l.link.Ack(l.now(), b) // a malformed one is ignored: the peer only harms itself
}

// settle tells the encoder what became of its updates.
func (l *senderLoop) settle() {
	l.outcomes = l.link.Outcomes(l.outcomes[:0])
	for _, o := range l.outcomes {
		switch {
		case o.Kind == link.State:
			if !o.Done && o.Ref == l.stateRef {
				l.told = false
			}
		case o.Done:
			l.enc.Acked(o.Ref)
			l.saw()
		default:
			l.enc.Lost(o.Ref)
		}
	}
}

// saw says that something of the picture since the last Reset was shown.
func (l *senderLoop) saw() {
	if l.s.seen.Swap(l.gen) != l.gen && l.s.cfg.Shown != nil {
		l.s.cfg.Shown()
	}
}

// produce encodes and queues what is due; false if there was nothing.
func (l *senderLoop) produce() bool {
	if !l.link.Ready() {
		if l.rest && l.now() >= l.restBy { // the screen may look different by now
			l.have, l.rest = false, false
		}
		return false
	}
	var f *frame.Frame
	switch {
	case !l.lent && l.have:
		f = l.f
	case !l.enc.Repairs():
		return false
	}
	began := time.Now()
	l.enc.SetRate(l.link.Stats().Rate)
	u, ok := l.enc.Encode(f, l.link.Budget(), l.focus())
	cut := ok && l.enc.Pending()
	if f != nil {
		l.have, l.rest, l.restBy = cut, cut, l.now()+takeBack
	}
	if !ok {
		return false
	}
	l.encode.add(time.Since(began))
	l.look.sent(cut)
	if l.gen != l.s.gen.Load() {
		return true
	}
	l.newest = u.ID
	if l.link.Send(l.now(), link.Picture, u.ID, u.Data) != nil {
		l.enc.Lost(u.ID)
		return false
	}
	return true
}

// focus is the point near which blocks go first.
func (l *senderLoop) focus() image.Point {
	pointer := l.size.Div(2)
	if l.s.cfg.Focus != nil {
		pointer = l.s.cfg.Focus()
	}
	return l.look.focus(pointer, l.size)
}

func (l *senderLoop) settled() bool { return !l.have && l.enc.Settled() }

// stateDue is when the next state may be sent; false if there is no news.
func (l *senderLoop) stateDue() (time.Duration, bool) {
	exact := l.settled()
	if exact || l.newest == 0 {
		l.busyFrom = l.now()
	}
	switch {
	case l.newest == 0 || l.link.Stats().Stalled:
		return 0, false
	case l.told && l.last.exact == exact && l.last.upTo == l.newest:
		return 0, false
	case exact:
		return l.lastAt + stateEvery, true
	case l.last.upTo == l.newest:
		return 0, false // nothing new to say: "exact" comes once it is
	}
	return max(l.lastAt, l.busyFrom) + figuresEvery, true
}

// tell queues a state if one is due.
func (l *senderLoop) tell() bool {
	at, ok := l.stateDue()
	now := l.now()
	if !ok || now < at {
		return false
	}
	l.last = state{
		exact: l.settled(), upTo: l.newest,
		capture: l.captureMin, encode: l.encode.median(), rtt: l.link.Stats().RTT,
	}
	l.msg = l.last.append(l.msg[:0])
	l.stateRef++
	l.lastAt, l.told = now, true
	return l.link.Send(now, link.State, l.stateRef, l.msg) == nil
}

// lend lets the Source have the frame when a new picture would be welcome.
func (l *senderLoop) lend(ctx context.Context) {
	now := l.now()
	switch {
	case l.lent:
		if l.whole && l.enc.Pending() && now >= l.lentAt+takeBack && l.link.Ready() {
			l.takeFrameBack()
		}
		return
	case l.have || !l.link.Ready() || now < l.retryAt:
		return
	}
	gctx, cancel := context.WithCancel(ctx)
	l.lent, l.taken, l.lentAt, l.cancel = true, false, now, cancel
	l.grabs <- grab{ctx: gctx, f: l.f, gen: l.gen}
}

// takeGrab takes the frame back from the Source.
func (l *senderLoop) takeGrab(ctx context.Context, g grabbed) error {
	l.cancel()
	l.lent = false
	if g.f != l.f { // forgotten meanwhile
		if g.err != nil && !temporary(g.err) && !errors.Is(g.err, context.Canceled) {
			return fmt.Errorf("picture: capture: %w", g.err)
		}
		return nil
	}
	switch {
	case g.err == nil:
		l.retry, l.whole, l.have, l.size = 0, true, true, l.f.Size
		if l.captureMin == 0 || g.took < l.captureMin {
			l.captureMin = max(g.took, time.Microsecond)
		}
		drawn := l.f.Damage.Rects()
		l.look.drawn(drawn)
		l.enc.Mark(drawn)
		l.f.Damage.Clear()
	case ctx.Err() != nil:
		return ctx.Err()
	case l.taken && errors.Is(g.err, context.Canceled):
		l.have = l.whole
	case temporary(g.err):
		l.retry = min(max(2*l.retry, retryFirst), retryMost)
		l.retryAt = l.now() + l.retry
		l.have = l.whole && l.enc.Pending()
	default:
		return fmt.Errorf("picture: capture: %w", g.err)
	}
	return nil
}

// wait is how long nothing is due unless something arrives.
func (l *senderLoop) wait() time.Duration {
	now := l.now()
	at := now + time.Hour
	if t, ok := l.link.Wake(now); ok {
		at = min(at, t)
	}
	if t, ok := l.stateDue(); ok {
		at = min(at, t)
	}
	if l.lent && !l.taken && l.whole && l.enc.Pending() && l.link.Ready() {
		at = min(at, l.lentAt+takeBack)
	}
	if d, ok := l.enc.Wake(); ok && l.lent && !l.taken && l.whole && l.link.Ready() {
		at = min(at, max(now+d, l.lentAt+takeBack))
	}
	if l.rest && !l.link.Ready() {
		at = min(at, l.restBy)
	}
	if !l.lent && !l.have && now < l.retryAt {
		at = min(at, l.retryAt)
	}
	return max(at-now, 0)
}
