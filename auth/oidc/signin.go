package oidc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"beside/auth"
	"beside/auth/internal/loopback"
)

const (
	patience = 5 * time.Minute // for a person in the browser
	early    = 2 * time.Minute // before an access token runs out, another one is asked for
)

// A Store keeps tokens, secret, between starts. It is used concurrently.
type Store interface {
	// Load returns what was saved last, nil if there is nothing.
	Load(ctx context.Context) ([]byte, error)
	// Save keeps tokens in place of what was there; it does not keep hold of the slice.
	Save(ctx context.Context, tokens []byte) error
}

// SignInConfig says where to sign in. All fields up to Audience are needed.
type SignInConfig struct {
	Issuer   string
	Tenant   string // GUID under which the endpoint serves the organisation
	ClientID string // of a public client with the redirect address http://localhost
	Audience string // the endpoint's, asked for by the parameters audience and, if it is an address, resource

	Scopes []string // besides openid, profile, email and offline_access
	Claims Claims   // only Object, Name and Username count; the same as at the endpoint

	HTTP        *http.Client // nil for a client with 30 seconds of patience
	Cache       Store        // nil for memory only
	Development bool         // the issuer may be on this computer
}

// SignIn implements auth.SignIn: authorization code with PKCE and a loopback address (RFC 8252), or a
// device code. It is safe for concurrent use. Errors hold the provider's error code at most.
type SignIn struct {
	c SignInConfig

	mu   sync.Mutex
	conf *oauth2.Config
	form bool // the answer is posted
	now  *session
	read bool // the cache was read
}

var _ auth.SignIn = (*SignIn)(nil)

// session is who is signed in, as the cache keeps it.
type session struct {
	Access  string        `json:"access"`
	Refresh string        `json:"refresh"`
	Expires time.Time     `json:"expires"`
	Who     auth.Identity `json:"who"`
}

// NewSignIn makes a SignIn. It does not connect.
func NewSignIn(c SignInConfig) (*SignIn, error) {
	if err := checkIssuer(c.Issuer, c.Development); err != nil {
		return nil, err
	}
	if !auth.IsGUID(c.Tenant) || c.ClientID == "" || c.Audience == "" {
		return nil, fmt.Errorf("%w: no tenant, client id or audience", ErrConfig)
	}
	for to, usual := range map[*string]string{&c.Claims.Object: "sub", &c.Claims.Name: "name", &c.Claims.Username: "preferred_username"} {
		if *to == "" {
			*to = usual
		}
	}
	c.HTTP = webClient(c.HTTP)
	return &SignIn{c: c}, nil
}

// config asks the provider where it is, once; s.mu is held.
func (s *SignIn) config(ctx context.Context) (*oauth2.Config, error) {
	if s.conf != nil {
		return s.conf, nil
	}
	m, err := discover(ctx, s.c.HTTP, s.c.Issuer)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(m.Authorize, "https://") && !s.c.Development {
		return nil, fmt.Errorf("%w: metadata has an address without https", auth.ErrProvider)
	}
	s.form = m.formPost()
	s.conf = &oauth2.Config{
		ClientID: s.c.ClientID, Scopes: append([]string{"openid", "profile", "email", "offline_access"}, s.c.Scopes...),
		Endpoint: oauth2.Endpoint{AuthURL: m.Authorize, TokenURL: m.Token, DeviceAuthURL: m.Device, AuthStyle: oauth2.AuthStyleInParams},
	}
	return s.conf, nil
}

// audience are the parameters that ask for a token of the endpoint's.
func (s *SignIn) audience() []oauth2.AuthCodeOption {
	out := []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("audience", s.c.Audience)}
	if strings.Contains(s.c.Audience, "://") {
		out = append(out, oauth2.SetAuthURLParam("resource", s.c.Audience))
	}
	return out
}

func (s *SignIn) web(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, s.c.HTTP)
}

// Interactive implements auth.SignIn; it gives up after 5 minutes.
func (s *SignIn) Interactive(ctx context.Context, open func(url string) error) (auth.Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s.mu.Lock()
	conf, err := s.config(ctx)
	form := s.form
	s.mu.Unlock()
	if err != nil {
		return auth.Identity{}, err
	}
	verifier, nonce := oauth2.GenerateVerifier(), loopback.Random()
	own := *conf
	a, err := loopback.Wait(ctx, !form, func(redirect, state string) error {
		own.RedirectURL = redirect
		opts := append(s.audience(), oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("nonce", nonce), oauth2.SetAuthURLParam("prompt", "select_account"))
		if form {
			opts = append(opts, oauth2.SetAuthURLParam("response_mode", "form_post"))
		}
		if err := open(own.AuthCodeURL(state, opts...)); err != nil {
			return fmt.Errorf("open the browser: %w", err)
		}
		return nil
	})
	if err != nil {
		return auth.Identity{}, fmt.Errorf("oidc: %w", err)
	}
	if a.Error != "" || a.Code == "" {
		return auth.Identity{}, fmt.Errorf("oidc: %w: the browser brought no code", refusal(a.Error))
	}
	t, err := own.Exchange(s.web(ctx), a.Code, oauth2.VerifierOption(verifier))
	if err != nil {
		return auth.Identity{}, translate(ctx, err)
	}
	return s.accept(ctx, t, nonce)
}

// DeviceCode implements auth.SignIn.
func (s *SignIn) DeviceCode(ctx context.Context, show func(auth.DeviceCode)) (auth.Identity, error) {
	s.mu.Lock()
	conf, err := s.config(ctx)
	s.mu.Unlock()
	if err != nil {
		return auth.Identity{}, err
	}
	if conf.Endpoint.DeviceAuthURL == "" {
		return auth.Identity{}, fmt.Errorf("oidc: %w: the provider has no device codes", auth.ErrProvider)
	}
	d, err := conf.DeviceAuth(s.web(ctx), s.audience()...)
	if err != nil {
		return auth.Identity{}, translate(ctx, err)
	}
	show(auth.DeviceCode{URL: d.VerificationURI, Code: d.UserCode, Expires: d.Expiry})
	t, err := conf.DeviceAccessToken(s.web(ctx), d)
	if err != nil {
		return auth.Identity{}, translate(ctx, err)
	}
	return s.accept(ctx, t, "")
}

// accept takes a fresh sign-in for the one there is.
func (s *SignIn) accept(ctx context.Context, t *oauth2.Token, nonce string) (auth.Identity, error) {
	raw, _ := t.Extra("id_token").(string)
	who, err := s.identity(raw, nonce)
	if err != nil {
		return auth.Identity{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now, s.read = &session{Access: t.AccessToken, Refresh: t.RefreshToken, Expires: t.Expiry, Who: who}, true
	return who, s.save(ctx)
}

// identity reads an ID token that came from the token endpoint itself, over TLS, which vouches for it
// (OpenID Connect Core 3.1.3.7). nonce is that of the request, "" for none.
func (s *SignIn) identity(raw, nonce string) (auth.Identity, error) {
	bad := func(what string) (auth.Identity, error) {
		return auth.Identity{}, fmt.Errorf("oidc: %w: ID token: %s", auth.ErrProvider, what)
	}
	parts := strings.Split(raw, ".")
	if len(parts) != 3 || len(raw) > 64<<10 {
		return bad("none")
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return bad("no base64")
	}
	var c struct {
		Issuer   string   `json:"iss"`
		Audience audience `json:"aud"`
		Nonce    string   `json:"nonce"`
	}
	var all map[string]any
	if json.Unmarshal(b, &c) != nil || json.Unmarshal(b, &all) != nil {
		return bad("a claim has the wrong type")
	}
	switch {
	case c.Issuer != s.c.Issuer:
		return bad("iss")
	case len(c.Audience) != 1 || c.Audience[0] != s.c.ClientID:
		return bad("aud")
	case nonce != "" && c.Nonce != nonce:
		return bad("nonce")
	}
	text := func(name string) string { t, _ := find(all, name).(string); return t }
	object := Object(s.c.Issuer, text(s.c.Claims.Object))
	if object == "" {
		return bad("no claim " + s.c.Claims.Object)
	}
	return auth.Identity{Tenant: s.c.Tenant, Object: object, Name: text(s.c.Claims.Name), Username: text(s.c.Claims.Username)}, nil
}

// load reads the cache, once; s.mu is held.
func (s *SignIn) load(ctx context.Context) error {
	if s.read || s.c.Cache == nil {
		s.read = true
		return nil
	}
	b, err := s.c.Cache.Load(ctx)
	if err != nil {
		return fmt.Errorf("oidc: token cache: %w", err)
	}
	s.read = true
	var kept session
	if len(b) > 0 && json.Unmarshal(b, &kept) == nil && kept.Who.Tenant == s.c.Tenant && kept.Who.Object != "" {
		s.now = &kept
	}
	return nil
}

// save writes the cache; s.mu is held.
func (s *SignIn) save(ctx context.Context) error {
	if s.c.Cache == nil {
		return nil
	}
	b := []byte("{}")
	if s.now != nil {
		var err error
		if b, err = json.Marshal(s.now); err != nil {
			return fmt.Errorf("oidc: token cache: %w", err)
		}
	}
	if err := s.c.Cache.Save(ctx, b); err != nil {
		return fmt.Errorf("oidc: token cache: %w", err)
	}
	return nil
}

// Account implements auth.SignIn.
func (s *SignIn) Account(ctx context.Context) (auth.Identity, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(ctx); err != nil {
		return auth.Identity{}, err
	}
	if s.now == nil {
		return auth.Identity{}, auth.ErrSignInNeeded
	}
	return s.now.Who, nil
}

// Token implements auth.SignIn.
func (s *SignIn) Token(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(ctx); err != nil {
		return "", err
	}
	if s.now == nil {
		return "", auth.ErrSignInNeeded
	}
	if time.Now().Add(early).Before(s.now.Expires) {
		return s.now.Access, nil
	}
	if s.now.Refresh == "" {
		return "", auth.ErrSignInNeeded
	}
	conf, err := s.config(ctx)
	if err != nil {
		return "", err
	}
	t, err := conf.TokenSource(s.web(ctx), &oauth2.Token{RefreshToken: s.now.Refresh}).Token()
	if err != nil {
		return "", translate(ctx, err)
	}
	next := *s.now
	next.Access, next.Refresh, next.Expires = t.AccessToken, t.RefreshToken, t.Expiry
	if raw, ok := t.Extra("id_token").(string); ok && raw != "" {
		who, err := s.identity(raw, "")
		if err != nil {
			return "", err
		}
		if who.Object != next.Who.Object {
			return "", fmt.Errorf("oidc: %w: another person's token", auth.ErrWrongAccount)
		}
		next.Who = who
	}
	s.now = &next
	return next.Access, s.save(ctx)
}

// SignOut implements auth.SignIn. The provider is not told.
func (s *SignIn) SignOut(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now, s.read = nil, true
	return s.save(ctx)
}

// translate maps an error of the token endpoint to one of auth; of its own text only the code is kept.
func translate(ctx context.Context, err error) error {
	var refused *oauth2.RetrieveError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("oidc: %w: %w", auth.ErrCancelled, ctx.Err())
	case errors.As(err, &refused):
		return fmt.Errorf("oidc: %w", refusal(refused.ErrorCode))
	}
	return fmt.Errorf("oidc: %w: no answer", auth.ErrProvider)
}

// refusal is what an OAuth error code means to a person.
func refusal(code string) error {
	switch code {
	case "access_denied":
		return auth.ErrCancelled
	case "invalid_grant", "interaction_required", "login_required", "consent_required", "expired_token":
		return auth.ErrSignInNeeded
	}
	if len(code) > 64 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz_") != "" {
		code = "no answer"
	}
	return fmt.Errorf("%w (%s)", auth.ErrProvider, code)
}
