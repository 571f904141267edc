package sessiontest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"beside/policy"
	"beside/policy/api"
	"beside/policy/grant"
)

// Names of the one organisation in here.
const (
	Origin = "https://help.halden.example"
	Tenant = "11111111-1111-4111-8111-111111111111"
	Noa    = "22222222-2222-4222-8222-222222222222" // the helper
	Sam    = "33333333-3333-4333-8333-333333333333" // the sharer
	Device = "55555555-5555-4555-8555-555555555555"
)

// Endpoint is a policy endpoint in memory, with the real formats and signatures and no policy of its
// own: what it may refuse and how it may cheat is set from outside. It is safe for concurrent use; the
// exported fields are set before it is used.
type Endpoint struct {
	Anchor ed25519.PrivateKey
	Key    ed25519.PrivateKey
	Offer  policy.Right // what the role allows
	State  policy.DeviceState
	NoChat bool // the organisation has switched chat off

	// Asked, if set, is told of every call before it is served.
	Asked func(who, typ string, body json.RawMessage)
	// Hang, if set, says which calls are never answered.
	Hang func(who, typ string) bool
	// Refuse, if set, answers a call with a problem instead.
	Refuse func(who, typ string) *api.Problem
	// Answer, if set, may change the answer to a call.
	Answer func(who, typ string, body json.RawMessage) json.RawMessage
	// Push, if set, may change, drop (nil) or multiply what is pushed to somebody.
	Push func(to string, f api.Frame) []api.Frame
	// Grant, if set, may change the claims before they are signed; what it returns is sent as it is
	// unless it is empty.
	Grant func(c *grant.Claims) string
	// Keys, if set, may change the key statement before the anchor signs it; what it returns is sent as
	// it is unless it is empty.
	Keys func(s *grant.Statement) string
	// Again lets a code be claimed any number of times.
	Again bool

	mu       sync.Mutex
	conns    map[string]*Conn // by object id
	sessions map[string]*meeting
	n        int
	stmtSeq  uint64
	Events   []api.Event // as reported by the apps
	Traffic  []byte      // everything that passed, for looking for what must not be in it
}

type meeting struct {
	id, locator    string
	nH, nS         []byte
	helper, sharer string
	claimed        bool
	mode           string
	paired         map[string]bool
	met            api.Met
	th             []byte
	seq            uint64
}

// NewEndpoint makes an honest one whose helper may do everything.
func NewEndpoint() *Endpoint {
	_, a, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	_, k, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return &Endpoint{
		Anchor: a, Key: k, Offer: policy.View | policy.Control, State: policy.StateCompliant,
		conns: map[string]*Conn{}, sessions: map[string]*meeting{}, stmtSeq: 1,
	}
}

// AnchorID names the anchor.
func (e *Endpoint) AnchorID() [32]byte { return grant.AnchorID(e.Anchor.Public().(ed25519.PublicKey)) } //nolint:forcetypeassert // what an Ed25519 key has

// Statement checks a key statement as an app does.
func (e *Endpoint) Statement(jws string) (grant.Statement, error) {
	return e.StatementAt(jws, time.Now())
}

// StatementAt is Statement on a device with another clock.
func (e *Endpoint) StatementAt(jws string, now time.Time) (grant.Statement, error) {
	return grant.VerifyStatement(jws, e.Anchor.Public().(ed25519.PublicKey), Tenant, now, 1) //nolint:forcetypeassert // what an Ed25519 key has
}

// SignedStatement is the current one.
func (e *Endpoint) SignedStatement() string {
	st := grant.Statement{ //nolint:forcetypeassert // what an Ed25519 key has
		Tenant: Tenant, Seq: e.stmtSeq,
		Keys: []grant.Key{{KID: "k1", Public: e.Key.Public().(ed25519.PublicKey), NotBefore: 0, NotAfter: 1 << 40}},
	}
	if e.Keys != nil {
		if jws := e.Keys(&st); jws != "" {
			return jws
		}
	}
	s, err := grant.SignStatement(e.Anchor, st)
	if err != nil {
		panic(err)
	}
	return s
}

// Conn is one app's connection.
type Conn struct {
	e      *Endpoint
	who    string
	pushes chan api.Frame
	once   sync.Once
}

// Connect connects somebody by object id.
func (e *Endpoint) Connect(oid string) *Conn {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := &Conn{e: e, who: oid, pushes: make(chan api.Frame, 1024)}
	e.conns[oid] = c
	return c
}

// Pushes is session.Endpoint's.
func (c *Conn) Pushes() <-chan api.Frame { return c.pushes }

// Deliver pushes anything over this one connection, past all hooks.
func (c *Conn) Deliver(typ string, body any) { c.pushes <- Frame(typ, body) }

// Close breaks the connection for good.
func (c *Conn) Close() {
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	c.once.Do(func() { delete(c.e.conns, c.who); close(c.pushes) })
}

// Call is session.Endpoint's.
func (c *Conn) Call(ctx context.Context, typ string, body, answer any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.e.mu.Lock()
	refuse, hang := c.e.Refuse, c.e.Hang
	c.e.mu.Unlock()
	if hang != nil && hang(c.who, typ) {
		<-ctx.Done()
		return ctx.Err()
	}
	if refuse != nil {
		if p := refuse(c.who, typ); p != nil {
			return p
		}
	}
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	c.e.mu.Lock()
	if c.e.Asked != nil {
		c.e.Asked(c.who, typ, b)
	}
	c.e.Traffic = append(c.e.Traffic, b...)
	out, err := c.e.handle(c.who, typ, b)
	c.e.mu.Unlock()
	if err != nil {
		return err
	}
	ob, err := json.Marshal(out)
	if err != nil {
		return err
	}
	c.e.mu.Lock()
	change := c.e.Answer
	c.e.mu.Unlock()
	if change != nil {
		ob = change(c.who, typ, ob)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(ob, answer)
}

func (e *Endpoint) handle(who, typ string, b []byte) (any, error) {
	switch typ {
	case api.TypeCodeNew:
		var m api.CodeNew
		if err := json.Unmarshal(b, &m); err != nil {
			return nil, err
		}
		return e.codeNew(who, m)
	case api.TypeCodeClaim:
		var m api.Claim
		if err := json.Unmarshal(b, &m); err != nil {
			return nil, err
		}
		return e.claim(who, m)
	case api.TypeLaunchOpen, api.TypeLaunchStart, api.TypeLaunchJoin, api.TypeLaunchDecline:
		return e.launch(who, typ, b)
	case api.TypeEvent:
		var m api.Event
		if err := json.Unmarshal(b, &m); err != nil {
			return nil, err
		}
		e.Events = append(e.Events, m)
		return nil, nil //nolint:nilnil // no answer
	}
	var ref api.Ref
	if err := json.Unmarshal(b, &ref); err != nil {
		return nil, err
	}
	s := e.sessions[ref.Session]
	if s == nil {
		return nil, &api.Problem{Code: api.NotFound}
	}
	switch typ {
	case api.TypeSignal, api.TypeEnd:
		e.relay(s, who, typ, b)
	case api.TypePaired:
		s.paired[who] = true
		if len(s.paired) == 2 {
			e.meet(s)
		}
	case api.TypeGrantRequest:
		var m api.GrantRequest
		if err := json.Unmarshal(b, &m); err != nil {
			return nil, err
		}
		return e.grant(s, m)
	}
	return nil, nil //nolint:nilnil // no answer
}

func (e *Endpoint) codeNew(who string, m api.CodeNew) (any, error) {
	e.n++
	s := &meeting{
		id: fmt.Sprintf("44444444-4444-4444-8444-%012d", e.n), nH: m.NH, helper: who, paired: map[string]bool{}, mode: "code",
	}
	const alphabet = "23456789BCDFGHJKMNPQRTVWXY"
	s.locator = "BB" + string(alphabet[e.n/26%26]) + string(alphabet[e.n%26])
	e.sessions[s.id] = s
	return api.Code{Session: s.id, Locator: s.locator, TTL: 600, Resume: "r"}, nil
}

func (e *Endpoint) claim(who string, m api.Claim) (any, error) {
	for _, s := range e.sessions {
		if s.locator == m.Locator && (!s.claimed || e.Again) {
			s.claimed, s.sharer, s.nS = true, who, m.NS
			e.push(s.helper, api.TypeClaimant, api.Claimant{Session: s.id, NS: m.NS, Sharer: who})
			return api.Claimed{Session: s.id, NH: s.nH, Helper: s.helper, Resume: "r"}, nil
		}
	}
	return nil, &api.Problem{Code: api.CodeInvalid}
}

func (e *Endpoint) relay(s *meeting, who, typ string, b []byte) {
	to, name := s.helper, "sharer"
	if who == s.helper {
		to, name = s.sharer, "helper"
	}
	if typ == api.TypeEnd {
		var m api.End
		if json.Unmarshal(b, &m) == nil {
			m.Who = name
			e.push(to, typ, m)
		}
		return
	}
	var m api.Signal
	if json.Unmarshal(b, &m) == nil {
		s.seq++
		m.Seq = s.seq
		e.push(to, typ, m)
	}
}

func card(oid, name, job string) json.RawMessage {
	b, err := json.Marshal(api.Card{
		Object: oid, Name: name, Given: strings.Fields(name)[0], Job: job, Company: "Halden Group", Domain: "halden.example",
	})
	if err != nil {
		panic(err)
	}
	return b
}

func (e *Endpoint) meet(s *meeting) {
	s.met = api.Met{
		Session: s.id, Helper: card(s.helper, "Noa Winters", "Help desk"), Sharer: card(s.sharer, "Sam Rivers", "Payroll officer"),
		Device: api.DeviceCard{ID: Device, Name: "HLD-LT-0427", OS: "Debian 12", State: e.State.String(), Proof: "own"},
		Offer:  e.Offer.Names(), Chat: !e.NoChat,
	}
	e.push(s.helper, api.TypeMet, s.met)
	e.push(s.sharer, api.TypeMet, s.met)
}

func (e *Endpoint) grant(s *meeting, m api.GrantRequest) (any, error) {
	want, ok := policy.ParseRights(m.Rights)
	if !ok || want&^e.Offer != 0 {
		return nil, &api.Problem{Code: api.NotPermitted}
	}
	s.th = m.TH
	sid := grant.SID(s.id, s.nH, s.nS)
	c := grant.Claims{
		Iss: Origin, Tid: Tenant, TH: hex.EncodeToString(m.TH), GN: m.GN, Seq: m.Seq, Mode: s.mode, HOID: s.helper, SOID: s.sharer,
		Dev: Device, DevProof: "own", DevState: e.State.String(), Rights: m.Rights, HFP: m.HFP, SFP: m.SFP, CardH: m.CardH, CardS: m.CardS,
		StartWithin: 120, RunFor: 600, MinApp: "0.0.0", Audit: grant.Audit{Seq: 1, Hash: "00"}, Iat: 1, Sid: hex.EncodeToString(sid[:]),
	}
	jws := ""
	if e.Grant != nil {
		jws = e.Grant(&c)
	}
	if jws == "" {
		var err error
		if jws, err = grant.Sign(e.Key, "k1", c); err != nil {
			return nil, err
		}
	}
	return api.Granted{Grant: jws, Statement: e.SignedStatement()}, nil
}

func (e *Endpoint) push(to, typ string, body any) {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	frames := []api.Frame{{Type: typ, Body: b}}
	if e.Push != nil {
		frames = e.Push(to, frames[0])
	}
	for _, f := range frames {
		e.Traffic = append(e.Traffic, f.Body...)
		if c := e.conns[to]; c != nil {
			c.pushes <- f
		}
	}
}

// PushTo sends somebody anything.
func (e *Endpoint) PushTo(to, typ string, body any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.push(to, typ, body)
}

// Reported is how many audit facts of that kind the apps reported.
func (e *Endpoint) Reported(kind string) (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ev := range e.Events {
		if ev.Kind == kind {
			n++
		}
	}
	return n
}

// Change runs f while nobody is served, to change a hook in the middle of a session.
func (e *Endpoint) Change(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f()
}

// Session is the id and transcript of the newest session.
func (e *Endpoint) Session() (id string, th []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.sessions {
		if s.id > id {
			id, th = s.id, s.th
		}
	}
	return id, th
}
