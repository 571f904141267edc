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
	apiID    = "10000000-0000-4000-8000-0000000000a1"
	api      = "api://" + apiID
	scope    = "Beside.Use"
)

func apps() []devidp.App {
	return []devidp.App{
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
				Job: p.Job, Device: devices[p.OID], Guest: p.Guest,
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
	ctx  context.Context //nolint:containedctx // of the process, for refreshing keys
	node *node.Node

	once sync.Once
	v    *entra.Verifier
	err  error
}

// Verify implements auth.Verifier.
func (v *verifier) Verify(ctx context.Context, token string) (auth.Verified, error) {
	v.once.Do(func() {
		v.v, v.err = entra.New(v.ctx, entra.Config{
			AuthorityHost: strings.ToLower(v.node.Origin), Tenants: []string{demo.Tenant}, API: apiID,
			Clients: []string{clientID}, Scope: scope, MemberCheck: v.node.Member,
			HTTP: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: v.node.CA.Pool(), MinVersion: tls.VersionTLS12}}},
		})
	})
	if v.err != nil {
		return auth.Verified{}, v.err
	}
	return v.v.Verify(ctx, token)
}
