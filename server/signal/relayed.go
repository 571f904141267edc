package signal

import (
	"context"
	"errors"
	"time"

	"beside/policy/api"
	"beside/server/store"
)

// Relay carries the media of sessions whose apps cannot reach each other. Its methods return
// at once and are safe for concurrent use.
type Relay interface {
	// Servers is what a side of a session that has met is told, with credentials of its own.
	Servers(session, side string) []api.ICEServer
	// Renew lets the credentials of a session serve on: it was granted again, and its apps may
	// yet have to look for another path.
	Renew(session string)
	// Release ends what the session has there.
	Release(session string)
}

const askRelayed = 5 * time.Second // between looks at sessions that other nodes may have ended

// servers tells a side of the relay, and remembers that the session may use it. Both sides are
// told by one node, so both use the same relay.
func (h *Hub) servers(l *live, side role) []api.ICEServer {
	if h.o.Relay == nil {
		return nil
	}
	h.mu.Lock()
	h.relayed[key{l.base.ID(), l.id}] = true
	h.mu.Unlock()
	return h.o.Relay.Servers(l.id, side.String())
}

// renew is called when the session was granted.
func (h *Hub) renew(k key) {
	h.mu.Lock()
	had := h.relayed[k]
	h.mu.Unlock()
	if had {
		h.o.Relay.Renew(k.session)
	}
}

// release is called when the session has ended.
func (h *Hub) release(k key) {
	h.mu.Lock()
	had := h.relayed[k]
	delete(h.relayed, k)
	h.mu.Unlock()
	if had {
		h.o.Relay.Release(k.session)
	}
}

// releaseEnded looks for sessions of this relay that another node ended. While the store does
// not answer they go on.
func (h *Hub) releaseEnded(ctx context.Context, now time.Time) {
	h.mu.Lock()
	if !h.o.Shared || now.Sub(h.looked) < askRelayed {
		h.mu.Unlock()
		return
	}
	h.looked = now
	ks := make([]key, 0, len(h.relayed))
	for k := range h.relayed {
		ks = append(ks, k)
	}
	h.mu.Unlock()
	for _, k := range ks {
		row, err := h.o.Store.For(k.tenant).Session(ctx, k.session)
		if errors.Is(err, store.ErrNotFound) || err == nil && row.State == stateEnded {
			h.release(k)
		}
	}
}
