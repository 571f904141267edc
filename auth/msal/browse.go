package msal

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"

	"beside/auth"
	"beside/auth/internal/loopback"
)

// browse has a person sign in and returns an authorization code for this sign-in only.
func (s *SignIn) browse(ctx context.Context, open func(string) error) (a loopback.Answer, verifier string, err error) {
	verifier = loopback.Random()
	a, err = loopback.Wait(ctx, false, func(redirect, state string) error {
		address, err := s.authorizeURL(ctx, redirect, state, verifier)
		if err != nil {
			return err
		}
		if err := open(address); err != nil {
			return fmt.Errorf("open the browser: %w", err)
		}
		return nil
	})
	switch {
	case err != nil:
		return a, "", fmt.Errorf("msal: %w", err)
	case codes[a.Error] != nil:
		return a, "", fmt.Errorf("msal: %w", codes[a.Error])
	case a.Error != "" || a.Code == "":
		return a, "", fmt.Errorf("msal: %w: the browser brought no code", auth.ErrProvider)
	}
	return a, verifier, nil
}

// authorizeURL is MSAL's, with the parts that only its own browser flow adds.
func (s *SignIn) authorizeURL(ctx context.Context, redirect, state, verifier string) (string, error) {
	scopes := slices.Concat(s.scopes(), []string{"openid", "offline_access", "profile"})
	var opts []public.AuthCodeURLOption
	if s.c.LoginHint != "" {
		opts = append(opts, public.WithLoginHint(s.c.LoginHint))
	}
	address, err := s.client.AuthCodeURL(ctx, s.c.ClientID, redirect, scopes, opts...)
	if err != nil {
		return "", translate(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("%w: authorization endpoint", auth.ErrProvider)
	}
	challenge := sha256.Sum256([]byte(verifier))
	q := u.Query()
	q.Set("state", state)
	q.Set("code_challenge", base64.RawURLEncoding.EncodeToString(challenge[:]))
	q.Set("code_challenge_method", "S256")
	q.Set("prompt", "select_account")
	q.Set("response_mode", "form_post") // the code never stands in an address
	u.RawQuery = q.Encode()
	return u.String(), nil
}
