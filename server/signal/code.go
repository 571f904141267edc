package signal

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"beside/policy"
	"beside/policy/api"
	"beside/policy/grant"
	"beside/server/directory"
	"beside/server/problem"
	"beside/server/rendezvous"
	"beside/server/store"
)

const (
	nonceSize = 32
	maxLabel  = 64 // runes of a device's name or system
)

func (h *Hub) codeNew(ctx context.Context, r request, b api.CodeNew) (reply, error) {
	if len(b.NH) != nonceSize {
		return reply{}, problem.New(api.ProtocolBroken)
	}
	s, as, err := h.rules(ctx, r.tenant)
	if err != nil {
		return reply{}, err
	}
	p, err := directory.Who(ctx, h.o.Directory, r.Tenant, r.Object)
	if err != nil {
		return reply{}, directoryProblem(err)
	}
	if d := policy.MayHelp(r.Tenant, s, as, p.Person); d.Offer == 0 {
		h.refused(ctx, r, "code.new", string(d.Code))
		return reply{}, problem.Of(d.Code)
	}
	c, voided, err := h.o.Desk.Open(ctx, r.Tenant, r.Object, p.Card.Name, b.NH)
	if err != nil {
		h.refusedBy(ctx, r, "code.new", err)
		return reply{}, err
	}
	if voided != "" {
		h.finish(ctx, r.tenant, voided, "", "replaced", false)
	}
	l, token, err := h.opened(ctx, r, c)
	if err != nil {
		return reply{}, err
	}
	h.Stats.Codes.Add(1)
	return reply{
		body: api.Code{Session: c.Session, Locator: c.Locator, TTL: int(rendezvous.TTL.Seconds()), Resume: token},
		then: func() { h.speak(ctx, l, helper, r.sock, 0) },
	}, nil
}

// opened makes a live session of a new code.
func (h *Hub) opened(ctx context.Context, r request, c store.Code) (l *live, token string, err error) {
	entry := store.Entry{Actor: r.Object, Action: "code.new", Session: c.Session, Outcome: "ok"}
	if h.o.Shared {
		l = newLive(r.tenant, store.Session{ID: c.Session})
		l.rev, l.decided = h.revision(ctx, r.tenant), h.o.Now()
		err = h.hold(ctx, l, func() (err error) {
			l.deadline = c.Expires
			h.take(l, helper)
			if token, err = l.tenant.NewResume(ctx, c.Session, helper.String()); err != nil {
				return err
			}
			return h.audit.add(ctx, l.tenant, entry)
		})
		return l, token, err
	}
	row, err := r.tenant.Session(ctx, c.Session)
	if err != nil {
		return nil, "", err
	}
	if token, err = r.tenant.NewResume(ctx, c.Session, helper.String()); err != nil {
		return nil, "", err
	}
	l = newLive(r.tenant, row)
	l.nh, l.deadline = c.NH, c.Expires
	return h.put(l), token, h.audit.add(ctx, r.tenant, entry)
}

func (h *Hub) codeCancel(ctx context.Context, r request, b api.Ref) (reply, error) {
	return h.mine(ctx, r, b.Session, func(l *live, side role) (reply, error) {
		if l.row.State != stateWaiting || side != helper { // whoever joined is not dropped by a late press on Cancel: that is what end is for
			return reply{}, problem.New(api.NotFound)
		}
		return reply{}, h.finishLocked(ctx, l, r.Object, "cancelled", true)
	})
}

func (h *Hub) codeClaim(ctx context.Context, r request, b api.Claim) (reply, error) {
	if len(b.NS) != nonceSize || !label(b.Device.Name) || !label(b.Device.OS) || !label(b.Device.ID) || len(b.Locator) > maxLabel {
		return reply{}, problem.New(api.ProtocolBroken)
	}
	// What does not depend on the code comes first, so that it says nothing about the code.
	settings, err := r.tenant.Settings(ctx)
	if err != nil {
		return reply{}, err
	}
	if code, open := settings.Open(); !open {
		h.refused(ctx, r, "code.claim", string(code))
		return reply{}, problem.Of(code)
	}
	me, err := directory.Who(ctx, h.o.Directory, r.Tenant, r.Object)
	if err != nil {
		return reply{}, directoryProblem(err)
	}
	if !me.Member || !me.Enabled {
		h.refused(ctx, r, "code.claim", api.AccountRefused)
		return reply{}, problem.New(api.AccountRefused)
	}
	c, err := h.o.Desk.Claim(ctx, r.Tenant, r.Object, r.Address, b.Locator)
	if err != nil {
		h.refusedBy(ctx, r, "code.claim", err)
		return reply{}, err
	}
	l, err := h.get(ctx, r.tenant, c.Session)
	if err != nil {
		return reply{}, err
	}
	if l == nil {
		return reply{}, problem.New(api.CodeInvalid)
	}
	h.ahead(ctx, r.Tenant, c.Helper, r.Object, b.Device, r.Device)
	var token string
	err = h.hold(ctx, l, func() (err error) {
		if l.row.State != stateWaiting {
			return problem.New(api.CodeInvalid)
		}
		if err = h.join(ctx, r, l, c.NH, b.NS, b.Device); err != nil { // a good claim that policy refuses is explained to both; the code is dead
			h.refusedBy(ctx, r, "code.claim", err)
			return also(err, h.finishLocked(ctx, l, "", codeOf(err), true))
		}
		if token, err = l.tenant.NewResume(ctx, c.Session, sharer.String()); err != nil {
			return err
		}
		h.take(l, sharer)
		h.push(l, helper, api.TypeClaimant, api.Claimant{Session: c.Session, NS: b.NS, Sharer: r.Object})
		return h.audit.add(ctx, l.tenant, store.Entry{Actor: r.Object, Action: "code.claim", Target: c.Helper, Session: c.Session, Outcome: "ok"})
	})
	if err != nil {
		if isBroken(err) && h.o.Shared { // the code is used up all the same
			h.finish(ctx, r.tenant, c.Session, "", api.Internal, true)
		}
		return reply{}, err
	}
	h.Stats.Claims.Add(1)
	return reply{
		body: api.Claimed{Session: c.Session, NH: c.NH, Helper: c.Helper, Resume: token},
		then: func() { h.speak(ctx, l, sharer, r.sock, 0) },
	}, nil
}

// join puts the sharer into the session if policy lets the helper help here at all.
func (h *Hub) join(ctx context.Context, r request, l *live, nH, nS []byte, device api.DeviceEvidence) error {
	if l.row.Helper == r.Object {
		return problem.New(api.SelfHelp)
	}
	l.row.Sharer = r.Object
	l.evidence, l.claim = device, r.Device
	l.device, l.dkey = h.speaksFor(r.sock)
	l.row.Hint = r.Device + "/" + strings.ToLower(device.ID)
	in, p, err := h.input(ctx, l)
	if err != nil {
		return err
	}
	if d := policy.Decide(in); d.Offer == 0 {
		return problem.Of(d.Code)
	}
	sid := grant.SID(l.id, nH, nS)
	l.row.State, l.row.SID = stateClaimed, hex.EncodeToString(sid[:])
	l.row.SharerName = p.sharer.Card.Name
	l.row.Device, l.row.DeviceName, l.row.DeviceOS = in.Device.ID, p.device.Name, p.device.OS
	l.row.DeviceState, l.row.Proof = in.Device.Shown(), in.Device.Proof
	l.deadline = h.o.Now().Add(pairWithin)
	return l.tenant.SaveSession(ctx, l.row)
}

// label says whether s is short printable text.
func label(s string) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxLabel && !strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) })
}

// codeOf is the stable code of an error.
func codeOf(err error) string {
	var p *api.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return api.Internal
}
