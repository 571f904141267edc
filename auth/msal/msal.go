package msal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"

	"beside/auth"
)

// patience is how long a person may take in the browser.
const patience = 5 * time.Minute

// SignIn implements auth.SignIn. It is safe for concurrent use. Errors hold the
// provider's error code at most, never its text.
type SignIn struct {
	c      Config
	client public.Client
}

var _ auth.SignIn = (*SignIn)(nil)

// New makes a SignIn. It does not connect. One per process and cache is meant.
func New(c Config) (*SignIn, error) {
	if err := c.valid(); err != nil {
		return nil, err
	}
	c.Tenant = strings.ToLower(c.Tenant)
	if c.HTTP == nil {
		c.HTTP = &http.Client{Timeout: 30 * time.Second}
	}
	opts := []public.Option{
		public.WithAuthority(c.Authority), public.WithInstanceDiscovery(c.InstanceDiscovery), public.WithHTTPClient(c.HTTP),
	}
	if c.Cache != nil {
		opts = append(opts, public.WithCache(accessor{c.Cache}))
	}
	client, err := public.New(c.ClientID, opts...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return &SignIn{c: c, client: client}, nil
}

// Interactive implements auth.SignIn; it gives up after 5 minutes.
func (s *SignIn) Interactive(ctx context.Context, open func(url string) error) (auth.Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	code, verifier, err := s.browse(ctx, open)
	if err != nil {
		return auth.Identity{}, err
	}
	r, err := s.client.AcquireTokenByAuthCode(ctx, code.Code, code.Redirect, s.scopes(), public.WithChallenge(verifier))
	if err != nil {
		return auth.Identity{}, translate(err)
	}
	return s.accept(ctx, r)
}

// DeviceCode implements auth.SignIn. Many organisations forbid it; it is a fallback only.
func (s *SignIn) DeviceCode(ctx context.Context, show func(auth.DeviceCode)) (auth.Identity, error) {
	dc, err := s.client.AcquireTokenByDeviceCode(ctx, s.scopes())
	if err != nil {
		return auth.Identity{}, translate(err)
	}
	show(auth.DeviceCode{URL: dc.Result.VerificationURL, Code: dc.Result.UserCode, Expires: dc.Result.ExpiresOn})
	r, err := dc.AuthenticationResult(ctx)
	if err != nil {
		return auth.Identity{}, translate(err)
	}
	return s.accept(ctx, r)
}

// Account implements auth.SignIn.
func (s *SignIn) Account(ctx context.Context) (auth.Identity, error) {
	a, err := s.account(ctx)
	if err != nil {
		return auth.Identity{}, err
	}
	return identity(a), nil
}

// Token implements auth.SignIn.
func (s *SignIn) Token(ctx context.Context) (string, error) {
	a, err := s.account(ctx)
	if err != nil {
		return "", err
	}
	r, err := s.client.AcquireTokenSilent(ctx, s.scopes(), public.WithSilentAccount(a))
	if err != nil {
		return "", translate(err)
	}
	return r.AccessToken, nil
}

// SignOut implements auth.SignIn. The provider is not told: it has no call for that.
func (s *SignIn) SignOut(ctx context.Context) error {
	return s.forget(ctx, func(public.Account) bool { return true })
}

func (s *SignIn) scopes() []string { return []string{s.c.Scope} }

// accept takes a fresh sign-in if it is of the own tenant, and forgets every other account.
func (s *SignIn) accept(ctx context.Context, r public.AuthResult) (auth.Identity, error) {
	id := identity(r.Account)
	// The home account of a guest is in another tenant, though the token is of ours.
	if id.Object == "" || id.Tenant != s.c.Tenant || !strings.EqualFold(r.IDToken.TenantID, s.c.Tenant) || !strings.EqualFold(r.IDToken.Oid, id.Object) {
		err := s.forget(ctx, func(a public.Account) bool { return a.HomeAccountID == r.Account.HomeAccountID })
		return auth.Identity{}, errors.Join(fmt.Errorf("msal: %w", auth.ErrWrongAccount), err)
	}
	if r.IDToken.Name != "" {
		id.Name = r.IDToken.Name
	}
	err := s.forget(ctx, func(a public.Account) bool { return a.HomeAccountID != r.Account.HomeAccountID })
	return id, err
}

// account is the one account of the own tenant.
func (s *SignIn) account(ctx context.Context) (public.Account, error) {
	all, err := s.client.Accounts(ctx)
	if err != nil {
		return public.Account{}, fmt.Errorf("msal: token cache: %w", err)
	}
	for _, a := range all {
		if identity(a).Tenant == s.c.Tenant {
			return a, nil
		}
	}
	return public.Account{}, auth.ErrSignInNeeded
}

func (s *SignIn) forget(ctx context.Context, which func(public.Account) bool) error {
	all, err := s.client.Accounts(ctx)
	if err != nil {
		return fmt.Errorf("msal: token cache: %w", err)
	}
	for _, a := range all {
		if which(a) {
			if err := s.client.RemoveAccount(ctx, a); err != nil {
				return fmt.Errorf("msal: sign out: %w", err)
			}
		}
	}
	return nil
}

// identity reads object and tenant from the home account: "<oid>.<tid>".
func identity(a public.Account) auth.Identity {
	object, tenant, _ := strings.Cut(strings.ToLower(a.HomeAccountID), ".")
	return auth.Identity{Tenant: tenant, Object: object, Name: a.Name, Username: a.PreferredUsername}
}
