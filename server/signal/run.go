package signal

import (
	"context"
	"fmt"
	"time"

	"beside/policy/api"
	"beside/server/store"
)

const tick = time.Second

// Run ends what has run out, decides live sessions again every five minutes and as soon as
// settings, roles or the directory change, and writes summed-up audit rows. It returns when
// ctx ends, with ctx's error, after a last write.
func (h *Hub) Run(ctx context.Context) error {
	if err := h.reload(ctx); err != nil {
		return err
	}
	t := time.NewTicker(tick)
	defer t.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			h.audit.flush(context.WithoutCancel(ctx))
			return ctx.Err()
		case <-t.C:
			h.Tick(ctx)
			if n%10 == 9 {
				h.audit.flush(ctx)
			}
		}
	}
}

// reload takes up the sessions that were open when the endpoint stopped.
func (h *Hub) reload(ctx context.Context) error {
	tenants, err := h.o.Store.Tenants(ctx)
	if err != nil {
		return fmt.Errorf("signal: reload: %w", err)
	}
	for _, id := range tenants {
		t := h.o.Store.For(id)
		open, err := t.OpenSessions(ctx)
		if err != nil {
			return fmt.Errorf("signal: reload: %w", err)
		}
		for _, s := range open {
			if _, err := h.get(ctx, t, s); err != nil {
				return fmt.Errorf("signal: reload: %w", err)
			}
		}
	}
	return nil
}

// Tick is what Run does every second.
func (h *Hub) Tick(ctx context.Context) {
	now := h.o.Now()
	revs := map[string]string{}
	for _, l := range h.all() {
		id := l.tenant.ID()
		if _, known := revs[id]; !known {
			revs[id] = h.revision(ctx, l.tenant)
		}
		if l.tick(ctx, h, now, revs[id]) {
			h.forget(ctx, l)
		}
	}
}

// revision names what decisions depend on besides time: the tenant's rules and the
// directory. It is "" if it cannot be had.
func (h *Hub) revision(ctx context.Context, t *store.Tenant) string {
	rev, err := t.PolicyRev(ctx)
	if err != nil {
		h.o.Log.ErrorContext(ctx, "policy revision", "tenant", t.ID(), "err", err)
		return ""
	}
	return fmt.Sprint(rev, "/", h.o.Revision())
}

// tick does what is due for one session and says whether it can be forgotten.
func (l *live) tick(ctx context.Context, h *Hub, now time.Time, rev string) (done bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.row.State == stateEnded {
		return now.Sub(l.endedAt) >= linger
	}
	if !now.Before(l.deadline) {
		h.finishLocked(ctx, l, "", overdue(l), l.row.State != stateWaiting)
		return false
	}
	if rev != "" && rev != l.rev || now.Sub(l.decided) >= redecide {
		h.narrow(ctx, l)
	}
	return false
}

// overdue is why a session ends when its stage took too long.
func overdue(l *live) string {
	switch {
	case l.row.State == stateWaiting:
		return api.CodeInvalid
	case l.row.State == stateClaimed:
		return api.PairTimeout
	case !l.row.GrantedUntil.IsZero():
		return api.GrantExpired
	}
	return api.EndLost
}

func (h *Hub) forget(ctx context.Context, l *live) {
	if err := l.tenant.DropResume(ctx, l.row.ID); err != nil {
		h.o.Log.ErrorContext(ctx, "forget session", "session", l.row.ID, "err", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.live, key{l.tenant.ID(), l.row.ID})
}
