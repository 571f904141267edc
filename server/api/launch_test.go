package api_test

import (
	"bytes"
	"testing"
	"time"

	"beside/policy"
	wire "beside/policy/api"
	"beside/server/directory/demo"
	"beside/server/servertest"
	"beside/server/store"
)

// launch is a helper and a device that waits.
type launch struct {
	e              *endpoint
	helper, sharer *servertest.App
	device         string
	ticket         string
	launched       wire.Launched
	ring           wire.Ring
	claimed        wire.Claimed
}

// waiting has Sam's own device wait, and gives Noa a ticket for it.
func (e *endpoint) waiting() *launch {
	e.t.Helper()
	l := &launch{e: e, helper: e.dial(demo.Noa), sharer: e.dial(demo.Sam), device: demo.DeviceSam}
	var w wire.Waiting
	l.sharer.Must(wire.TypeWait, wire.Wait{Device: samsDevice}, &w)
	if w.Device != demo.DeviceSam {
		e.t.Fatalf("waits as %q", w.Device)
	}
	e.hub.Tick(e.t.Context()) // says that the node lives
	l.ticket = e.launchTicket()
	return l
}

func (e *endpoint) launchTicket() string {
	e.t.Helper()
	ticket, err := e.hub.Ticket(e.t.Context(), demo.Tenant, demo.Noa, demo.DeviceSam)
	e.must(err)
	return ticket
}

// start opens the ticket and rings.
func (l *launch) start() {
	l.e.t.Helper()
	l.helper.Must(wire.TypeLaunchOpen, wire.LaunchOpen{Ticket: l.ticket}, nil)
	l.helper.Must(wire.TypeLaunchStart, wire.LaunchStart{NH: fill(1, 32)}, &l.launched)
	l.sharer.Next(wire.TypeRing, &l.ring)
	if l.ring.Session != l.launched.Session || l.ring.Device != l.device || card(l.e.t, l.ring.Helper).Name != "Noa Winters" || l.ring.TTL < 55 {
		l.e.t.Fatalf("%+v", l.ring)
	}
}

// join joins on a connection of its own, as the app does.
func (l *launch) join() *pair {
	l.e.t.Helper()
	sharer := l.e.dial(demo.Sam)
	sharer.Must(wire.TypeLaunchJoin, wire.LaunchJoin{Session: l.launched.Session, NS: fill(2, 32), Device: samsDevice}, &l.claimed)
	var c wire.Claimant
	l.helper.Next(wire.TypeClaimant, &c)
	if c.Sharer != demo.Sam || !bytes.Equal(c.NS, fill(2, 32)) || !bytes.Equal(l.claimed.NH, fill(1, 32)) || l.claimed.Helper != demo.Noa {
		l.e.t.Fatalf("%+v %+v", c, l.claimed)
	}
	return &pair{e: l.e, helper: l.helper, sharer: sharer, code: wire.Code{Session: l.launched.Session}, claimed: l.claimed}
}

// run listens for the other nodes, where there may be some, until the test ends.
func (e *endpoint) run() {
	if !shared {
		return
	}
	done := make(chan struct{})
	ctx := e.t.Context()
	go func() {
		defer close(done)
		_ = e.hub.Run(ctx)
	}()
	e.t.Cleanup(func() { <-done })
}

func TestLaunch(t *testing.T) {
	e := start(t)
	e.run()
	l := e.waiting()
	var open wire.Launch
	l.helper.Must(wire.TypeLaunchOpen, wire.LaunchOpen{Ticket: l.ticket}, &open)
	if open.Device.ID != demo.DeviceSam || open.Device.Proof != "own" || card(t, open.Sharer).Object != demo.Sam || l.sharer.Pushed() != 0 {
		t.Fatalf("%+v, %d pushes", open, l.sharer.Pushed())
	}
	if p := l.helper.Ask(wire.TypeLaunchOpen, wire.LaunchOpen{Ticket: l.ticket}, nil); code(p) != wire.LaunchNotFound {
		t.Errorf("a ticket works twice: %+v", p)
	}
	l.helper.Must(wire.TypeLaunchStart, wire.LaunchStart{NH: fill(1, 32)}, &l.launched)
	l.sharer.Next(wire.TypeRing, &l.ring)
	p := l.join()

	// The pairing's own messages: each side its own, once.
	signal := func(a *servertest.App, kind string) string {
		return code(a.Ask(wire.TypeSignal, wire.Signal{Session: l.launched.Session, Kind: kind, Body: []byte(kind)}, nil))
	}
	for _, s := range []struct {
		who  *servertest.App
		kind string
		want string
	}{
		{p.helper, "p1", wire.ProtocolBroken},
		{p.sharer, wire.SignalCommit, wire.ProtocolBroken},
		{p.helper, wire.SignalShare, wire.ProtocolBroken},
		{p.helper, wire.SignalCommit, ""},
		{p.helper, wire.SignalCommit, wire.ProtocolBroken},
		{p.sharer, wire.SignalShare, ""},
		{p.helper, wire.SignalReveal, ""},
		{p.helper, wire.SignalReveal, wire.ProtocolBroken},
	} {
		if got := signal(s.who, s.kind); got != s.want {
			t.Errorf("%s: %q, want %q", s.kind, got, s.want)
		}
	}
	var sig wire.Signal
	p.sharer.Next(wire.TypeSignal, &sig)
	p.sharer.Next(wire.TypeSignal, &sig)
	p.helper.Next(wire.TypeSignal, &sig)

	for _, a := range []*servertest.App{p.helper, p.sharer} {
		a.Must(wire.TypePaired, wire.Paired{Session: l.launched.Session, Digest: digest}, nil)
	}
	p.helper.Next(wire.TypeMet, &p.metH)
	p.sharer.Next(wire.TypeMet, &p.metS)
	var g wire.Granted
	p.sharer.Must(wire.TypeGrantRequest, p.request("view"), &g)
	if got := e.signer.last(); got.Mode != wire.ModeSAS || got.Device != demo.DeviceSam || got.Rights != policy.View {
		t.Errorf("%+v", got)
	}
	log := e.audit(demo.Tenant)
	for _, want := range []string{"launch.ticket ok", "launch.start ok", "launch.join ok", "joined ok", "granted ok"} {
		if log[want] != 1 {
			t.Errorf("%s: %v", want, log)
		}
	}
}

func TestLaunchEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		end  func(*launch)
		want string
	}{
		"declined": {func(l *launch) { l.sharer.Must(wire.TypeLaunchDecline, wire.Ref{Session: l.ring.Session}, nil) }, wire.EndDeclined},
		"no answer": {func(l *launch) {
			l.e.clock.Add(61 * time.Second)
			l.e.hub.Tick(l.e.t.Context())
		}, wire.EndNoAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t)
			e.run()
			l := e.waiting()
			l.start()
			tt.end(l)
			var end wire.End
			l.helper.Next(wire.TypeEnd, &end)
			if end.Code != tt.want {
				t.Errorf("%+v", end)
			}
			if p := l.sharer.Ask(wire.TypeLaunchJoin, wire.LaunchJoin{Session: l.ring.Session, NS: fill(2, 32), Device: samsDevice}, nil); code(p) != wire.LaunchNotFound {
				t.Errorf("joined after the end: %+v", p)
			}
			// Retry: the ticket that was taken still opens a new session, with a new ring.
			old := l.launched.Session
			if name == "no answer" {
				e.hub.Tick(t.Context())
			}
			l.helper.Must(wire.TypeLaunchStart, wire.LaunchStart{NH: fill(1, 32)}, &l.launched)
			l.sharer.Next(wire.TypeRing, &l.ring)
			if l.launched.Session == old || l.ring.Session == old {
				t.Error("the old session rang again")
			}
		})
	}
}

func TestLaunchOffline(t *testing.T) {
	e := start(t)
	e.run()
	l := e.waiting()
	if on, err := e.hub.Online(t.Context(), demo.Tenant, demo.DeviceSam); err != nil || !on {
		t.Errorf("%v %v", on, err)
	}
	var open wire.Launch
	l.sharer.Drop()
	e.until(func() bool {
		on, err := e.hub.Online(t.Context(), demo.Tenant, demo.DeviceSam)
		return err == nil && !on
	})
	if _, err := e.hub.Ticket(t.Context(), demo.Tenant, demo.Noa, demo.DeviceSam); err == nil {
		t.Error("a ticket for a device that is offline")
	}
	l.helper.Must(wire.TypeLaunchOpen, wire.LaunchOpen{Ticket: l.ticket}, &open)
	if open.Sharer != nil || open.Device.Name != "HLD-LT-0427" {
		t.Errorf("%+v", open)
	}
	if p := l.helper.Ask(wire.TypeLaunchStart, wire.LaunchStart{NH: fill(1, 32)}, nil); code(p) != wire.DeviceOffline {
		t.Errorf("%+v", p)
	}
	// It comes back: Retry needs no new ticket.
	l.sharer = e.dial(demo.Sam)
	l.sharer.Must(wire.TypeWait, wire.Wait{Device: samsDevice}, nil)
	e.hub.Tick(t.Context())
	l.helper.Must(wire.TypeLaunchStart, wire.LaunchStart{NH: fill(1, 32)}, &l.launched)
	l.sharer.Next(wire.TypeRing, &l.ring)
	e.clock.Add(11 * time.Minute)
	e.hub.Tick(t.Context())
	if p := l.helper.Ask(wire.TypeLaunchStart, wire.LaunchStart{NH: fill(1, 32)}, nil); code(p) != wire.LaunchNotFound {
		t.Errorf("for ever: %+v", p)
	}
}

// Whoever is not the one that a ticket or a ring is for is told what somebody is told who invents one.
func TestLaunchIsForOne(t *testing.T) {
	e := start(t)
	e.run()
	l := e.waiting()
	for name, a := range map[string]*servertest.App{
		"another helper": e.dial(demo.Kit), "the sharer": e.dial(demo.Sam), "another tenant": e.dialAt(demo.OtherTenant, demo.OtherHelper, ""),
	} {
		if p := a.Ask(wire.TypeLaunchOpen, wire.LaunchOpen{Ticket: l.ticket}, nil); code(p) != wire.LaunchNotFound {
			t.Errorf("%s opens: %+v", name, p)
		}
		if p := a.Ask(wire.TypeLaunchStart, wire.LaunchStart{NH: fill(1, 32)}, nil); code(p) != wire.LaunchNotFound {
			t.Errorf("%s starts: %+v", name, p)
		}
	}
	l.start()
	join := wire.LaunchJoin{Session: l.ring.Session, NS: fill(2, 32), Device: samsDevice}
	for name, a := range map[string]*servertest.App{
		"another person": e.dial(demo.Ines), "the helper": l.helper, "another tenant": e.dialAt(demo.OtherTenant, demo.OtherSharer, ""),
	} {
		if p := a.Ask(wire.TypeLaunchJoin, join, nil); code(p) != wire.LaunchNotFound {
			t.Errorf("%s joins: %+v", name, p)
		}
		if p := a.Ask(wire.TypeLaunchDecline, wire.Ref{Session: l.ring.Session}, nil); code(p) != wire.LaunchNotFound {
			t.Errorf("%s declines: %+v", name, p)
		}
	}
	// The person who was rung, but from another device: the session is over, and both know.
	elsewhere := e.dial(demo.Sam)
	if p := elsewhere.Prove(e.enrol(store.EnrolToken{})); p != nil {
		t.Fatal(*p)
	}
	if p := elsewhere.Ask(wire.TypeLaunchJoin, join, nil); code(p) != wire.DeviceUnproven {
		t.Errorf("from another device: %+v", p)
	}
	var end wire.End
	l.helper.Next(wire.TypeEnd, &end)
}

func TestWaitNeedsProof(t *testing.T) {
	e := start(t)
	k := e.enrol(store.EnrolToken{})
	proven := e.dial(demo.Tomas)
	if p := proven.Prove(k); p != nil {
		t.Fatal(*p)
	}
	for name, tt := range map[string]struct {
		app      *servertest.App
		evidence wire.DeviceEvidence
		want     string
	}{
		"own":             {e.dial(demo.Sam), samsDevice, ""},
		"somebody else's": {e.dial(demo.Tomas), samsDevice, wire.DeviceUnproven},
		"nobody's":        {e.dial(demo.Paul), wire.DeviceEvidence{Name: "x"}, wire.DeviceUnproven},
		"unproven key":    {e.dial(demo.Tomas), wire.DeviceEvidence{ID: k.Device()}, wire.DeviceUnproven},
		"proven key":      {proven, wire.DeviceEvidence{ID: k.Device()}, ""},
		"odd name":        {e.dial(demo.Sam), wire.DeviceEvidence{Name: "a\nb"}, wire.ProtocolBroken},
	} {
		if p := tt.app.Ask(wire.TypeWait, wire.Wait{Device: tt.evidence}, nil); code(p) != tt.want {
			t.Errorf("%s: %+v", name, p)
		}
	}
	for name, ask := range map[string][3]string{
		"by somebody without a role": {demo.Tenant, demo.Paul, wire.OfferMissing},
		"by a foreign helper":        {demo.OtherTenant, demo.OtherHelper, wire.DeviceOffline},
		"to oneself":                 {demo.Tenant, demo.Sam, wire.OfferMissing},
	} {
		e.hub.Tick(t.Context())
		_, err := e.hub.Ticket(t.Context(), ask[0], ask[1], demo.DeviceSam)
		p, ok := err.(*wire.Problem) //nolint:errorlint // as it is
		if !ok || p.Code != ask[2] {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Three comparisons that fail at a device within a day block launches to it, and an alarm is written.
func TestMismatchesBlockTheDevice(t *testing.T) {
	e := start(t)
	e.run()
	l := e.waiting()
	for range 3 {
		l.start()
		p := l.join()
		p.sharer.Must(wire.TypeEnd, wire.End{Session: l.launched.Session, Code: wire.SASMismatch}, nil)
		var end wire.End
		l.helper.Next(wire.TypeEnd, &end)
		if end.Code != wire.SASMismatch {
			t.Errorf("%+v", end)
		}
		var err error
		if l.ticket, err = e.hub.Ticket(t.Context(), demo.Tenant, demo.Noa, demo.DeviceSam); err != nil && code(err.(*wire.Problem)) != wire.DeviceBlocked { //nolint:errorlint // as it is
			t.Fatal(err)
		}
	}
	if p := l.helper.Ask(wire.TypeLaunchStart, wire.LaunchStart{NH: fill(1, 32)}, nil); code(p) != wire.DeviceBlocked || p.Retry < 23*3600 {
		t.Errorf("%+v", p)
	}
	if log := e.audit(demo.Tenant); log["alarm "+wire.SASMismatch] != 1 || log["ended ok"] != 3 {
		t.Errorf("%v", log)
	}
	// Typed codes are another matter.
	e.claim()
	e.clock.Add(25 * time.Hour)
	e.hub.Tick(t.Context())
	if _, err := e.hub.Ticket(t.Context(), demo.Tenant, demo.Noa, demo.DeviceSam); err != nil {
		t.Errorf("a day later: %v", err)
	}
}

// A key that is revoked while its device waits rings nothing any more.
func TestRevokedDeviceIsNotRung(t *testing.T) {
	e := start(t)
	e.run()
	k := e.enrol(store.EnrolToken{})
	sharer := e.dial(demo.Sam)
	if p := sharer.Prove(k); p != nil {
		t.Fatal(*p)
	}
	sharer.Must(wire.TypeWait, wire.Wait{Device: wire.DeviceEvidence{ID: k.Device(), Name: "x"}}, nil)
	e.hub.Tick(t.Context())
	if _, err := e.hub.Ticket(t.Context(), demo.Tenant, demo.Noa, k.Device()); err != nil {
		t.Fatal(err)
	}
	e.must(e.store.For(demo.Tenant).RevokeDevice(t.Context(), demo.Noa, k.Device()))
	if _, err := e.hub.Ticket(t.Context(), demo.Tenant, demo.Noa, k.Device()); err == nil {
		t.Error("its key was revoked")
	}
}

func TestLaunchAcrossNodes(t *testing.T) {
	if !shared {
		return // one that is alone has no other
	}
	ns := nodes(t, 2)
	a, b := ns[0], ns[1]
	l := b.waiting()
	l.helper = a.dial(demo.Noa)
	l.start()
	sharer := l.sharer
	p := l.join()
	p.helper.Must(wire.TypeSignal, wire.Signal{Session: p.code.Session, Kind: wire.SignalCommit, Body: []byte("c")}, nil)
	var s wire.Signal
	p.sharer.Next(wire.TypeSignal, &s)

	// The device's node dies: offline, once the others know.
	p.helper.Must(wire.TypeEnd, wire.End{Session: p.code.Session, Code: wire.EndStopped}, nil)
	b.kill()
	sharer.Drop()
	a.clock.Add(30 * time.Second)
	if q := l.helper.Ask(wire.TypeLaunchStart, wire.LaunchStart{NH: fill(1, 32)}, nil); code(q) != wire.DeviceOffline {
		t.Errorf("%+v", q)
	}
	// It comes to the other node, as apps do.
	sharer = a.dial(demo.Sam)
	sharer.Must(wire.TypeWait, wire.Wait{Device: samsDevice}, nil)
	a.hub.Tick(t.Context())
	l.helper.Must(wire.TypeLaunchStart, wire.LaunchStart{NH: fill(1, 32)}, &l.launched)
	sharer.Next(wire.TypeRing, &l.ring)
}

// A node that was silent for long finds that it was forgotten, and says again what waits there.
func TestForgottenNodeComesBack(t *testing.T) {
	e := start(t)
	e.waiting()
	e.clock.Add(time.Minute)
	if shared {
		e.must(e.store.For(demo.Tenant).Lives(t.Context(), "another", 20*time.Second))
		if on, err := e.hub.Online(t.Context(), demo.Tenant, demo.DeviceSam); err != nil || on {
			t.Errorf("%v %v", on, err)
		}
	}
	e.hub.Tick(t.Context())
	if on, err := e.hub.Online(t.Context(), demo.Tenant, demo.DeviceSam); err != nil || !on {
		t.Errorf("%v %v", on, err)
	}
}
