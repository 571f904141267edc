package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"beside/auth/machinekey"
	"beside/policy"
	wire "beside/policy/api"
	"beside/server/directory/demo"
	"beside/server/servertest"
	"beside/server/store"
)

// enrolToken makes an enrolment token for a tenant; et says what for.
func (e *endpoint) enrolToken(tenant string, et store.EnrolToken) string {
	e.t.Helper()
	et.By, et.Expires = demo.Noa, e.clock.Now().Add(time.Hour)
	_, token, err := e.store.For(tenant).NewEnrolToken(e.t.Context(), et)
	e.must(err)
	return token
}

// enrol enrols a new device.
func (e *endpoint) enrol(et store.EnrolToken) *machinekey.Key {
	e.t.Helper()
	k, p := servertest.Enrol(e.t, e.srv.Client(), e.srv.URL, origin, demo.Tenant, e.enrolToken(demo.Tenant, et))
	if p != nil {
		e.t.Fatalf("not enrolled: %+v", *p)
	}
	return k
}

func TestEnrol(t *testing.T) {
	e := start(t)
	used := e.enrolToken(demo.Tenant, store.EnrolToken{})
	if _, p := servertest.Enrol(t, e.srv.Client(), e.srv.URL, origin, demo.Tenant, used); p != nil {
		t.Fatal(*p)
	}
	good := e.enrolToken(demo.Tenant, store.EnrolToken{})
	k, err := machinekey.New(origin, demo.Tenant)
	e.must(err)
	other, err := machinekey.New(origin, demo.Tenant)
	e.must(err)
	ask := wire.Enrol{Tenant: demo.Tenant, Token: good, Public: k.Public(), Signature: k.Ask(good), Name: "n", OS: "o"}
	change := func(fn func(*wire.Enrol)) wire.Enrol { c := ask; fn(&c); return c }
	for name, tt := range map[string]struct {
		body any
		want string
	}{
		"no token":         {change(func(c *wire.Enrol) { c.Token, c.Signature = "", k.Ask("") }), wire.EnrolInvalid},
		"unknown token":    {change(func(c *wire.Enrol) { c.Token, c.Signature = "x", k.Ask("x") }), wire.EnrolInvalid},
		"used token":       {change(func(c *wire.Enrol) { c.Token, c.Signature = used, k.Ask(used) }), wire.EnrolInvalid},
		"signed by other":  {change(func(c *wire.Enrol) { c.Signature = other.Ask(good) }), wire.ProtocolBroken},
		"other key":        {change(func(c *wire.Enrol) { c.Public = other.Public() }), wire.ProtocolBroken},
		"no key":           {change(func(c *wire.Enrol) { c.Public = nil }), wire.ProtocolBroken},
		"no name":          {change(func(c *wire.Enrol) { c.Name = "" }), wire.ProtocolBroken},
		"name of controls": {change(func(c *wire.Enrol) { c.Name = "a\u202eb" }), wire.ProtocolBroken},
		"long name":        {change(func(c *wire.Enrol) { c.Name = strings.Repeat("n", 65) }), wire.ProtocolBroken},
		"unknown member":   {map[string]any{"tenant": demo.Tenant, "admin": true}, wire.ProtocolBroken},
		"large":            {change(func(c *wire.Enrol) { c.OS = strings.Repeat("o", 8<<10) }), wire.ProtocolBroken},
		"other tenant":     {foreign(t, good, demo.OtherTenant), wire.EnrolInvalid},
		"no such tenant":   {foreign(t, good, demo.Sam), wire.EnrolInvalid},
	} {
		if _, p := servertest.AskToEnrol(t, e.srv.Client(), e.srv.URL, tt.body); code(p) != tt.want {
			t.Errorf("%s: %+v, want %s", name, p, tt.want)
		}
	}
	got, p := servertest.AskToEnrol(t, e.srv.Client(), e.srv.URL, ask)
	if p != nil || got.Name != "n" || got.Device == "" {
		t.Errorf("none of it spoils the token: %+v %+v", got, p)
	}
	log := e.audit(demo.Tenant)
	if log["device.enrol ok"] != 2 || log["device.enrol "+wire.EnrolInvalid] != 3 {
		t.Errorf("%v", log)
	}
	for range 30 {
		_, p = servertest.AskToEnrol(t, e.srv.Client(), e.srv.URL, ask)
	}
	if code(p) != wire.RateLimited || p.Retry == 0 {
		t.Errorf("tokens can be guessed without a limit: %+v", p)
	}
	if strings.Contains(e.log.String(), good) {
		t.Error("a token stands in the log")
	}
}

// foreign asks with a token of the demo tenant for another one.
func foreign(t *testing.T, token, tenant string) wire.Enrol {
	t.Helper()
	k, err := machinekey.New(origin, tenant)
	if err != nil {
		t.Fatal(err)
	}
	return wire.Enrol{Tenant: tenant, Token: token, Public: k.Public(), Signature: k.Ask(token), Name: "n", OS: "o"}
}

func TestEnrolFromAWebPage(t *testing.T) {
	e := start(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.srv.URL+"/v1/devices/enrol", strings.NewReader("{}"))
	e.must(err)
	req.Header.Set("Origin", "https://help.example")
	resp, err := e.srv.Client().Do(req)
	e.must(err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Error(resp.Status)
	}
}

func TestDeviceProof(t *testing.T) {
	e := start(t)
	k := e.enrol(store.EnrolToken{})
	wrong, err := machinekey.New(origin, demo.Tenant)
	e.must(err)
	elsewhere, err := machinekey.New("https://other.example", demo.Tenant)
	e.must(err)
	revoked := e.enrol(store.EnrolToken{})
	e.must(e.store.For(demo.Tenant).RevokeDevice(t.Context(), demo.Noa, revoked.Device()))
	for name, tt := range map[string]struct {
		key    *machinekey.Key
		object string
		tenant string
		want   string
	}{
		"good":           {k, demo.Sam, demo.Tenant, ""},
		"anybody's":      {k, demo.Tomas, demo.Tenant, ""},
		"wrong key":      {wrong.Enrolled(k.Device()), demo.Sam, demo.Tenant, wire.DeviceKey},
		"other endpoint": {elsewhere.Enrolled(k.Device()), demo.Sam, demo.Tenant, wire.DeviceKey},
		"unknown device": {k.Enrolled(demo.DeviceSam), demo.Sam, demo.Tenant, wire.DeviceKey},
		"revoked":        {revoked, demo.Sam, demo.Tenant, wire.DeviceKey},
		"other tenant":   {k, demo.OtherSharer, demo.OtherTenant, wire.DeviceKey},
	} {
		if p := e.dialAt(tt.tenant, tt.object, "").Prove(tt.key); code(p) != tt.want {
			t.Errorf("%s: %+v", name, p)
		}
	}

	a, b := e.dial(demo.Sam), e.dial(demo.Sam)
	var n wire.DeviceNonce
	a.Must(wire.TypeDeviceNonce, struct{}{}, &n)
	proof := wire.DeviceProof{Device: k.Device(), Signature: k.Prove(n.Nonce)}
	if p := b.Ask(wire.TypeDeviceProve, proof, nil); code(p) != wire.DeviceKey {
		t.Errorf("on another connection: %+v", p)
	}
	a.Must(wire.TypeDeviceProve, proof, nil)
	if p := a.Ask(wire.TypeDeviceProve, proof, nil); code(p) != wire.DeviceKey {
		t.Errorf("replayed: %+v", p)
	}
	a.Must(wire.TypeDeviceNonce, struct{}{}, &n)
	e.clock.Add(61 * time.Second)
	if p := a.Ask(wire.TypeDeviceProve, wire.DeviceProof{Device: k.Device(), Signature: k.Prove(n.Nonce)}, nil); code(p) != wire.DeviceKey {
		t.Errorf("late: %+v", p)
	}
	if d, err := e.store.For(demo.Tenant).EnrolledDevice(t.Context(), k.Device()); err != nil || d.Seen.IsZero() {
		t.Errorf("not seen: %+v %v", d, err)
	}
}

// TestProofLadder: none < reported < own < verified, for the same person.
func TestProofLadder(t *testing.T) {
	e := start(t)
	s, err := e.store.For(demo.Tenant).Settings(t.Context())
	e.must(err)
	s.AllowUnenrolled = true
	e.must(e.store.For(demo.Tenant).PutSettings(t.Context(), "test", s))
	k := e.enrol(store.EnrolToken{})
	for name, tt := range map[string]struct {
		evidence wire.DeviceEvidence
		prove    bool
		want     string
	}{
		"none":     {wire.DeviceEvidence{}, false, "none"},
		"reported": {wire.DeviceEvidence{ID: k.Device(), Name: "x"}, false, "reported"},
		"own":      {samsDevice, false, "own"},
		"verified": {samsDevice, true, "verified"},
	} {
		t.Run(name, func(t *testing.T) {
			h, sh := e.dial(demo.Noa), e.dial(demo.Sam)
			var c wire.Code
			var cl wire.Claimed
			h.Must(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, &c)
			if tt.prove {
				if p := sh.Prove(k); p != nil {
					t.Fatal(*p)
				}
			}
			sh.Must(wire.TypeCodeClaim, wire.Claim{Locator: c.Locator, NS: fill(2, 32), Device: tt.evidence}, &cl)
			h.Must(wire.TypePaired, wire.Paired{Session: c.Session, Digest: digest}, nil)
			sh.Must(wire.TypePaired, wire.Paired{Session: c.Session, Digest: digest}, nil)
			var claimant wire.Claimant
			var met wire.Met
			h.Next(wire.TypeClaimant, &claimant)
			h.Next(wire.TypeMet, &met)
			if met.Device.Proof != tt.want || tt.prove && met.Device.ID != k.Device() {
				t.Errorf("%+v", met.Device)
			}
		})
	}
}

// proven is a session on an enrolled device, with everything but unattended granted. id is that of a
// device in the directory, or "" for one whose owner is nobody, so that only the proof lets it be helped.
func (e *endpoint) proven(id string) (*pair, *machinekey.Key) {
	e.t.Helper()
	k := e.enrol(store.EnrolToken{Device: id})
	p := &pair{e: e, helper: e.dial(demo.Noa), sharer: e.dial(demo.Sam)}
	if pr := p.sharer.Prove(k); pr != nil {
		e.t.Fatal(*pr)
	}
	p.helper.Must(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, &p.code)
	p.sharer.Must(wire.TypeCodeClaim, wire.Claim{Locator: p.code.Locator, NS: fill(2, 32), Device: wire.DeviceEvidence{ID: k.Device(), Name: "x"}}, &p.claimed)
	var c wire.Claimant
	p.helper.Next(wire.TypeClaimant, &c)
	for _, a := range []*servertest.App{p.helper, p.sharer} {
		a.Must(wire.TypePaired, wire.Paired{Session: p.code.Session, Digest: digest}, nil)
	}
	p.helper.Next(wire.TypeMet, &p.metH)
	p.sharer.Next(wire.TypeMet, &p.metS)
	var g wire.Granted
	p.sharer.Must(wire.TypeGrantRequest, p.request("view", "control", "elevate"), &g)
	return p, k
}

func TestVerifiedInGrant(t *testing.T) {
	e := start(t)
	p, k := e.proven("")
	if g := e.signer.last(); g.Proof != policy.ProofVerified || g.Device != k.Device() {
		t.Errorf("%+v", g)
	}
	if p.metS.Device.Name != "HLD-NEW-1" || p.metS.Device.State != "unknown" {
		t.Errorf("%+v", p.metS.Device)
	}
	var offer bool
	for _, r := range p.metH.Offer {
		offer = offer || r == "elevate"
	}
	if !offer {
		t.Errorf("a verified device does not offer elevation: %v", p.metH.Offer)
	}
}

// TestRevokedDevice: what a key was good for ends with the key, also in the middle of a session.
func TestRevokedDevice(t *testing.T) {
	revoke := func(e *endpoint, k *machinekey.Key) {
		e.must(e.store.For(demo.Tenant).RevokeDevice(e.t.Context(), demo.Noa, k.Device()))
	}
	again := func(e *endpoint, k *machinekey.Key) { e.enrol(store.EnrolToken{Device: k.Device()}) }
	for name, tt := range map[string]struct {
		device string
		spoil  func(*endpoint, *machinekey.Key)
		left   policy.Right
	}{
		"revoked":                {"", revoke, 0},
		"enrolled again":         {"", again, 0},
		"own and revoked":        {demo.DeviceSam, revoke, policy.View | policy.Control},
		"own and enrolled again": {demo.DeviceSam, again, policy.View | policy.Control},
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t)
			p, k := e.proven(tt.device)
			e.hub.Tick(t.Context())
			if p.sharer.Pushed() != 0 {
				t.Fatal("something happened too early")
			}
			tt.spoil(e, k)
			e.hub.Tick(t.Context())
			var r wire.Revoke
			p.sharer.Next(wire.TypeRevoke, &r)
			if ws := e.signer.revokes; len(ws) == 0 || ws[len(ws)-1].Rights != tt.left {
				t.Errorf("%+v", ws)
			}
		})
	}
}

func TestProofOutlivesARestart(t *testing.T) {
	e := start(t)
	p, _ := e.proven("")
	e.restart()
	h, s := e.dial(demo.Noa), e.dial(demo.Sam)
	var next wire.Resumed
	h.Must(wire.TypeResume, wire.Resume{Session: p.code.Session, Token: p.code.Resume, LastSeq: 2}, &next)
	s.Must(wire.TypeResume, wire.Resume{Session: p.code.Session, Token: p.claimed.Resume, LastSeq: 1}, &next)
	var g wire.Granted
	s.Must(wire.TypeGrantRequest, p.request("view", "control"), &g)
	if e.signer.last().Proof != policy.ProofVerified {
		t.Errorf("%+v", e.signer.last())
	}
}
