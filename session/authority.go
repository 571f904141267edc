package session

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"beside/policy"
	"beside/policy/api"
	"beside/policy/grant"
)

// When a grant is renewed, and when people are warned that it will not be (PROTOCOL 1.5).
const (
	renewAfter     = 300 * time.Second
	renewElevated  = 150 * time.Second
	renewRetry     = 30 * time.Second
	warnBefore     = 60 * time.Second
	maxRun         = 600 * time.Second
	maxRunElevated = 300 * time.Second
)

// authority is the endpoint's word on one session as the sharer accepts it. It belongs to the
// owner's goroutine.
type authority struct {
	s      *Sharer
	seq    uint64
	rights policy.Right  // what the newest grant allows
	t0     time.Duration // when it was asked for, on the session's clock
	run    time.Duration // how long it runs from t0
	next   time.Duration // when to renew
	warned bool
	busy   bool            // a request is under way
	stmt   grant.Statement // of the newest accepted answer
}

func newAuthority(s *Sharer) *authority { return &authority{s: s} }

// until is when the rights run out, on the session's clock.
func (a *authority) until() time.Duration { return a.t0 + a.run }

// ask asks for exactly want and takes the answer as the law. A refusal is the endpoint's
// problem document; a grant that fails any check ends the session.
func (a *authority) ask(ctx context.Context, want policy.Right) (policy.Right, error) {
	if want == 0 {
		return 0, &api.Problem{Code: api.NotPermitted}
	}
	c, err := a.request(ctx, want, a.nextSeq())
	if err != nil {
		return 0, err
	}
	a.take(c)
	return c.rights, nil
}

func (a *authority) nextSeq() uint64 {
	a.seq++
	return a.seq
}

// take makes c the word that counts.
func (a *authority) take(c checked) {
	run, after := min(c.run, maxRun), renewAfter
	if c.rights&(policy.Elevate|policy.Unattended) != 0 {
		run, after = min(run, maxRunElevated), renewElevated
	}
	a.rights, a.t0, a.run, a.stmt, a.warned = c.rights, c.t0, run, c.stmt, false
	a.next = c.t0 + min(after, run/2)
}

// checked is what was left of a grant after all checks.
type checked struct {
	rights policy.Right
	t0     time.Duration // when it was asked for
	run    time.Duration
	stmt   grant.Statement
}

// request is one grant.request with a new nonce, and checks G1 to G12 on the answer.
// It reads only what never changes during a session, so that it may run beside the owner.
func (a *authority) request(ctx context.Context, want policy.Right, seq uint64) (checked, error) {
	s := a.s
	var gn [32]byte
	if _, err := rand.Read(gn[:]); err != nil {
		return checked{}, err
	}
	own, peer := s.wire.Fingerprint(), s.keys.Peer.Fingerprint
	req := api.GrantRequest{
		Session: s.box.session, GN: gn[:], Seq: seq, TH: s.keys.TH[:], Rights: want.Names(),
		HFP: peer[:], SFP: own[:], CardH: s.met.digestH[:], CardS: s.met.digestS[:],
	}
	t0 := s.cfg.Clock()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var got api.Granted
	if err := s.box.call(ctx, api.TypeGrantRequest, req, &got); err != nil {
		return checked{}, err
	}
	st, err := s.cfg.Statement(got.Statement)
	if err != nil {
		return checked{}, grantError(err)
	}
	c, err := grant.Verify(got.Grant, st, grant.Expect{
		Issuer: s.cfg.Origin, Tenant: s.cfg.Account.Tenant, SID: s.keys.SID, TH: s.keys.TH, GN: gn, Seq: seq,
		Mode: s.mode(), Helper: s.met.helper.Object, Sharer: s.cfg.Account.Object, Device: s.met.device.ID,
		HelperFP: peer, SharerFP: own, Requested: want, CardH: s.met.digestH, CardS: s.met.digestS,
		AppVersion: s.cfg.AppVersion,
	})
	if err != nil {
		return checked{}, grantError(err)
	}
	if s.cfg.Clock()-t0 > c.StartWithin {
		return checked{}, over(ByNobody, api.GrantExpired)
	}
	return checked{rights: c.Rights, t0: t0, run: c.RunFor, stmt: st}, nil
}

// grantError hides which check failed from the peer, but not from the log: the wrapped error stays.
func grantError(err error) error {
	code := api.GrantInvalid
	switch {
	case errors.Is(err, grant.ErrClock):
		code = "clock"
	case errors.Is(err, grant.ErrVersion):
		code = api.VersionTooOld
	case errors.Is(err, grant.ErrAnchorChanged):
		code = api.LinkMismatch
	}
	return errors.Join(over(ByNobody, code), err)
}

// revoked applies a signed narrowing. Unsigned, stale or foreign ones are ignored, or any fault
// of signalling would be a kill switch.
func (a *authority) revoked(r api.Revoke) (policy.Right, bool) {
	v, err := grant.VerifyRevoke(r.JWS, a.stmt, grant.RevokeExpect{
		Issuer: a.s.cfg.Origin, Tenant: a.s.cfg.Account.Tenant, SID: a.s.keys.SID, TH: a.s.keys.TH, MinSeq: a.seq,
	})
	if err != nil {
		return 0, false
	}
	a.rights &= v
	return a.rights, true
}

// wantLimit is how often a helper may ask (PROTOCOL 1.4): one request per 10 s, with a reserve of
// three, and after three declines in a row none for 5 minutes. It belongs to one goroutine.
type wantLimit struct {
	clock    Clock
	spent    time.Duration // the reserve that is used up, as time
	last     time.Duration
	declines int
	blocked  time.Duration
}

const (
	wantEvery   = 10 * time.Second
	wantReserve = 3
)

func (w *wantLimit) allow() bool {
	now := w.clock()
	w.spent = max(0, w.spent-(now-w.last))
	w.last = now
	if now < w.blocked || w.spent > (wantReserve-1)*wantEvery {
		return false
	}
	w.spent += wantEvery
	return true
}

func (w *wantLimit) declined() {
	w.declines++
	if w.declines >= 3 {
		w.declines, w.blocked = 0, w.clock()+5*time.Minute
	}
}

func (w *wantLimit) allowed() { w.declines = 0 }
