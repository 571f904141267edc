package signal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"beside/policy/api"
	"beside/server/problem"
	"beside/server/store"
)

// state is what nodes share of a session besides its row.
type state struct {
	Used         []string           `json:"used,omitempty"` // pairing messages that were relayed
	TH, HFP, SFP []byte             `json:",omitempty"`
	Evidence     api.DeviceEvidence `json:"evidence"`
	Claim        string             `json:"claim,omitempty"`
	Device       string             `json:"device,omitempty"`
	Key          []byte             `json:"key,omitempty"`
	Call         call               `json:"call"`
	Ended        int64              `json:"ended,omitempty"` // unix milliseconds
	Sides        [2]sideState       `json:"sides"`
}

type sideState struct {
	Seq    uint64 `json:"seq"`
	Epoch  uint64 `json:"epoch"`
	Holder string `json:"holder,omitempty"`
	Digest []byte `json:"digest,omitempty"`
}

// hold runs fn while nobody else, here or on another node, works with the session. An error
// that is no decision (see isBroken) undoes what fn did in the store; a decision stands.
func (h *Hub) hold(ctx context.Context, l *live, fn func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !h.o.Shared {
		err := fn()
		return err
	}
	var decision error
	found, was := false, l.row
	err := l.base.Hold(ctx, l.id, func(t *store.Tenant, row store.Session, s store.Live) error {
		found = true
		if err := l.load(row, s); err != nil {
			return err
		}
		l.tenant, l.fresh = t, nil
		before := l.holders()
		if decision = fn(); isBroken(decision) {
			return decision
		}
		return l.save(ctx, h.node, before, s)
	})
	l.tenant = l.base
	fresh := l.fresh
	l.fresh = nil
	switch {
	case err != nil && !found && errors.Is(err, store.ErrNotFound):
		l.row.State = stateEnded // its row is purged
		return problem.New(api.NotFound)
	case err != nil:
		l.row = was
		return err
	}
	l.paid()
	if l.row.State == stateEnded {
		h.release(key{l.base.ID(), l.id})
	}
	h.offer(l, fresh, false)
	return decision
}

func (l *live) load(row store.Session, s store.Live) error {
	var st state
	if s.State != "" {
		if err := json.Unmarshal([]byte(s.State), &st); err != nil {
			return fmt.Errorf("signal: state: %w", err)
		}
	}
	l.row, l.deadline = row, s.Deadline
	l.th, l.hfp, l.sfp, l.evidence, l.claim = st.TH, st.HFP, st.SFP, st.Evidence, st.Claim
	l.device, l.dkey, l.call = st.Device, st.Key, st.Call
	l.endedAt = time.Time{}
	if st.Ended != 0 {
		l.endedAt = time.UnixMilli(st.Ended)
	}
	l.used = map[string]bool{}
	for _, k := range st.Used {
		l.used[k] = true
	}
	for i := range l.sides {
		o := &l.sides[i]
		o.seq, o.epoch, o.holder, o.digest = st.Sides[i].Seq, st.Sides[i].Epoch, st.Sides[i].Holder, st.Sides[i].Digest
	}
	return nil
}

func (l *live) holders() (hs [2]sideState) {
	for i := range l.sides { // no copy of a side: out guards a part of it
		s := &l.sides[i]
		hs[i] = sideState{Epoch: s.epoch, Holder: s.holder}
	}
	return hs
}

// save writes what changed and tells the nodes that have to know.
func (l *live) save(ctx context.Context, node string, before [2]sideState, old store.Live) error {
	if l.gone {
		l.gone = false
		return nil
	}
	st := state{Used: slices.Sorted(maps.Keys(l.used)), TH: l.th, HFP: l.hfp, SFP: l.sfp, Evidence: l.evidence, Claim: l.claim, Device: l.device, Key: l.dkey, Call: l.call}
	deadline := l.deadline
	if !l.endedAt.IsZero() {
		st.Ended, deadline = l.endedAt.UnixMilli(), l.endedAt.Add(linger)
	}
	for i := range l.sides {
		s := &l.sides[i]
		st.Sides[i] = sideState{Seq: s.seq, Epoch: s.epoch, Holder: s.holder, Digest: s.digest}
	}
	text, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("signal: state: %w", err)
	}
	if string(text) != old.State || deadline.UnixMilli() != old.Deadline.UnixMilli() {
		if err := l.tenant.PutLive(ctx, l.id, store.Live{State: string(text), Deadline: deadline}); err != nil {
			return err
		}
	}
	if err := l.tenant.AddPushes(ctx, l.id, l.fresh, maxBox); err != nil {
		return err
	}
	if l.owed.any() {
		l.owed.into(&l.row)
		if err := l.tenant.SaveSession(ctx, l.row); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return l.tell(node, before)
}

// tell sends the hold's pushes to the nodes that have the sides now, and word to those that
// have lost one.
func (l *live) tell(node string, before [2]sideState) error {
	notes := map[string]*note{}
	at := func(n string) *note {
		if notes[n] == nil {
			notes[n] = &note{Tenant: l.base.ID(), Session: l.id}
		}
		return notes[n]
	}
	for i, b := range before {
		if b.Epoch != l.sides[i].epoch && b.Holder != "" && b.Holder != node {
			at(b.Holder).Gone[i] = l.sides[i].epoch
		}
	}
	for _, p := range l.fresh {
		r := roleNamed(p.Role)
		if holder := l.sides[r].holder; holder != "" && holder != node {
			n := at(holder)
			n.Pushes = append(n.Pushes, notePush{r, p.Seq, p.Type, p.Body})
		}
	}
	for topic, n := range notes {
		text, err := json.Marshal(n)
		if err == nil && len(text) > store.MaxNote {
			n.Pushes, n.Look = nil, true
			text, err = json.Marshal(n)
		}
		if err == nil {
			err = l.tenant.Notify(topic, string(text))
		}
		if err != nil {
			return fmt.Errorf("signal: notify: %w", err)
		}
	}
	return nil
}

func roleNamed(s string) role {
	if s == sharer.String() {
		return sharer
	}
	return helper
}

// speaks says whether sock is who speaks for the side. It is asked in a hold.
func (l *live) speaks(r role, sock Socket) bool {
	l.out.Lock()
	defer l.out.Unlock()
	s := &l.sides[r]
	return s.sock == sock && s.here == s.epoch
}

// hears says whether sock speaks for either side, as far as this node knows.
func (l *live) hears(sock Socket) bool {
	l.out.Lock()
	defer l.out.Unlock()
	return l.sides[helper].sock == sock || l.sides[sharer].sock == sock
}

func (h *Hub) speakShared(ctx context.Context, l *live, r role, sock Socket, last uint64) {
	l.mu.Lock()
	epoch := l.sides[r].epoch
	l.mu.Unlock()
	have := h.putSpeaking(l, r, sock, last, epoch)
	h.catchUp(ctx, have)
}

// putSpeaking keeps the session in memory and gives the side to sock.
func (h *Hub) putSpeaking(l *live, r role, sock Socket, last, epoch uint64) *live {
	h.mu.Lock()
	defer h.mu.Unlock()
	k := key{l.base.ID(), l.id}
	if have := h.live[k]; have != nil {
		l = have
	}
	h.live[k] = l
	l.out.Lock()
	defer l.out.Unlock()
	s := &l.sides[r]
	if s.sock != nil && s.sock != sock {
		s.sock.Close(replaced)
	}
	s.sock, s.sent, s.here, s.behind = sock, last, epoch, true
	return l
}

// drop forgets a session that no socket here speaks for.
func (h *Hub) drop(l *live) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l.out.Lock()
	defer l.out.Unlock()
	if k := (key{l.base.ID(), l.id}); h.live[k] == l && l.sides[0].sock == nil && l.sides[1].sock == nil && !l.owes.Load() {
		delete(h.live, k)
	}
}

// offer hands pushes to the sockets that speak here, each push once and in order. Where one
// is missing in between, the side is behind until catchUp, whose pushes are whole.
func (h *Hub) offer(l *live, ps []store.Push, whole bool) {
	l.out.Lock()
	defer l.out.Unlock()
	for _, p := range ps {
		s := &l.sides[roleNamed(p.Role)]
		switch {
		case s.sock == nil || p.Seq <= s.sent:
		case p.Seq != s.sent+1 && !whole:
			s.behind = true
		default:
			s.sock.Push(api.Frame{Type: p.Type, Body: p.Body})
			s.sent = p.Seq
		}
	}
	for i := range l.sides {
		if l.sides[i].behind && l.sides[i].sock != nil && !whole {
			h.look(key{l.base.ID(), l.id})
			return
		}
	}
}

// look has catchUp called soon. When the queue is full, the next tick does it.
func (h *Hub) look(k key) {
	select {
	case h.wake <- k:
	default:
	}
}

// catchUp reads the pushes that the sockets here have not had.
func (h *Hub) catchUp(ctx context.Context, l *live) {
	for i := range l.sides {
		s := &l.sides[i]
		l.out.Lock()
		behind, sent := s.behind && s.sock != nil, s.sent
		s.behind = false
		l.out.Unlock()
		if !behind {
			continue
		}
		ps, err := l.base.Pushes(ctx, l.id, role(i).String(), sent)
		if err != nil {
			h.o.Log.WarnContext(ctx, "read pushes", "session", l.id, "err", err)
			l.out.Lock()
			s.behind = true
			l.out.Unlock()
			continue
		}
		h.offer(l, ps, true)
	}
}
