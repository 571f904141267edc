package signal

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"beside/policy"
	"beside/policy/api"
	"beside/server/directory"
	"beside/server/problem"
	"beside/server/store"
)

// A node says every livesEvery that it lives; what waits at one that has not for livesFor is offline.
const (
	livesEvery = 5 * time.Second
	livesFor   = 20 * time.Second
)

// about is what is known of a waiting app, for whichever node decides whether it may be rung.
type about struct {
	Evidence api.DeviceEvidence `json:"e"`
	Claim    string             `json:"c,omitempty"`
	Device   string             `json:"d,omitempty"` // that proved itself
	Key      []byte             `json:"k,omitempty"`
}

// wait makes the connection one that can be rung. It must speak for the device: by its key, or as
// the signed-in person's own managed device (PROTOCOL 1.2.2).
func (h *Hub) wait(ctx context.Context, r request, b api.Wait) (reply, error) {
	if !label(b.Device.Name) || !label(b.Device.OS) || !label(b.Device.ID) {
		return reply{}, problem.New(api.ProtocolBroken)
	}
	settings, err := r.tenant.Settings(ctx)
	if err != nil {
		return reply{}, err
	}
	if code, open := settings.Open(); !open {
		return reply{}, problem.Of(code)
	}
	a := about{Evidence: b.Device, Claim: r.Device}
	a.Device, a.Key = h.speaksFor(r.sock)
	dev, _, err := directory.Assess(ctx, h.o.Directory, r.Tenant, r.Object, a.Evidence, a.Claim, a.Device)
	switch {
	case err != nil:
		return reply{}, directoryProblem(err)
	case dev.ID == "" || dev.Proof < policy.ProofOwn:
		return reply{}, problem.New(api.DeviceUnproven)
	}
	text, err := json.Marshal(a)
	if err != nil {
		return reply{}, err
	}
	w := store.Waiting{Device: dev.ID, Node: h.node, Object: r.Object, About: string(text)}
	if h.o.Shared {
		if err := r.tenant.Wait(ctx, w); err != nil {
			return reply{}, err
		}
	}
	h.waitHere(r, w)
	return reply{body: api.Waiting{Device: dev.ID}, then: func() { h.ringAgain(ctx, r.tenant) }}, nil
}

// ringAgain rings what waits here and was rung while it could not be told. An app that was told
// knows the session already.
func (h *Hub) ringAgain(ctx context.Context, t *store.Tenant) {
	ids, err := t.Ringing(ctx)
	if err != nil {
		h.o.Log.WarnContext(ctx, "ring again", "tenant", t.ID(), "err", err)
	}
	for _, id := range ids {
		h.ring(ctx, ringing{t.ID(), id})
	}
}

// missedRings has every device that waits here looked at again.
func (h *Hub) missedRings() {
	h.mu.Lock()
	tenants := map[string]bool{}
	for k := range h.waiting {
		tenants[k.tenant] = true
	}
	h.mu.Unlock()
	for id := range tenants {
		h.rung(ringing{tenant: id})
	}
}

// rung hands a ring on. When the queue is full it is as if nobody answered.
func (h *Hub) rung(r ringing) {
	select {
	case h.rings <- r:
	default:
	}
}

// waitHere notes that the socket waits, instead of the one before.
func (h *Hub) waitHere(r request, w store.Waiting) {
	s := h.speaker(r.sock)
	h.mu.Lock()
	defer h.mu.Unlock()
	if old := (key{r.Tenant, s.waits.Device}); h.waiting[old] == r.sock {
		delete(h.waiting, old)
	}
	s.waits, s.tenant = w, r.tenant
	h.waiting[key{r.Tenant, w.Device}] = r.sock
}

// waitNoMore forgets what a socket has shown, and that it waits.
func (h *Hub) waitNoMore(sock Socket) {
	h.mu.Lock()
	s := h.speakers[sock]
	delete(h.speakers, sock)
	last := false
	if s != nil && s.tenant != nil {
		if k := (key{s.tenant.ID(), s.waits.Device}); h.waiting[k] == sock {
			delete(h.waiting, k)
			last = true
		}
	}
	h.mu.Unlock()
	if !last || !h.o.Shared {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastWrite) //nolint:forbidigo // whoever closed the socket has gone
	defer cancel()
	if err := s.tenant.WaitNoMore(ctx, s.waits.Device, h.node); err != nil {
		h.o.Log.WarnContext(ctx, "a device that no longer waits", "err", err)
	}
}

// whoWaits is where a device waits. Errors are problems: device.offline, if it does not.
func (h *Hub) whoWaits(ctx context.Context, t *store.Tenant, device string) (store.Waiting, about, error) {
	var w store.Waiting
	if h.o.Shared {
		var err error
		if w, err = t.WhoWaits(ctx, device, livesFor); errors.Is(err, store.ErrNotFound) {
			return w, about{}, problem.New(api.DeviceOffline)
		} else if err != nil {
			return w, about{}, err
		}
	} else {
		h.mu.Lock()
		s := h.speakers[h.waiting[key{t.ID(), device}]]
		if s != nil {
			w = s.waits
		}
		h.mu.Unlock()
		if s == nil {
			return w, about{}, problem.New(api.DeviceOffline)
		}
	}
	var a about
	if err := json.Unmarshal([]byte(w.About), &a); err != nil {
		return w, about{}, err
	}
	return w, a, nil
}

// Online says whether somebody waits at a device, for the admin site.
func (h *Hub) Online(ctx context.Context, tenant, device string) (bool, error) {
	_, _, err := h.whoWaits(ctx, h.o.Store.For(tenant), device)
	if codeOf(err) == api.DeviceOffline && err != nil {
		return false, nil
	}
	return err == nil, err
}

// alive tells the store that this node lives and, when it had been silent for long, what waits here.
// It says whether the store answers.
func (h *Hub) alive(ctx context.Context, now time.Time) bool {
	h.mu.Lock()
	silent := now.Sub(h.lived)
	var here []*speaker
	tenants := map[string]bool{}
	for k, sock := range h.waiting {
		here = append(here, h.speakers[sock])
		tenants[k.tenant] = true
	}
	h.mu.Unlock()
	if silent < livesEvery || len(here) == 0 {
		return true
	}
	for id := range tenants {
		if err := h.o.Store.For(id).Lives(ctx, h.node, livesFor); err != nil {
			return false
		}
	}
	if silent >= livesFor { // others may have forgotten it
		for _, s := range here {
			if err := s.tenant.Wait(ctx, s.waits); err != nil {
				return false
			}
		}
	}
	h.mu.Lock()
	h.lived = now
	h.mu.Unlock()
	return true
}
