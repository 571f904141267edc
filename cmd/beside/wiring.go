package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"beside/auth"
	"beside/auth/machinekey"
	"beside/eventlog"
	"beside/policy/api"
	"beside/policy/client"
	"beside/policy/grant"
	"beside/session"
	"beside/session/pair"
	"beside/session/rtc"
)

// parts is everything that is made once and lives as long as the app.
type parts struct {
	set    *settings
	log    *slog.Logger
	events *eventlog.Log
	signIn auth.SignIn
	client *client.Client
	trust  *grant.Trust
	spent  *pair.Spent
	device *machinekey.Key // nil on a device that is not enrolled

	quit context.Context //nolint:containedctx // of the process: when it ends, so do sessions
	live sync.WaitGroup  // sessions that have not said goodbye

	mu  sync.Mutex
	who auth.Identity // from the app's own sign-in, never from the endpoint
}

// newParts picks the implementations and connects none of them.
func newParts(ctx context.Context, s *settings, log *slog.Logger) (*parts, error) {
	web, err := s.dev.web()
	if err != nil {
		return nil, err
	}
	in, err := newSignIn(ctx, s, log, web)
	if err != nil {
		return nil, err
	}
	c, err := client.New(client.Config{Endpoint: s.endpoint, HTTP: web, Token: in.Token})
	if err != nil {
		return nil, err
	}
	var deployed ed25519.PublicKey
	if s.anchor != "" {
		if deployed, err = base64.StdEncoding.DecodeString(s.anchor); err != nil {
			return nil, fmt.Errorf("-anchor: %w", err)
		}
	}
	pins := grant.FilePins(filepath.Join(s.state, "trust.json"))
	trust, err := grant.NewTrust(strings.ToLower(s.tenant), deployed, pins, time.Now)
	if err != nil {
		return nil, err
	}
	spent, err := pair.NewSpent()
	return &parts{
		quit: ctx, set: s, log: log, events: s.events, signIn: in, client: c, trust: trust, spent: spent,
		device: deviceKey(s.deviceFile(), c.Origin(), strings.ToLower(s.tenant), log),
	}, err
}

// me asks the endpoint who we are, having first made sure that it is the one this device trusts.
func (p *parts) me(ctx context.Context) (api.Me, error) {
	who, err := p.signIn.Account(ctx)
	if err != nil {
		return api.Me{}, err
	}
	cfg, err := p.client.Config(ctx)
	if err != nil {
		return api.Me{}, err
	}
	if cfg.Dev && !p.set.dev.on() {
		return api.Me{}, errors.New("this is a development endpoint")
	}
	if err := p.trust.First(cfg.Anchor); err != nil {
		p.log.Error("the organisation's anchor is not the one this device trusts", "err", err)
		p.events.Write(eventlog.TrustRefused, eventlog.Field{Key: eventlog.Tenant, Value: who.Tenant}, eventlog.Field{Key: eventlog.Self, Value: who.Object})
		return api.Me{}, &api.Problem{Code: api.LinkMismatch}
	}
	p.mu.Lock()
	p.who = who
	p.mu.Unlock()
	return p.client.Me(ctx)
}

// common is what a session of either side needs.
func (p *parts) common(line session.Endpoint, sharer bool) session.Common {
	p.mu.Lock()
	who := p.who
	p.mu.Unlock()
	id, _ := p.trust.ID() // without an anchor no session can be proven, and none begins
	return session.Common{
		Endpoint: line, Account: session.Account{Tenant: who.Tenant, Object: who.Object}, Origin: p.client.Origin(),
		AnchorID: id, AppVersion: appVersion(), Statement: p.trust.Statement,
		NewWire: func() (session.Wire, error) {
			roots, err := p.set.dev.roots()
			if err != nil {
				return nil, err
			}
			return rtc.New(rtc.Config{Sharer: sharer, Loopback: p.set.dev.on(), Roots: roots, RelayOnly: p.set.dev.relayOnly()})
		},
	}
}

// appVersion is short enough for the protocol.
func appVersion() string { return version[:min(len(version), 32)] }

// running is a session together with its own connection to the endpoint.
type running[S interface {
	Run(ctx context.Context) error
	Events() <-chan session.Event
}] struct {
	S    S
	seen *witness
	line *client.Session
	p    *parts
	also []func(context.Context) error // runs as long as the session
	last func() error                  // after all of them; may be nil
}

// run runs both and ends the connection after the session, so that it can say goodbye. The
// session ends when ctx does or the process is asked to.
func (r running[S]) run(ctx context.Context) error {
	r.p.live.Add(1)
	defer r.p.live.Done()
	log := r.p.log
	ctx, end := context.WithCancel(ctx)
	defer end()
	defer context.AfterFunc(r.p.quit, end)() //nolint:contextcheck // quit is the process asked to end
	rest, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := r.line.Run(rest); err != nil && rest.Err() == nil {
			log.Warn("connection to the policy endpoint", "err", err)
		}
	})
	for _, f := range r.also {
		wg.Go(func() {
			if err := f(rest); err != nil && rest.Err() == nil {
				log.Warn("beside the session", "err", err)
			}
		})
	}
	handed := make(chan struct{})
	go func() {
		defer close(handed)
		r.seen.watch(r.S.Events())
	}()
	err := r.S.Run(ctx)
	<-handed                              // a window reads what is left after Run
	log.Info("session ended", "why", err) // codes only: nothing about what was seen or said
	cancel()
	wg.Wait()
	if r.last != nil {
		if err := r.last(); err != nil {
			log.Warn("after the session", "err", err)
		}
	}
	return err
}

// goodbyes waits, not for long, until every session has told the other side that it is over:
// Fyne leaves at once when the process is asked to end.
func (p *parts) goodbyes() {
	done := make(chan struct{})
	go func() {
		p.live.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(goodbyeWait):
	}
}

// goodbyeWait is a little longer than a session takes when the endpoint does not answer.
const goodbyeWait = 3 * time.Second

// webClient is for everything that is not MSAL's; certificates are always checked.
func webClient(t *http.Transport) *http.Client {
	return &http.Client{Transport: t, Timeout: 30 * time.Second}
}
