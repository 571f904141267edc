package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"beside/auth/entra"
	"beside/server/manage"
	"beside/server/node"
)

// scope is the short name of the permission that the desktop app asks for.
const scope = "Beside.Use"

// serve runs the endpoint until ctx ends.
func serve(ctx context.Context, o options) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	audience := strings.ToLower(strings.TrimPrefix(o.api, "api://"))
	if !guid.MatchString(audience) {
		return fmt.Errorf("%w: -api must be api://<application id>", manage.ErrUsage)
	}
	authority := strings.ToLower(strings.TrimSuffix(o.authority, "/"))
	n, err := node.Open(ctx, o.Config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	v, err := entra.New(ctx, entra.Config{
		AuthorityHost: authority, Tenants: []string{o.Tenant}, API: audience,
		Clients: []string{strings.ToLower(o.clientID)}, Scope: scope, MemberCheck: n.Member,
	})
	if err != nil {
		return err
	}
	return n.Serve(ctx, node.Front{Verifier: v, ClientID: o.clientID, API: "api://" + audience, Authority: authority + "/" + o.Tenant}, func() {
		o.Log.Info("serving", "origin", n.Origin, "tenant", o.Tenant, "authority", authority)
	})
}
