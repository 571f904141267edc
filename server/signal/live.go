package signal

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"beside/policy"
	"beside/policy/api"
	"beside/server/rendezvous"
	"beside/server/store"
)

// States of a session, as the store has them.
const (
	stateWaiting = "waiting"
	stateClaimed = "claimed"
	stateMet     = "met"
	stateEnded   = "ended"
)

// Lives of a session's stages.
const (
	pairWithin = 2 * time.Minute  // from the claim until both are paired
	askWithin  = 10 * time.Minute // from meeting until the first grant
	grace      = 30 * time.Second // after a grant ran out, for what is on its way
	linger     = time.Minute      // an ended session still tells a side that resumes
)

// Bounds of what is kept for a side that is away. Older pushes are dropped first.
const (
	maxBox      = 256
	maxBoxBytes = 1 << 20
)

// role is a side of a session.
type role int

const (
	helper role = iota
	sharer
)

func (r role) String() string { return [...]string{"helper", "sharer"}[r] }
func (r role) other() role    { return 1 - r }

// live is one session in memory. mu guards everything but id, base and what out guards. When
// nodes share their sessions, what is here between two holds is only what was last seen.
type live struct {
	id   string
	base *store.Tenant

	mu       sync.Mutex
	tenant   *store.Tenant // base, or its part of a hold
	gone     bool          // its live row was dropped in this hold
	fresh    []store.Push  // of the hold, for other nodes too
	owed     owed          // what could not be written yet
	owes     atomic.Bool   // shared: owed.any()
	row      store.Session
	nh       []byte
	evidence api.DeviceEvidence
	claim    string // device id in the sharer's token
	device   string // that proved itself on the sharer's connection, "" for none
	dkey     []byte // the key it did that with; nil after a restart: the one it has now
	call     call   // of a launch that nobody has joined
	sides    [2]side
	used     map[string]bool // pairing messages that were relayed
	th       []byte
	hfp, sfp []byte
	deadline time.Time // then the session ends by itself
	decided  time.Time
	rev      string // revision it was decided on
	endedAt  time.Time
	asked    *rate.Limiter // grant requests

	out sync.Mutex // guards sock, sent and behind of both sides; nothing is waited for under it
}

// side is one app of a session.
type side struct {
	sock    Socket // nil while away or elsewhere
	sent    uint64 // last push that sock got, when nodes share
	behind  bool   // sock may have missed pushes
	here    uint64 // the epoch in which sock began to speak
	holder  string // node that has the side
	epoch   uint64 // counts who spoke for the side
	box     []boxed
	bytes   int
	seq     uint64 // of the last push
	recount bool   // the numbers from before a restart are not known yet
	digest  []byte // from its "paired"
	signals *rate.Limiter
	events  *rate.Limiter
}

// boxed is a push that may have to be sent again.
type boxed struct {
	seq  uint64
	size int
	typ  string
	body any
}

// frame writes the number into a Signal; the other pushes count without showing it.
func (b boxed) frame() api.Frame {
	if sig, ok := b.body.(api.Signal); ok {
		sig.Seq = b.seq
		return frame(b.typ, 0, sig)
	}
	return frame(b.typ, 0, b.body)
}

func newLive(t *store.Tenant, row store.Session) *live {
	l := &live{id: row.ID, base: t, tenant: t, row: row, used: map[string]bool{}, asked: rate.NewLimiter(rate.Every(3*time.Second), 20)}
	for i := range l.sides {
		l.sides[i].signals = rate.NewLimiter(6.4, 64) // 64 in 10 s (PROTOCOL 1.0)
		l.sides[i].events = rate.NewLimiter(5, 50)
	}
	return l
}

// restore makes a live session of a stored one, after a restart.
func (h *Hub) restore(t *store.Tenant, row store.Session) *live {
	l := newLive(t, row)
	l.claim, l.evidence.ID, _ = strings.Cut(row.Hint, "/")
	l.evidence.Name, l.evidence.OS = row.DeviceName, row.DeviceOS
	if row.Proof == policy.ProofVerified {
		l.device = row.Device
	}
	for i := range l.sides {
		l.sides[i].recount = true
	}
	now := h.o.Now()
	l.decided = now
	switch row.State {
	case stateWaiting:
		l.deadline = row.Created.Add(rendezvous.TTL)
		if row.Mode == api.ModeSAS { // whoever was rung is not known any more
			l.deadline = now
		}
	case stateClaimed:
		l.deadline = now.Add(pairWithin)
	default:
		l.deadline = now.Add(askWithin)
		if !row.GrantedUntil.IsZero() {
			l.deadline = row.GrantedUntil.Add(grace)
		}
	}
	return l
}

func (l *live) roleOf(object string) (role, bool) {
	switch object {
	case "": // nobody has joined yet
		return 0, false
	case l.row.Helper:
		return helper, true
	case l.row.Sharer:
		return sharer, true
	}
	return 0, false
}

func (l *live) object(r role) string {
	if r == helper {
		return l.row.Helper
	}
	return l.row.Sharer
}

// push numbers a frame for one side, keeps it for a resume and sends it. Every push counts;
// the number stands in a Signal only. It must be called in a hold.
func (h *Hub) push(l *live, to role, typ string, body any) {
	s := &l.sides[to]
	s.seq++
	b := boxed{seq: s.seq, typ: typ, body: body}
	f := b.frame()
	if h.o.Shared {
		l.fresh = append(l.fresh, store.Push{Role: to.String(), Seq: s.seq, Type: typ, Body: f.Body})
		return
	}
	b.size = len(f.Body)
	s.box = append(s.box, b)
	s.bytes += b.size
	for len(s.box) > maxBox || s.bytes > maxBoxBytes && len(s.box) > 1 {
		s.bytes -= s.box[0].size
		s.box = s.box[1:]
	}
	l.out.Lock()
	defer l.out.Unlock()
	if s.sock != nil {
		s.sock.Push(f)
	}
}

// take notes in a hold that a side is spoken for here from now on. speak follows, once the
// hold is done and its request answered.
func (h *Hub) take(l *live, r role) {
	if !h.o.Shared {
		return
	}
	s := &l.sides[r]
	s.epoch++
	s.holder = h.node
}

// speak makes sock speak for a side and sends it what came after last. A socket that spoke
// for the side before is closed.
func (h *Hub) speak(ctx context.Context, l *live, r role, sock Socket, last uint64) {
	if h.o.Shared {
		h.speakShared(ctx, l, r, sock, last)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &l.sides[r]
	l.out.Lock()
	defer l.out.Unlock()
	if s.sock != nil && s.sock != sock {
		s.sock.Close(replaced)
	}
	s.sock = sock
	if s.recount { // the endpoint was restarted: go on counting where the app is
		for i := range s.box {
			s.box[i].seq += last
		}
		s.seq += last
		s.recount = false
	}
	keep := s.box[:0:0]
	s.bytes = 0
	for _, b := range s.box {
		if b.seq <= last {
			continue
		}
		keep = append(keep, b)
		s.bytes += b.size
		sock.Push(b.frame())
	}
	s.box = keep
}

const replaced = "resumed elsewhere"
