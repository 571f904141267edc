package main

import (
	"context"
	"crypto/tls"
	"net/http"
	"strings"
	"sync"
	"time"

	"beside/auth"
	"beside/auth/devidp"
	"beside/auth/entra"
	"beside/policy"
	"beside/server/directory/demo"
	"beside/server/node"
)

// The registered applications of the demo organisation.
const (
	clientID = "10000000-0000-4000-8000-0000000000c1"
	adminID  = "10000000-0000-4000-8000-0000000000d1"
	apiID    = "10000000-0000-4000-8000-0000000000a1"
	api      = "api://" + apiID
	scope    = "Beside.Use"
)

// apps are registered at the development provider; the admin site's secret is made at every start.
func apps(origin, secret string) []devidp.App {
	return []devidp.App{
		{ID: adminID, Name: "Beside admin site", Redirects: []string{origin + node.AdminReturn}, Secret: secret},
		{ID: clientID, Name: "Beside"},
		{ID: apiID, Name: "Beside policy endpoint", URI: api, Scopes: []string{scope}},
	}
}

// users are the people of the demo directory; the token of each names the device they have.
func users() []devidp.User {
	var out []devidp.User
	for _, t := range demo.Data(policy.StateCompliant).Tenants {
		devices := map[string]string{}
		for _, d := range t.Devices {
			devices[d.Owner] = d.ID
		}
		for _, p := range t.People {
			out = append(out, devidp.User{
				Tenant: t.ID, Object: p.OID, Username: p.Username, Name: p.Name, Given: p.Given, Family: p.Family,
				Job: p.Job, Device: devices[p.OID], Guest: p.Guest, Roles: demo.AdminRoles(p.OID),
			})
		}
	}
	return out
}

func usernames() []string {
	var out []string
	for _, u := range users() {
		if u.Tenant == demo.Tenant {
			out = append(out, u.Username)
		}
	}
	return out
}

// verifier is the release program's token check, made at the first token: the keys come
// from this very process, which must be serving by then.
type verifier struct {
	ctx   context.Context //nolint:containedctx // of the process, for refreshing keys
	node  *node.Node
	admin bool // checks what the admin site gets instead of what apps send

	once sync.Once
	v    *entra.Verifier
	err  error
}

// Verify implements auth.Verifier.
func (v *verifier) Verify(ctx context.Context, token string) (auth.Verified, error) {
	v.once.Do(func() {
		client := clientID
		if v.admin {
			client = adminID
		}
		v.v, v.err = entra.New(v.ctx, entra.Config{
			AuthorityHost: strings.ToLower(v.node.Origin), Tenants: []string{demo.Tenant}, API: apiID,
			Clients: []string{client}, Confidential: v.admin, Scope: scope, MemberCheck: v.node.Member, HTTP: own(v.node),
		})
	})
	if v.err != nil {
		return auth.Verified{}, v.err
	}
	return v.v.Verify(ctx, token)
}

// own is a client that trusts this very process.
func own(n *node.Node) *http.Client {
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: n.CA.Pool(), MinVersion: tls.VersionTLS12}}}
}
