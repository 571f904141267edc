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
	"beside/server/node"
)

// scope is the short name of the permission that the desktop app asks for.
const scope = "Beside.Use"

// settled is a configuration that nothing is wrong with.
type settled struct {
	node.Config
	provider    provider
	adminSecret string
	programs    []string // ids of applications
}

// settle reads everything that the settings name. The error has all that is wrong.
func (o options) settle(ctx context.Context) (settled, error) {
	var wrong faults
	var err error
	o.Database, err = database(o.databaseURL, o.databaseFile, os.Getenv("DATABASE_URL"))
	wrong.add(err)
	wrong.add(o.check())
	o.Relay, err = o.relay.config(o.given)
	wrong.add(err)
	p, err := o.provider(ctx)
	if wrong.add(err); err == nil {
		wrong.add(o.chooseDirectory(p))
	}
	host := ""
	if u, err := url.Parse(o.Origin); err == nil {
		host = u.Hostname()
	}
	o.SIEM, err = o.siem.config(host)
	wrong.add(err)
	o.Proxies, err = networks(o.proxies)
	wrong.add(err)
	c := settled{Config: o.Config, provider: p}
	for _, id := range o.apiClients {
		wrong.when(!o.clientFits(id), "-api-client-id must be a GUID")
		c.programs = append(c.programs, id)
	}
	wrong.when((o.adminID == "") != (o.adminSecret == ""), "-admin-client-id and -admin-secret-file belong together")
	if o.adminID != "" && o.adminSecret != "" {
		wrong.when(!o.clientFits(o.adminID), "-admin-client-id must be a GUID")
		c.adminSecret, err = secretFile("-admin-secret-file", o.adminSecret)
		wrong.add(err)
	}
	return c, wrong.err()
}

// clientFits says whether the provider may know an application by that id: Entra's are GUIDs.
func (o options) clientFits(id string) bool {
	return o.signIn.issuer != "" || guid.MatchString(strings.ToLower(id))
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
	c, err := o.settle(ctx)
	if err != nil {
		return err
	}
	n, err := node.Open(ctx, c.Config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	p := c.provider
	v, err := p.verifier(ctx, n, []string{o.clientID}, false)
	if err != nil {
		return err
	}
	front := node.Front{Verifier: v, ClientID: o.clientID, API: p.api, Authority: p.authority}
	if front.Admin, err = adminFront(ctx, o, c, n); err != nil {
		return err
	}
	if front.Rest, err = programs(ctx, c, n); err != nil {
		return err
	}
	return n.Serve(ctx, front, func() {
		o.Log.Info("serving", "origin", n.Origin, "tenant", c.Tenant, "authority", p.authority)
	})
}

// programs checks the tokens of the programs that may use the administration API, nil if there are
// none. They are public clients that act for a person; a program that acts for itself has no role here.
func programs(ctx context.Context, c settled, n *node.Node) (auth.Verifier, error) {
	if len(c.programs) == 0 {
		return nil, nil //nolint:nilnil // no API is no error
	}
	return c.provider.verifier(ctx, n, c.programs, false)
}

// adminFront is how administrators sign in, nil without -admin-client-id.
func adminFront(ctx context.Context, o options, c settled, n *node.Node) (*node.AdminFront, error) {
	if o.adminID == "" {
		return nil, nil //nolint:nilnil // no admin site is no error
	}
	p := c.provider
	v, err := p.verifier(ctx, n, []string{o.adminID}, true)
	if err != nil {
		return nil, err
	}
	return &node.AdminFront{
		ClientID: o.adminID, Secret: c.adminSecret, Scope: p.scope, Audience: p.audience, Verifier: v,
		Metadata: p.metadata, HTTP: o.signIn.web,
	}, nil
}
