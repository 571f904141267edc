package signal

import (
	"cmp"
	"context"

	"beside/policy/api"
	"beside/server/directory"
)

// ahead asks a directory that is far away before a session is held. What is decided in a hold is
// then at hand: with nodes that share, a hold is a transaction, and a directory that takes ten
// seconds would use up the store's connections. Whether it had an answer shows in the hold.
func (h *Hub) ahead(ctx context.Context, tenant, helper, sharer string, e api.DeviceEvidence, claim string) {
	if d, ok := h.o.Directory.(directory.Ahead); ok && helper != "" && sharer != "" {
		d.Ahead(ctx, tenant, []string{helper, sharer}, cmp.Or(claim, e.ID))
	}
}

// aheadOf is ahead for a session that has both its people, if asker is one of them or "".
func (h *Hub) aheadOf(ctx context.Context, l *live, asker string) {
	l.mu.Lock()
	row, e, claim := l.row, l.evidence, l.claim
	l.mu.Unlock()
	if row.State != stateEnded && (asker == "" || asker == row.Helper || asker == row.Sharer) {
		h.ahead(ctx, l.base.ID(), row.Helper, row.Sharer, e, claim)
	}
}

// decided is mine for requests that policy decides.
func (h *Hub) decided(ctx context.Context, r request, id string, fn func(l *live, side role) (reply, error)) (reply, error) {
	if _, far := h.o.Directory.(directory.Ahead); far {
		if l, err := h.get(ctx, r.tenant, id); err == nil && l != nil {
			h.aheadOf(ctx, l, r.Object)
		}
	}
	return h.mine(ctx, r, id, fn)
}
