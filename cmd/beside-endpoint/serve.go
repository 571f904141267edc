package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"beside/auth"
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
	if o.Relay, err = o.relay.config(o.given); err != nil {
		return err
	}
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
	front := node.Front{Verifier: v, ClientID: o.clientID, API: "api://" + audience, Authority: authority + "/" + o.Tenant}
	if front.Admin, err = adminFront(ctx, o, n, authority, audience); err != nil {
		return err
	}
	if front.Rest, err = programs(ctx, o, n, authority, audience); err != nil {
		return err
	}
	return n.Serve(ctx, front, func() {
		o.Log.Info("serving", "origin", n.Origin, "tenant", o.Tenant, "authority", authority)
	})
}

// programs checks the tokens of the programs that may use the administration API, nil if there are
// none. They are public clients that act for a person; a program that acts for itself has no role here.
func programs(ctx context.Context, o options, n *node.Node, authority, audience string) (auth.Verifier, error) {
	if len(o.apiClients) == 0 {
		return nil, nil //nolint:nilnil // no API is no error
	}
	var ids []string
	for _, id := range o.apiClients {
		if id = strings.ToLower(id); !guid.MatchString(id) {
			return nil, fmt.Errorf("%w: -api-client-id must be a GUID", manage.ErrUsage)
		}
		ids = append(ids, id)
	}
	return entra.New(ctx, entra.Config{
		AuthorityHost: authority, Tenants: []string{o.Tenant}, API: audience, Clients: ids, Scope: scope, MemberCheck: n.Member,
	})
}

// adminFront is how administrators sign in, nil without -admin-client-id.
func adminFront(ctx context.Context, o options, n *node.Node, authority, audience string) (*node.AdminFront, error) {
	if o.adminID == "" {
		return nil, nil //nolint:nilnil // no admin site is no error
	}
	if !guid.MatchString(strings.ToLower(o.adminID)) || o.adminSecret == "" {
		return nil, fmt.Errorf("%w: the admin site needs -admin-client-id (a GUID) and -admin-secret-file", manage.ErrUsage)
	}
	fi, err := os.Stat(o.adminSecret)
	if err != nil {
		return nil, fmt.Errorf("admin site: %w", err)
	}
	if fi.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s can be read by others; chmod 600", manage.ErrUsage, o.adminSecret)
	}
	secret, err := os.ReadFile(o.adminSecret)
	if err != nil {
		return nil, fmt.Errorf("admin site: %w", err)
	}
	v, err := entra.New(ctx, entra.Config{
		AuthorityHost: authority, Tenants: []string{o.Tenant}, API: audience, Clients: []string{strings.ToLower(o.adminID)},
		Confidential: true, Scope: scope, MemberCheck: n.Member,
	})
	if err != nil {
		return nil, err
	}
	return &node.AdminFront{
		ClientID: o.adminID, Secret: strings.TrimSpace(string(secret)), Scope: "api://" + audience + "/" + scope, Verifier: v,
		Metadata: authority + "/" + o.Tenant + "/v2.0/.well-known/openid-configuration",
	}, nil
}
