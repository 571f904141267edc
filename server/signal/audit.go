package signal

import (
	"context"
	"log/slog"
	"sync"

	"beside/server/store"
)

// auditor writes audit rows. Refusals, which anybody can cause any number of, are summed up
// and written with a count.
type auditor struct {
	store *store.Store
	log   *slog.Logger

	mu   sync.Mutex
	sums map[sumKey]int
}

type sumKey struct{ tenant, actor, action, code string }

// maxSums bounds the memory of the sums; beyond it they are written at once.
const maxSums = 10_000

// add writes a row. A failure is logged and does not stop what happened anyway.
func (a *auditor) add(ctx context.Context, t *store.Tenant, e store.Entry) {
	if _, err := t.Append(ctx, e); err != nil {
		a.log.ErrorContext(ctx, "audit", "action", e.Action, "session", e.Session, "err", err)
	}
}

func (a *auditor) count(ctx context.Context, k sumKey) {
	a.mu.Lock()
	a.sums[k]++
	full := len(a.sums) > maxSums
	a.mu.Unlock()
	if full {
		a.flush(ctx)
	}
}

// flush writes the sums.
func (a *auditor) flush(ctx context.Context) {
	a.mu.Lock()
	sums := a.sums
	a.sums = map[sumKey]int{}
	a.mu.Unlock()
	for k, n := range sums {
		a.add(ctx, a.store.For(k.tenant), store.Entry{Actor: k.actor, Action: k.action, Outcome: k.code, Count: n})
	}
}

// refused counts a refusal.
func (h *Hub) refused(ctx context.Context, r request, action, code string) {
	h.Stats.Refused.Add(1)
	h.o.Log.InfoContext(ctx, "refused", "action", action, "code", code, "tenant", r.Tenant, "object", r.Object)
	h.audit.count(ctx, sumKey{r.Tenant, r.Object, action, code})
}

func (h *Hub) refusedBy(ctx context.Context, r request, action string, err error) {
	h.refused(ctx, r, action, codeOf(err))
}

// Note writes an audit row about an account, for what happens outside sessions.
func (h *Hub) Note(ctx context.Context, tenant, object, action, outcome string) {
	h.audit.add(ctx, h.o.Store.For(tenant), store.Entry{Actor: object, Action: action, Outcome: outcome})
}

// FlushAudit writes the refusals counted so far.
func (h *Hub) FlushAudit(ctx context.Context) { h.audit.flush(ctx) }
