package api_test

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"beside/policy"
	wire "beside/policy/api"
	"beside/server/directory"
	"beside/server/directory/demo"
	"beside/server/directory/file"
	"beside/server/servertest"
)

func TestRevokedAtOnce(t *testing.T) {
	off := func(e *endpoint) {
		e.must(e.store.For(demo.Tenant).PutSettings(t.Context(), "test", policy.Settings{Licence: policy.LicenceActive}))
	}
	for name, tt := range map[string]struct {
		change func(*endpoint)
		left   policy.Right
		end    string
	}{
		"tenant off": {off, 0, wire.TenantOff},
		"role deleted": {func(e *endpoint) {
			e.must(e.store.For(demo.Tenant).DeleteAssignment(t.Context(), "desk-staff"))
		}, 0, wire.OfferMissing},
		"role narrowed": {func(e *endpoint) {
			_, as := demo.Assignments(demo.Tenant)
			as[0].Role.ID = "view-only"
			e.must(e.store.For(demo.Tenant).PutAssignment(t.Context(), as[0]))
		}, policy.View, ""},
		"helper left the group": {func(e *endpoint) {
			data := demo.Data(policy.StateCompliant)
			data.Tenants[0].People[0].Groups = nil
			e.must(file.Write(e.path, data))
			e.reload()
		}, 0, wire.OfferMissing},
		"sharer disabled": {func(e *endpoint) {
			data := demo.Data(policy.StateCompliant)
			data.Tenants[0].People[2].Disabled = true
			e.must(file.Write(e.path, data))
			e.reload()
		}, 0, wire.AccountRefused},
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t)
			p := e.granted("view", "control")
			e.hub.Tick(t.Context())
			tt.change(e)
			e.hub.Tick(t.Context())
			for _, app := range []*servertest.App{p.sharer, p.helper} {
				var r wire.Revoke
				app.Next(wire.TypeRevoke, &r)
				if r.JWS != "revoke" {
					t.Errorf("%+v", r)
				}
				if tt.end != "" {
					var end wire.End
					if app.Next(wire.TypeEnd, &end); end.Code != tt.end || end.Who != "endpoint" {
						t.Errorf("end %+v", end)
					}
				}
			}
			if r := e.signer.revokes[0]; r.Rights != tt.left || r.Seq != 1 || !bytes.Equal(r.TH, fill(3, 64)) || !bytes.Equal(r.SID, sidOf(p)) {
				t.Errorf("revocation %+v", r)
			}
			e.hub.Tick(t.Context())
			if n := p.sharer.Pushed() + p.helper.Pushed(); n != 0 {
				t.Errorf("%d more pushes", n)
			}
			if tt.end == "" {
				p.sharer.Must(wire.TypeGrantRequest, p.request("view"), nil)
			}
		})
	}
}

// reload makes the running directory look at its file.
func (e *endpoint) reload() {
	e.t.Helper()
	ctx, cancel := context.WithCancel(e.t.Context())
	var wg sync.WaitGroup
	changed := make(chan struct{}, 9)
	wg.Go(func() { _ = e.dir.Run(ctx, func(error) { changed <- struct{}{} }) })
	<-changed
	cancel()
	wg.Wait()
}

func TestUnavailableDirectory(t *testing.T) {
	e := start(t)
	p := e.granted("view")
	e.must(writeFile(e.path, "{"))
	e.reload()
	e.hub.Tick(t.Context()) // nothing is taken back ...
	if pr := p.sharer.Ask(wire.TypeGrantRequest, p.request("view"), nil); code(pr) != wire.DirectoryDown || pr.Retry == 0 {
		t.Errorf("... but nothing new is granted: %v", pr)
	}
	if pr := p.helper.Ask(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, nil); code(pr) != wire.DirectoryDown {
		t.Errorf("code: %v", pr)
	}
	e.clock.Add(10*time.Minute + 30*time.Second)
	e.hub.Tick(t.Context())
	var end wire.End
	if p.sharer.Next(wire.TypeEnd, &end); end.Code != wire.GrantExpired {
		t.Errorf("end %+v", end)
	}
}

func TestDeadlines(t *testing.T) {
	e := start(t)
	p := e.claim()
	e.clock.Add(2 * time.Minute)
	e.hub.Tick(t.Context())
	var end wire.End
	if p.helper.Next(wire.TypeEnd, &end); end.Code != wire.PairTimeout {
		t.Errorf("unpaired: %+v", end)
	}
	p = e.granted("view")
	e.clock.Add(10*time.Minute + 29*time.Second)
	e.hub.Tick(t.Context())
	p.sharer.Must(wire.TypeGrantRequest, p.request("view"), nil) // renewed in time
	e.clock.Add(10*time.Minute + 29*time.Second)
	e.hub.Tick(t.Context())
	if n := p.sharer.Pushed(); n != 0 {
		t.Errorf("%d pushes to a session that is renewed", n)
	}
	e.clock.Add(time.Second)
	e.hub.Tick(t.Context())
	if p.sharer.Next(wire.TypeEnd, &end); end.Code != wire.GrantExpired {
		t.Errorf("not renewed: %+v", end)
	}
	e.clock.Add(time.Minute)
	e.hub.Tick(t.Context())
	if n := e.hub.Live(); len(n) != 0 {
		t.Errorf("still in memory: %v", n)
	}
}

func TestGrantRequestsMustFit(t *testing.T) {
	e := start(t)
	p := e.granted("view")
	for name, tt := range map[string]struct {
		change func(*wire.GrantRequest)
		want   string
	}{
		"old seq":        {func(r *wire.GrantRequest) { r.Seq = 1 }, wire.GrantInvalid},
		"transcript":     {func(r *wire.GrantRequest) { r.TH = fill(9, 64) }, wire.GrantInvalid},
		"fingerprint":    {func(r *wire.GrantRequest) { r.HFP = fill(9, 32) }, wire.GrantInvalid},
		"card":           {func(r *wire.GrantRequest) { r.CardS = fill(9, 32) }, wire.CardsMismatch},
		"no rights":      {func(r *wire.GrantRequest) { r.Rights = nil }, wire.ProtocolBroken},
		"unknown right":  {func(r *wire.GrantRequest) { r.Rights = []string{"view", "fly"} }, wire.ProtocolBroken},
		"twice":          {func(r *wire.GrantRequest) { r.Rights = []string{"view", "view"} }, wire.ProtocolBroken},
		"short nonce":    {func(r *wire.GrantRequest) { r.GN = fill(1, 31) }, wire.ProtocolBroken},
		"elevate on own": {func(r *wire.GrantRequest) { r.Rights = []string{"elevate"} }, wire.DeviceUnproven},
		"unattended":     {func(r *wire.GrantRequest) { r.Rights = []string{"unattended"} }, wire.NotPermitted},
	} {
		req := p.request("view")
		tt.change(&req)
		if pr := p.sharer.Ask(wire.TypeGrantRequest, req, nil); code(pr) != tt.want {
			t.Errorf("%s: %v, want %s", name, pr, tt.want)
		}
	}
	if pr := p.helper.Ask(wire.TypeGrantRequest, p.request("view"), nil); code(pr) != wire.ProtocolBroken {
		t.Errorf("by the helper: %v", pr)
	}
	e.must(e.store.For(demo.Tenant).PutSettings(t.Context(), "test", policy.Settings{Licence: policy.LicenceActive, Enabled: true, ElevationOnUnverified: true}))
	p.sharer.Must(wire.TypeGrantRequest, p.request("view", "control", "elevate"), nil)
	if g := e.signer.last(); g.RunFor != 5*time.Minute || g.Rights != policy.View|policy.Control|policy.Elevate {
		t.Errorf("elevation: %+v", g)
	}
}

func TestFirstDenialEndsTheSession(t *testing.T) {
	e := start(t)
	p := e.meet()
	if pr := p.sharer.Ask(wire.TypeGrantRequest, p.request("unattended"), nil); code(pr) != wire.NotPermitted {
		t.Fatal(pr)
	}
	for _, app := range []*servertest.App{p.helper, p.sharer} {
		var end wire.End
		if app.Next(wire.TypeEnd, &end); end.Code != wire.NotPermitted {
			t.Errorf("%+v", end)
		}
	}
}

// gathering is a directory whose answers about devices come only when several have asked.
type gathering struct {
	directory.Directory
	closed atomic.Bool
	asked  chan struct{}
	all    chan struct{}
}

func (g *gathering) Device(ctx context.Context, tenant, id string) (directory.Device, error) {
	if g.closed.Load() {
		g.asked <- struct{}{}
		<-g.all
	}
	return g.Directory.Device(ctx, tenant, id)
}

// TestDecidesSideBySide: a directory that is slow for one session does not hold up the others.
func TestDecidesSideBySide(t *testing.T) {
	e := start(t)
	g := &gathering{Directory: e.dir, asked: make(chan struct{}), all: make(chan struct{})}
	e.directory = g
	e.restart()
	var sharers []*servertest.App
	for _, who := range []struct{ object, device string }{{demo.Sam, demo.DeviceSam}, {demo.Ines, demo.DeviceInes}, {demo.Lena, demo.DeviceLena}} {
		helper, sharer := e.dial(demo.Noa), e.dial(who.object)
		var c wire.Code
		helper.Must(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, &c)
		sharer.Must(wire.TypeCodeClaim, wire.Claim{Locator: c.Locator, NS: fill(2, 32), Device: wire.DeviceEvidence{ID: who.device}}, nil)
		sharers = append(sharers, sharer)
	}
	e.must(e.store.For(demo.Tenant).PutSettings(t.Context(), "test", policy.Settings{Licence: policy.LicenceActive}))
	g.closed.Store(true)
	var wg sync.WaitGroup
	wg.Go(func() { e.hub.Tick(t.Context()) })
	for range sharers {
		select {
		case <-g.asked:
		case <-time.After(20 * time.Second):
			t.Error("they are decided one after the other")
			g.closed.Store(false)
		}
	}
	close(g.all)
	wg.Wait()
	for _, s := range sharers {
		var end wire.End
		if s.Next(wire.TypeEnd, &end); end.Code != wire.TenantOff {
			t.Errorf("end %+v", end)
		}
	}
}

// foreseen is a directory far away: who and what is asked for while a session is held must have
// been asked for ahead.
type foreseen struct {
	directory.Directory
	t *testing.T

	mu     sync.Mutex
	strict bool
	ready  map[string]bool
}

func (f *foreseen) Ahead(_ context.Context, _ string, people []string, device string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range append(people, device) {
		f.ready[id] = true
	}
}

func (f *foreseen) take(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.strict && !f.ready[id] {
		f.t.Errorf("%s was not asked for ahead", id)
	}
	delete(f.ready, id)
}

func (f *foreseen) Person(ctx context.Context, tenant, object string) (directory.Person, error) {
	if object == demo.Noa { // the sharer is asked for before the code is claimed
		f.take(object)
	}
	return f.Directory.Person(ctx, tenant, object)
}

func (f *foreseen) Device(ctx context.Context, tenant, id string) (directory.Device, error) {
	f.take(id)
	return f.Directory.Device(ctx, tenant, id)
}

// TestDirectoryIsAskedAhead: a slow directory must not hold a session, nor what a store holds for it.
func TestDirectoryIsAskedAhead(t *testing.T) {
	e := start(t)
	f := &foreseen{Directory: e.dir, t: t, ready: map[string]bool{}}
	e.directory = f
	e.restart()
	strict := func(is bool) { f.mu.Lock(); defer f.mu.Unlock(); f.strict = is }

	p := &pair{e: e, helper: e.dial(demo.Noa), sharer: e.dial(demo.Sam)}
	p.helper.Must(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, &p.code)
	strict(true)
	p.sharer.Must(wire.TypeCodeClaim, wire.Claim{Locator: p.code.Locator, NS: fill(2, 32), Device: samsDevice}, &p.claimed)
	var c wire.Claimant
	p.helper.Next(wire.TypeClaimant, &c)
	for _, a := range []*servertest.App{p.helper, p.sharer} {
		a.Must(wire.TypePaired, wire.Paired{Session: p.code.Session, Digest: digest}, nil)
	}
	p.helper.Next(wire.TypeMet, &p.metH)
	p.sharer.Next(wire.TypeMet, &p.metS)
	p.sharer.Must(wire.TypeGrantRequest, p.request("view"), nil)
	strict(shared) // alone nothing waits for a session but its own apps
	e.clock.Add(5 * time.Minute)
	e.hub.Tick(t.Context())
}
