package session

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"beside/policy"
	"beside/policy/api"
	"beside/session/pair"
	"beside/session/wire"
)

// ended is how a session's own code says that it is over, and why.
type ended struct {
	by    Who
	code  string
	retry time.Duration
}

func (e *ended) Error() string { return "session ended: " + e.code }

func over(by Who, code string) error { return &ended{by: by, code: code} }

// reason turns any error into who and why, for the last event. A cancelled context means this
// side's app is closing.
func reason(err error, self Who) *ended {
	var e *ended
	var p *api.Problem
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &p):
		return &ended{by: ByEndpoint, code: p.Code, retry: time.Duration(p.Retry) * time.Second}
	case errors.Is(err, pair.ErrMismatch):
		return &ended{code: api.CodeMismatch}
	case errors.Is(err, pair.ErrVersion):
		return &ended{code: api.VersionTooOld}
	case errors.Is(err, pair.ErrProtocol), errors.Is(err, wire.ErrBad):
		return &ended{code: api.ProtocolBroken}
	case errors.Is(err, context.Canceled):
		return &ended{by: self, code: api.EndLeft}
	}
	return &ended{code: api.EndLost}
}

// reason is the same for a session's end: before there was a session, no answer means that the
// endpoint cannot be reached.
func (b *inbox) reason(err error) *ended {
	e := reason(err, b.self)
	if e.code == api.EndLost && b.session == "" {
		return &ended{code: CodeOffline}
	}
	return e
}

// outbox is the events of one session. Its owner closes it after Ended.
type outbox struct{ c chan Event }

func newOutbox() outbox { return outbox{make(chan Event, 256)} }

// emit never blocks for long: a user interface that does not read loses the session, not the machine.
func (o outbox) emit(e Event) {
	select {
	case o.c <- e:
	case <-time.After(5 * time.Second):
	}
}

// once is a latch that commands close and the owner waits for.
type latch struct {
	once sync.Once
	c    chan struct{}
}

func newLatch() *latch { return &latch{c: make(chan struct{})} }
func (l *latch) set()  { l.once.Do(func() { close(l.c) }) }

func (l *latch) isSet() bool {
	select {
	case <-l.c:
		return true
	default:
		return false
	}
}

// command is what a user interface asks of the owner.
type command struct {
	kind    byte // one of cmd*
	rights  policy.Right
	times   uint32 // of cmdContinue: how many pauses it ends
	monitor int    // of cmdShow
	pick    string // of cmdPick
}

const (
	cmdNewCode = iota
	cmdAsk
	cmdCancel
	cmdGiveBack
	cmdPause
	cmdContinue
	cmdClearInk
	cmdShow
	cmdRing
	cmdPicked
	cmdPick
)

// inbox is everything that can wake the owner before the link is up.
type inbox struct {
	endpoint Endpoint
	session  string // pushes about other sessions are not ours
	cmds     chan command
	stop     *latch
	self     Who
	early    []any       // came before its time, and is next
	answer   <-chan bool // of the consent that is up; nil otherwise
}

// post hands c to the owner; when it is far behind, the press is lost, as if not made.
func (b *inbox) post(c command) {
	select {
	case b.cmds <- c:
	default:
	}
}

// errTimeout says the deadline of next came first.
var errTimeout = errors.New("session: nothing came in time")

// next waits for a command or for a push about this session: it returns a command, the
// person's answer (bool), an api.Signal, api.Claimant, api.Met or api.Revoke. An End push and a stop are errors.
func (b *inbox) next(ctx context.Context, deadline <-chan time.Time) (any, error) {
	if len(b.early) > 0 && !b.stop.isSet() {
		v := b.early[0]
		b.early = b.early[1:]
		return v, nil
	}
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-b.stop.c:
			return nil, over(b.self, api.EndStopped)
		case <-deadline:
			return nil, errTimeout
		case c := <-b.cmds:
			return c, nil
		case a := <-b.answer:
			return a, nil
		case f, ok := <-b.endpoint.Pushes():
			if !ok {
				return nil, over(ByNobody, api.EndLost)
			}
			v, err := b.push(f)
			if err != nil || v != nil {
				return v, err
			}
		}
	}
}

// push decodes one push; nil, nil means it is not for this session.
func (b *inbox) push(f api.Frame) (any, error) {
	var ref api.Ref
	if json.Unmarshal(f.Body, &ref) != nil || b.session == "" || ref.Session != b.session {
		return nil, nil //nolint:nilnil // "not ours" is an answer here
	}
	switch f.Type {
	case api.TypeClaimant:
		return decode[api.Claimant](f.Body)
	case api.TypeSignal:
		return decode[api.Signal](f.Body)
	case api.TypeMet:
		return decode[api.Met](f.Body)
	case api.TypeRevoke:
		return decode[api.Revoke](f.Body)
	case api.TypeEnd:
		var end api.End
		if json.Unmarshal(f.Body, &end) != nil {
			return nil, over(ByEndpoint, api.ProtocolBroken)
		}
		by := map[string]Who{"helper": ByHelper, "sharer": BySharer, "endpoint": ByEndpoint}[end.Who]
		if !wire.ValidCode(end.Code) {
			end.Code = api.ProtocolBroken
		}
		return nil, over(by, end.Code)
	}
	return nil, nil //nolint:nilnil // a newer endpoint may push what we do not know
}

func decode[T any](b []byte) (any, error) {
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, over(ByEndpoint, api.ProtocolBroken)
	}
	return v, nil
}

// signal waits for the next signal of that kind; other signals end the session, commands are left out.
func (b *inbox) signal(ctx context.Context, kind string, limit time.Duration) ([]byte, error) {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	for {
		v, err := b.next(ctx, deadline.C)
		if err != nil {
			return nil, err
		}
		if s, ok := v.(api.Signal); ok {
			if s.Kind != kind {
				return nil, fmt.Errorf("%w: %s instead of %s", pair.ErrProtocol, s.Kind, kind)
			}
			return s.Body, nil
		}
	}
}

func (b *inbox) send(ctx context.Context, kind string, body []byte) error {
	return b.call(ctx, api.TypeSignal, api.Signal{Session: b.session, Kind: kind, Body: body}, nil)
}

// call asks the endpoint, and does not wait for its answer any longer once this side stops: an
// endpoint that says nothing must not be able to keep a session from ending.
func (b *inbox) call(ctx context.Context, typ string, body, answer any) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-b.stop.c:
			cancel()
		case <-ctx.Done():
		}
	}()
	err := b.endpoint.Call(ctx, typ, body, answer)
	if err != nil && b.stop.isSet() {
		return over(b.self, api.EndStopped)
	}
	return err
}

// sealed is the conversation through the endpoint that the endpoint cannot read.
type sealed struct {
	box  *inbox
	seal *pair.Sealer
	open *pair.Opener
	owed []byte // sealed last, and perhaps not delivered; see mends
}

func (s *sealed) send(ctx context.Context, m wire.Message) error {
	b, err := s.seal.Seal(wire.AppendSealed(nil, m))
	if err != nil {
		return err
	}
	return s.box.send(ctx, "sealed", b)
}

// last is send for a goodbye, when this side has stopped already.
func (s *sealed) last(ctx context.Context, m wire.Message) error {
	b, err := s.seal.Seal(wire.AppendSealed(nil, m))
	if err != nil {
		return err
	}
	for _, b := range [][]byte{s.owed, b} {
		if b != nil && err == nil {
			err = s.box.endpoint.Call(ctx, api.TypeSignal, api.Signal{Session: s.box.session, Kind: "sealed", Body: b}, nil)
		}
	}
	return err
}

// read opens one signal; nil, nil is a duplicate.
func (s *sealed) read(sig api.Signal) (wire.Message, error) {
	if sig.Kind != "sealed" {
		return nil, fmt.Errorf("%w: %s after pairing", pair.ErrProtocol, sig.Kind)
	}
	b, err := s.open.Open(sig.Body)
	if errors.Is(err, pair.ErrDuplicate) {
		return nil, nil //nolint:nilnil // a duplicate is no message and no error
	} else if err != nil {
		return nil, err
	}
	m, err := wire.ParseSealed(b)
	if e, ok := m.(wire.End); ok && err == nil {
		return nil, over(peerOf(s.box.self), e.Code)
	}
	return m, err
}

func peerOf(self Who) Who {
	if self == ByHelper {
		return BySharer
	}
	return ByHelper
}

// met is what the endpoint said once both sides were paired, checked as far as it can be.
type met struct {
	helper, sharer   Person
	digestH, digestS [32]byte
	device           Device
	offer            policy.Right
	chat             bool
	ice              []api.ICEServer
}

// readMet refuses a Met that speaks of other people than the pairing did.
func readMet(m api.Met, hoid, soid string) (met, error) {
	h, herr := readCard(m.Helper, hoid)
	s, serr := readCard(m.Sharer, soid)
	if herr != nil || serr != nil {
		return met{}, over(ByEndpoint, api.CardsMismatch)
	}
	offer, ok := policy.ParseRights(m.Offer)
	if !ok {
		return met{}, over(ByEndpoint, api.ProtocolBroken)
	}
	return met{
		helper: h, sharer: s, digestH: sha256.Sum256(m.Helper), digestS: sha256.Sum256(m.Sharer),
		device: readDevice(m.Device), offer: offer, chat: m.Chat, ice: m.ICE,
	}, nil
}

// readCard refuses a card of somebody else, unless oid is "".
func readCard(raw []byte, oid string) (Person, error) {
	var c api.Card
	if err := json.Unmarshal(raw, &c); err != nil {
		return Person{}, err
	}
	if c.Object != oid && oid != "" || c.Name == "" || len(c.Photo) > api.MaxPhoto {
		return Person{}, errors.New("card of somebody else")
	}
	return Person{
		Object: c.Object, Name: c.Name, Given: c.Given, Family: c.Family, Job: c.Job,
		Company: c.Company, Domain: c.Domain, Photo: c.Photo,
	}, nil
}
