package api_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"beside/auth/devidp"
	"beside/auth/devidp/graphtest"
	"beside/auth/entra"
	wire "beside/policy/api"
	"beside/server/directory"
	"beside/server/directory/demo"
	"beside/server/directory/directorytest"
	dir "beside/server/directory/graph"
	"beside/server/graph"
	"beside/server/servertest"
)

const (
	desktopApp = "33333333-3333-4333-8333-333333333333"
	policyAPI  = "22222222-2222-4222-8222-222222222222"
	graphWord  = "hunter2-of-graph"
)

// withGraph is an endpoint whose people sign in at an identity provider that does not say who is a
// guest, and are looked up in Microsoft Graph.
type withGraph struct {
	*endpoint
	graph *graphtest.Server
	data  graphtest.Data

	mu     sync.Mutex
	issued []string // tokens
}

func startGraph(t *testing.T) *withGraph {
	t.Helper()
	tenant := directorytest.Data().Tenants[0]
	g := &withGraph{endpoint: start(t), data: directorytest.Graph(tenant)}
	g.data.Users[2].Photo = []byte("\xff\xd8\xffSam")
	g.graph = graphtest.New(graphtest.Options{Data: g.data, ClientID: policyAPI, Secret: graphWord})

	secret := filepath.Join(t.TempDir(), "secret")
	g.must(os.WriteFile(secret, []byte(graphWord), 0o600))
	tokens, err := graph.NewTokens(graph.Credentials{
		Authority: graphtest.Base, Tenant: demo.Tenant, ClientID: policyAPI, Resource: graphtest.Base, Secret: secret, HTTP: g.graph.Client(),
	})
	g.must(err)
	client, err := graph.New(graph.Options{Base: graphtest.Base, Tokens: tokens, HTTP: g.graph.Client()})
	g.must(err)
	people := dir.New(dir.Options{Client: client, Tenant: demo.Tenant, Keep: time.Nanosecond}) // the endpoint's clock is not the directory's

	var idp http.Handler
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { idp.ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	users := make([]devidp.User, len(tenant.People))
	for i, p := range tenant.People {
		users[i] = devidp.User{Tenant: tenant.ID, Object: p.OID, Username: p.OID, Name: p.Name, NoAcct: true}
	}
	provider, err := devidp.New(devidp.Options{
		Base: srv.URL, AuthBase: "http://127.0.0.1:1", Users: users,
		Apps: []devidp.App{{ID: desktopApp}, {ID: policyAPI, URI: "api://" + policyAPI, Scopes: []string{"Beside.Use"}}},
	})
	g.must(err)
	idp = provider.Handler()
	verifier, err := entra.New(t.Context(), entra.Config{
		AuthorityHost: srv.URL, Tenants: []string{demo.Tenant}, API: policyAPI, Clients: []string{desktopApp}, Scope: "Beside.Use", HTTP: srv.Client(),
		MemberCheck: directory.Member(people),
	})
	g.must(err)
	g.token = func(_, object, _ string) string {
		claims, err := provider.AccessClaims(object, desktopApp, "api://"+policyAPI+"/Beside.Use")
		g.must(err)
		token, err := provider.SignToken(nil, claims)
		g.must(err)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.issued = append(g.issued, token)
		return token
	}
	g.directory, g.verifier = people, verifier
	g.restart()
	return g
}

// closedMouth fails if the log holds a token or a secret.
func (g *withGraph) closedMouth() {
	g.t.Helper()
	g.face.Drain()
	for _, s := range append(g.issued, graphWord, "graph-", "eyJ") {
		if strings.Contains(g.log.String(), s) {
			g.t.Errorf("the log holds %.20q", s)
		}
	}
}

// TestSessionByGraph signs in, meets and is granted what Graph's groups and devices allow, and
// loses it when they no longer do.
func TestSessionByGraph(t *testing.T) {
	g := startGraph(t)
	p := g.meet()
	if c := card(t, p.metH.Sharer); c.Name != "Sam Rivers" || c.Job != "Payroll officer" || c.Company != "Halden Group" || c.Domain != "halden.example" || string(c.Photo) != "\xff\xd8\xffSam" {
		t.Errorf("card %+v", c)
	}
	if c := card(t, p.metS.Helper); c.Name != "Noa Winters" || c.Photo != nil {
		t.Errorf("card %+v", c)
	}
	if d := p.metH.Device; d.Name != "HLD-LT-0427" || d.State != "compliant" || d.Proof != "own" {
		t.Errorf("device %+v", d)
	}
	var granted wire.Granted
	p.sharer.Must(wire.TypeGrantRequest, p.request("view", "control"), &granted)

	g.data.Users[0].Groups = nil // Noa leaves the service desk
	g.graph.Replace(g.data)
	g.hub.Tick(t.Context())
	g.clock.Add(5 * time.Minute)
	g.hub.Tick(t.Context())
	var end wire.End
	var revoke wire.Revoke
	p.sharer.Next(wire.TypeRevoke, &revoke)
	if p.sharer.Next(wire.TypeEnd, &end); end.Code != wire.OfferMissing {
		t.Errorf("end %+v", end)
	}
	if pr := g.dial(demo.Noa).Ask(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, nil); code(pr) != wire.OfferMissing {
		t.Errorf("code: %v", pr)
	}
	g.closedMouth()
}

func TestRefusedByGraph(t *testing.T) {
	g := startGraph(t)
	status := func(object string) int {
		_, resp, err := servertest.TryDial(t, g.srv.Client(), g.srv.URL, http.Header{"Authorization": {"Bearer " + g.token("", object, "")}})
		if err == nil {
			return http.StatusSwitchingProtocols
		}
		if resp == nil {
			t.Fatal(err)
		}
		return resp.StatusCode
	}
	if s := status(demo.Gwen); s != http.StatusForbidden {
		t.Errorf("a guest: %d", s)
	}
	// Her device does not meet its policies: the helper is told, and help is possible.
	helper, ines := g.dial(demo.Noa), g.dial(demo.Ines)
	var c wire.Code
	helper.Must(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, &c)
	var claimed wire.Claimed
	ines.Must(wire.TypeCodeClaim, wire.Claim{Locator: c.Locator, NS: fill(2, 32), Device: wire.DeviceEvidence{ID: demo.DeviceInes}}, &claimed)
	var claimant wire.Claimant
	helper.Next(wire.TypeClaimant, &claimant)
	for _, a := range []*servertest.App{helper, ines} {
		a.Must(wire.TypePaired, wire.Paired{Session: c.Session, Digest: digest}, nil)
	}
	var met wire.Met
	if helper.Next(wire.TypeMet, &met); met.Device.State != "noncompliant" || met.Device.Proof != "own" || len(met.Offer) == 0 {
		t.Errorf("met %+v", met)
	}
	// His is not enrolled: the organisation does not allow that.
	helper = g.dial(demo.Noa)
	helper.Must(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, &c)
	if pr := g.dial(demo.Tomas).Ask(wire.TypeCodeClaim, wire.Claim{Locator: c.Locator, NS: fill(2, 32), Device: wire.DeviceEvidence{ID: demo.DeviceTomas}}, nil); code(pr) != wire.DeviceUnenroled {
		t.Errorf("not enrolled: %v", pr)
	}

	g.graph.Meddle(func(_ string, a *graphtest.Answer) { a.Busy(http.StatusForbidden, "") })
	if pr := helper.Ask(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, nil); code(pr) != wire.DirectoryDown || pr.Retry == 0 {
		t.Errorf("while Graph is away: %v", pr)
	}
	if s := status(demo.Sam); s != http.StatusServiceUnavailable {
		t.Errorf("signing in while Graph is away: %d", s)
	}
	g.closedMouth()
}
