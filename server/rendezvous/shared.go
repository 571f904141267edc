package rendezvous

import (
	"context"
	"time"

	"beside/server/store"
)

// sharedWindow is a window that all nodes count in. The store's clock decides.
type sharedWindow struct {
	s *store.Store
	w store.Window
}

func (w *sharedWindow) add(ctx context.Context, _ time.Time, tenant, subject string) (ok, full bool, retry time.Duration, err error) {
	return w.s.For(tenant).Count(ctx, w.w, subject)
}

func (w *sharedWindow) forget(ctx context.Context, tenant, subject string) error {
	return w.s.For(tenant).Forget(ctx, w.w.Kind, subject)
}

// sharedLocks are lockouts that all nodes know.
type sharedLocks struct{ s *store.Store }

const kindLocked = "locked"

func (l *sharedLocks) set(ctx context.Context, now time.Time, tenant, subject string) error {
	return l.s.For(tenant).Lock(ctx, kindLocked, subject, now.Add(Lockout))
}

func (l *sharedLocks) left(ctx context.Context, _ time.Time, tenant, subject string) (time.Duration, error) {
	return l.s.For(tenant).Locked(ctx, kindLocked, subject)
}
