package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"beside/policy"
	"beside/policy/api"
	"beside/policy/grant"
	"beside/session/wire"
)

// question is one consent that is up.
type question struct {
	consent Consent
	answer  chan bool
}

// ask puts a question to the person. An Allow counts only from a person where that is required:
// once a helper has had input, something he typed into a terminal could press the button.
func (s *Sharer) ask(r policy.Right, first bool) *question {
	wait := firstConsentWait
	if !first {
		wait = widenConsentWait
	}
	q := &question{answer: make(chan bool, 1)}
	var once sync.Once
	q.consent = Consent{
		Helper: s.met.helper, Rights: r, First: first, Until: time.Now().Add(wait),
		Answer: func(allow bool) {
			once.Do(func() {
				yes := allow && s.byPerson("consent.injected")
				if yes {
					s.gate.Allow() // here, so that a TakeBack after this press still wins
				}
				q.answer <- yes
			})
		},
	}
	if first {
		q.consent.Monitors = s.monitors.connected()
	} else {
		s.mask.begin()
	}
	s.out.emit(q.consent)
	return q
}

// physicalWithin is how fresh the press of a real key or button must be when Allow arrives.
const physicalWithin = 1500 * time.Millisecond

// byPerson says whether a press that shows or allows more may count now; if not, the audit gets what.
func (s *Sharer) byPerson(what string) bool {
	if !s.gate.HadInput() || s.cfg.InjectedConsent {
		return true
	}
	if s.cfg.Local == nil {
		return false
	}
	ago, ok := s.cfg.Local.Since()
	if ok && ago <= physicalWithin {
		return true
	}
	go sendEvent(context.Background(), s.cfg.Endpoint, api.Event{ //nolint:forbidigo // a press has no context, and the row outlives it
		Session: s.box.session, Kind: api.EventRefused, Detail: what, Count: 1,
	})
	return false
}

// grantResult is what the endpoint said, brought back to the owner.
type grantResult struct {
	checked
	want policy.Right // 0: a renewal
	err  error
}

// want is PROTOCOL 1.4: narrow first, then policy, then the person.
func (l *sharerLive) want(ctx context.Context, r policy.Right) error {
	s := l.s
	full := r | l.rights
	if l.asking != nil || l.toldPause || s.auth.busy || full == l.rights || full&^s.cfg.Ceiling != 0 || !s.wants.allow() {
		l.refuse.add("want")
		return l.con.send(wire.Denied{Rights: r})
	}
	_ = l.con.send(wire.InkClear{Upto: l.ink.hold(true)}) // a line must not lie on the question, nor look like a part of it
	if narrowed, epoch := s.gate.Narrow(policy.View); narrowed != l.rights {
		_ = l.con.send(wire.Rights{Rights: narrowed, Epoch: epoch, By: uint8(ByNobody)})
	}
	l.request(ctx, full, full)
	return nil
}

// renew asks for a grant over what holds now.
func (l *sharerLive) renew(ctx context.Context) { l.request(ctx, l.rights, 0) }

// request runs one grant.request beside the owner, who alone acts on what comes back.
func (l *sharerLive) request(ctx context.Context, ask, want policy.Right) {
	l.s.auth.busy = true
	seq := l.s.auth.nextSeq()
	go func() {
		c, err := l.s.auth.request(ctx, ask, seq)
		select {
		case l.granting <- grantResult{c, want, err}:
		case <-ctx.Done():
		}
	}()
}

// granted takes the endpoint's answer: for a renewal it may only keep or narrow; for a widening
// the person is asked now.
func (l *sharerLive) granted(ctx context.Context, g grantResult) error {
	s := l.s
	s.auth.busy = false
	var e *ended
	switch {
	case g.want == 0 && errors.Is(g.err, grant.ErrWider):
		// PROTOCOL 1.5.3: ignored and logged. What was granted before runs on, and out.
		s.auth.next = s.cfg.Clock() + renewRetry
		go sendEvent(ctx, s.cfg.Endpoint, api.Event{Session: s.box.session, Kind: api.EventRefused, Detail: "renewal.wider", Count: 1})
		return nil
	case g.want == 0 && g.err != nil && !errors.As(g.err, &e):
		return l.notRenewed(ctx, g.err)
	case errors.As(g.err, &e):
		return g.err // a grant that fails its checks ends the session
	case g.err != nil:
		l.apply(l.rights, ByNobody)
		go sendEvent(ctx, s.cfg.Endpoint, api.Event{Session: s.box.session, Kind: api.EventRefused, Detail: "want", Count: 1})
		return l.con.send(wire.Denied{Rights: g.want})
	case g.want == 0:
		g.rights &= l.rights // a renewal never widens
		s.auth.take(g.checked)
		s.gate.Extend(s.auth.until())
		if g.rights != l.rights {
			return l.narrow(ctx, g.rights, ByEndpoint)
		}
		return nil
	}
	s.auth.take(g.checked)
	// Once more: whatever happened since want, no input while the person reads.
	l.ink.hold(true)
	if narrowed, epoch := s.gate.Narrow(policy.View); narrowed != l.rights {
		_ = l.con.send(wire.Rights{Rights: narrowed, Epoch: epoch, By: uint8(ByNobody)})
	}
	l.askFor = g.rights
	l.asking = s.ask(g.rights, false) //nolint:contextcheck // the person who presses has none
	l.deadline = time.After(widenConsentWait)
	return l.con.send(wire.Asking{Rights: g.rights})
}

// notRenewed tells a refusal, which ends the session, from an endpoint that cannot be reached,
// which is tried again until the grant runs out.
func (l *sharerLive) notRenewed(ctx context.Context, err error) error {
	l.s.auth.next = l.s.cfg.Clock() + renewRetry
	var p *api.Problem
	if errors.As(err, &p) && p.Code != api.RateLimited && p.Code != api.Internal && ctx.Err() == nil {
		return over(ByEndpoint, p.Code)
	}
	return nil
}

// answered acts on the person's answer to a widening.
func (l *sharerLive) answered(ctx context.Context, allow bool) error {
	r := l.askFor
	l.dropQuestion()
	if !allow {
		l.s.wants.declined()
		l.apply(l.rights, BySharer)
		go sendEvent(ctx, l.s.cfg.Endpoint, l.s.event(api.EventDeclined, r))
		return l.con.send(wire.Denied{Rights: r})
	}
	l.s.wants.allowed()
	l.apply(r, BySharer)
	go sendEvent(ctx, l.s.cfg.Endpoint, l.s.event(api.EventWidened, r))
	return nil
}

func (l *sharerLive) dropQuestion() {
	if l.asking == nil {
		return
	}
	l.asking, l.deadline = nil, nil
	l.s.mask.end()
	l.s.out.emit(ConsentOver{})
}
