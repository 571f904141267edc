package signal

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"beside/server/store"
)

// auditor writes audit rows. Refusals, which anybody can cause any number of, are summed up
// and written with a count. What the store does not take now is kept and written later.
type auditor struct {
	store *store.Store
	log   *slog.Logger
	now   func() time.Time
	spool *spool

	mu       sync.Mutex
	sums     map[sumKey]int
	draining sync.Mutex
}

type sumKey struct{ tenant, actor, action, code string }

// maxSums bounds the memory of the sums; beyond it the actor is no longer told apart.
const maxSums = 10_000

func newAuditor(s *store.Store, log *slog.Logger, path string, now func() time.Time) *auditor {
	a := &auditor{store: s, log: log, now: now, sums: map[sumKey]int{}}
	var err error
	if a.spool, err = newSpool(path); err != nil {
		log.Error("audit rows of an earlier run", "err", err)
	}
	return a
}

// add writes a row, in the hold that t belongs to if it does. Outside of one, a row that
// cannot be written is kept; the error is nil then.
func (a *auditor) add(ctx context.Context, t *store.Tenant, e store.Entry) error {
	if t.Held() {
		return t.AppendLast(e)
	}
	if a.spool.len() == 0 { // else it would overtake
		_, err := t.Append(ctx, e)
		if err == nil {
			return nil
		}
		a.log.ErrorContext(ctx, "audit row kept for later", "action", e.Action, "session", e.Session, "err", err)
	}
	return a.keep(ctx, t.ID(), e)
}

// keep keeps a row for later.
func (a *auditor) keep(ctx context.Context, tenant string, e store.Entry) error {
	err := a.spool.put(kept{Tenant: tenant, At: a.now(), Entry: e})
	if err != nil {
		a.log.ErrorContext(ctx, "audit row LOST", "action", e.Action, "session", e.Session, "err", err)
	}
	return err
}

// drain writes the rows that were kept.
func (a *auditor) drain(ctx context.Context) {
	if a.spool.len() == 0 || !a.draining.TryLock() {
		return
	}
	defer a.draining.Unlock()
	n := a.spool.len()
	err := a.spool.drain(ctx, func(ctx context.Context, k kept) error {
		_, err := a.store.For(k.Tenant).AppendAt(ctx, k.At, k.Entry)
		return err
	})
	a.log.InfoContext(ctx, "wrote audit rows that were kept", "rows", n-a.spool.len(), "left", a.spool.len(), "err", err)
}

func (a *auditor) count(_ context.Context, k sumKey) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, have := a.sums[k]; !have && len(a.sums) >= maxSums {
		k.actor = ""
	}
	a.sums[k]++
}

// flush writes the sums.
func (a *auditor) flush(ctx context.Context) {
	a.mu.Lock()
	sums := a.sums
	a.sums = map[sumKey]int{}
	a.mu.Unlock()
	for k, n := range sums {
		_ = a.add(ctx, a.store.For(k.tenant), store.Entry{Actor: k.actor, Action: k.action, Outcome: k.code, Count: n})
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
	_ = h.audit.add(ctx, h.o.Store.For(tenant), store.Entry{Actor: object, Action: action, Outcome: outcome})
}

// FlushAudit writes the refusals counted so far.
func (h *Hub) FlushAudit(ctx context.Context) { h.audit.flush(ctx) }
