package signal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
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
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if h.o.Shared {
		wg.Go(func() { h.listen(ctx) })
	}
	t := time.NewTicker(tick)
	defer t.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			last, done := context.WithTimeout(context.WithoutCancel(ctx), lastWrite)
			defer done()
			h.audit.flush(last)
			h.audit.drain(last)
			return ctx.Err()
		case <-t.C:
			h.Tick(ctx)
			if n%10 == 9 {
				h.audit.flush(ctx)
			}
		}
	}
}

// lastWrite is how long the end waits for a store that does not answer.
const lastWrite = 5 * time.Second

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
			l, err := h.get(ctx, t, s)
			if err == nil && l != nil && h.o.Shared {
				err = h.hold(ctx, l, func() error { return h.adopt(l) })
			}
			if err != nil {
				return fmt.Errorf("signal: reload: %w", err)
			}
		}
	}
	return nil
}

// adopt gives a deadline to a session that none shares yet: it was opened by an endpoint
// that was alone, or its node died at once.
func (h *Hub) adopt(l *live) error {
	if l.deadline.IsZero() && l.row.State != stateEnded {
		l.deadline = h.restore(l.base, l.row).deadline
	}
	return nil
}

// Tick is what Run does every second.
func (h *Hub) Tick(ctx context.Context) {
	now := h.o.Now()
	if h.o.Shared && (!h.due(ctx, now) || !h.alive(ctx, now)) {
		return // the store does not answer: sessions go on as they are
	}
	h.audit.drain(ctx)
	h.settle(ctx)
	h.releaseEnded(ctx, now)
	all, revs := h.all(), map[string]string{}
	for _, l := range all {
		if _, known := revs[l.base.ID()]; !known {
			revs[l.base.ID()] = h.revision(ctx, l.base)
		}
	}
	each(all, func(l *live) {
		rev := revs[l.base.ID()]
		if h.o.Shared {
			h.tickShared(ctx, l, now, rev)
		} else if l.tick(ctx, h, now, rev) {
			h.forget(ctx, l)
		}
	})
}

// atOnce is how many sessions are decided again at the same time: a directory may take a second
// for one, and a changed rule means all of them. It stays below what the store has connections for.
const atOnce = 16

// each calls f for all sessions, several at a time, and returns when all are done.
func each(all []*live, f func(*live)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(atOnce, len(all)) {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(len(all)); i = next.Add(1) {
				f(all[i-1])
			}
		})
	}
	wg.Wait()
}

// due ends what has run out and forgets what has ended, whichever node it was on. It says
// whether the store answers.
func (h *Hub) due(ctx context.Context, now time.Time) bool {
	tenants, err := h.o.Store.Tenants(ctx)
	for _, id := range tenants {
		var ids []string
		t := h.o.Store.For(id)
		if ids, err = t.Due(ctx, now, 1000); err != nil {
			break
		}
		for _, s := range ids {
			if err := h.over(ctx, t, s); err != nil {
				h.o.Log.ErrorContext(ctx, "session that has run out", "session", s, "err", err)
			}
		}
	}
	if was := h.trouble(err != nil); was != (err != nil) {
		h.o.Log.WarnContext(ctx, "the store answers again, or no longer", "err", err)
	}
	return err == nil
}

func (h *Hub) trouble(is bool) (was bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	was, h.troubled = h.troubled, is
	return was
}

// over deals with a session whose deadline has passed, unless another node has done so.
func (h *Hub) over(ctx context.Context, t *store.Tenant, id string) error {
	l, err := h.get(ctx, t, id)
	if err != nil || l == nil {
		return err
	}
	return h.hold(ctx, l, func() error {
		now := h.o.Now()
		switch {
		case l.row.State == stateEnded && now.Sub(l.endedAt) >= linger:
			l.gone = true
			return errors.Join(l.tenant.DropResume(ctx, id), l.tenant.DropLive(ctx, id))
		case l.row.State == stateEnded || now.Before(l.deadline):
			return nil
		}
		return h.finishLocked(ctx, l, "", overdue(l), l.toldOverdue())
	})
}

// tickShared does what is due for the sockets here.
func (h *Hub) tickShared(ctx context.Context, l *live, now time.Time, rev string) {
	h.catchUp(ctx, l)
	l.mu.Lock()
	done := l.row.State == stateEnded && now.Sub(l.endedAt) >= linger
	changed := l.row.State != stateEnded && (rev != "" && rev != l.rev || now.Sub(l.decided) >= redecide)
	l.mu.Unlock()
	if done {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.live, key{l.base.ID(), l.id})
	}
	if !changed {
		return
	}
	h.aheadOf(ctx, l, "")
	if err := h.hold(ctx, l, func() error { return h.narrow(ctx, l) }); err != nil {
		h.o.Log.ErrorContext(ctx, "decide again", "session", l.id, "err", err)
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
	h.pay(ctx, l)
	if l.row.State == stateEnded {
		return now.Sub(l.endedAt) >= linger && !l.owed.end
	}
	var err error
	if !now.Before(l.deadline) {
		err = h.finishLocked(ctx, l, "", overdue(l), l.toldOverdue())
	} else if rev != "" && rev != l.rev || now.Sub(l.decided) >= redecide {
		err = h.narrow(ctx, l)
	}
	if err != nil {
		h.o.Log.ErrorContext(ctx, "session that has run out", "session", l.id, "err", err)
	}
	return false
}

// overdue is why a session ends when its stage took too long.
func overdue(l *live) string {
	switch {
	case l.row.State == stateWaiting && l.row.Mode == api.ModeSAS:
		return api.EndNoAnswer
	case l.row.State == stateWaiting:
		return api.CodeInvalid
	case l.row.State == stateClaimed:
		return api.PairTimeout
	case !l.row.GrantedUntil.IsZero():
		return api.GrantExpired
	}
	return api.EndLost
}

// toldOverdue says whether its sides are told: who waits with a code sees the time run out.
func (l *live) toldOverdue() bool { return l.row.State != stateWaiting || l.row.Mode == api.ModeSAS }

func (h *Hub) forget(ctx context.Context, l *live) {
	if err := l.base.DropResume(ctx, l.id); err != nil {
		h.o.Log.ErrorContext(ctx, "forget session", "session", l.row.ID, "err", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.live, key{l.base.ID(), l.id})
}
