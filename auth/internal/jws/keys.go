package jws

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"

	"beside/auth"
)

// Keys are those that a provider publishes. They are safe for concurrent use.
type Keys struct {
	keys   keyfunc.Keyfunc
	stored jwkset.Storage
	parser *jwt.Parser
}

// NewKeys fetches keys, at once and every hour until ctx ends. If they cannot be had now it does not
// fail: Check answers auth.ErrProvider until they can. A token with an unknown key fetches them
// too, once a minute at most.
func NewKeys(ctx context.Context, from string, client *http.Client, algs []string) (*Keys, error) {
	stored, err := jwkset.NewStorageFromHTTP(from, jwkset.HTTPClientStorageOptions{
		Client: client, Ctx: ctx, RefreshInterval: time.Hour, HTTPTimeout: 30 * time.Second, NoErrorReturnFirstHTTPReq: true,
		RefreshErrorHandler: func(context.Context, error) {}, // the keys at hand stay good
	})
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	limited, err := jwkset.NewHTTPClient(jwkset.HTTPClientOptions{
		HTTPURLs:          map[string]jwkset.Storage{from: stored},
		RefreshUnknownKID: rate.NewLimiter(rate.Every(time.Minute), 1),
		// It bounds the download too, not only the wait. The wait is over at once while
		// the limiter has nothing within that time.
		RateLimitWaitMax: 10 * time.Second,
	})
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	keys, err := keyfunc.New(keyfunc.Options{Ctx: ctx, Storage: limited})
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return &Keys{
		keys: keys, stored: stored,
		parser: jwt.NewParser(jwt.WithValidMethods(algs), jwt.WithoutClaimsValidation(), jwt.WithStrictDecoding()),
	}, nil
}

// Check checks the signature of a token, and nothing else. The error wraps auth.ErrToken or
// auth.ErrProvider. The reasons of the library are not passed on, as they may quote the token.
func (k *Keys) Check(ctx context.Context, token string) error {
	// A caller that hangs up must not spoil the one download a minute.
	_, err := k.parser.Parse(token, k.keys.KeyfuncCtx(context.WithoutCancel(ctx)))
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", auth.ErrProvider, ctx.Err())
	case errors.Is(err, jwt.ErrTokenUnverifiable):
		if keys, err := k.stored.KeyReadAll(ctx); err != nil || len(keys) == 0 {
			return fmt.Errorf("%w: no signing keys", auth.ErrProvider)
		}
		return fmt.Errorf("%w: unknown key", auth.ErrToken)
	}
	return fmt.Errorf("%w: signature", auth.ErrToken)
}
