package signal

import (
	"context"
	"errors"
	"net/http"
	"time"

	"beside/policy"
	"beside/policy/api"
	"beside/server/problem"
	"beside/server/store"
)

// maxEnds bounds the ends that are remembered while the store is away.
const maxEnds = 10_000

// owed is what a session's row must still be told.
type owed struct {
	save    bool // alone: the row in memory is newer than the stored one
	end     bool // alone: the stored row has not ended yet
	code    string
	started time.Time // shared: from events that came while the store was away
	used    policy.Right
}

func (o *owed) any() bool { return !o.started.IsZero() || o.used != 0 }

func (o *owed) into(row *store.Session) {
	if row.Started.IsZero() {
		row.Started = o.started
	}
	row.Used |= o.used & row.Granted
}

// paid forgets what a hold has written.
func (l *live) paid() {
	l.owed = owed{}
	l.owes.Store(false)
}

// owedEnd is the end of a session that the store has not been told.
type owedEnd struct {
	tenant   *store.Tenant
	by, code string
}

// isBroken says that an error is no decision: something that the hub needs did not work.
func isBroken(err error) bool {
	var p *api.Problem
	return err != nil && !errors.As(err, &p)
}

// also is err, unless what had to be done besides did not work.
func also(err, besides error) error {
	if besides != nil {
		return besides
	}
	return err
}

// broken is the answer to a request that failed: whether the store is away, and when to try again.
func (h *Hub) broken(ctx context.Context) *api.Problem {
	pctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if h.o.Store.Ping(pctx) == nil {
		return problem.New(api.Internal)
	}
	return &api.Problem{Title: "The endpoint cannot reach its database.", Status: http.StatusServiceUnavailable, Code: api.Internal, Retry: 5}
}

// unheld finds the caller's session as this node last saw it.
func (h *Hub) unheld(r request, session string) (*live, bool) {
	h.mu.Lock()
	l := h.live[key{r.tenant.ID(), session}]
	h.mu.Unlock()
	return l, l != nil && l.hears(r.sock)
}

// happenedUnheld keeps an event while the store is away: the session goes on without it,
// and what happened in it is not forgotten.
func (h *Hub) happenedUnheld(ctx context.Context, r request, b api.Event, rights policy.Right, cause error) (reply, error) {
	l, ok := h.unheld(r, b.Session)
	if !ok || !h.o.Shared {
		return reply{}, cause
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	side, ok := l.roleOf(r.Object)
	if !ok || l.row.State == stateEnded {
		return reply{}, cause
	}
	if err := h.audit.keep(ctx, l.base.ID(), l.entry(r, side, b, rights)); err != nil {
		return reply{}, also(cause, err)
	}
	if l.note(h.o.Now(), side, b.Kind, rights) {
		l.owed.started, l.owed.used = l.row.Started, l.owed.used|l.row.Used
		l.owes.Store(true)
	}
	h.o.Log.WarnContext(ctx, "event kept for later", "session", l.id, "err", cause)
	return reply{}, nil
}

// endUnheld remembers the end of a session while the store is away.
func (h *Hub) endUnheld(ctx context.Context, r request, b api.End, cause error) (reply, error) {
	l, ok := h.unheld(r, b.Session)
	if !ok || !h.o.Shared {
		return reply{}, cause
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	k := key{l.base.ID(), l.id}
	if _, have := h.ends[k]; !have && len(h.ends) >= maxEnds {
		return reply{}, cause
	}
	h.ends[k] = owedEnd{l.base, r.Object, b.Code}
	h.o.Log.WarnContext(ctx, "end kept for later", "session", l.id, "err", cause)
	return reply{}, nil
}

// settle tells the store what it could not be told before. It is called once it answers.
func (h *Hub) settle(ctx context.Context) {
	h.mu.Lock()
	ends := h.ends
	if len(ends) > 0 {
		h.ends = map[key]owedEnd{}
	}
	h.mu.Unlock()
	for k, e := range ends {
		l, err := h.get(ctx, e.tenant, k.session)
		if err == nil && l != nil {
			err = h.hold(ctx, l, func() error { return h.finishLocked(ctx, l, e.by, e.code, true) })
		}
		if isBroken(err) {
			h.mu.Lock()
			h.ends[k] = e
			h.mu.Unlock()
		}
	}
	for _, l := range h.all() {
		if l.owes.Load() && h.hold(ctx, l, func() error { return nil }) == nil {
			h.drop(l)
		}
	}
}

// pay writes what the session owes, alone. It is called with the session held.
func (h *Hub) pay(ctx context.Context, l *live) {
	if l.owed.end {
		err := l.tenant.EndSession(ctx, l.id, l.owed.code)
		l.owed.end = err != nil && !errors.Is(err, store.ErrNotFound)
	}
	if l.owed.save && l.row.State != stateEnded && l.tenant.SaveSession(ctx, l.row) == nil {
		l.owed.save = false
	}
}
