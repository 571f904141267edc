package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

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
	p, err := o.provider(ctx)
	if err != nil {
		return err
	}
	if o.Relay, err = o.relay.config(o.given); err != nil {
		return err
	}
	if err := o.chooseDirectory(p); err != nil {
		return err
	}
	n, err := node.Open(ctx, o.Config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	v, err := p.verifier(ctx, n, o.clientID, false)
	if err != nil {
		return err
	}
	front := node.Front{Verifier: v, ClientID: o.clientID, API: p.api, Authority: p.authority}
	if front.Admin, err = adminFront(ctx, o, n, p); err != nil {
		return err
	}
	return n.Serve(ctx, front, func() {
		o.Log.Info("serving", "origin", n.Origin, "tenant", o.Tenant, "authority", p.authority)
	})
}

// adminFront is how administrators sign in, nil without -admin-client-id.
func adminFront(ctx context.Context, o options, n *node.Node, p provider) (*node.AdminFront, error) {
	if o.adminID == "" {
		return nil, nil //nolint:nilnil // no admin site is no error
	}
	if o.signIn.issuer == "" && !guid.MatchString(strings.ToLower(o.adminID)) || o.adminSecret == "" {
		return nil, fmt.Errorf("%w: the admin site needs -admin-client-id (a GUID, with Entra) and -admin-secret-file", manage.ErrUsage)
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
	v, err := p.verifier(ctx, n, o.adminID, true)
	if err != nil {
		return nil, err
	}
	return &node.AdminFront{
		ClientID: o.adminID, Secret: strings.TrimSpace(string(secret)), Scope: p.scope, Audience: p.audience, Verifier: v,
		Metadata: p.metadata, HTTP: o.signIn.web,
	}, nil
}
