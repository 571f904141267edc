package signal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"beside/policy"
	"beside/policy/api"
	"beside/server/problem"
	"beside/server/store"
)

// kinds says, by mode, which side may send a kind of signal; both may send sealed ones. Each of the
// others goes through once: there is one pairing run per code, and one per launch.
var kinds = map[string]map[string]role{
	"code":      {"p1": helper, "ta": helper, "p2": sharer, "tb": sharer},
	api.ModeSAS: {api.SignalCommit: helper, api.SignalReveal: helper, api.SignalShare: sharer},
}

func (h *Hub) signal(ctx context.Context, r request, b api.Signal) (reply, error) {
	if len(b.Body) == 0 || len(b.Body) > api.MaxBody {
		return reply{}, problem.New(api.ProtocolBroken)
	}
	return h.mine(ctx, r, b.Session, func(l *live, side role) (reply, error) { return h.relay(l, side, b) })
}

func (h *Hub) relay(l *live, side role, b api.Signal) (reply, error) {
	if l.row.State != stateClaimed && l.row.State != stateMet {
		return reply{}, problem.New(api.NotFound)
	}
	if !l.sides[side].signals.AllowN(h.o.Now(), 1) {
		return reply{}, problem.Later(api.RateLimited, 1e9)
	}
	if b.Kind != "sealed" {
		if from, ok := kinds[l.row.Mode][b.Kind]; !ok || from != side || l.used[b.Kind] {
			return reply{}, problem.New(api.ProtocolBroken)
		}
		l.used[b.Kind] = true
	}
	h.Stats.Relayed.Add(1)
	l.tenant.Lazy() // it has no record of its own
	h.push(l, side.other(), api.TypeSignal, api.Signal{Session: b.Session, Kind: b.Kind, Body: b.Body})
	return reply{}, nil
}

func (h *Hub) paired(ctx context.Context, r request, b api.Paired) (reply, error) {
	if len(b.Digest) != sha256.Size {
		return reply{}, problem.New(api.ProtocolBroken)
	}
	return h.decided(ctx, r, b.Session, func(l *live, side role) (reply, error) { return h.pair(ctx, r, l, side, b) })
}

func (h *Hub) pair(ctx context.Context, r request, l *live, side role, b api.Paired) (reply, error) {
	if l.row.State != stateClaimed || l.sides[side].digest != nil {
		return reply{}, problem.New(api.ProtocolBroken)
	}
	l.sides[side].digest = b.Digest
	other := l.sides[side.other()].digest
	switch {
	case other == nil:
		return reply{}, nil
	case !bytes.Equal(other, b.Digest): // two honest apps cannot get here
		return reply{}, also(problem.New(api.CodeMismatch), h.finishLocked(ctx, l, "", api.CodeMismatch, true))
	}
	met, err := h.meet(ctx, l, b.Digest)
	if err != nil {
		h.refusedBy(ctx, r, "paired", err)
		return reply{}, also(err, h.finishLocked(ctx, l, "", codeOf(err), true))
	}
	for _, to := range [2]role{helper, sharer} {
		met.ICE = h.servers(l, to)
		h.push(l, to, api.TypeMet, met)
	}
	return reply{}, nil
}

// meet asks policy again and writes both cards.
func (h *Hub) meet(ctx context.Context, l *live, digest []byte) (api.Met, error) {
	in, p, err := h.input(ctx, l)
	if err != nil {
		return api.Met{}, err
	}
	d := policy.Decide(in)
	if d.Offer == 0 {
		return api.Met{}, problem.Of(d.Code)
	}
	var cards [2]json.RawMessage
	var sums [2]string
	for i, c := range [2]api.Card{p.helper.Card, p.sharer.Card} {
		if cards[i], err = json.Marshal(c); err != nil {
			return api.Met{}, fmt.Errorf("card: %w", err)
		}
		sum := sha256.Sum256(cards[i])
		sums[i] = hex.EncodeToString(sum[:])
	}
	l.row.State, l.row.Digest, l.row.CardH, l.row.CardS = stateMet, hex.EncodeToString(digest), sums[helper], sums[sharer]
	l.row.DeviceState, l.row.Proof = in.Device.Shown(), in.Device.Proof
	l.deadline = h.o.Now().Add(askWithin)
	if err := l.tenant.SaveSession(ctx, l.row); err != nil {
		return api.Met{}, err
	}
	h.Stats.Met.Add(1)
	err = h.audit.add(ctx, l.tenant, store.Entry{
		Actor: l.row.Helper, Action: "joined", Target: l.row.Sharer, Session: l.row.ID, Outcome: "ok",
		Rights: d.Offer.Names(), Detail: "device." + p.device.State + "." + p.device.Proof,
	})
	return api.Met{
		Session: l.row.ID, Helper: cards[helper], Sharer: cards[sharer], Device: p.device,
		Offer: d.Offer.Names(), Chat: !in.Settings.DisableChat,
	}, err
}

var (
	detail    = regexp.MustCompile(`^[a-z.]{0,64}$`)
	endCode   = regexp.MustCompile(`^[a-z.]{1,64}$`)
	eventKind = map[string]bool{
		api.EventRequested: true, api.EventConsent: true, api.EventDeclined: true, api.EventStarted: true,
		api.EventWidened: true, api.EventNarrowed: true, api.EventRefused: true, api.EventPaused: true, api.EventContinued: true, api.EventMonitors: true, api.EventPairing: true,
	}
)

func (h *Hub) event(ctx context.Context, r request, b api.Event) (reply, error) {
	rights, ok := policy.ParseRights(b.Rights)
	if !ok || !eventKind[b.Kind] || !detail.MatchString(b.Detail) || b.Count < 0 || b.Count > 1_000_000 {
		return reply{}, problem.New(api.ProtocolBroken)
	}
	rep, err := h.mine(ctx, r, b.Session, func(l *live, side role) (reply, error) { return h.happened(ctx, r, l, side, b, rights) })
	if err != nil && isBroken(err) {
		return h.happenedUnheld(ctx, r, b, rights, err)
	}
	return rep, err
}

// happened writes down what a side says that happened.
func (h *Hub) happened(ctx context.Context, r request, l *live, side role, b api.Event, rights policy.Right) (reply, error) {
	if l.row.State == stateEnded {
		return reply{}, problem.New(api.NotFound)
	}
	if !l.sides[side].events.AllowN(h.o.Now(), 1) {
		return reply{}, problem.Later(api.RateLimited, 1e9)
	}
	if l.note(h.o.Now(), side, b.Kind, rights) {
		switch err := l.tenant.SaveSession(ctx, l.row); {
		case err == nil:
		case h.o.Shared:
			return reply{}, err
		default: // the next save writes it
			h.o.Log.ErrorContext(ctx, "save session", "session", l.id, "err", err)
			l.owed.save = true
		}
	}
	return reply{}, h.audit.add(ctx, l.tenant, l.entry(r, side, b, rights))
}

// note takes into the row what an event says of it, and says whether it changed.
func (l *live) note(now time.Time, side role, kind string, rights policy.Right) bool {
	if side != sharer || kind != api.EventStarted && kind != api.EventConsent && kind != api.EventWidened {
		return false
	}
	if kind == api.EventStarted && l.row.Started.IsZero() {
		l.row.Started = now
	}
	l.row.Used |= rights & l.row.Granted // what the endpoint did not grant was not used
	return true
}

func (l *live) entry(r request, side role, b api.Event, rights policy.Right) store.Entry {
	return store.Entry{
		Actor: r.Object, Action: b.Kind, Target: l.object(side.other()), Session: b.Session,
		Outcome: "ok", Rights: rights.Names(), Detail: b.Detail, Count: b.Count,
	}
}

func (h *Hub) end(ctx context.Context, r request, b api.End) (reply, error) {
	if !endCode.MatchString(b.Code) {
		return reply{}, problem.New(api.ProtocolBroken)
	}
	rep, err := h.mine(ctx, r, b.Session, func(l *live, _ role) (reply, error) {
		return reply{}, h.finishLocked(ctx, l, r.Object, b.Code, true)
	})
	if err != nil && isBroken(err) {
		return h.endUnheld(ctx, r, b, err)
	}
	return rep, err
}

// finish ends a session; see finishLocked.
func (h *Hub) finish(ctx context.Context, t *store.Tenant, id, by, code string, tell bool) {
	l, err := h.get(ctx, t, id)
	if err == nil && l != nil {
		err = h.hold(ctx, l, func() error { return h.finishLocked(ctx, l, by, code, tell) })
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) && codeOf(err) != api.NotFound {
		h.o.Log.ErrorContext(ctx, "end session", "session", id, "err", err)
	}
}

// End ends a running session for an administrator: both sides are told, and the audit names who
// did it. It says whether there was one to end.
func (h *Hub) End(ctx context.Context, tenant, id, admin string) bool {
	l, err := h.get(ctx, h.o.Store.For(tenant), id)
	if err != nil || l == nil {
		return false
	}
	ended := false
	err = h.hold(ctx, l, func() error {
		ended = l.row.State != stateEnded
		return h.finishLocked(ctx, l, admin, api.EndAdmin, true)
	})
	return ended && err == nil
}

// finishLocked ends a session once: its code is dead, its row closed, and every side but
// the one that ended it (by, an object id; "" for the endpoint) is told why. Alone, the
// session ends here even if the store cannot be told yet.
func (h *Hub) finishLocked(ctx context.Context, l *live, by, code string, tell bool) error {
	if l.row.State == stateEnded {
		return nil
	}
	if err := l.tenant.EndSession(ctx, l.row.ID, code); err != nil {
		if h.o.Shared {
			return err
		}
		h.o.Log.ErrorContext(ctx, "end session", "session", l.row.ID, "err", err)
		l.owed.end = !errors.Is(err, store.ErrNotFound)
		l.owed.code = code
	}
	l.row.State, l.endedAt = stateEnded, h.o.Now()
	if !h.o.Shared { // else when the store has it
		h.release(key{l.base.ID(), l.id})
	}
	h.Stats.Ended.Add(1)
	noted := h.mismatched(ctx, l, code)
	who := "endpoint"
	if side, ok := l.roleOf(by); ok {
		who = side.String()
	}
	for _, to := range [2]role{helper, sharer} {
		if o := l.object(to); tell && o != "" && o != by {
			h.push(l, to, api.TypeEnd, api.End{Session: l.row.ID, Who: who, Code: code})
		}
	}
	return also(h.audit.add(ctx, l.tenant, store.Entry{
		Actor: by, Action: "ended", Target: l.row.Sharer, Session: l.row.ID, Outcome: "ok",
		Rights: l.row.Used.Names(), Detail: code,
	}), noted)
}
