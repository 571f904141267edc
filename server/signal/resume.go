package signal

import (
	"context"
	"errors"

	"beside/policy/api"
	"beside/server/problem"
	"beside/server/store"
)

// resume gives delivery, never trust: the socket speaks for its side again and gets what it
// missed. The older socket is closed.
func (h *Hub) resume(ctx context.Context, r request, b api.Resume) (reply, error) {
	l, err := h.get(ctx, r.tenant, b.Session)
	if err != nil {
		return reply{}, err
	}
	if l == nil || len(b.Token) > 64 || b.LastSeq > 1<<32 {
		return reply{}, problem.New(api.NotFound)
	}
	l.mu.Lock()
	side, ok := l.roleOf(r.Object)
	l.mu.Unlock()
	if !ok {
		return reply{}, problem.New(api.NotFound)
	}
	next, err := r.tenant.RotateResume(ctx, b.Session, side.String(), b.Token)
	switch {
	case errors.Is(err, store.ErrNotFound):
		h.refused(ctx, r, "resume", api.NotFound)
		return reply{}, problem.New(api.NotFound)
	case err != nil:
		return reply{}, err
	}
	return reply{
		body: api.Resumed{Resume: next},
		then: func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			if side == sharer {
				l.claim = r.Device
			}
			l.attach(side, r.sock, b.LastSeq)
		},
	}, nil
}
