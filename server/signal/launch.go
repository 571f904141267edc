package signal

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"beside/policy"
	"beside/policy/api"
	"beside/server/directory"
	"beside/server/problem"
	"beside/server/store"
)

// Times of a launch.
const (
	ringWithin = time.Minute      // for the person at the device to join
	openFor    = 10 * time.Minute // a ticket that was taken: ringing again needs no new one
)

// Three wrong comparisons at a device within a day block launches to it for a day (PROTOCOL 1.2.9).
var mismatches = store.Window{Kind: "sas", Max: 3, Span: 24 * time.Hour}

const blockedKind = "sas.blocked"

// call is a launch that nobody has joined yet.
type call struct {
	Object string `json:"o,omitempty"` // who waits at the device
	Device string `json:"d,omitempty"`
	NH     []byte `json:"n,omitempty"`
}

// ringing is a launch to ring the device of; without a session, all of the tenant's.
type ringing struct{ tenant, session string }

// Ticket makes a ticket with which a helper may open a session with a device. The admin site
// calls it. Errors are problems where the helper may not help there, or nobody waits there.
func (h *Hub) Ticket(ctx context.Context, tenant, helper, device string) (ticket string, err error) {
	t := h.o.Store.For(tenant)
	l := newLive(t, store.Session{Helper: helper})
	if _, _, err := h.reach(ctx, l, device); err != nil {
		return "", err
	}
	if ticket, err = t.NewTicket(ctx, helper, device); err != nil {
		return "", err
	}
	return ticket, h.audit.add(ctx, t, store.Entry{Actor: helper, Action: "launch.ticket", Target: device, Outcome: "ok"})
}

// reach decides whether l's helper may help whoever waits at the device now.
func (h *Hub) reach(ctx context.Context, l *live, device string) (store.Waiting, people, error) {
	left, err := l.tenant.Locked(ctx, blockedKind, device)
	if err != nil {
		return store.Waiting{}, people{}, err
	}
	if left > 0 {
		return store.Waiting{}, people{}, problem.Later(api.DeviceBlocked, left)
	}
	w, a, err := h.whoWaits(ctx, l.tenant, device)
	if err != nil {
		return w, people{}, err
	}
	l.row.Sharer, l.evidence, l.claim, l.device, l.dkey = w.Object, a.Evidence, a.Claim, a.Device, a.Key
	in, p, err := h.input(ctx, l)
	l.row.Sharer = "" // nobody has joined
	if err != nil {
		return w, p, err
	}
	if d := policy.Decide(in); d.Offer == 0 {
		return w, p, problem.Of(d.Code)
	}
	if in.Device.ID != device || in.Device.Proof < policy.ProofOwn { // since it began to wait
		return w, p, problem.New(api.DeviceUnproven)
	}
	return w, p, nil
}

// launchOpen uses a ticket up and says what it is for.
func (h *Hub) launchOpen(ctx context.Context, r request, b api.LaunchOpen) (reply, error) {
	device, err := r.tenant.TakeTicket(ctx, b.Ticket, r.Object)
	if errors.Is(err, store.ErrNotFound) || len(b.Ticket) > 64 {
		h.refused(ctx, r, "launch.open", api.LaunchNotFound)
		return reply{}, problem.New(api.LaunchNotFound)
	}
	if err != nil {
		return reply{}, err
	}
	s := h.speaker(r.sock)
	s.opened, s.until = device, h.o.Now().Add(openFor)
	_, p, err := h.reach(ctx, newLive(r.tenant, store.Session{Helper: r.Object}), device)
	switch {
	case err == nil:
		card, err := json.Marshal(p.sharer.Card)
		return reply{body: api.Launch{Device: p.device, Sharer: card}}, err
	case codeOf(err) != api.DeviceOffline:
		h.refusedBy(ctx, r, "launch.open", err)
		return reply{}, err
	}
	x, err := h.o.Directory.Device(ctx, r.Tenant, device)
	if err != nil {
		return reply{}, directoryProblem(err)
	}
	return reply{body: api.Launch{Device: api.DeviceCard{ID: x.ID, Name: x.Name, OS: x.OS, State: policy.StateUnknown.String(), Proof: policy.ProofNone.String()}}}, nil
}

// launchStart opens a session and rings the device.
func (h *Hub) launchStart(ctx context.Context, r request, b api.LaunchStart) (reply, error) {
	s := h.speaker(r.sock)
	if len(b.NH) != nonceSize {
		return reply{}, problem.New(api.ProtocolBroken)
	}
	if s.opened == "" || !h.o.Now().Before(s.until) {
		return reply{}, problem.New(api.LaunchNotFound)
	}
	l := newLive(r.tenant, store.Session{ID: store.NewID(), Helper: r.Object, Mode: api.ModeSAS})
	w, p, err := h.reach(ctx, l, s.opened)
	if err != nil {
		h.refusedBy(ctx, r, "launch.start", err)
		return reply{}, err
	}
	l.row.HelperName = p.helper.Card.Name
	if err := r.tenant.NewLaunch(ctx, l.row); err != nil {
		return reply{}, err
	}
	if !h.o.Shared {
		if l.row, err = r.tenant.Session(ctx, l.id); err != nil {
			return reply{}, err
		}
		l = h.put(l)
	}
	var token string
	err = h.hold(ctx, l, func() (err error) {
		l.rev, l.decided = h.revision(ctx, l.tenant), h.o.Now()
		l.call, l.deadline = call{Object: w.Object, Device: w.Device, NH: b.NH}, h.o.Now().Add(ringWithin)
		h.take(l, helper)
		if token, err = l.tenant.NewResume(ctx, l.id, helper.String()); err != nil {
			return err
		}
		return h.audit.add(ctx, l.tenant, store.Entry{Actor: r.Object, Action: "launch.start", Target: w.Device, Session: l.id, Outcome: "ok"})
	})
	if err != nil {
		return reply{}, err
	}
	return reply{
		body: api.Launched{Session: l.id, Resume: token, TTL: int(ringWithin.Seconds())},
		then: func() {
			h.speak(ctx, l, helper, r.sock, 0) // first, so that the helper hears of whatever comes of it
			h.ringAt(ctx, l, w.Node)
		},
	}, nil
}

// ringAt has a node ring the device. If that cannot be said, nobody answers.
func (h *Hub) ringAt(ctx context.Context, l *live, node string) {
	if node == h.node {
		h.ring(ctx, ringing{l.base.ID(), l.id})
		return
	}
	err := h.hold(ctx, l, func() error {
		text, err := json.Marshal(note{Tenant: l.base.ID(), Session: l.id, Ring: true})
		if err != nil {
			return err
		}
		return l.tenant.Notify(node, string(text))
	})
	if err != nil {
		h.o.Log.WarnContext(ctx, "ring", "session", l.id, "err", err)
	}
}

// ring asks the person at a device, if it waits here. One that went away meanwhile does not answer.
func (h *Hub) ring(ctx context.Context, r ringing) {
	if r.session == "" {
		h.ringAgain(ctx, h.o.Store.For(r.tenant))
		return
	}
	l, err := h.get(ctx, h.o.Store.For(r.tenant), r.session)
	if err != nil || l == nil {
		return
	}
	var sock Socket
	var from, device string
	var left time.Duration
	err = h.hold(ctx, l, func() error {
		from, device, left = l.row.Helper, l.call.Device, l.deadline.Sub(h.o.Now())
		h.mu.Lock()
		defer h.mu.Unlock()
		sock = h.waiting[key{r.tenant, device}]
		s := h.speakers[sock]
		if s == nil || s.waits.Object != l.call.Object || s.rang == r.session || l.row.State != stateWaiting {
			return problem.New(api.NotFound)
		}
		s.rang = r.session
		return nil
	})
	if err != nil {
		return
	}
	p, err := directory.Who(ctx, h.o.Directory, r.tenant, from)
	if err != nil {
		h.o.Log.WarnContext(ctx, "ring", "session", r.session, "err", err)
		return
	}
	card, err := json.Marshal(p.Card)
	if err != nil {
		return
	}
	sock.Push(frame(api.TypeRing, 0, api.Ring{Session: r.session, Device: device, Helper: card, TTL: int(left.Seconds())}))
}

// launchJoin puts the person who was rung into the session. Whoever was not rung is told what
// somebody is told who names a session that does not exist.
func (h *Hub) launchJoin(ctx context.Context, r request, b api.LaunchJoin) (reply, error) {
	if len(b.NS) != nonceSize || !label(b.Device.Name) || !label(b.Device.OS) || !label(b.Device.ID) {
		return reply{}, problem.New(api.ProtocolBroken)
	}
	var token, from string
	var nH []byte
	l, err := h.asked(ctx, r, b.Session, func(l *live) (err error) {
		nH, from = l.call.NH, l.row.Helper
		if err = h.join(ctx, r, l, nH, b.NS, b.Device); err == nil && (l.row.Device != l.call.Device || l.row.Proof < policy.ProofOwn) {
			err = problem.New(api.DeviceUnproven) // it came from another device than the one that was rung
		}
		if err != nil {
			h.refusedBy(ctx, r, "launch.join", err)
			return also(err, h.finishLocked(ctx, l, "", codeOf(err), true))
		}
		l.call = call{}
		if token, err = l.tenant.NewResume(ctx, l.id, sharer.String()); err != nil {
			return err
		}
		h.take(l, sharer)
		h.push(l, helper, api.TypeClaimant, api.Claimant{Session: l.id, NS: b.NS, Sharer: r.Object})
		return h.audit.add(ctx, l.tenant, store.Entry{Actor: r.Object, Action: "launch.join", Target: from, Session: l.id, Outcome: "ok"})
	})
	if err != nil {
		return reply{}, err
	}
	h.Stats.Claims.Add(1)
	return reply{
		body: api.Claimed{Session: l.id, NH: nH, Helper: from, Resume: token},
		then: func() { h.speak(ctx, l, sharer, r.sock, 0) },
	}, nil
}

func (h *Hub) launchDecline(ctx context.Context, r request, b api.Ref) (reply, error) {
	_, err := h.asked(ctx, r, b.Session, func(l *live) error { return h.finishLocked(ctx, l, r.Object, api.EndDeclined, true) })
	return reply{}, err
}

// asked runs fn in a hold of a session that the caller was rung for.
func (h *Hub) asked(ctx context.Context, r request, id string, fn func(*live) error) (*live, error) {
	l, err := h.get(ctx, r.tenant, id)
	if err != nil {
		return nil, err
	}
	if l == nil {
		return nil, problem.New(api.LaunchNotFound)
	}
	err = h.hold(ctx, l, func() error {
		if l.row.State != stateWaiting || l.row.Mode != api.ModeSAS || l.call.Object != r.Object || !h.o.Now().Before(l.deadline) {
			return problem.New(api.LaunchNotFound)
		}
		return fn(l)
	})
	if codeOf(err) == api.NotFound && err != nil {
		err = problem.New(api.LaunchNotFound)
	}
	return l, err
}

// mismatched counts a comparison that failed, when a session ends of it.
func (h *Hub) mismatched(ctx context.Context, l *live, code string) error {
	if code != api.SASMismatch || l.row.Mode != api.ModeSAS || l.row.Device == "" {
		return nil
	}
	_, full, _, err := l.tenant.Count(ctx, mismatches, l.row.Device)
	if err != nil || !full {
		return err
	}
	h.o.Log.WarnContext(ctx, "the numbers did not match three times", "device", l.row.Device)
	if err := l.tenant.Lock(ctx, blockedKind, l.row.Device, h.o.Now().Add(mismatches.Span)); err != nil {
		return err
	}
	return h.audit.add(ctx, l.tenant, store.Entry{Action: "alarm", Target: l.row.Device, Session: l.id, Outcome: api.SASMismatch})
}
