package session

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"beside/input"
	"beside/policy"
	"beside/policy/api"
	"beside/session/pair"
	"beside/session/wire"
)

// codeLife is how long a code lives, by the helper's own timer.
const codeLife = 600 * time.Second

// Timeouts of the pairing, per message.
const (
	p2Wait  = 20 * time.Second
	metWait = 20 * time.Second
)

// Helper runs the helping side of one session, from code to end. Make one with NewHelper, call
// Run once, read Events until it is closed. The commands may be called from any goroutine, at
// any time, and never block.
type Helper struct {
	cfg    HelperConfig
	out    outbox
	box    *inbox
	log    *inputLog
	meter  meter
	talk   *talk
	pen    *inkPen
	failed int // pairings that failed in a row: the next secret is longer

	// set by pairing
	keys  *pair.Keys
	wire  Wire
	seal  *sealed
	local []byte // where this side can be reached, once gathered
	met   met
}

// NewHelper prepares a session; nothing happens before Run.
func NewHelper(cfg HelperConfig) *Helper {
	if cfg.Clock == nil {
		cfg.Clock = SystemClock()
	}
	h := &Helper{cfg: cfg, out: newOutbox(), log: newInputLog(), talk: newTalk(), pen: newInkPen()}
	h.box = &inbox{endpoint: cfg.Endpoint, cmds: make(chan command, 32), stop: newLatch(), self: ByHelper}
	return h
}

// Events are what happens; closed after Ended.
func (h *Helper) Events() <-chan Event { return h.out.c }

// NewCode asks for a new code; the old one is void at once. Only before somebody joined.
func (h *Helper) NewCode() { h.box.post(command{kind: cmdNewCode}) }

// Ask asks the sharer for exactly these rights.
func (h *Helper) Ask(r policy.Right) { h.box.post(command{kind: cmdAsk, rights: r}) }

// CancelAsk withdraws what was asked.
func (h *Helper) CancelAsk() { h.box.post(command{kind: cmdCancel}) }

// RequestControl asks for control during the session.
func (h *Helper) RequestControl() { h.Ask(policy.View | policy.Control) }

// GiveBack keeps only the view.
func (h *Helper) GiveBack() {
	h.log.release()
	h.box.post(command{kind: cmdGiveBack, rights: policy.View})
}

// End ends the session.
func (h *Helper) End() { h.box.stop.set() }

// Input sends an event; without a right to it nothing is sent.
func (h *Helper) Input(e input.Event) { h.log.add(e) }

// ReleaseInput lifts everything that is held down: the picture has lost the keyboard.
func (h *Helper) ReleaseInput() { h.log.release() }

// Meter is how the session is doing.
func (h *Helper) Meter() Meter { return h.meter.get() }

// Run runs the session until it ends, and closes Events. The error is why, for logs; people are
// told by Ended.
func (h *Helper) Run(ctx context.Context) error {
	defer close(h.out.c)
	var began time.Time
	var used policy.Right
	pairing := h.pairing
	if h.cfg.Ticket != "" {
		pairing = h.launch
	}
	err := pairing(ctx)
	if err == nil {
		err = h.agree(ctx, &began, &used)
	}
	e := h.box.reason(err)
	end := Ended{By: e.by, Code: e.code, Peer: h.met.sharer, Device: h.met.device, Used: used, Began: began, Retry: e.retry}
	if !began.IsZero() {
		end.Lasted = time.Since(began)
	}
	h.out.emit(end) // before the farewell: an endpoint that cannot be reached must not delay it
	h.farewell(ctx, e)
	return err
}

// farewell tells the endpoint, and through it the other app. It has its own short life, because
// ctx may be what ended.
func (h *Helper) farewell(ctx context.Context, e *ended) {
	if h.wire != nil {
		_ = h.wire.Close()
	}
	if h.keys != nil {
		h.keys.Zero()
	}
	if h.box.session == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	_ = h.box.endpoint.Call(ctx, api.TypeEnd, api.End{Session: h.box.session, Code: e.code}, nil)
}

// pairing makes codes until somebody has proven to know one.
func (h *Helper) pairing(ctx context.Context) error {
	for {
		err := h.tryCode(ctx)
		var dead *codeDead
		switch {
		case errors.Is(err, errNewCode):
			continue
		case !errors.As(err, &dead):
			return err
		}
		h.out.emit(CodeDead{dead.code})
		if err := h.waitNewCode(ctx); err != nil {
			return err
		}
	}
}

// codeDead says that the code no longer works; the helper may take a new one.
type codeDead struct{ code string }

func (e *codeDead) Error() string { return "session: code is dead: " + e.code }

// waitNewCode waits for the press; it needs no session, so pushes are left to lie.
func (h *Helper) waitNewCode(ctx context.Context) error {
	for {
		v, err := h.box.next(ctx, nil)
		var e *ended
		if errors.As(err, &e) && e.by != ByHelper && e.by != ByNobody {
			continue // the dead code's own end
		} else if err != nil {
			return err
		}
		if c, ok := v.(command); ok && c.kind == cmdNewCode {
			return nil
		}
	}
}

// tryCode lives through one code: nil means paired and met.
func (h *Helper) tryCode(ctx context.Context) error {
	var nH [32]byte
	if _, err := rand.Read(nH[:]); err != nil {
		return err
	}
	var code api.Code
	if err := h.box.call(ctx, api.TypeCodeNew, api.CodeNew{NH: nH[:]}, &code); err != nil {
		return err
	}
	if !pair.ValidLocator(code.Locator) {
		return over(ByEndpoint, api.ProtocolBroken)
	}
	n := 4
	if h.failed >= 2 {
		n = 6
	}
	secret, err := pair.NewSecret(n)
	if err != nil {
		return err
	}
	h.box.session = code.Session
	deadline := time.NewTimer(codeLife)
	defer deadline.Stop()
	h.out.emit(CodeReady{Code: code.Locator + secret, Expires: time.Now().Add(codeLife)})
	claimant, err := h.waitClaim(ctx, deadline.C)
	if err != nil {
		return err
	}
	h.out.emit(Pairing{})
	err = h.runPairing(ctx, nH, secret, claimant)
	var e *ended
	switch {
	case err == nil:
		h.failed = 0
		return nil
	case errors.As(err, &e) && e.by == ByHelper, ctx.Err() != nil:
		return err
	}
	// The code is dead whatever happened: nobody gets a second guess.
	h.failed++
	r := reason(err, ByHelper)
	if errors.Is(err, errTimeout) {
		r.code = api.PairTimeout
	}
	h.tellDead(ctx, r.code)
	return &codeDead{r.code}
}

// tellDead ends the dead code's session at the endpoint and names the failed pairing.
func (h *Helper) tellDead(ctx context.Context, code string) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_ = h.cfg.Endpoint.Call(ctx, api.TypeEvent, api.Event{Session: h.box.session, Kind: api.EventPairing, Detail: code}, nil)
	_ = h.cfg.Endpoint.Call(ctx, api.TypeEnd, api.End{Session: h.box.session, Code: code}, nil)
	if h.wire != nil {
		_ = h.wire.Close()
		h.wire = nil
	}
}

// waitClaim waits for the first claim of this code.
func (h *Helper) waitClaim(ctx context.Context, deadline <-chan time.Time) (api.Claimant, error) {
	for {
		v, err := h.box.next(ctx, deadline)
		if errors.Is(err, errTimeout) {
			_ = h.box.call(ctx, api.TypeCodeCancel, api.Ref{Session: h.box.session}, nil)
			return api.Claimant{}, &codeDead{"expired"}
		}
		var e *ended
		if errors.As(err, &e) && e.by == ByEndpoint && e.code != api.EndLost {
			return api.Claimant{}, &ended{by: ByEndpoint, code: e.code} // policy refused whoever typed it
		}
		if err != nil {
			return api.Claimant{}, err
		}
		switch v := v.(type) {
		case api.Claimant:
			return v, nil
		case command:
			if v.kind == cmdNewCode {
				_ = h.box.call(ctx, api.TypeCodeCancel, api.Ref{Session: h.box.session}, nil)
				return api.Claimant{}, errNewCode
			}
		}
	}
}

// errNewCode says that the person wants another code now.
var errNewCode = errors.New("session: new code wanted")

// runPairing is steps 4 to 9 of PROTOCOL 1.1: exactly one run for this code.
func (h *Helper) runPairing(ctx context.Context, nH [32]byte, secret string, c api.Claimant) error {
	if c.Sharer == h.cfg.Account.Object {
		return over(ByEndpoint, api.SelfHelp)
	}
	w, err := h.cfg.NewWire()
	if err != nil {
		return err
	}
	h.wire = w
	pc, err := pairContext(h.cfg.Common, h.box.session, h.cfg.Account.Object, c.Sharer, nH[:], c.NS)
	if err != nil {
		return err
	}
	run, p1, err := pair.NewHelper(pc, pairLocal(h.cfg.Common, w), secret)
	if err != nil {
		return err
	}
	defer run.Abort()
	if err := h.box.send(ctx, "p1", p1); err != nil {
		return err
	}
	p2, err := h.box.signal(ctx, "p2", p2Wait)
	if err != nil {
		return err
	}
	ta, err := run.Confirm(p2)
	if err != nil {
		return err
	}
	if err := h.box.send(ctx, "ta", ta); err != nil {
		return err
	}
	tb, err := h.box.signal(ctx, "tb", p2Wait)
	if err != nil {
		return err
	}
	keys, err := run.Finish(tb)
	if err != nil {
		return err
	}
	h.keys = keys
	h.seal = &sealed{box: h.box, seal: keys.Sealer(pair.Helper), open: keys.Opener(pair.Sharer)}
	h.met, err = meet(ctx, h.box, keys, h.cfg.Account.Object, c.Sharer)
	return err
}

// agree lets the helper ask until the sharer allows, then lives the session.
func (h *Helper) agree(ctx context.Context, began *time.Time, used *policy.Right) error {
	h.out.emit(MetSharer{Sharer: h.met.sharer, Self: h.met.helper, Device: h.met.device, Offer: h.met.offer})
	fp := h.keys.Peer.Fingerprint
	for {
		v, err := h.box.next(ctx, nil)
		if err != nil {
			return err
		}
		switch v := v.(type) {
		case command:
			err = h.askSealed(ctx, v)
		case api.Signal:
			var m wire.Message
			if m, err = h.seal.read(v); err != nil {
				break
			}
			switch m := m.(type) {
			case wire.Asking:
				h.out.emit(Asked{m.Rights})
				err = h.sendAddress(ctx, fp)
			case wire.Denied:
				h.out.emit(Declined{m.Rights})
			case wire.Address:
				link, cerr := h.connect(ctx, m.Description)
				if cerr != nil {
					return cerr
				}
				return h.live(ctx, link, began, used)
			}
		}
		if err != nil {
			return err
		}
	}
}

func (h *Helper) askSealed(ctx context.Context, c command) error {
	switch c.kind {
	case cmdAsk:
		want := c.rights & h.met.offer
		if want == 0 {
			h.out.emit(Declined{c.rights})
			return nil
		}
		h.audit(ctx, api.EventRequested, want)
		return h.seal.send(ctx, wire.Want{Rights: want})
	case cmdCancel:
		return h.seal.send(ctx, wire.CancelWant{})
	}
	return nil
}

// sendAddress says where this side can be reached: the same each time the sharer is asked, for
// a Wire gathers once.
func (h *Helper) sendAddress(ctx context.Context, fp [32]byte) error {
	if h.local == nil {
		d, err := h.wire.Local(ctx, h.met.ice, fp)
		if err != nil {
			return err
		}
		h.local = d
	}
	return h.seal.send(ctx, wire.Address{Description: h.local})
}

func (h *Helper) connect(ctx context.Context, remote []byte) (Link, error) {
	ctx, cancel := context.WithTimeout(ctx, connectWait)
	defer cancel()
	return dial(ctx, h.wire, remote)
}

// connectWait is how long ICE and DTLS may take.
const connectWait = 30 * time.Second

func dial(ctx context.Context, w Wire, remote []byte) (Link, error) {
	l, err := w.Connect(ctx, remote)
	if err != nil && ctx.Err() == nil && errors.Is(err, ErrFingerprint) {
		return nil, over(ByNobody, api.LinkMismatch)
	}
	return l, err
}

// ErrFingerprint is what a Wire answers when the peer's certificate is not the one it was told.
var ErrFingerprint = errors.New("session: the peer's certificate is another one")

func (h *Helper) audit(ctx context.Context, kind string, r policy.Right) {
	go sendEvent(ctx, h.cfg.Endpoint, api.Event{Session: h.box.session, Kind: kind, Rights: r.Names()})
}

// sendEvent writes an audit row; a row that cannot be written must not stop the session.
func sendEvent(ctx context.Context, ep Endpoint, e api.Event) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = ep.Call(ctx, api.TypeEvent, e, nil)
}
