package main

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"sync"
	"time"

	"beside/eventlog"
	"beside/policy/api"
	"beside/session"
)

// witness writes one session's events into the system's event log on their way to the windows. It
// changes none of them.
type witness struct {
	log  *eventlog.Log
	base []eventlog.Field // who and which attempt
	out  chan session.Event

	mu     sync.Mutex
	asking bool // a consent is open
	peer   string
	device string
}

// eventRoom is as many events as a session itself keeps for a window that is busy.
const eventRoom = 256

// newWitness begins an attempt.
func (p *parts) newWitness(role string) *witness {
	var run [8]byte
	_, _ = rand.Read(run[:]) // never fails; only tells attempts apart
	p.mu.Lock()
	who := p.who
	p.mu.Unlock()
	return &witness{log: p.events, out: make(chan session.Event, eventRoom), base: []eventlog.Field{
		{Key: eventlog.Role, Value: role},
		{Key: eventlog.Run, Value: hex.EncodeToString(run[:])},
		{Key: eventlog.Tenant, Value: who.Tenant},
		{Key: eventlog.Self, Value: who.Object},
	}}
}

// watch hands events on until in is closed, then closes its own. A window that does not read loses
// events after eventPatience, as it would without a witness; the log gets all of them.
func (w *witness) watch(in <-chan session.Event) {
	defer close(w.out)
	deaf := false
	for e := range in {
		e = w.see(e)
		select {
		case w.out <- e:
			continue
		default:
		}
		if deaf {
			continue
		}
		select {
		case w.out <- e:
		case <-time.After(eventPatience):
			deaf = true
		}
	}
}

// eventPatience is how long a window may be busy.
const eventPatience = 5 * time.Second

// see logs e. A question to the person comes back with an answer that is logged too.
func (w *witness) see(e session.Event) session.Event {
	switch e := e.(type) {
	case session.MetSharer:
		w.meet(e.Sharer, e.Device)
	case session.MetHelper:
		w.meet(e.Helper, e.Device)
	case session.Asked:
		w.write(eventlog.Asked, eventlog.Field{Key: eventlog.Rights, Value: e.Rights.String()})
	case session.Declined:
		w.write(eventlog.Declined, eventlog.Field{Key: eventlog.Rights, Value: e.Rights.String()})
	case session.Consent:
		return w.consent(e)
	case session.ConsentOver:
		w.answered(eventlog.Declined, eventlog.Field{Key: eventlog.Code, Value: "unanswered"})
	case session.Started:
		w.write(eventlog.Started, eventlog.Field{Key: eventlog.Rights, Value: e.Rights.String()})
	case session.RightsNow:
		w.write(eventlog.RightsChanged, eventlog.Field{Key: eventlog.Rights, Value: e.Rights.String()}, by(e.By))
	case session.Unreachable:
		w.write(eventlog.Unreachable)
	case session.Back:
		w.write(eventlog.Back)
	case session.Expiring:
		w.write(eventlog.Expiring)
	case session.CodeDead:
		if e.Code != "expired" {
			w.write(eventlog.CodeRefused, eventlog.Field{Key: eventlog.Code, Value: e.Code})
		}
	case session.Ended:
		w.ended(e)
	}
	return e
}

// meet notes who the other person is.
func (w *witness) meet(p session.Person, d session.Device) {
	w.mu.Lock()
	w.peer, w.device = p.Object, d.ID
	w.mu.Unlock()
	w.write(eventlog.Paired)
}

// consent logs the question, and lets the answer be logged.
func (w *witness) consent(e session.Consent) session.Event {
	w.mu.Lock()
	w.asking = true
	w.mu.Unlock()
	rights := eventlog.Field{Key: eventlog.Rights, Value: e.Rights.String()}
	w.write(eventlog.Asked, rights)
	answer := e.Answer
	e.Answer = func(allow bool) {
		answer(allow) // first: the log must not hold up a person's answer
		id := eventlog.Declined
		if allow {
			id = eventlog.Given
		}
		w.answered(id, rights)
	}
	return e
}

// answered logs what became of an open question, once.
func (w *witness) answered(id eventlog.ID, f eventlog.Field) {
	w.mu.Lock()
	open := w.asking
	w.asking = false
	w.mu.Unlock()
	if open {
		w.write(id, f)
	}
}

// ended logs the end, and what was refused if that is why.
func (w *witness) ended(e session.Ended) {
	code := eventlog.Field{Key: eventlog.Code, Value: e.Code}
	refused, isRefused := refusals[e.Code]
	if isRefused {
		w.write(refused, code)
	}
	if e.Began.IsZero() {
		if !isRefused {
			w.write(eventlog.NotStarted, code, by(e.By))
		}
		return
	}
	id := eventlog.Lost
	switch e.Code {
	case api.EndStopped, api.EndLeft, api.EndDeclined, api.EndAdmin, api.GrantExpired:
		id = eventlog.Ended
	}
	w.write(id, code, by(e.By), eventlog.Field{Key: eventlog.Rights, Value: e.Used.String()},
		eventlog.Field{Key: eventlog.Seconds, Value: strconv.FormatInt(int64(e.Lasted/time.Second), 10)})
}

// write adds who, and whom with.
func (w *witness) write(id eventlog.ID, more ...eventlog.Field) {
	w.mu.Lock()
	fields := append([]eventlog.Field(nil), w.base...)
	fields = append(fields, eventlog.Field{Key: eventlog.Peer, Value: w.peer}, eventlog.Field{Key: eventlog.Device, Value: w.device})
	w.mu.Unlock()
	w.log.Write(id, append(fields, more...)...)
}

// refusals are the codes of an end that mean more than an end.
var refusals = map[string]eventlog.ID{
	api.CodeInvalid: eventlog.CodeRefused, api.CodeUsed: eventlog.CodeRefused, api.CodeMismatch: eventlog.CodeRefused, api.CodeTooMany: eventlog.CodeRefused,

	api.GrantInvalid: eventlog.VerifyFailed, api.CardsMismatch: eventlog.VerifyFailed, api.LinkMismatch: eventlog.VerifyFailed, api.ProtocolBroken: eventlog.VerifyFailed,

	api.PolicyDenied: eventlog.PolicyRefused, api.AccountRefused: eventlog.PolicyRefused, api.TenantOff: eventlog.PolicyRefused, api.LicenceMissing: eventlog.PolicyRefused,
	api.OfferMissing: eventlog.PolicyRefused, api.ScopeOutside: eventlog.PolicyRefused, api.DeviceUnenroled: eventlog.PolicyRefused, api.DeviceUnproven: eventlog.PolicyRefused,
	api.NotPermitted: eventlog.PolicyRefused, api.SelfHelp: eventlog.PolicyRefused, api.VersionTooOld: eventlog.PolicyRefused,
}

// by is who did it.
func by(who session.Who) eventlog.Field {
	f := eventlog.Field{Key: eventlog.By, Value: "nobody"}
	switch who {
	case session.ByHelper:
		f.Value = "helper"
	case session.BySharer:
		f.Value = "sharer"
	case session.ByEndpoint:
		f.Value = "endpoint"
	case session.ByNobody:
	}
	return f
}
