package api_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"beside/policy"
	wire "beside/policy/api"
	"beside/server/directory/demo"
	"beside/server/directory/file"
	"beside/server/servertest"
	"beside/server/signal"
	"beside/server/store"
)

func TestWholeSession(t *testing.T) {
	e := start(t)
	p := e.meet()
	if p.code.TTL != 600 || len(p.code.Locator) != 4 || p.claimed.Helper != demo.Noa || !bytes.Equal(p.claimed.NH, fill(1, 32)) {
		t.Errorf("code %+v, claimed %+v", p.code, p.claimed)
	}
	if !reflect.DeepEqual(p.metH, p.metS) {
		t.Errorf("the two sides are told different things:\n%+v\n%+v", p.metH, p.metS)
	}
	if c := card(t, p.metH.Sharer); c.Name != "Sam Rivers" || c.Job != "Payroll officer" || c.Domain != "halden.example" || c.Object != demo.Sam {
		t.Errorf("sharer %+v", c)
	}
	if c := card(t, p.metS.Helper); c.Name != "Noa Winters" || c.Company != "Halden Group" {
		t.Errorf("helper %+v", c)
	}
	if want := (wire.DeviceCard{ID: demo.DeviceSam, Name: "HLD-LT-0427", OS: "Debian 12", State: "compliant", Proof: "own"}); p.metH.Device != want {
		t.Errorf("device %+v", p.metH.Device)
	}
	if got := strings.Join(p.metH.Offer, " "); got != "view control" || !p.metH.Chat {
		t.Errorf("offer %q chat %v", got, p.metH.Chat)
	}

	// Sealed words go both ways as they are, numbered for each receiver.
	for i := range 3 {
		body := []byte(fmt.Sprint("\x00<sealed>", i))
		p.helper.Must(wire.TypeSignal, wire.Signal{Session: p.code.Session, Kind: "sealed", Body: body, Seq: 99}, nil)
		var s wire.Signal
		p.sharer.Next(wire.TypeSignal, &s)
		if want := (wire.Signal{Session: p.code.Session, Kind: "sealed", Body: body, Seq: uint64(i + 2)}); !reflect.DeepEqual(s, want) {
			t.Errorf("got %+v, want %+v", s, want)
		}
	}

	var g wire.Granted
	req := p.request("view", "control")
	p.sharer.Must(wire.TypeGrantRequest, req, &g)
	got := e.signer.last()
	head, err := e.store.For(demo.Tenant).Head(t.Context())
	e.must(err)
	want := signal.Grant{
		SID: sidOf(p), TH: req.TH, GN: req.GN, Seq: 1, Mode: "code", Helper: demo.Noa, Sharer: demo.Sam, Device: demo.DeviceSam,
		Proof: policy.ProofOwn, State: policy.StateCompliant, Rights: policy.View | policy.Control, HFP: req.HFP, SFP: req.SFP,
		CardH: req.CardH, CardS: req.CardS, StartWithin: 2 * time.Minute, RunFor: 10 * time.Minute, Audit: head,
	}
	if g.Grant != "grant" || g.Statement != "statement" || !reflect.DeepEqual(got, want) {
		t.Errorf("granted %+v\nwant    %+v", got, want)
	}

	p.sharer.Must(wire.TypeEvent, wire.Event{Session: p.code.Session, Kind: wire.EventConsent, Rights: []string{"view", "control"}}, nil)
	p.sharer.Must(wire.TypeEvent, wire.Event{Session: p.code.Session, Kind: wire.EventStarted, Rights: []string{"view", "elevate"}}, nil)
	p.sharer.Must(wire.TypeEvent, wire.Event{Session: p.code.Session, Kind: wire.EventRefused, Detail: "input.key", Count: 7}, nil)
	p.sharer.Must(wire.TypeEnd, wire.End{Session: p.code.Session, Code: wire.EndStopped, Who: "helper"}, nil)
	var end wire.End
	p.helper.Next(wire.TypeEnd, &end)
	if end != (wire.End{Session: p.code.Session, Who: "sharer", Code: wire.EndStopped}) {
		t.Errorf("end %+v", end)
	}
	rows, err := e.store.For(demo.Tenant).Sessions(t.Context(), 9)
	e.must(err)
	if len(rows) != 1 || rows[0].EndReason != "stopped" || rows[0].Started.IsZero() || rows[0].Used != policy.View|policy.Control ||
		rows[0].HelperName != "Noa Winters" || rows[0].SharerName != "Sam Rivers" || rows[0].DeviceName != "HLD-LT-0427" {
		t.Errorf("session row %+v", rows)
	}
	audit := e.audit(demo.Tenant)
	for _, action := range []string{"code.new", "code.claim", "joined", "granted", "consent.given", "started", "refused", "ended"} {
		if audit[action+" ok"] == 0 {
			t.Errorf("no audit row %q in %v", action, audit)
		}
	}
	if audit["refused ok"] != 7 {
		t.Errorf("refusals: %v", audit)
	}
	for _, secret := range []string{p.code.Locator, p.code.Resume, p.claimed.Resume, "sealed", demo.Noa + "/"} {
		if strings.Contains(e.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if p := p.helper.Ask(wire.TypeSignal, wire.Signal{Session: p.code.Session, Kind: "sealed", Body: []byte("x")}, nil); p == nil || p.Code != wire.NotFound {
		t.Errorf("after the end: %v", p)
	}
}

func concat(bs ...[]byte) []byte { return bytes.Join(bs, nil) }

// sidOf computes the session id from both nonces as PROTOCOL 1.0 says.
func sidOf(p *pair) []byte {
	h := sha512.Sum512(concat([]byte{12}, []byte("beside-sid/1"), []byte{36}, []byte(p.code.Session), []byte{32}, fill(1, 32), []byte{32}, fill(2, 32)))
	return h[:32]
}

func TestCardsAreTheExactBytes(t *testing.T) {
	e := start(t)
	data := demo.Data(policy.StateCompliant)
	data.Tenants[0].People[0].Name = "Noa <Winters> & \u2028 Ünïcode \"x\""
	e.must(file.Write(e.path, data))
	var err error
	e.dir, err = file.Open(e.path)
	e.must(err)
	e.restart()
	p := e.meet()
	sum := sha256.Sum256(p.metS.Helper)
	if sum != sha256.Sum256(p.metH.Helper) {
		t.Error("the two sides hold different bytes")
	}
	p.sharer.Must(wire.TypeGrantRequest, p.request("view"), nil)
	wrong := p.request("view")
	wrong.CardH = fill(9, 32)
	if pr := p.sharer.Ask(wire.TypeGrantRequest, wrong, nil); pr == nil || pr.Code != wire.CardsMismatch {
		t.Errorf("other card: %v", pr)
	}
}

func TestDeviceStates(t *testing.T) {
	for name, tt := range map[string]struct {
		sharer string
		device wire.DeviceEvidence
		allow  bool
		want   string // state, or code of the refusal
	}{
		"noncompliant":            {demo.Ines, wire.DeviceEvidence{ID: demo.DeviceInes}, false, "noncompliant"},
		"unknown":                 {demo.Lena, wire.DeviceEvidence{ID: demo.DeviceLena}, false, "unknown"},
		"unenrolled, not allowed": {demo.Tomas, wire.DeviceEvidence{ID: demo.DeviceTomas}, false, wire.DeviceUnenroled},
		"unenrolled, allowed":     {demo.Tomas, wire.DeviceEvidence{ID: demo.DeviceTomas}, true, "unenrolled"},
		"nothing, not allowed":    {demo.Paul, wire.DeviceEvidence{Name: "pc"}, false, wire.DeviceUnenroled},
		"nothing, allowed":        {demo.Paul, wire.DeviceEvidence{Name: "pc"}, true, "unknown"},
		"another's, not allowed":  {demo.Paul, wire.DeviceEvidence{ID: demo.DeviceSam}, false, wire.DeviceUnproven},
		"another's, allowed":      {demo.Paul, wire.DeviceEvidence{ID: demo.DeviceSam}, true, "unknown"},
		"director":                {demo.Ruth, wire.DeviceEvidence{ID: demo.DeviceRuth}, true, wire.ScopeOutside},
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t)
			e.must(e.store.For(demo.Tenant).PutSettings(t.Context(), "test", policy.Settings{Licence: policy.LicenceTrial, Enabled: true, AllowUnenrolled: tt.allow}))
			h, s := e.dial(demo.Noa), e.dial(tt.sharer)
			var code wire.Code
			h.Must(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, &code)
			p := s.Ask(wire.TypeCodeClaim, wire.Claim{Locator: code.Locator, NS: fill(2, 32), Device: tt.device}, nil)
			if p != nil { // both are told, and the code is dead
				var end wire.End
				h.Next(wire.TypeEnd, &end)
				if p.Code != tt.want || end.Code != tt.want || end.Who != "endpoint" {
					t.Errorf("sharer told %q, helper %+v, want %q", p.Code, end, tt.want)
				}
				if p = e.dial(demo.Sam).Ask(wire.TypeCodeClaim, wire.Claim{Locator: code.Locator, NS: fill(2, 32), Device: samsDevice}, nil); p == nil || p.Code != wire.CodeInvalid {
					t.Errorf("the code lives: %v", p)
				}
				return
			}
			h.Next(wire.TypeClaimant, &wire.Claimant{})
			d := fill(7, 32)
			h.Must(wire.TypePaired, wire.Paired{Session: code.Session, Digest: d}, nil)
			s.Must(wire.TypePaired, wire.Paired{Session: code.Session, Digest: d}, nil)
			var met wire.Met
			h.Next(wire.TypeMet, &met)
			if met.Device.State != tt.want {
				t.Errorf("device %+v, want %s", met.Device, tt.want)
			}
		})
	}
}

func TestWhoMayHelp(t *testing.T) {
	e := start(t)
	for name, tt := range map[string]struct{ object, want string }{
		"no role": {demo.Paul, wire.OfferMissing}, "trainee": {demo.Kit, ""}, "engineer": {demo.Noa, ""},
	} {
		p := e.dial(tt.object).Ask(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, nil)
		if got := code(p); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
		status, b := e.get("/v1/me", servertest.Token(demo.Tenant, tt.object, ""))
		var me wire.Me
		if err := json.Unmarshal(b, &me); err != nil || status != 200 || me.MayHelp != (tt.want == "") || me.Why != tt.want || !me.Enabled {
			t.Errorf("%s: me %d %s %v", name, status, b, err)
		}
	}
	if status, b := e.get("/v1/me", servertest.Token(demo.Tenant, demo.Gwen, "")); status != 403 || !bytes.Contains(b, []byte(`"account"`)) {
		t.Errorf("guest: %d %s", status, b)
	}
}

func code(p *wire.Problem) string {
	if p == nil {
		return ""
	}
	return p.Code
}

func TestViewOnlyRole(t *testing.T) {
	e := start(t)
	h, s := e.dial(demo.Kit), e.dial(demo.Sam)
	p := &pair{e: e, helper: h, sharer: s}
	h.Must(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, &p.code)
	s.Must(wire.TypeCodeClaim, wire.Claim{Locator: p.code.Locator, NS: fill(2, 32), Device: samsDevice}, nil)
	h.Next(wire.TypeClaimant, &wire.Claimant{})
	d := sha256.Sum256(fill(3, 64))
	h.Must(wire.TypePaired, wire.Paired{Session: p.code.Session, Digest: d[:]}, nil)
	s.Must(wire.TypePaired, wire.Paired{Session: p.code.Session, Digest: d[:]}, nil)
	s.Next(wire.TypeMet, &p.metS)
	if strings.Join(p.metS.Offer, " ") != "view" {
		t.Errorf("offer %v", p.metS.Offer)
	}
	s.Must(wire.TypeGrantRequest, p.request("view"), nil)
	if pr := s.Ask(wire.TypeGrantRequest, p.request("view", "control"), nil); code(pr) != wire.NotPermitted {
		t.Errorf("widening: %v", pr)
	}
	s.Must(wire.TypeGrantRequest, p.request("view"), nil) // the session goes on as it was
}

func TestTenantOff(t *testing.T) {
	e := start(t)
	tn := e.store.For(demo.Tenant)
	h, s := e.dial(demo.Noa), e.dial(demo.Sam)
	var c wire.Code
	h.Must(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, &c)
	e.hub.Tick(t.Context())
	e.must(tn.PutSettings(t.Context(), "test", policy.Settings{Licence: policy.LicenceActive}))
	if p := s.Ask(wire.TypeCodeClaim, wire.Claim{Locator: c.Locator, NS: fill(2, 32)}, nil); code(p) != wire.TenantOff {
		t.Errorf("sharer: %v", p)
	}
	if p := h.Ask(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, nil); code(p) != wire.TenantOff {
		t.Errorf("helper: %v", p)
	}
	e.hub.Tick(t.Context())
	var end wire.End
	h.Next(wire.TypeEnd, &end)
	if end.Code != wire.TenantOff {
		t.Errorf("the waiting code ends with %+v", end)
	}
	e.must(tn.PutSettings(t.Context(), "test", policy.Settings{}))
	if p := h.Ask(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, nil); code(p) != wire.LicenceMissing {
		t.Errorf("no licence: %v", p)
	}
}

func TestSelfHelp(t *testing.T) {
	e := start(t)
	h, again := e.dial(demo.Noa), e.dial(demo.Noa)
	var c wire.Code
	h.Must(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, &c)
	if p := again.Ask(wire.TypeCodeClaim, wire.Claim{Locator: c.Locator, NS: fill(2, 32)}, nil); code(p) != wire.SelfHelp {
		t.Errorf("got %v", p)
	}
	var end wire.End
	if h.Next(wire.TypeEnd, &end); end.Code != wire.SelfHelp {
		t.Errorf("helper told %+v", end)
	}
}

func TestTenantsAreStrangers(t *testing.T) {
	e := start(t)
	p := e.meet()
	var c wire.Code
	p.helper.Must(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, &c)
	jon := e.dialAt(demo.OtherTenant, demo.OtherSharer, "")
	foreign := jon.Ask(wire.TypeCodeClaim, wire.Claim{Locator: c.Locator, NS: fill(2, 32)}, nil)
	unknown := jon.Ask(wire.TypeCodeClaim, wire.Claim{Locator: "2222", NS: fill(2, 32)}, nil)
	if foreign == nil || unknown == nil || *foreign != *unknown || foreign.Code != wire.CodeInvalid {
		t.Errorf("foreign %+v, unknown %+v", foreign, unknown)
	}
	// The same object id in another tenant is another person.
	twin := e.dialAt(demo.OtherTenant, demo.OtherHelper, "")
	for typ, body := range map[string]any{
		wire.TypeSignal: wire.Signal{Session: p.code.Session, Kind: "sealed", Body: []byte("x")}, wire.TypeEnd: wire.End{Session: p.code.Session, Code: "stopped"},
		wire.TypeResume: wire.Resume{Session: p.code.Session, Token: p.code.Resume}, wire.TypeCodeCancel: wire.Ref{Session: c.Session},
		wire.TypeEvent: wire.Event{Session: p.code.Session, Kind: wire.EventStarted}, wire.TypeGrantRequest: p.request("view"),
		wire.TypePaired: wire.Paired{Session: p.code.Session, Digest: fill(1, 32)},
	} {
		if pr := twin.Ask(typ, body, nil); code(pr) != wire.NotFound {
			t.Errorf("%s: %v", typ, pr)
		}
		third := e.dial(demo.Kit)
		if pr := third.Ask(typ, body, nil); code(pr) != wire.NotFound {
			t.Errorf("%s by a third person: %v", typ, pr)
		}
		third.Drop()
	}
	if rows, _ := e.store.For(demo.OtherTenant).Sessions(t.Context(), 9); len(rows) != 0 {
		t.Errorf("rows of another tenant: %+v", rows)
	}
}

func TestPairingMessages(t *testing.T) {
	e := start(t)
	p := e.claim()
	say := func(from *servertest.App, kind string) string {
		return code(from.Ask(wire.TypeSignal, wire.Signal{Session: p.code.Session, Kind: kind, Body: []byte("x")}, nil))
	}
	for _, tt := range []struct {
		from *servertest.App
		kind string
		want string
	}{
		{p.sharer, "p1", wire.ProtocolBroken},
		{p.helper, "p2", wire.ProtocolBroken},
		{p.helper, "sdp", wire.ProtocolBroken},
		{p.helper, "p1", ""},
		{p.helper, "p1", wire.ProtocolBroken},
		{p.sharer, "p2", ""},
		{p.sharer, "p2", wire.ProtocolBroken},
		{p.helper, "ta", ""},
		{p.sharer, "tb", ""},
		{p.sharer, "ta", wire.ProtocolBroken},
		{p.helper, "ta", wire.ProtocolBroken},
	} {
		if got := say(tt.from, tt.kind); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.kind, got, tt.want)
		}
	}
	p.helper.Must(wire.TypePaired, wire.Paired{Session: p.code.Session, Digest: fill(1, 32)}, nil)
	if pr := p.sharer.Ask(wire.TypePaired, wire.Paired{Session: p.code.Session, Digest: fill(2, 32)}, nil); code(pr) != wire.CodeMismatch {
		t.Errorf("two digests: %v", pr)
	}
}

func TestNewCodeVoidsTheOld(t *testing.T) {
	e := start(t)
	h, s := e.dial(demo.Noa), e.dial(demo.Sam)
	var one, two wire.Code
	h.Must(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, &one)
	h.Must(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, &two)
	if p := s.Ask(wire.TypeCodeClaim, wire.Claim{Locator: one.Locator, NS: fill(2, 32), Device: samsDevice}, nil); code(p) != wire.CodeInvalid {
		t.Errorf("old code: %v", p)
	}
	h.Must(wire.TypeCodeCancel, wire.Ref{Session: two.Session}, nil)
	if p := s.Ask(wire.TypeCodeClaim, wire.Claim{Locator: two.Locator, NS: fill(2, 32), Device: samsDevice}, nil); code(p) != wire.CodeInvalid {
		t.Errorf("cancelled code: %v", p)
	}
	if audit := e.audit(demo.Tenant); audit["code.claim code.invalid"] != 2 {
		t.Errorf("audit %v", audit)
	}
}

func TestClaimOnce(t *testing.T) {
	e := start(t)
	p := e.claim()
	again := p.sharer.Ask(wire.TypeCodeClaim, wire.Claim{Locator: p.code.Locator, NS: fill(2, 32)}, nil)
	other := e.dial(demo.Ines).Ask(wire.TypeCodeClaim, wire.Claim{Locator: p.code.Locator, NS: fill(2, 32)}, nil)
	if code(again) != wire.CodeUsed || code(other) != wire.CodeInvalid {
		t.Errorf("again %v, other %v", again, other)
	}
}

func TestRetention(t *testing.T) {
	e := start(t)
	p := e.granted("view")
	p.sharer.Must(wire.TypeEnd, wire.End{Session: p.code.Session, Code: "stopped"}, nil)
	e.clock.Add(store.Retention + time.Second)
	if n, err := e.store.Purge(t.Context()); err != nil || n.Sessions != 1 || n.Audit == 0 {
		t.Errorf("%+v %v", n, err)
	}
	if rows, _ := e.store.For(demo.Tenant).Sessions(t.Context(), 9); len(rows) != 0 {
		t.Errorf("%+v", rows)
	}
}
