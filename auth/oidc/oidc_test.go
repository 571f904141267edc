package oidc

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"beside/auth"
	"beside/auth/devidp"
	"beside/auth/devidp/devidptest"
)

const (
	tenant = "11111111-1111-4111-8111-111111111111"
	client = "22222222-2222-4222-8222-222222222222"
	apiID  = "33333333-3333-4333-8333-333333333333"
	oid    = "aaaaaaaa-0000-4000-8000-000000000001"
	scope  = "api://" + apiID + "/Beside.Use"
	noa    = "noa@halden.example"
	kim    = "kim@halden.example"
)

// idp is the development provider, as one that is of no particular make.
type idp struct {
	*devidp.Provider
	srv, page *httptest.Server
	issuer    string
	down      atomic.Bool
	asked     atomic.Int32
	now       atomic.Int64 // seconds to add to the clock
}

func start(t testing.TB) *idp {
	t.Helper()
	i := &idp{}
	var h, ph http.Handler
	i.srv = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.asked.Add(1)
		if i.down.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(i.srv.Close)
	i.page = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { ph.ServeHTTP(w, r) }))
	t.Cleanup(i.page.Close)
	p, err := devidp.New(devidp.Options{
		Base: i.srv.URL, AuthBase: i.page.URL,
		Users: []devidp.User{
			{Tenant: tenant, Object: oid, Username: noa, Name: "Noa Winters", Groups: []string{"desk"}, Roles: []string{"Beside.Admin"}},
			{Tenant: tenant, Object: "aaaaaaaa-0000-4000-8000-000000000002", Username: kim, Name: "Kim"},
		},
		Apps: []devidp.App{{ID: client}, {ID: apiID, URI: "api://" + apiID, Scopes: []string{"Beside.Use"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	i.Provider, h, ph, i.issuer = p, p.Handler(), p.PageHandler(), i.srv.URL+"/"+tenant+"/v2.0"
	return i
}

func (i *idp) config() Config {
	return Config{
		Issuer: i.issuer, Audience: apiID, Clients: []string{client}, Tenant: tenant, Scope: "Beside.Use", Claims: Claims{Groups: "groups", Roles: "roles"},
		HTTP: i.srv.Client(), Development: true, Now: func() time.Time { return time.Now().Add(time.Duration(i.now.Load()) * time.Second) },
	}
}

func (i *idp) verifier(t testing.TB, c Config) *Verifier {
	t.Helper()
	v, err := NewVerifier(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// token is Noa's, changed.
func (i *idp) token(t testing.TB, change func(h, c map[string]any)) string {
	t.Helper()
	c, err := i.AccessClaims(noa, client, scope)
	if err != nil {
		t.Fatal(err)
	}
	h := map[string]any{}
	change(h, c)
	s, err := i.SignToken(h, c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func same(_, _ map[string]any) {}

func TestObject(t *testing.T) {
	guid, eight := "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-8000-8000-000000000001"
	if Object("i", guid) != guid || Object("i", "") != "" || Object("i", strings.Repeat("x", maxClaim+1)) != "" {
		t.Error("a GUID is not itself, or nobody is somebody")
	}
	a := Object("https://i.example", "auth0|7")
	if !auth.IsGUID(a) || a[14] != '8' || a != Object("https://i.example", "auth0|7") || a == Object("https://j.example", "auth0|7") || a == Object("https://i.example", "auth0|8") {
		t.Errorf("%s", a)
	}
	if Object("i", a) == a || Object("i", eight) == eight || Object("i", strings.ToUpper(guid)) == guid {
		t.Error("a subject can be chosen that is another's object")
	}
}

func TestVerify(t *testing.T) {
	i := start(t)
	v := i.verifier(t, i.config())
	got, err := v.Verify(t.Context(), i.token(t, same))
	if err != nil {
		t.Fatal(err)
	}
	if got.Tenant != tenant || !auth.IsGUID(got.Object) || got.Name != "Noa Winters" || got.Username != noa || len(got.Groups) != 1 || !got.GroupsKnown ||
		len(got.Roles) != 1 || got.Issued.IsZero() || time.Until(got.Expires) < 50*time.Minute {
		t.Errorf("%+v", got)
	}
	for name, change := range map[string]func(h, c map[string]any){
		"audiences": func(_, c map[string]any) { c["aud"] = []string{"account", apiID} },
		"RFC 9068": func(h, c map[string]any) {
			h["typ"] = "at+jwt"
			c["client_id"] = client
			delete(c, "azp")
			delete(c, "nbf")
		},
		"Okta": func(_, c map[string]any) {
			c["cid"] = client
			delete(c, "azp")
			c["scp"] = []string{"openid", "Beside.Use"}
		},
		"scope as a text": func(_, c map[string]any) { c["scope"] = "openid Beside.Use"; delete(c, "scp") },
		"no typ":          func(h, _ map[string]any) { h["typ"] = "" },
		"a part":          func(_, c map[string]any) { c["exp"] = float64(time.Now().Unix()) + 600.5 },
	} {
		if _, err := v.Verify(t.Context(), i.token(t, change)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := i.config()
	c.Claims = Claims{Object: "oid", Groups: "realm_access.groups"}
	if got, err := i.verifier(t, c).Verify(t.Context(), i.token(t, func(_, c map[string]any) {
		c["realm_access"] = map[string]any{"groups": []string{"a", "b"}}
	})); err != nil || got.Object != oid || len(got.Groups) != 2 || got.Roles != nil {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := i.verifier(t, c).Verify(t.Context(), i.token(t, same)); err != nil || got.GroupsKnown || got.Groups != nil {
		t.Errorf("no claim of groups: %+v %v", got, err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	i := start(t)
	c := i.config()
	c.Require, c.Value = "hd", "halden.example"
	v := i.verifier(t, c)
	good := func(_, c map[string]any) { c["hd"] = "halden.example" }
	if _, err := v.Verify(t.Context(), i.token(t, good)); err != nil {
		t.Fatal(err)
	}
	other := start(t)
	now := time.Now().Unix()
	for name, x := range map[string]struct {
		change func(h, c map[string]any)
		want   error
	}{
		"another organisation":    {func(_, c map[string]any) { c["hd"] = "evil.example" }, auth.ErrWrongAccount},
		"no organisation":         {func(_, c map[string]any) { delete(c, "hd") }, auth.ErrWrongAccount},
		"another issuer":          {func(_, c map[string]any) { c["iss"] = other.issuer }, auth.ErrToken},
		"issuer with a slash":     {func(_, c map[string]any) { c["iss"] = i.issuer + "/" }, auth.ErrToken},
		"no issuer":               {func(_, c map[string]any) { delete(c, "iss") }, auth.ErrToken},
		"another audience":        {func(_, c map[string]any) { c["aud"] = "other" }, auth.ErrToken},
		"an ID token":             {func(_, c map[string]any) { c["aud"] = client }, auth.ErrToken},
		"Keycloak's ID token":     {func(_, c map[string]any) { c["typ"] = "ID" }, auth.ErrToken},
		"no audience":             {func(_, c map[string]any) { delete(c, "aud") }, auth.ErrToken},
		"audience of a kind":      {func(_, c map[string]any) { c["aud"] = 7 }, auth.ErrToken},
		"another client":          {func(_, c map[string]any) { c["azp"] = "other" }, auth.ErrToken},
		"two clients":             {func(_, c map[string]any) { c["client_id"] = "other" }, auth.ErrToken},
		"the right client last":   {func(_, c map[string]any) { c["azp"], c["client_id"] = "other", client }, auth.ErrToken},
		"no client":               {func(_, c map[string]any) { delete(c, "azp") }, auth.ErrToken},
		"a client for itself":     {func(_, c map[string]any) { c["sub"] = client }, auth.ErrToken},
		"nobody":                  {func(_, c map[string]any) { delete(c, "sub") }, auth.ErrToken},
		"a number":                {func(_, c map[string]any) { c["sub"] = 7 }, auth.ErrToken},
		"another scope":           {func(_, c map[string]any) { c["scp"] = "Beside.Useless" }, auth.ErrToken},
		"expired":                 {func(_, c map[string]any) { c["exp"], c["iat"] = now-61, now-99 }, auth.ErrToken},
		"no expiry":               {func(_, c map[string]any) { delete(c, "exp") }, auth.ErrToken},
		"no time of issue":        {func(_, c map[string]any) { delete(c, "iat") }, auth.ErrToken},
		"for ever":                {func(_, c map[string]any) { c["exp"] = now + 90*86400 }, auth.ErrToken},
		"not yet":                 {func(_, c map[string]any) { c["nbf"] = now + 120 }, auth.ErrToken},
		"of the future":           {func(_, c map[string]any) { c["iat"] = now + 120 }, auth.ErrToken},
		"unknown key":             {func(h, _ map[string]any) { h["kid"] = "other" }, auth.ErrToken},
		"another kind of token":   {func(h, _ map[string]any) { h["typ"] = "logout+jwt" }, auth.ErrToken},
		"another algorithm":       {func(h, _ map[string]any) { h["alg"] = "none" }, auth.ErrToken},
		"the key's own algorithm": {func(h, _ map[string]any) { h["alg"] = "HS256" }, auth.ErrToken},
		"ECDSA with an RSA key":   {func(h, _ map[string]any) { h["alg"] = "ES256" }, auth.ErrToken},
	} {
		if _, err := v.Verify(t.Context(), i.token(t, func(h, c map[string]any) { good(h, c); x.change(h, c) })); !errors.Is(err, x.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := v.Verify(t.Context(), other.token(t, good)); !errors.Is(err, auth.ErrToken) {
		t.Errorf("another provider's: %v", err)
	}
	for _, s := range []string{"", "opaque", "a.b.c"} {
		if _, err := v.Verify(t.Context(), s); !errors.Is(err, auth.ErrToken) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestProviderAway(t *testing.T) {
	i := start(t)
	i.down.Store(true)
	v := i.verifier(t, i.config())
	for range 3 {
		if _, err := v.Verify(t.Context(), i.token(t, same)); !errors.Is(err, auth.ErrProvider) {
			t.Errorf("away: %v", err)
		}
	}
	if n := i.asked.Load(); n != 1 {
		t.Errorf("asked %d times within ten seconds", n)
	}
	i.down.Store(false)
	i.now.Store(11)
	if _, err := v.Verify(t.Context(), i.token(t, same)); err != nil {
		t.Errorf("back: %v", err)
	}
	wrong := i.config()
	wrong.Issuer = i.srv.URL + "/" + tenant + "/v2.0/" // the same address, another spelling
	if _, err := i.verifier(t, wrong).Verify(t.Context(), i.token(t, same)); !errors.Is(err, auth.ErrProvider) {
		t.Errorf("metadata of another issuer: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	good := Config{Issuer: "https://sso.example.com/realms/acme", Audience: "beside", Clients: []string{"app"}, Tenant: tenant}
	if _, err := NewVerifier(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Config){
		"http":             func(c *Config) { c.Issuer = "http://sso.example.com" },
		"loopback":         func(c *Config) { c.Issuer = "https://127.0.0.1:8443" },
		"localhost":        func(c *Config) { c.Issuer = "https://localhost" },
		"short name":       func(c *Config) { c.Issuer = "https://sso" },
		"query":            func(c *Config) { c.Issuer += "?x" },
		"no audience":      func(c *Config) { c.Audience = "" },
		"ID tokens":        func(c *Config) { c.Audience = "app" },
		"no clients":       func(c *Config) { c.Clients = nil },
		"an empty client":  func(c *Config) { c.Clients = []string{""} },
		"tenant":           func(c *Config) { c.Tenant = "acme" },
		"half a condition": func(c *Config) { c.Require = "hd" },
	} {
		c := good
		change(&c)
		if _, err := NewVerifier(t.Context(), c); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := NewSignIn(SignInConfig{Issuer: c.Issuer, Tenant: c.Tenant, ClientID: "app", Audience: "beside"}); c.Issuer != good.Issuer && !errors.Is(err, ErrConfig) {
			t.Errorf("sign-in: %s: %v", name, err)
		}
	}
}

// cache is a Store in memory.
type cache struct{ b []byte }

func (c *cache) Load(context.Context) ([]byte, error)   { return c.b, nil }
func (c *cache) Save(_ context.Context, b []byte) error { c.b = append([]byte(nil), b...); return nil }

func (i *idp) signIn(t *testing.T, kept Store) *SignIn {
	t.Helper()
	s, err := NewSignIn(SignInConfig{
		Issuer: i.issuer, Tenant: tenant, ClientID: client, Audience: apiID, HTTP: i.srv.Client(), Cache: kept, Development: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSignIn(t *testing.T) {
	i := start(t)
	kept := &cache{}
	s := i.signIn(t, kept)
	if _, err := s.Account(t.Context()); !errors.Is(err, auth.ErrSignInNeeded) {
		t.Errorf("nobody yet: %v", err)
	}
	if _, err := s.Token(t.Context()); !errors.Is(err, auth.ErrSignInNeeded) {
		t.Errorf("nobody yet: %v", err)
	}
	who, err := s.Interactive(t.Context(), func(at string) error {
		u, err := url.Parse(at)
		if err != nil {
			return err
		}
		q := u.Query()
		for _, k := range []string{"state", "nonce", "code_challenge", "redirect_uri"} {
			if q.Get(k) == "" {
				t.Errorf("no %s in the request", k)
			}
		}
		if q.Get("code_challenge_method") != "S256" || q.Get("audience") != apiID {
			t.Errorf("request %v", q)
		}
		return devidptest.Open(t.Context(), i.page.Client(), noa)(at)
	})
	if err != nil {
		t.Fatal(err)
	}
	v := i.verifier(t, i.config())
	check := func(what string, s *SignIn) string {
		t.Helper()
		token, err := s.Token(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		got, err := v.Verify(t.Context(), token)
		if err != nil || got.Tenant != who.Tenant || got.Object != who.Object || who.Name != "Noa Winters" || who.Username != noa {
			t.Errorf("%s: the endpoint takes %+v for %+v (%v)", what, who, got.Identity, err)
		}
		return token
	}
	first := check("signed in", s)
	if check("again", s) != first {
		t.Error("another token without need")
	}
	next := i.signIn(t, kept)
	if got, err := next.Account(t.Context()); err != nil || got != who {
		t.Errorf("at the next start: %+v %v", got, err)
	}
	if check("next start", next) != first {
		t.Error("the token was not kept")
	}
	next.now.Expires = time.Now().Add(time.Minute)
	if check("refreshed", next) == first || next.now.Refresh == "" {
		t.Error("not refreshed")
	}
	if err := next.SignOut(t.Context()); err != nil || strings.Contains(string(kept.b), "refresh") {
		t.Errorf("signed out: %v, kept %s", err, kept.b)
	}
	if _, err := i.signIn(t, kept).Account(t.Context()); !errors.Is(err, auth.ErrSignInNeeded) {
		t.Errorf("after signing out: %v", err)
	}
	i.RevokeAll()
	s.now.Expires = time.Now()
	if _, err := s.Token(t.Context()); !errors.Is(err, auth.ErrSignInNeeded) {
		t.Errorf("revoked: %v", err)
	}
}

func TestSignInRefused(t *testing.T) {
	i := start(t)
	s := i.signIn(t, nil)
	if _, err := s.Interactive(t.Context(), devidptest.Open(t.Context(), i.page.Client(), "")); !errors.Is(err, auth.ErrCancelled) {
		t.Errorf("cancelled: %v", err)
	}
	// A page that swaps the nonce stands for a code of another sign-in.
	_, err := s.Interactive(t.Context(), func(at string) error {
		u, err := url.Parse(at)
		if err != nil {
			return err
		}
		q := u.Query()
		q.Set("nonce", "another")
		u.RawQuery = q.Encode()
		return devidptest.Open(t.Context(), i.page.Client(), noa)(u.String())
	})
	if !errors.Is(err, auth.ErrProvider) {
		t.Errorf("another nonce: %v", err)
	}
	if _, err := s.Account(t.Context()); !errors.Is(err, auth.ErrSignInNeeded) {
		t.Errorf("somebody is signed in: %v", err)
	}
	i.down.Store(true)
	if _, err := i.signIn(t, nil).Interactive(t.Context(), func(string) error { return nil }); !errors.Is(err, auth.ErrProvider) {
		t.Errorf("away: %v", err)
	}
}

func TestDeviceCode(t *testing.T) {
	i := start(t)
	s := i.signIn(t, nil)
	who, err := s.DeviceCode(t.Context(), func(d auth.DeviceCode) {
		if err := devidptest.EnterCode(t.Context(), i.page.Client(), d.URL, d.Code, kim); err != nil {
			t.Error(err)
		}
	})
	if err != nil || who.Username != kim {
		t.Errorf("%+v %v", who, err)
	}
}

func FuzzIdentity(f *testing.F) {
	f.Add("a.b.c")
	f.Add("e30.eyJpc3MiOiJodHRwczovL3Nzby5leGFtcGxlLmNvbSIsImF1ZCI6ImFwcCIsInN1YiI6IngifQ.")
	s, err := NewSignIn(SignInConfig{Issuer: "https://sso.example.com", Tenant: tenant, ClientID: "app", Audience: "beside"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if who, err := s.identity(raw, ""); err == nil && (who.Tenant != tenant || !auth.IsGUID(who.Object)) {
			t.Errorf("%q is %+v", raw, who)
		}
	})
}
