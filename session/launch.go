package session

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"beside/policy"
	"beside/policy/api"
	"beside/session/pair"
)

// Times of a session that is started from the admin site.
const (
	ringWait    = 75 * time.Second // a little longer than the endpoint lets the device ring
	compareWait = 5 * time.Minute  // for people to compare; then it counts as not compared
)

// Events of a session that is started from the admin site (PROTOCOL 1.2). Helper: LaunchReady,
// (Ringing, NotJoined)*, Pairing, Compare, and on as with a code. Sharer: Checking, Choose, and on.
type (
	// LaunchReady says which device, and whose, the link is for. Nothing is sent before Ring.
	LaunchReady struct {
		Device Device
		Sharer Person // zero while the device is offline
	}
	// Ringing says the person at the device is being asked, until then.
	Ringing struct{ Expires time.Time }
	// NotJoined says nobody joined: api.DeviceOffline, api.EndDeclined or api.EndNoAnswer. Ring tries again.
	NotJoined struct{ Code string }
	// Compare is the number to read to the person on the phone; Picked says that they picked it.
	Compare struct{ Number string }
	// Choose asks the sharer which number they hear; Pick answers.
	Choose struct{ Numbers [3]string }
)

func (LaunchReady) event() {}
func (Ringing) event()     {}
func (NotJoined) event()   {}
func (Compare) event()     {}
func (Choose) event()      {}

// Ring asks the person at the device that the ticket is for, also again after NotJoined.
func (h *Helper) Ring() { h.box.post(command{kind: cmdRing}) }

// Picked says that the person on the phone picked the number. Without it nothing goes on.
func (h *Helper) Picked() { h.box.post(command{kind: cmdPicked}) }

// Pick is the number that the sharer hears; "" for none of them, which ends the session.
func (s *Sharer) Pick(number string) { s.box.post(command{kind: cmdPick, pick: number}) }

// launch goes from a ticket to two people who have compared.
func (h *Helper) launch(ctx context.Context) error {
	var l api.Launch
	if err := h.box.call(ctx, api.TypeLaunchOpen, api.LaunchOpen{Ticket: h.cfg.Ticket}, &l); err != nil {
		return err
	}
	ready := LaunchReady{Device: readDevice(l.Device)}
	if l.Sharer != nil {
		var err error
		if ready.Sharer, err = readCard(l.Sharer, ""); err != nil {
			return over(ByEndpoint, api.ProtocolBroken)
		}
	}
	h.out.emit(ready)
	for {
		if err := h.waitFor(ctx, cmdRing); err != nil {
			return err
		}
		nH, claimant, err := h.ring(ctx)
		var no *notJoined
		if errors.As(err, &no) {
			h.box.session = ""
			h.out.emit(NotJoined{no.code})
			continue
		}
		if err == nil {
			err = h.runSAS(ctx, nH, ready.Device.ID, claimant)
		}
		if errors.Is(err, errTimeout) {
			return over(ByNobody, api.PairTimeout)
		}
		return err
	}
}

// notJoined says that ringing came to nothing.
type notJoined struct{ code string }

func (e *notJoined) Error() string { return "session: nobody joined: " + e.code }

// ring asks the endpoint to ring, and waits for the person.
func (h *Helper) ring(ctx context.Context) (nH [32]byte, c api.Claimant, err error) {
	if _, err := rand.Read(nH[:]); err != nil {
		return nH, c, err
	}
	var l api.Launched
	err = h.box.call(ctx, api.TypeLaunchStart, api.LaunchStart{NH: nH[:]}, &l)
	var p *api.Problem
	if errors.As(err, &p) && p.Code == api.DeviceOffline {
		return nH, c, &notJoined{p.Code}
	} else if err != nil {
		return nH, c, err
	}
	h.box.session = l.Session
	h.out.emit(Ringing{Expires: time.Now().Add(min(time.Duration(l.TTL)*time.Second, ringWait))})
	deadline := time.NewTimer(ringWait)
	defer deadline.Stop()
	for {
		v, err := h.box.next(ctx, deadline.C)
		var e *ended
		switch {
		case errors.Is(err, errTimeout):
			return nH, c, &notJoined{api.EndNoAnswer}
		case errors.As(err, &e) && e.by != ByHelper && (e.code == api.EndDeclined || e.code == api.EndNoAnswer):
			return nH, c, &notJoined{e.code}
		case err != nil:
			return nH, c, err
		}
		if who, ok := v.(api.Claimant); ok {
			return nH, who, nil
		}
	}
}

// runSAS is steps 4 to 9 of PROTOCOL 1.2: one run, and then the helper's word that the number was picked.
func (h *Helper) runSAS(ctx context.Context, nH [32]byte, device string, c api.Claimant) error {
	h.out.emit(Pairing{})
	if c.Sharer == h.cfg.Account.Object {
		return over(ByEndpoint, api.SelfHelp)
	}
	var err error
	if h.wire, err = h.cfg.NewWire(); err != nil {
		return err
	}
	pc, err := sasContext(h.cfg.Common, h.box.session, h.cfg.Account.Object, c.Sharer, nH[:], c.NS, device)
	if err != nil {
		return err
	}
	run, commit, err := pair.NewHelperSAS(pc, pairLocal(h.cfg.Common, h.wire))
	if err != nil {
		return err
	}
	if err := h.box.send(ctx, api.SignalCommit, commit); err != nil {
		return err
	}
	share, err := h.box.signal(ctx, api.SignalShare, p2Wait)
	if err != nil {
		return err
	}
	reveal, keys, number, err := run.Reveal(share)
	if err != nil {
		return err
	}
	h.keys = keys
	h.seal = &sealed{box: h.box, seal: keys.Sealer(pair.Helper), open: keys.Opener(pair.Sharer)}
	if err := h.box.send(ctx, api.SignalReveal, reveal); err != nil {
		return err
	}
	if h.met, err = meet(ctx, h.box, keys, h.cfg.Account.Object, c.Sharer); err != nil {
		return err
	}
	if h.met.device.ID != device {
		return over(ByEndpoint, api.CardsMismatch)
	}
	h.out.emit(Compare{number})
	return h.waitFor(ctx, cmdPicked)
}

// waitFor waits for a press. Whatever the peer says before it ends the session.
func (h *Helper) waitFor(ctx context.Context, kind byte) error {
	for {
		v, err := h.box.next(ctx, nil)
		if err != nil {
			return err
		}
		switch v := v.(type) {
		case command:
			if v.kind == kind {
				return nil
			}
		case api.Signal:
			if m, err := h.seal.read(v); err != nil {
				return err
			} else if m != nil {
				return over(BySharer, api.ProtocolBroken)
			}
		}
	}
}

// joining is PROTOCOL 1.2 from the sharer's side, once the person has pressed Join.
func (s *Sharer) joining(ctx context.Context) error {
	s.out.emit(Checking{})
	var nS [32]byte
	if _, err := rand.Read(nS[:]); err != nil {
		return err
	}
	var c api.Claimed
	ring := s.cfg.Ring
	if err := s.box.call(ctx, api.TypeLaunchJoin, api.LaunchJoin{Session: ring.Session, NS: nS[:], Device: s.cfg.Device}, &c); err != nil {
		return err
	}
	s.box.session = ring.Session
	if c.Session != ring.Session {
		return over(ByEndpoint, api.ProtocolBroken)
	}
	if _, err := readCard(ring.Helper, c.Helper); err != nil { // not whom the person said yes to
		return over(ByEndpoint, api.CardsMismatch)
	}
	if c.Helper == s.cfg.Account.Object {
		return over(ByEndpoint, api.SelfHelp)
	}
	number, err := s.runSAS(ctx, c, nS)
	switch {
	case errors.Is(err, errTimeout):
		return over(ByNobody, api.PairTimeout)
	case errors.Is(err, pair.ErrMismatch):
		return over(ByNobody, api.SASMismatch)
	case err != nil:
		return err
	}
	if s.met, err = meet(ctx, s.box, s.keys, c.Helper, s.cfg.Account.Object); err != nil {
		return err
	}
	if s.met.device.ID != ring.Device {
		return over(ByEndpoint, api.CardsMismatch)
	}
	return s.choose(ctx, number)
}

// runSAS is steps 4 to 7; nothing but the endpoint's word says who the peer is yet.
func (s *Sharer) runSAS(ctx context.Context, c api.Claimed, nS [32]byte) (number string, err error) {
	if s.wire, err = s.cfg.NewWire(); err != nil {
		return "", err
	}
	pc, err := sasContext(s.cfg.Common, c.Session, c.Helper, s.cfg.Account.Object, c.NH, nS[:], s.cfg.Ring.Device)
	if err != nil {
		return "", err
	}
	commit, err := s.box.signal(ctx, api.SignalCommit, p2Wait)
	if err != nil {
		return "", err
	}
	run, err := pair.NewSharerSAS(pc, pairLocal(s.cfg.Common, s.wire)) // only now: its values are fresh
	if err != nil {
		return "", err
	}
	share, err := run.Share(commit)
	if err != nil {
		return "", err
	}
	if err := s.box.send(ctx, api.SignalShare, share); err != nil {
		return "", err
	}
	reveal, err := s.box.signal(ctx, api.SignalReveal, p2Wait)
	if err != nil {
		return "", err
	}
	keys, number, err := run.Finish(reveal)
	if err != nil {
		return "", err
	}
	s.keys = keys
	s.seal = &sealed{box: s.box, seal: keys.Sealer(pair.Sharer), open: keys.Opener(pair.Helper)}
	s.auth = newAuthority(s)
	return number, nil
}

// maxEarly bounds what a helper may say before the sharer has picked.
const maxEarly = 16

// choose lets the person pick what they hear. What the helper says meanwhile is looked at after.
func (s *Sharer) choose(ctx context.Context, number string) error {
	numbers, err := pair.Choices(number)
	if err != nil {
		return err
	}
	s.out.emit(Choose{numbers})
	deadline := time.NewTimer(compareWait)
	defer deadline.Stop()
	var early []any
	for {
		v, err := s.box.next(ctx, deadline.C)
		if errors.Is(err, errTimeout) {
			return over(ByNobody, api.PairTimeout)
		} else if err != nil {
			return err
		}
		switch v := v.(type) {
		case api.Signal:
			if early = append(early, v); len(early) > maxEarly {
				return over(ByHelper, api.ProtocolBroken)
			}
		case command:
			switch {
			case v.kind != cmdPick:
			case v.pick != number:
				return over(BySharer, api.SASMismatch)
			default:
				s.box.early = early
				return nil
			}
		}
	}
}

// mode is how the session was paired, as the grant must say.
func (s *Sharer) mode() string {
	if s.cfg.Ring != nil {
		return api.ModeSAS
	}
	return "code"
}

func sasContext(c Common, session, hoid, soid string, nH, nS []byte, device string) (pair.Context, error) {
	pc, err := pairContext(c, session, hoid, soid, nH, nS)
	pc.Mode, pc.Device = pair.ModeSAS, device
	return pc, err
}

func readDevice(d api.DeviceCard) Device {
	return Device{ID: d.ID, Name: d.Name, OS: d.OS, State: policy.ParseDeviceState(d.State), Proof: policy.ParseProof(d.Proof)}
}
