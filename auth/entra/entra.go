package entra

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"beside/auth"
	"beside/auth/internal/jws"
)

// PersonalTenant is the tenant of all personal Microsoft accounts; it is always refused.
const PersonalTenant = "9188040d-6c67-4c5b-b112-36a304b66dad"

// skew is how far the provider's clock may be off.
const skew = time.Minute

// Config says which tokens are good. All fields but the last three are needed.
type Config struct {
	AuthorityHost string   // origin, e.g. https://login.microsoftonline.com
	Tenants       []string // GUIDs of the tenants served
	API           string   // our application id, the only audience
	Clients       []string // application ids of the desktop apps
	Scope         string   // short name, e.g. Beside.Use
	Confidential  bool     // the clients are web sites that prove themselves, instead of desktop apps

	// HTTP fetches keys; nil for a client with 30 seconds of patience.
	HTTP *http.Client
	// MemberCheck says whether an account is a member and no guest. It is asked only when
	// the token has no acct claim; nil refuses such tokens.
	MemberCheck func(ctx context.Context, tenant, object string) (bool, error)
	// Now is the clock, nil for the real one.
	Now func() time.Time
}

// Verifier implements auth.Verifier. It is safe for concurrent use.
type Verifier struct {
	c    Config
	keys *jws.Keys
}

// New makes a verifier and fetches the keys, at once and every hour until ctx ends. If
// they cannot be had now it does not fail: Verify answers auth.ErrProvider until they can.
// A token with an unknown key fetches them too, once a minute at most.
func New(ctx context.Context, c Config) (*Verifier, error) {
	if err := c.valid(); err != nil {
		return nil, err
	}
	if c.HTTP == nil {
		c.HTTP = &http.Client{Timeout: 30 * time.Second}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	tenant := "common"
	if len(c.Tenants) == 1 {
		tenant = c.Tenants[0]
	}
	from := c.AuthorityHost + "/" + tenant + "/discovery/v2.0/keys"
	keys, err := jws.NewKeys(ctx, from, c.HTTP, algs())
	if err != nil {
		return nil, fmt.Errorf("entra: %w", err)
	}
	return &Verifier{c: c, keys: keys}, nil
}

// algs are the algorithms that Entra signs with; its keys do not say which they are for.
func algs() []string { return []string{"RS256"} }

func (c Config) valid() error {
	u, err := url.Parse(c.AuthorityHost)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil:
		return errors.New("entra: authority host must be an https origin without a path")
	case len(c.Tenants) == 0 || len(c.Clients) == 0 || c.Scope == "" || strings.ContainsAny(c.Scope, " /"):
		return errors.New("entra: no tenants or clients, or no short scope name")
	case !auth.IsGUID(c.API) || slices.ContainsFunc(slices.Concat(c.Tenants, c.Clients), func(s string) bool { return !auth.IsGUID(s) }):
		return errors.New("entra: tenants, clients and the API must be lower-case GUIDs")
	case slices.Contains(c.Tenants, PersonalTenant):
		return errors.New("entra: personal accounts cannot be served")
	}
	return nil
}

// claims are those that count. A wrong JSON type refuses the token: so do several audiences.
type claims struct {
	Tenant    string   `json:"tid"`
	Issuer    string   `json:"iss"`
	Audience  string   `json:"aud"`
	Expires   *int64   `json:"exp"`
	NotBefore *int64   `json:"nbf"`
	Version   string   `json:"ver"`
	Client    string   `json:"azp"`
	Proof     string   `json:"azpacr"`
	Scopes    string   `json:"scp"`
	Kind      string   `json:"idtyp"`
	Object    string   `json:"oid"`
	Account   *int64   `json:"acct"`
	Name      string   `json:"name"`
	Username  string   `json:"preferred_username"`
	Roles     []string `json:"roles"`
	Device    string   `json:"deviceid"`
}

// Verify implements auth.Verifier.
func (v *Verifier) Verify(ctx context.Context, token string) (auth.Verified, error) {
	h, payload, err := jws.Open(token, algs())
	if err == nil && h.Typ != "JWT" {
		err = errors.New("typ is not JWT")
	}
	if err != nil {
		return auth.Verified{}, fmt.Errorf("%w: %w", auth.ErrToken, err)
	}
	if err := v.keys.Check(ctx, token); err != nil {
		return auth.Verified{}, err
	}
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return auth.Verified{}, fmt.Errorf("%w: a claim has the wrong type", auth.ErrToken)
	}
	if err := v.check(c); err != nil {
		return auth.Verified{}, err
	}
	if err := v.member(ctx, c); err != nil {
		return auth.Verified{}, err
	}
	out := auth.Verified{
		Identity: auth.Identity{Tenant: c.Tenant, Object: c.Object, Name: c.Name, Username: c.Username},
		Roles:    c.Roles,
		Expires:  time.Unix(*c.Expires, 0),
	}
	if d := strings.ToLower(c.Device); auth.IsGUID(d) {
		out.Device = d
	}
	return out, nil
}

// check does the checks 3 to 10 in their order; everything before was the signature.
func (v *Verifier) check(c claims) error {
	now := v.c.Now()
	refuse := func(what string) error { return fmt.Errorf("%w: %s", auth.ErrToken, what) }
	switch {
	case !auth.IsGUID(c.Tenant):
		return refuse("tid")
	case c.Tenant == PersonalTenant:
		return fmt.Errorf("%w: personal account", auth.ErrWrongAccount)
	case !slices.Contains(v.c.Tenants, c.Tenant):
		return fmt.Errorf("%w: other tenant", auth.ErrWrongAccount)
	case c.Issuer != v.c.AuthorityHost+"/"+c.Tenant+"/v2.0":
		return refuse("iss")
	case c.Audience != v.c.API:
		return refuse("aud")
	case c.Expires == nil || !now.Before(time.Unix(*c.Expires, 0).Add(skew)):
		return refuse("expired")
	case c.NotBefore == nil || now.Add(skew).Before(time.Unix(*c.NotBefore, 0)):
		return refuse("not valid yet")
	case c.Version != "2.0":
		return refuse("ver")
	case !slices.Contains(v.c.Clients, c.Client):
		return refuse("azp")
	case c.Proof != "0" && !v.c.Confidential:
		return refuse("azpacr: not a public client")
	case v.c.Confidential && c.Proof != "1" && c.Proof != "2":
		return refuse("azpacr: the client did not prove itself")
	case c.Kind == "app" || !slices.Contains(strings.Split(c.Scopes, " "), v.c.Scope):
		return refuse("scp, or not a person")
	case !auth.IsGUID(c.Object):
		return refuse("oid")
	}
	return nil
}

// member lets only members of the tenant pass: a guest has our tid too.
func (v *Verifier) member(ctx context.Context, c claims) error {
	if c.Account != nil {
		if *c.Account != 0 {
			return fmt.Errorf("%w: guest", auth.ErrWrongAccount)
		}
		return nil
	}
	if v.c.MemberCheck == nil {
		return fmt.Errorf("%w: token does not say whether it is a guest", auth.ErrWrongAccount)
	}
	ok, err := v.c.MemberCheck(ctx, c.Tenant, c.Object)
	if err != nil {
		return fmt.Errorf("%w: member check: %w", auth.ErrProvider, err)
	}
	if !ok {
		return fmt.Errorf("%w: guest", auth.ErrWrongAccount)
	}
	return nil
}
