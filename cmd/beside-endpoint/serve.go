package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"beside/auth"
	"beside/auth/entra"
	"beside/server/node"
)

// scope is the short name of the permission that the desktop app asks for.
const scope = "Beside.Use"

// settled is a configuration that nothing is wrong with.
type settled struct {
	node.Config
	audience, authority, adminSecret string
	programs                         []string // ids of applications
}

// audience is the application id of the policy API.
func (o options) audience() string { return strings.ToLower(strings.TrimPrefix(o.api, "api://")) }

// settle reads everything that the settings name. The error has all that is wrong.
func (o options) settle() (settled, error) {
	c := settled{Config: o.Config, audience: o.audience(), authority: strings.ToLower(strings.TrimSuffix(o.authority, "/"))}
	var wrong faults
	var err error
	c.Database, err = database(o.databaseURL, o.databaseFile, os.Getenv("DATABASE_URL"))
	wrong.add(err)
	wrong.add(o.check())
	c.Relay, err = o.relay.config(o.given)
	wrong.add(err)
	c.Directory, err = o.directory.open(o.Tenant, c.audience, c.authority)
	wrong.add(err)
	host := ""
	if u, err := url.Parse(o.Origin); err == nil {
		host = u.Hostname()
	}
	c.SIEM, err = o.siem.config(host)
	wrong.add(err)
	for _, id := range o.apiClients {
		id = strings.ToLower(id)
		wrong.when(!guid.MatchString(id), "-api-client-id must be a GUID")
		c.programs = append(c.programs, id)
	}
	c.Proxies, err = networks(o.proxies)
	wrong.add(err)
	wrong.when((o.adminID == "") != (o.adminSecret == ""), "-admin-client-id and -admin-secret-file belong together")
	if o.adminID != "" && o.adminSecret != "" {
		wrong.when(!guid.MatchString(strings.ToLower(o.adminID)), "-admin-client-id must be a GUID")
		c.adminSecret, err = secretFile("-admin-secret-file", o.adminSecret)
		wrong.add(err)
	}
	return c, wrong.err()
}

// networks reads addresses and networks.
func networks(list []string) (out []netip.Prefix, _ error) {
	var wrong faults
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		if a, single := netip.ParseAddr(s); single == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		wrong.when(err != nil, fmt.Sprintf("-trusted-proxy: %.64q is no address or network", s))
		out = append(out, p.Masked())
	}
	return out, wrong.err()
}

// serve runs the endpoint until ctx ends.
func serve(ctx context.Context, o options) (err error) {
	c, err := o.settle()
	if err != nil {
		return err
	}
	n, err := node.Open(ctx, c.Config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	v, err := entra.New(ctx, entra.Config{
		AuthorityHost: c.authority, Tenants: []string{c.Tenant}, API: c.audience,
		Clients: []string{strings.ToLower(o.clientID)}, Scope: scope, MemberCheck: n.Member,
	})
	if err != nil {
		return err
	}
	front := node.Front{Verifier: v, ClientID: o.clientID, API: "api://" + c.audience, Authority: c.authority + "/" + c.Tenant}
	if front.Admin, err = adminFront(ctx, o, c, n); err != nil {
		return err
	}
	if front.Rest, err = programs(ctx, c, n); err != nil {
		return err
	}
	return n.Serve(ctx, front, func() {
		o.Log.Info("serving", "origin", n.Origin, "tenant", c.Tenant, "authority", c.authority)
	})
}

// programs checks the tokens of the programs that may use the administration API, nil if there are
// none. They are public clients that act for a person; a program that acts for itself has no role here.
func programs(ctx context.Context, c settled, n *node.Node) (auth.Verifier, error) {
	if len(c.programs) == 0 {
		return nil, nil //nolint:nilnil // no API is no error
	}
	return entra.New(ctx, entra.Config{
		AuthorityHost: c.authority, Tenants: []string{c.Tenant}, API: c.audience, Clients: c.programs, Scope: scope, MemberCheck: n.Member,
	})
}

// adminFront is how administrators sign in, nil without -admin-client-id.
func adminFront(ctx context.Context, o options, c settled, n *node.Node) (*node.AdminFront, error) {
	if o.adminID == "" {
		return nil, nil //nolint:nilnil // no admin site is no error
	}
	v, err := entra.New(ctx, entra.Config{
		AuthorityHost: c.authority, Tenants: []string{c.Tenant}, API: c.audience, Clients: []string{strings.ToLower(o.adminID)},
		Confidential: true, Scope: scope, MemberCheck: n.Member,
	})
	if err != nil {
		return nil, err
	}
	return &node.AdminFront{
		ClientID: o.adminID, Secret: c.adminSecret, Scope: "api://" + c.audience + "/" + scope, Verifier: v,
		Metadata: c.authority + "/" + c.Tenant + "/v2.0/.well-known/openid-configuration",
	}, nil
}
