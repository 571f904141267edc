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
	var side role
	var next string
	err = h.hold(ctx, l, func() (err error) {
		var ok bool
		if side, ok = l.roleOf(r.Object); !ok {
			return problem.New(api.NotFound)
		}
		next, err = l.tenant.RotateResume(ctx, b.Session, side.String(), b.Token)
		if errors.Is(err, store.ErrNotFound) {
			h.refused(ctx, r, "resume", api.NotFound)
			return problem.New(api.NotFound)
		}
		if err == nil {
			h.take(l, side)
			if side == sharer {
				l.claim = r.Device
			}
		}
		return err
	})
	if err != nil {
		return reply{}, err
	}
	return reply{
		body: api.Resumed{Resume: next},
		then: func() { h.speak(ctx, l, side, r.sock, b.LastSeq) },
	}, nil
}
