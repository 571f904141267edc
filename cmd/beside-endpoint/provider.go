package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"strings"

	"beside/auth"
	"beside/auth/entra"
	"beside/auth/oidc"
	"beside/server/manage"
	"beside/server/node"
)

// providerFlags say where people sign in if that is not Microsoft Entra ID.
type providerFlags struct {
	issuer, scope, require string
	claims                 oidc.Claims

	web *http.Client // of tests; nil for the usual one
}

func (p *providerFlags) add(fs *flag.FlagSet) {
	fs.StringVar(&p.issuer, "issuer", "", "`address` of an OpenID Connect provider to use instead of Microsoft Entra ID, as it spells it itself")
	fs.StringVar(&p.scope, "issuer-scope", "", "scope that tokens of the -issuer must have, and that the admin site asks for; none if empty")
	fs.StringVar(&p.require, "issuer-require", "", "`claim=value` that tokens of the -issuer must have, if it serves several organisations")
	fs.StringVar(&p.claims.Object, "claim-object", "", "claim that names the account (sub if empty)")
	fs.StringVar(&p.claims.Name, "claim-name", "", "claim with the name that others are shown (name if empty)")
	fs.StringVar(&p.claims.Username, "claim-username", "", "claim with the sign-in name, for display (preferred_username if empty)")
	fs.StringVar(&p.claims.Email, "claim-email", "", "claim with the e-mail address (email if empty)")
	fs.StringVar(&p.claims.Groups, "claim-groups", "", "claim with the groups, for -directory claims; tokens put nobody into groups if empty")
	fs.StringVar(&p.claims.Roles, "claim-roles", "", "claim with roles for the admin site (Beside.Admin and so on); tokens make nobody an administrator if empty")
}

// provider is where people sign in.
type provider struct {
	api, authority            string // as apps are told
	scope, metadata, audience string // as the admin site asks
	object                    func(externalID string) string
	// verifier checks the tokens of apps, or of a web site that proves itself.
	verifier func(ctx context.Context, n *node.Node, clients []string, site bool) (auth.Verifier, error)
}

// provider is what the flags say.
func (o *options) provider(ctx context.Context) (provider, error) {
	if o.signIn.issuer != "" {
		if o.given("authority") {
			return provider{}, fmt.Errorf("%w: -issuer and -authority exclude each other", manage.ErrUsage)
		}
		return o.signIn.provider(ctx, o.Tenant, o.clientID, o.api)
	}
	if o.signIn != (providerFlags{web: o.signIn.web}) {
		return provider{}, fmt.Errorf("%w: the -issuer and -claim flags need -issuer", manage.ErrUsage)
	}
	return microsoft(o)
}

// microsoft is Entra ID.
func microsoft(o *options) (provider, error) {
	audience := strings.ToLower(strings.TrimPrefix(o.api, "api://"))
	var wrong faults
	wrong.when(!guid.MatchString(audience), "-api must be api://<application id>")
	wrong.when(!guid.MatchString(strings.ToLower(o.clientID)), "-client-id must be a GUID")
	authority := strings.ToLower(strings.TrimSuffix(o.authority, "/"))
	return provider{
		api: "api://" + audience, authority: authority + "/" + o.Tenant,
		scope: "api://" + audience + "/" + scope, metadata: authority + "/" + o.Tenant + "/v2.0/.well-known/openid-configuration",
		verifier: func(ctx context.Context, n *node.Node, clients []string, site bool) (auth.Verifier, error) {
			return entra.New(ctx, entra.Config{
				AuthorityHost: authority, Tenants: []string{o.Tenant}, API: audience, Clients: lower(clients), Confidential: site,
				Scope: scope, MemberCheck: n.Member,
			})
		},
	}, wrong.err()
}

func lower(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = strings.ToLower(id)
	}
	return out
}

// provider is any other.
func (p *providerFlags) provider(ctx context.Context, tenant, clientID, audience string) (provider, error) {
	require, value, ok := strings.Cut(p.require, "=")
	if p.require != "" && (!ok || require == "" || value == "") {
		return provider{}, fmt.Errorf("%w: -issuer-require must be claim=value", manage.ErrUsage)
	}
	config := func(clients []string) oidc.Config {
		return oidc.Config{
			Issuer: p.issuer, Audience: audience, Clients: clients, Tenant: tenant, Scope: p.scope, Claims: p.claims,
			Require: require, Value: value, HTTP: p.web,
		}
	}
	if _, err := oidc.NewVerifier(ctx, config([]string{clientID})); err != nil { // said before anything is opened
		return provider{}, misuse(err)
	}
	return provider{
		api: audience, authority: p.issuer, scope: p.scope, metadata: oidc.Metadata(p.issuer), audience: audience,
		object: func(externalID string) string { return oidc.Object(p.issuer, externalID) },
		verifier: func(ctx context.Context, _ *node.Node, clients []string, _ bool) (auth.Verifier, error) {
			v, err := oidc.NewVerifier(ctx, config(clients))
			if err != nil {
				return nil, misuse(err)
			}
			return v, nil
		},
	}, nil
}

// misuse says that a configuration is wrong in the console's way.
func misuse(err error) error {
	if errors.Is(err, oidc.ErrConfig) {
		return fmt.Errorf("%w: %w", manage.ErrUsage, err)
	}
	return err
}
