package session

import (
	"context"
	"crypto/rand"
	"errors"
	"sync/atomic"
	"time"

	"beside/input"
	"beside/policy"
	"beside/policy/api"
	"beside/session/pair"
	"beside/session/picture"
	"beside/session/wire"
)

// consentWait is how long a person may read a request; then it counts as declined.
const (
	firstConsentWait = 120 * time.Second
	widenConsentWait = 60 * time.Second
	reasonWait       = time.Second // for the End that says why after a Revoke
)

// Sharer runs the helped side of one session, from typed code to end. Make one with NewSharer,
// call Run once, read Events until it is closed. The commands may be called from any goroutine,
// at any time, and never block.
type Sharer struct {
	cfg  SharerConfig
	out  outbox
	box  *inbox
	gate *Gate
	talk *talk

	sys  atomic.Pointer[input.Injector] // nil until the session is live
	area *sharedArea
	mask mask

	monitors monitorList
	turn     chan struct{}                  // cap 1: the limit has changed
	tx       atomic.Pointer[picture.Sender] // nil until the session is live

	// set by pairing
	keys  *pair.Keys
	wire  Wire
	seal  *sealed
	met   met
	wants wantLimit
	auth  *authority
}

// NewSharer prepares a session; nothing happens before Run.
func NewSharer(cfg SharerConfig) *Sharer {
	if cfg.Clock == nil {
		cfg.Clock = SystemClock()
	}
	s := &Sharer{cfg: cfg, out: newOutbox(), area: &sharedArea{}, talk: newTalk()}
	s.gate = NewGate(s.filters, input.InjectorFunc(s.toSystem), cfg.Clock)
	s.box = &inbox{endpoint: cfg.Endpoint, cmds: make(chan command, 32), stop: newLatch(), self: BySharer}
	s.wants = wantLimit{clock: cfg.Clock}
	s.mask.own, _ = cfg.Own.(shown)
	s.monitors.backend, s.turn = cfg.Displays, make(chan struct{}, 1)
	return s
}

// Events are what happens; closed after Ended.
func (s *Sharer) Events() <-chan Event { return s.out.c }

// Stop ends the session: when it returns, nothing can be seen or injected any more.
func (s *Sharer) Stop() {
	s.gate.Close()
	s.box.stop.set()
}

// TakeBack takes control from the helper, who goes on seeing: when it returns, nothing can be
// injected any more.
func (s *Sharer) TakeBack() {
	s.gate.TakeBack(policy.View)
	s.box.post(command{kind: cmdGiveBack, rights: policy.View})
}

// filters is what stands between the Gate and Held: the person at the machine wins, and Beside's
// own windows cannot be pressed.
func (s *Sharer) filters(next input.Injector) input.Injector {
	if at, ok := s.cfg.Own.(focusPlace); ok {
		next = s.inside(next, at)
	}
	if s.cfg.Own != nil {
		next = input.NewOwnWindows(next, s.cfg.Own, s.area.get)
	}
	if s.cfg.Local != nil {
		next = input.NewLocalWins(next, s.cfg.Local)
	}
	return next
}

// toSystem is the end of the chain; before the session is live there is none.
func (s *Sharer) toSystem(e input.Event) error {
	if p := s.sys.Load(); p != nil {
		return (*p).Inject(e)
	}
	return input.ErrRefused
}

// Run runs the session until it ends, and closes Events. The error is why, for logs; people are
// told by Ended.
func (s *Sharer) Run(ctx context.Context) error {
	defer close(s.out.c)
	defer s.gate.Close()
	end := Ended{}
	pairing := s.pairing
	if s.cfg.Ring != nil {
		pairing = s.joining
	}
	err := pairing(ctx)
	if err == nil {
		err = s.agree(ctx, &end)
	}
	s.gate.Close() // first of all
	e := s.box.reason(err)
	end.By, end.Code, end.Retry, end.Peer, end.Device = e.by, e.code, e.retry, s.met.helper, s.met.device
	if !end.Began.IsZero() {
		end.Lasted = time.Since(end.Began)
	}
	s.out.emit(end) // before the farewell: an endpoint that cannot be reached must not delay it
	s.farewell(ctx, e)
	return err
}

func (s *Sharer) farewell(ctx context.Context, e *ended) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if s.seal != nil && s.wire != nil && e.by != ByHelper {
		_ = s.seal.last(ctx, wire.End{Code: e.code}) // in case the link was never up
	}
	if s.wire != nil {
		_ = s.wire.Close()
	}
	if s.keys != nil {
		s.keys.Zero()
	}
	if s.box.session != "" {
		_ = s.box.endpoint.Call(ctx, api.TypeEnd, api.End{Session: s.box.session, Code: e.code}, nil)
	}
}

// pairing is PROTOCOL 1.1 from the sharer's side, steps 3 to 9: one run for this code, ever.
func (s *Sharer) pairing(ctx context.Context) error {
	s.out.emit(Checking{})
	locator, secret, err := pair.ParseCode(s.cfg.Code)
	if err != nil {
		return over(ByNobody, api.CodeInvalid)
	}
	if s.cfg.Spent != nil && s.cfg.Spent.Spent(locator, secret) {
		return over(ByNobody, api.CodeUsed) // nothing was sent
	}
	var nS [32]byte
	if _, err := rand.Read(nS[:]); err != nil {
		return err
	}
	var c api.Claimed
	if err := s.box.call(ctx, api.TypeCodeClaim, api.Claim{Locator: locator, NS: nS[:], Device: s.cfg.Device}, &c); err != nil {
		return err
	}
	s.box.session = c.Session
	if c.Helper == s.cfg.Account.Object {
		return over(ByEndpoint, api.SelfHelp)
	}
	if s.wire, err = s.cfg.NewWire(); err != nil {
		return err
	}
	pc, err := pairContext(s.cfg.Common, c.Session, c.Helper, s.cfg.Account.Object, c.NH, nS[:])
	if err != nil {
		return err
	}
	if err := s.runPairing(ctx, pc, locator, secret); err != nil {
		if errors.Is(err, errTimeout) {
			return over(ByNobody, api.PairTimeout)
		}
		return err
	}
	s.met, err = meet(ctx, s.box, s.keys, c.Helper, s.cfg.Account.Object)
	return err
}

func (s *Sharer) runPairing(ctx context.Context, pc pair.Context, locator, secret string) error {
	run, err := pair.NewSharer(pc, pairLocal(s.cfg.Common, s.wire), secret)
	if err != nil {
		return err
	}
	defer run.Abort()
	p1, err := s.box.signal(ctx, "p1", p2Wait)
	if err != nil {
		return err
	}
	if s.cfg.Spent != nil && !s.cfg.Spent.Spend(locator, secret) {
		return over(ByNobody, api.CodeUsed) // another Sharer of this app ran it meanwhile
	}
	p2, err := run.Respond(p1)
	if err != nil {
		return err
	}
	if err := s.box.send(ctx, "p2", p2); err != nil {
		return err
	}
	ta, err := s.box.signal(ctx, "ta", p2Wait)
	if err != nil {
		return err
	}
	tb, keys, err := run.Finish(ta)
	if err != nil {
		return err // nothing is sent: a wrong Ta gets no answer
	}
	s.keys = keys
	s.seal = &sealed{box: s.box, seal: keys.Sealer(pair.Sharer), open: keys.Opener(pair.Helper)}
	s.auth = newAuthority(s)
	return s.box.send(ctx, "tb", tb)
}

// agree answers the helper's requests until one is allowed, then lives the session.
func (s *Sharer) agree(ctx context.Context, end *Ended) error {
	s.out.emit(MetHelper{Helper: s.met.helper, Self: s.met.sharer, Device: s.met.device})
	var remote []byte
	for {
		v, err := s.box.next(ctx, nil)
		if err != nil {
			return err
		}
		sig, ok := v.(api.Signal)
		if !ok {
			continue
		}
		m, err := s.seal.read(sig)
		if err != nil {
			return err
		}
		switch m := m.(type) {
		case wire.Address:
			remote = m.Description
		case wire.Want:
			rights, addr, err := s.firstWant(ctx, m.Rights, remote)
			switch {
			case err != nil:
				return err
			case rights == 0:
				remote = nil
				continue
			}
			return s.goLive(ctx, rights, addr, end)
		}
	}
}

// firstWant asks policy, then the person. It returns no rights when the answer was no.
func (s *Sharer) firstWant(ctx context.Context, want policy.Right, remote []byte) (policy.Right, []byte, error) {
	if want == 0 || !s.wants.allow() {
		return 0, nil, s.seal.send(ctx, wire.Denied{Rights: want})
	}
	got, err := s.auth.ask(ctx, want&s.cfg.Ceiling)
	if err != nil {
		return 0, nil, err // policy refused: both are told by the endpoint
	}
	if err := s.seal.send(ctx, wire.Asking{Rights: got}); err != nil {
		return 0, nil, err
	}
	_, _ = s.monitors.refresh(ctx) // who cannot list them is told when the session begins
	q := s.ask(got, true)          //nolint:contextcheck // the person who presses has none
	s.box.answer = q.answer
	defer func() { s.box.answer = nil; s.out.emit(ConsentOver{}) }()
	deadline := time.NewTimer(firstConsentWait)
	defer deadline.Stop()
	for {
		v, err := s.box.next(ctx, deadline.C)
		if errors.Is(err, errTimeout) {
			v = false
		} else if err != nil {
			return 0, nil, err
		}
		switch v := v.(type) {
		case bool:
			return s.answered(ctx, v, got, remote)
		case api.Revoke:
			if left, ok := s.auth.revoked(v); ok && !left.Has(policy.View) {
				return 0, nil, s.revokedAll(ctx)
			}
		case api.Signal:
			m, err := s.seal.read(v)
			if err != nil {
				return 0, nil, err
			}
			switch m := m.(type) {
			case wire.Address:
				remote = m.Description
			case wire.CancelWant:
				return 0, nil, s.seal.send(ctx, wire.Denied{Rights: got})
			}
		}
	}
}

// revokedAll says why nothing is allowed any more: the endpoint's End follows its Revoke.
func (s *Sharer) revokedAll(ctx context.Context) error {
	deadline := time.NewTimer(reasonWait)
	defer deadline.Stop()
	for {
		_, err := s.box.next(ctx, deadline.C)
		if errors.Is(err, errTimeout) {
			return over(ByEndpoint, api.PolicyDenied)
		} else if err != nil {
			return err
		}
	}
}

// answered acts on the person's answer to the first request.
func (s *Sharer) answered(ctx context.Context, allow bool, got policy.Right, remote []byte) (policy.Right, []byte, error) {
	if !allow {
		s.wants.declined()
		sendEvent(ctx, s.cfg.Endpoint, s.event(api.EventDeclined, got))
		return 0, nil, s.seal.send(ctx, wire.Denied{Rights: got})
	}
	sendEvent(ctx, s.cfg.Endpoint, s.event(api.EventConsent, got))
	return got & s.auth.rights, remote, nil // less than was read if policy took some back meanwhile
}

func (s *Sharer) event(kind string, r policy.Right) api.Event {
	return api.Event{Session: s.box.session, Kind: kind, Rights: r.Names()}
}

// goLive connects and runs the session.
func (s *Sharer) goLive(ctx context.Context, rights policy.Right, remote []byte, end *Ended) error {
	link, err := s.connect(ctx, remote)
	if err != nil {
		return err
	}
	return s.live(ctx, link, rights&s.auth.rights, end)
}

// connect waits for where the helper can be reached, if that did not come while the person was
// reading, says where this side can be, and connects.
func (s *Sharer) connect(ctx context.Context, remote []byte) (Link, error) {
	ctx, cancel := context.WithTimeout(ctx, connectWait)
	defer cancel()
	d, err := s.wire.Local(ctx, s.met.ice, s.keys.Peer.Fingerprint)
	if err != nil {
		return nil, err
	}
	if err := s.seal.send(ctx, wire.Address{Description: d}); err != nil {
		return nil, err
	}
	for remote == nil {
		v, err := s.box.next(ctx, nil)
		if err != nil {
			return nil, err
		}
		switch v := v.(type) {
		case api.Revoke:
			if left, ok := s.auth.revoked(v); ok && !left.Has(policy.View) {
				return nil, s.revokedAll(ctx)
			}
		case api.Signal:
			m, err := s.seal.read(v)
			if err != nil {
				return nil, err
			}
			if a, ok := m.(wire.Address); ok {
				remote = a.Description
			}
		}
	}
	return dial(ctx, s.wire, remote)
}
