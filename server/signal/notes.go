package signal

import (
	"context"
	"encoding/json"
	"sync"

	"beside/server/store"
)

// note is a message to another node. Without pushes it says: look into the store.
type note struct {
	Tenant  string     `json:"t"`
	Session string     `json:"s"`
	Pushes  []notePush `json:"p,omitempty"`
	Look    bool       `json:"l,omitempty"`
	Ring    bool       `json:"r,omitempty"` // the device of this launch is to be rung
	Gone    [2]uint64  `json:"g"`           // per side: it is spoken for elsewhere since this epoch; 0: not
}

type notePush struct {
	Role role            `json:"r"`
	Seq  uint64          `json:"n"`
	Type string          `json:"t"`
	Body json.RawMessage `json:"b"`
}

// listen hands on what other nodes say, until ctx ends.
func (h *Hub) listen(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case r := <-h.rings:
					h.ring(ctx, r)
				case k := <-h.wake:
					h.mu.Lock()
					l := h.live[k]
					h.mu.Unlock()
					if l != nil {
						h.catchUp(ctx, l)
					}
				}
			}
		})
	}
	err := h.o.Store.Listen(ctx, h.node, h.missed, h.heard)
	if ctx.Err() == nil {
		h.o.Log.ErrorContext(ctx, "listen", "err", err)
	}
}

// missed is told that notes may have been lost: every socket may be behind.
func (h *Hub) missed() {
	h.missedRings()
	for _, l := range h.all() {
		l.out.Lock()
		for i := range l.sides {
			l.sides[i].behind = true
		}
		l.out.Unlock()
		h.look(key{l.base.ID(), l.id})
	}
}

// heard takes one note.
func (h *Hub) heard(text string) {
	n, ok := parseNote(text)
	if !ok {
		h.o.Log.Warn("a note that cannot be read")
		return
	}
	k := key{n.Tenant, n.Session}
	if n.Ring {
		h.rung(ringing{n.Tenant, n.Session})
		return
	}
	h.mu.Lock()
	l := h.live[k]
	h.mu.Unlock()
	if l == nil {
		return
	}
	l.out.Lock()
	for i, epoch := range n.Gone {
		if s := &l.sides[i]; s.sock != nil && s.here < epoch {
			s.sock.Close(replaced)
			s.sock = nil
		}
	}
	if n.Look {
		l.sides[helper].behind, l.sides[sharer].behind = true, true
	}
	l.out.Unlock()
	ps := make([]store.Push, len(n.Pushes))
	for i, p := range n.Pushes {
		ps[i] = store.Push{Role: p.Role.String(), Seq: p.Seq, Type: p.Type, Body: p.Body}
	}
	h.offer(l, ps, false)
}

func parseNote(text string) (n note, ok bool) {
	if json.Unmarshal([]byte(text), &n) != nil {
		return note{}, false
	}
	for _, p := range n.Pushes {
		if p.Role != helper && p.Role != sharer {
			return note{}, false
		}
	}
	return n, true
}
