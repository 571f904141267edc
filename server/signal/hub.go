package signal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"beside/auth"
	"beside/policy"
	"beside/policy/api"
	"beside/server/directory"
	"beside/server/problem"
	"beside/server/rendezvous"
	"beside/server/store"
)

// Caller is who is at the other end of a socket, proven by a token.
type Caller struct {
	auth.Verified
	Address string // for limits only
}

// Socket is one connection to an app. Both methods return at once and are safe for
// concurrent use; a socket whose reader is too slow closes itself.
type Socket interface {
	Push(api.Frame)
	Close(reason string)
}

// Signer puts the endpoint's name under its words; statement is the current key statement.
type Signer interface {
	Grant(ctx context.Context, tenant string, g Grant) (jws, statement string, err error)
	Revoke(ctx context.Context, tenant string, r Revocation) (jws string, err error)
}

// Grant is what a grant says (PROTOCOL 1.6); the signer adds issuer and key.
type Grant struct {
	SID, TH, GN            []byte
	Seq                    uint64
	Mode, Helper, Sharer   string
	Device                 string
	Proof                  policy.Proof
	State                  policy.DeviceState
	Rights                 policy.Right
	HFP, SFP, CardH, CardS []byte
	StartWithin, RunFor    time.Duration
	Audit                  store.Head
}

// Revocation narrows the rights of the session with that TH to Rights; none ends it. Seq is
// that of the newest grant request.
type Revocation struct {
	SID, TH []byte
	Seq     uint64
	Rights  policy.Right
}

// Options are what a Hub works with. All fields but Now, Revision and Relay are needed.
type Options struct {
	Store     *store.Store
	Directory directory.Directory
	Desk      *rendezvous.Desk
	Signer    Signer
	Origin    string // https://host[:port] as apps know it; without it no device can prove itself
	Log       *slog.Logger
	Relay     Relay // nil for none
	Now       func() time.Time
	Revision  func() uint64 // changes when the directory's answers may have

	// Shared says that other nodes work on the same store: the sessions are then in the store
	// and not in memory. One that dies costs nothing but its sockets.
	Shared bool
	Spool  string // file for audit rows that the store cannot take now; "" keeps them in memory
}

// Hub holds the live sessions. It is safe for concurrent use.
type Hub struct {
	o     Options
	audit *auditor
	Stats Stats
	node  string // topic of the notes for this node
	wake  chan key
	rings chan ringing

	mu       sync.Mutex
	live     map[key]*live
	speakers map[Socket]*speaker
	waiting  map[key]Socket   // by tenant and device
	lived    time.Time        // when the store last heard that this node lives
	known    map[string]rules // by tenant
	ends     map[key]owedEnd
	looked   time.Time    // at those of relayed, last
	relayed  map[key]bool // were told of the relay and have not ended
	troubled bool         // the store did not answer lately
}

// Stats are counters for the metrics page.
type Stats struct {
	Codes, Claims, Refused, Met, Grants, Revoked, Ended, Relayed atomic.Int64
}

type key struct{ tenant, session string }

// New makes a hub. Run must be running while it is used.
func New(o Options) *Hub {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Revision == nil {
		o.Revision = func() uint64 { return 0 }
	}
	h := &Hub{o: o, live: map[key]*live{}, speakers: map[Socket]*speaker{}, waiting: map[key]Socket{}, known: map[string]rules{}, ends: map[key]owedEnd{}, relayed: map[key]bool{}, node: "beside_" + store.NewID(), wake: make(chan key, 1024), rings: make(chan ringing, 256)}
	h.audit = newAuditor(o.Store, o.Log, o.Spool, o.Now)
	return h
}

// reply is what a request is answered with; then runs after the answer is on its way.
type reply struct {
	body any
	then func()
}

// request is one frame with who sent it.
type request struct {
	Caller
	sock   Socket
	tenant *store.Tenant
}

// Do carries out a request and answers it on the socket, exactly once. The requests of one
// socket must come one at a time, in order.
func (h *Hub) Do(ctx context.Context, c Caller, sock Socket, f api.Frame) {
	r := request{Caller: c, sock: sock, tenant: h.o.Store.For(c.Tenant)}
	rep, err := h.do(ctx, r, f)
	if err != nil {
		var p *api.Problem
		if !errors.As(err, &p) {
			h.o.Log.ErrorContext(ctx, "request failed", "type", f.Type, "tenant", c.Tenant, "object", c.Object, "err", err)
			p = h.broken(ctx)
		}
		sock.Push(frame(api.TypeError, f.ID, p))
		return
	}
	if rep.body == nil {
		rep.body = struct{}{} // "nothing" is an empty object, so that every answer decodes
	}
	sock.Push(frame(api.TypeOK, f.ID, rep.body))
	if rep.then != nil {
		rep.then()
	}
}

func (h *Hub) do(ctx context.Context, r request, f api.Frame) (reply, error) {
	switch f.Type {
	case api.TypeCodeNew:
		return with(ctx, r, f, h.codeNew)
	case api.TypeCodeCancel:
		return with(ctx, r, f, h.codeCancel)
	case api.TypeCodeClaim:
		return with(ctx, r, f, h.codeClaim)
	case api.TypeDeviceNonce:
		return with(ctx, r, f, h.deviceNonce)
	case api.TypeDeviceProve:
		return with(ctx, r, f, h.deviceProve)
	case api.TypeWait:
		return with(ctx, r, f, h.wait)
	case api.TypeLaunchOpen:
		return with(ctx, r, f, h.launchOpen)
	case api.TypeLaunchStart:
		return with(ctx, r, f, h.launchStart)
	case api.TypeLaunchJoin:
		return with(ctx, r, f, h.launchJoin)
	case api.TypeLaunchDecline:
		return with(ctx, r, f, h.launchDecline)
	case api.TypeSignal:
		return with(ctx, r, f, h.signal)
	case api.TypePaired:
		return with(ctx, r, f, h.paired)
	case api.TypeGrantRequest:
		return with(ctx, r, f, h.grantRequest)
	case api.TypeEvent:
		return with(ctx, r, f, h.event)
	case api.TypeEnd:
		return with(ctx, r, f, h.end)
	case api.TypeResume:
		return with(ctx, r, f, h.resume)
	}
	return reply{}, problem.New(api.ProtocolBroken)
}

// with decodes a body and calls the handler.
func with[T any](ctx context.Context, r request, f api.Frame, handle func(context.Context, request, T) (reply, error)) (reply, error) {
	var body T
	if err := json.Unmarshal(f.Body, &body); err != nil {
		return reply{}, problem.New(api.ProtocolBroken)
	}
	return handle(ctx, r, body)
}

func frame(typ string, re uint64, body any) api.Frame {
	b, err := json.Marshal(body)
	if err != nil { // the bodies are our own structs
		return api.Frame{Type: api.TypeError, Re: re, Body: json.RawMessage(`{"title":"","status":500,"code":"internal"}`)}
	}
	return api.Frame{Type: typ, Re: re, Body: b}
}

// Gone must be called when a socket is closed; its sessions wait for a resume.
func (h *Hub) Gone(sock Socket) {
	h.waitNoMore(sock)
	for _, l := range h.all() {
		l.out.Lock()
		had := false
		for i := range l.sides {
			if l.sides[i].sock == sock {
				l.sides[i].sock, had = nil, true
			}
		}
		l.out.Unlock()
		if had && h.o.Shared {
			h.drop(l)
		}
	}
}

// Live counts sessions by state.
func (h *Hub) Live() map[string]int {
	n := map[string]int{}
	for _, l := range h.all() {
		l.mu.Lock()
		n[l.row.State]++
		l.mu.Unlock()
	}
	return n
}

func (h *Hub) all() []*live {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]*live, 0, len(h.live))
	for _, l := range h.live {
		out = append(out, l)
	}
	return out
}

// get finds a session in memory or, after a restart, in the store. It is nil if the tenant
// has no such session that lives. When nodes share, only a hold says whether there is one.
func (h *Hub) get(ctx context.Context, t *store.Tenant, id string) (*live, error) {
	k := key{t.ID(), id}
	h.mu.Lock()
	l := h.live[k]
	h.mu.Unlock()
	if l != nil || !idShape.MatchString(id) {
		return l, nil
	}
	if h.o.Shared {
		return newLive(t, store.Session{ID: id}), nil
	}
	row, err := t.Session(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && row.State == stateEnded:
		return nil, nil
	case err != nil:
		return nil, err
	}
	return h.put(h.restore(t, row)), nil
}

var idShape = regexp.MustCompile(`^[0-9a-f-]{36}$`)

// put adds a session, unless another goroutine was faster.
func (h *Hub) put(l *live) *live {
	h.mu.Lock()
	defer h.mu.Unlock()
	k := key{l.base.ID(), l.id}
	if have := h.live[k]; have != nil {
		return have
	}
	h.live[k] = l
	return l
}

// mine runs fn in a hold of the caller's session; side is the caller's. Without a session,
// or when another socket speaks for that side, it is not.found: one answer for all.
func (h *Hub) mine(ctx context.Context, r request, id string, fn func(l *live, side role) (reply, error)) (reply, error) {
	l, err := h.get(ctx, r.tenant, id)
	if err != nil {
		return reply{}, err
	}
	if l == nil || h.o.Shared && !l.hears(r.sock) {
		return reply{}, problem.New(api.NotFound)
	}
	var rep reply
	err = h.hold(ctx, l, func() (err error) {
		side, ok := l.roleOf(r.Object)
		if !ok || !l.speaks(side, r.sock) {
			return problem.New(api.NotFound)
		}
		rep, err = fn(l, side)
		return err
	})
	return rep, err
}

// input gathers what a decision about the session depends on now. ok is false, with the
// directory's code, if the directory is unavailable.
func (h *Hub) input(ctx context.Context, l *live) (policy.Input, people, error) {
	in := policy.Input{Tenant: l.tenant.ID()}
	l.rev, l.decided = h.revision(ctx, l.tenant), h.o.Now() // read before, so that no change is missed
	var err error
	if in.Settings, in.Assignments, err = h.rules(ctx, l.tenant); err != nil {
		return in, people{}, err
	}
	var p people
	if p.helper, err = directory.Who(ctx, h.o.Directory, in.Tenant, l.row.Helper); err == nil {
		p.sharer, err = directory.Who(ctx, h.o.Directory, in.Tenant, l.row.Sharer)
	}
	if err == nil {
		var proven string
		if proven, err = h.proven(ctx, l); err == nil {
			in.Device, p.device, err = directory.Assess(ctx, h.o.Directory, in.Tenant, l.row.Sharer, l.evidence, l.claim, proven)
		}
	}
	if err != nil {
		return in, p, directoryProblem(err)
	}
	in.Helper, in.Sharer = p.helper.Person, p.sharer.Person
	return in, p, nil
}

type people struct {
	helper, sharer directory.Person
	device         api.DeviceCard
}

// rules are the tenant's settings and assignments, read only when their revision changed.
func (h *Hub) rules(ctx context.Context, t *store.Tenant) (policy.Settings, []policy.Assignment, error) {
	rev, err := t.PolicyRev(ctx) // read before, so that a change meanwhile shows next time
	if err != nil {
		return policy.Settings{}, nil, err
	}
	h.mu.Lock()
	known := h.known[t.ID()]
	h.mu.Unlock()
	if rev != 0 && known.rev == rev {
		return known.settings, known.assignments, nil
	}
	s, err := t.Settings(ctx)
	if err != nil {
		return s, nil, err
	}
	rows, err := t.Assignments(ctx)
	if err != nil {
		return s, nil, err
	}
	as := store.Policies(rows)
	h.mu.Lock()
	h.known[t.ID()] = rules{rev, s, as}
	h.mu.Unlock()
	return s, as, nil
}

// rules are what a tenant's administrators decided; nobody changes the slice.
type rules struct {
	rev         int64
	settings    policy.Settings
	assignments []policy.Assignment
}

// directoryProblem turns an unavailable directory into a refusal; other errors stay.
func directoryProblem(err error) error {
	if errors.Is(err, directory.ErrUnavailable) {
		return problem.Later(api.DirectoryDown, 10*time.Second)
	}
	return fmt.Errorf("directory: %w", err)
}
