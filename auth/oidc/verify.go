package oidc

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"beside/auth"
	"beside/auth/internal/jws"
)

const (
	skew       = time.Minute      // how far the provider's clock may be off
	maxClaim   = 256              // bytes of a claim that names somebody
	maxLife    = 24 * time.Hour   // of an access token
	retryAfter = 10 * time.Second // a failed discovery is not tried again before
)

// Claims names the claims of a token, "" for the usual one. A name may be a path: realm_access.roles.
type Claims struct {
	Object   string // sub
	Name     string // name
	Username string // preferred_username
	Given    string // given_name
	Family   string // family_name
	Email    string // email
	Groups   string // none: tokens say nothing of groups
	Roles    string // none: tokens make nobody an administrator
}

// Config says which tokens are good.
type Config struct {
	Issuer   string   // as the provider spells it
	Audience string   // the endpoint's own
	Clients  []string // ids of the apps that may have asked for a token
	Tenant   string   // GUID under which the endpoint serves the organisation
	Scope    string   // that a token must have, "" for none
	Claims   Claims

	// Require names a claim and its only value, for providers that serve several organisations; "" for none.
	Require, Value string

	HTTP        *http.Client     // nil for a client with 30 seconds of patience
	Now         func() time.Time // nil for the real clock
	Development bool             // the issuer may be on this computer
}

// Verifier implements auth.Verifier. It is safe for concurrent use.
type Verifier struct {
	c   Config
	ctx context.Context //nolint:containedctx // of the process, for refreshing keys

	mu     sync.Mutex
	keys   *jws.Keys
	failed time.Time
	err    error
}

// algorithms are the asymmetric ones that are in use.
func algorithms() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"}
}

// NewVerifier makes a verifier. It does not connect: the first token has the provider asked for its
// keys, which are then refreshed until ctx ends.
func NewVerifier(ctx context.Context, c Config) (*Verifier, error) {
	if err := checkIssuer(c.Issuer, c.Development); err != nil {
		return nil, err
	}
	switch {
	case c.Audience == "" || len(c.Clients) == 0 || slices.Contains(c.Clients, ""):
		return nil, fmt.Errorf("%w: no audience or no clients", ErrConfig)
	case slices.Contains(c.Clients, c.Audience):
		return nil, fmt.Errorf("%w: the audience must not be that of ID tokens, which is a client", ErrConfig)
	case !auth.IsGUID(c.Tenant):
		return nil, fmt.Errorf("%w: the tenant must be a lower-case GUID", ErrConfig)
	case (c.Require == "") != (c.Value == ""):
		return nil, fmt.Errorf("%w: a claim that is required needs a value", ErrConfig)
	}
	for to, usual := range map[*string]string{
		&c.Claims.Object: "sub", &c.Claims.Name: "name", &c.Claims.Username: "preferred_username",
		&c.Claims.Given: "given_name", &c.Claims.Family: "family_name", &c.Claims.Email: "email",
	} {
		if *to == "" {
			*to = usual
		}
	}
	c.HTTP = webClient(c.HTTP)
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Verifier{c: c, ctx: ctx}, nil
}

// ready finds the provider's keys, once.
func (v *Verifier) ready(ctx context.Context) (*jws.Keys, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.keys != nil {
		return v.keys, nil
	}
	if v.err != nil && v.c.Now().Sub(v.failed) < retryAfter {
		return nil, v.err
	}
	m, err := discover(context.WithoutCancel(ctx), v.c.HTTP, v.c.Issuer)
	if err == nil {
		v.keys, err = jws.NewKeys(v.ctx, m.Keys, v.c.HTTP, algorithms()) //nolint:contextcheck // keys outlive a request
	}
	v.failed, v.err = v.c.Now(), err
	return v.keys, err
}

// standard are the claims that every token must have in the one form.
type standard struct {
	Issuer    string   `json:"iss"`
	Audience  audience `json:"aud"`
	Expires   *float64 `json:"exp"`
	NotBefore *float64 `json:"nbf"`
	Issued    *float64 `json:"iat"`
	Party     string   `json:"azp"`
	Client    string   `json:"client_id"`
	Okta      string   `json:"cid"`
	Kind      string   `json:"typ"`
	Scope     words    `json:"scope"`
	Scp       words    `json:"scp"`
}

// audience is one or several.
type audience []string

func (a *audience) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// words are a list, or a text with spaces between them.
type words []string

func (w *words) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*w = strings.Fields(one)
		return nil
	}
	return json.Unmarshal(b, (*[]string)(w))
}

// Verify implements auth.Verifier.
func (v *Verifier) Verify(ctx context.Context, token string) (auth.Verified, error) {
	refuse := func(what string) (auth.Verified, error) {
		return auth.Verified{}, fmt.Errorf("%w: %s", auth.ErrToken, what)
	}
	h, payload, err := jws.Open(token, algorithms())
	if err != nil {
		return auth.Verified{}, fmt.Errorf("%w: %w", auth.ErrToken, err)
	}
	if t := strings.TrimPrefix(strings.ToLower(h.Typ), "application/"); t != "" && t != "jwt" && t != "at+jwt" {
		return refuse("typ")
	}
	keys, err := v.ready(ctx)
	if err != nil {
		return auth.Verified{}, fmt.Errorf("%w: %w", auth.ErrProvider, err)
	}
	if err := keys.Check(ctx, token); err != nil {
		return auth.Verified{}, err
	}
	var s standard
	var all map[string]any
	if json.Unmarshal(payload, &s) != nil || json.Unmarshal(payload, &all) != nil {
		return refuse("a claim has the wrong type")
	}
	if what := v.check(s); what != "" {
		return refuse(what)
	}
	if v.c.Require != "" {
		if got, _ := find(all, v.c.Require).(string); got != v.c.Value {
			return auth.Verified{}, fmt.Errorf("%w: claim %s", auth.ErrWrongAccount, v.c.Require)
		}
	}
	subject, _ := find(all, v.c.Claims.Object).(string)
	object := Object(v.c.Issuer, subject)
	if object == "" || subject == party(s) { // a client that signed in for itself is nobody
		return refuse("no person")
	}
	text := func(name string) string { t, _ := find(all, name).(string); return t }
	n := v.c.Claims
	out := auth.Verified{
		Identity: auth.Identity{Tenant: v.c.Tenant, Object: object, Name: text(n.Name), Username: text(n.Username)},
		Given:    text(n.Given), Family: text(n.Family), Email: text(n.Email),
		Expires: at(*s.Expires), Issued: at(*s.Issued),
	}
	if n.Roles != "" {
		out.Roles, _ = texts(find(all, n.Roles))
	}
	if n.Groups != "" {
		out.Groups, out.GroupsKnown = texts(find(all, n.Groups))
	}
	return out, nil
}

// check says what is wrong with a token, "" if nothing.
func (v *Verifier) check(s standard) string {
	now := v.c.Now()
	switch {
	case s.Issuer != v.c.Issuer:
		return "iss"
	case !slices.Contains(s.Audience, v.c.Audience):
		return "aud"
	case s.Expires == nil || s.Issued == nil:
		return "no exp or iat"
	case !now.Before(at(*s.Expires).Add(skew)):
		return "expired"
	case now.Add(skew).Before(at(*s.Issued)) || s.NotBefore != nil && now.Add(skew).Before(at(*s.NotBefore)):
		return "not valid yet"
	case at(*s.Expires).Sub(at(*s.Issued)) > maxLife:
		return "valid for more than a day"
	case strings.EqualFold(s.Kind, "ID") || strings.EqualFold(s.Kind, "Refresh"):
		return "typ: not an access token"
	case !slices.Contains(v.c.Clients, party(s)):
		return "client"
	case v.c.Scope != "" && !slices.Contains(slices.Concat(s.Scope, s.Scp), v.c.Scope):
		return "scope"
	}
	return ""
}

// party is the app that asked for a token. Providers name it by one of three claims; where one has
// two they are the same.
func party(s standard) string {
	out := ""
	for _, c := range []string{s.Party, s.Client, s.Okta} {
		switch {
		case c == "":
		case out != "" && out != c:
			return ""
		default:
			out = c
		}
	}
	return out
}

func at(sec float64) time.Time { return time.Unix(int64(min(max(sec, 0), 1<<40)), 0) }

// find is the claim of a name, or of a path with dots.
func find(all map[string]any, name string) any {
	if v, ok := all[name]; ok {
		return v
	}
	first, rest, ok := strings.Cut(name, ".")
	if !ok {
		return nil
	}
	m, _ := all[first].(map[string]any)
	return find(m, rest)
}

// texts are the texts of a list, or one alone. ok says that there was such a claim.
func texts(v any) (list []string, ok bool) {
	switch v := v.(type) {
	case string:
		return []string{v}, true
	case []any:
		for _, x := range v {
			s, is := x.(string)
			if !is {
				return nil, false
			}
			list = append(list, s)
		}
		return list, true
	}
	return nil, false
}
