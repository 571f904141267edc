package signal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"beside/policy"
	"beside/policy/api"
	"beside/server/directory"
	"beside/server/problem"
	"beside/server/store"
)

// Lives of a grant (PROTOCOL 1.5, 1.6).
const (
	startWithin = 120 * time.Second
	runFor      = 600 * time.Second
	runForHigh  = 300 * time.Second // with elevation or unattended
	redecide    = 5 * time.Minute
)

const (
	thSize = 64
	fpSize = 32
)

func (h *Hub) grantRequest(ctx context.Context, r request, b api.GrantRequest) (reply, error) {
	rights, ok := policy.ParseRights(b.Rights)
	if !ok || rights == 0 || len(b.GN) != nonceSize || len(b.TH) != thSize || len(b.HFP) != fpSize || len(b.SFP) != fpSize {
		return reply{}, problem.New(api.ProtocolBroken)
	}
	return h.decided(ctx, r, b.Session, func(l *live, side role) (reply, error) { return h.grant(ctx, r, l, side, b, rights) })
}

func (h *Hub) grant(ctx context.Context, r request, l *live, side role, b api.GrantRequest, rights policy.Right) (reply, error) {
	switch {
	case side != sharer: // never the helper (PROTOCOL 1.5)
		return reply{}, problem.New(api.ProtocolBroken)
	case l.row.State != stateMet:
		return reply{}, problem.New(api.NotFound)
	case !l.asked.AllowN(h.o.Now(), 1):
		return reply{}, problem.Later(api.RateLimited, 3*time.Second)
	}
	if err := belongs(l, b); err != nil {
		return reply{}, err
	}
	l.row.GrantSeq = b.Seq // also when it is refused: a revocation must follow the newest request
	l.claim = r.Device
	in, _, err := h.input(ctx, l)
	if err == nil {
		in.Request = rights
		if d := policy.Decide(in); d.Rights != rights {
			err = problem.Of(d.Code)
		}
	}
	if err != nil {
		h.refusedBy(ctx, r, "grant", err)
		switch {
		case codeOf(err) == api.DirectoryDown: // nothing is granted, but asking again may help
		case l.row.GrantedUntil.IsZero():
			err = also(err, h.finishLocked(ctx, l, "", codeOf(err), true))
		default:
			err = also(err, h.narrow(ctx, l))
		}
		return reply{}, err
	}
	g, err := h.sign(ctx, l, b, in, rights)
	if err != nil {
		return reply{}, err
	}
	h.Stats.Grants.Add(1)
	h.renew(key{l.base.ID(), l.id})
	return reply{body: g}, nil
}

// belongs checks that a request speaks of the session that was paired here, and comes
// after every one before.
func belongs(l *live, b api.GrantRequest) error {
	digest := sha256.Sum256(b.TH)
	binding := bindingOf(b)
	switch {
	case hex.EncodeToString(digest[:]) != l.row.Digest, b.Seq <= l.row.GrantSeq, l.row.Binding != "" && l.row.Binding != binding:
		return problem.New(api.GrantInvalid)
	case hex.EncodeToString(b.CardH) != l.row.CardH || hex.EncodeToString(b.CardS) != l.row.CardS:
		return problem.New(api.CardsMismatch)
	}
	return nil
}

func bindingOf(b api.GrantRequest) string {
	sum := sha256.Sum256(bytes.Join([][]byte{b.TH, b.HFP, b.SFP}, nil))
	return hex.EncodeToString(sum[:])
}

// sign writes the audit row, whose hash goes into the grant, then the grant. What cannot be
// recorded is not granted.
func (h *Hub) sign(ctx context.Context, l *live, b api.GrantRequest, in policy.Input, rights policy.Right) (api.Granted, error) {
	run := runFor
	if rights&(policy.Elevate|policy.Unattended) != 0 {
		run = runForHigh
	}
	sid, err := hex.DecodeString(l.row.SID)
	if err != nil {
		return api.Granted{}, err
	}
	now := h.o.Now()
	entry := store.Entry{
		Actor: l.row.Helper, Action: "granted", Target: l.row.Sharer, Session: l.row.ID,
		Outcome: "ok", Rights: rights.Names(),
	}
	var head store.Head
	if !h.o.Shared { // alone, what is saved stays: the record comes first
		if head, err = l.tenant.Append(ctx, entry); err != nil {
			return api.Granted{}, err
		}
	}
	l.row.Granted, l.row.GrantSeq, l.row.GrantedUntil, l.row.Binding = rights, b.Seq, now.Add(run), bindingOf(b)
	l.row.DeviceState, l.row.Proof = in.Device.Shown(), in.Device.Proof
	if err := l.tenant.SaveSession(ctx, l.row); err != nil {
		return api.Granted{}, err
	}
	if h.o.Shared { // all or nothing anyway, and everybody waits for whoever writes a record
		if head, err = l.tenant.Append(ctx, entry); err != nil {
			return api.Granted{}, err
		}
	}
	l.th, l.hfp, l.sfp = b.TH, b.HFP, b.SFP
	l.deadline = l.row.GrantedUntil.Add(grace)
	jws, statement, err := h.o.Signer.Grant(ctx, l.tenant.ID(), Grant{
		SID: sid, TH: b.TH, GN: b.GN, Seq: b.Seq, Mode: l.row.Mode, Helper: l.row.Helper, Sharer: l.row.Sharer,
		Device: in.Device.ID, Proof: in.Device.Proof, State: in.Device.Shown(), Rights: rights, HFP: b.HFP, SFP: b.SFP,
		CardH: b.CardH, CardS: b.CardS, StartWithin: startWithin, RunFor: run, Audit: head,
	})
	return api.Granted{Grant: jws, Statement: statement}, err
}

// narrow decides a live session again and takes back at once what is no longer allowed. A
// directory that does not answer takes nothing back: the grant runs out by itself.
func (h *Hub) narrow(ctx context.Context, l *live) error {
	switch l.row.State {
	case stateClaimed, stateMet:
	case stateWaiting:
		return h.recheck(ctx, l)
	default:
		return nil
	}
	in, _, err := h.input(ctx, l)
	if err != nil {
		var p *api.Problem
		if !errors.As(err, &p) {
			h.o.Log.ErrorContext(ctx, "decide again", "session", l.row.ID, "err", err)
		}
		return nil
	}
	in.Request = l.row.Granted
	d := policy.Decide(in)
	if d.Offer != 0 && d.Rights == l.row.Granted {
		return nil
	}
	left := l.row.Granted & d.Offer
	if l.row.Granted != 0 {
		if err := h.revoke(ctx, l, left, string(d.Code)); err != nil {
			return err
		}
	}
	if d.Offer == 0 || l.row.Granted != 0 && left == 0 {
		return h.finishLocked(ctx, l, "", string(d.Code), true)
	}
	if l.row.Granted == left {
		return nil
	}
	l.row.Granted = left
	err = l.tenant.SaveSession(ctx, l.row)
	if err != nil && !h.o.Shared { // the apps have been told; the next save writes it
		h.o.Log.ErrorContext(ctx, "narrow", "session", l.row.ID, "err", err)
		l.owed.save = true
		return nil
	}
	return err
}

// revoke pushes a signed narrowing to both. After a restart the transcript is not known
// until the next grant request, so nothing can be signed; the end still reaches both.
func (h *Hub) revoke(ctx context.Context, l *live, left policy.Right, code string) error {
	h.Stats.Revoked.Add(1)
	noted := h.audit.add(ctx, l.tenant, store.Entry{Action: "revoked", Target: l.row.Helper, Session: l.row.ID, Outcome: code, Rights: left.Names()})
	if l.th == nil {
		return noted
	}
	sid, err := hex.DecodeString(l.row.SID)
	if err == nil {
		var jws string
		jws, err = h.o.Signer.Revoke(ctx, l.tenant.ID(), Revocation{SID: sid, TH: l.th, Seq: l.row.GrantSeq, Rights: left})
		if err == nil {
			h.push(l, sharer, api.TypeRevoke, api.Revoke{Session: l.row.ID, JWS: jws})
			h.push(l, helper, api.TypeRevoke, api.Revoke{Session: l.row.ID, JWS: jws})
		}
	}
	if err != nil {
		h.o.Log.ErrorContext(ctx, "revoke", "session", l.row.ID, "err", err)
	}
	return noted
}

// recheck ends a code whose helper may no longer help anybody.
func (h *Hub) recheck(ctx context.Context, l *live) error {
	l.rev, l.decided = h.revision(ctx, l.tenant), h.o.Now()
	s, as, err := h.rules(ctx, l.tenant)
	if err != nil {
		h.o.Log.ErrorContext(ctx, "decide again", "session", l.row.ID, "err", err)
		return nil
	}
	p, err := directory.Who(ctx, h.o.Directory, l.tenant.ID(), l.row.Helper)
	if err != nil {
		return nil
	}
	if d := policy.MayHelp(l.tenant.ID(), s, as, p.Person); d.Offer == 0 {
		return h.finishLocked(ctx, l, "", string(d.Code), true)
	}
	return nil
}
