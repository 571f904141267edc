package main

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"

	"beside/auth"
	"beside/auth/keyring"
	"beside/auth/msal"
	"beside/auth/oidc"
)

// newSignIn picks the identity provider: that of -issuer, or Microsoft's.
func newSignIn(ctx context.Context, s *settings, log *slog.Logger, web *http.Client) (auth.SignIn, error) {
	authority := "https://login.microsoftonline.com/" + s.tenant
	switch {
	case s.issuer != "":
		authority = s.issuer
	case s.authority != "":
		authority = s.authority
	}
	cache, err := keyring.Open(ctx, keyring.Config{
		Path: filepath.Join(s.state, "tokens"), Authority: authority, ClientID: s.client,
	})
	if err != nil {
		return nil, err
	}
	if ok, why := cache.Persistent(); !ok {
		log.Info("sign-in is not remembered between starts", "why", why)
	}
	if s.issuer != "" {
		return oidc.NewSignIn(oidc.SignInConfig{
			Issuer: s.issuer, Tenant: strings.ToLower(s.tenant), ClientID: s.client, Audience: s.api, Scopes: strings.Fields(s.scope),
			Claims: oidc.Claims{Object: s.object}, HTTP: web, Cache: cache, Development: s.dev.on(),
		})
	}
	return msal.New(msal.Config{
		Authority: authority, Tenant: strings.ToLower(s.tenant), ClientID: s.client, Scope: scope(s.api), HTTP: web,
		InstanceDiscovery: !s.dev.on(), Cache: cache, Development: s.dev.on(),
	})
}

// scope is the endpoint's only scope. The API's id is set here, by whoever set up this device, and
// never by the endpoint: it could ask for a token that is worth more than itself.
func scope(api string) string {
	if strings.Contains(api, "://") {
		return strings.TrimSuffix(api, "/") + "/Beside.Use"
	}
	return "api://" + api + "/Beside.Use"
}
