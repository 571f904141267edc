package msal

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
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
	other  = "99999999-9999-4999-8999-999999999999"
	helga  = "helga@contoso.example"
	olaf   = "olaf@fabrikam.example"
)

type env struct {
	*devidp.Provider
	srv, page *httptest.Server
}

// start runs a provider whose olaf is of another tenant.
func start(t *testing.T) *env {
	t.Helper()
	e := &env{}
	var h, ph http.Handler
	e.srv = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }))
	t.Cleanup(e.srv.Close)
	e.page = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { ph.ServeHTTP(w, r) }))
	t.Cleanup(e.page.Close)
	p, err := devidp.New(devidp.Options{
		Base: e.srv.URL, AuthBase: e.page.URL,
		Users: []devidp.User{
			{Tenant: tenant, Object: "aaaaaaaa-0000-4000-8000-000000000001", Username: helga, Name: "Helga Helper"},
			{Tenant: other, Object: "aaaaaaaa-0000-4000-8000-000000000002", Username: olaf, Name: "Olaf Other"},
		},
		Apps: []devidp.App{{ID: client}, {ID: apiID, URI: "api://" + apiID, Scopes: []string{"Beside.Use"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	e.Provider, h, ph = p, p.Handler(), p.PageHandler()
	return e
}

func (e *env) config() Config {
	return Config{
		Authority: e.srv.URL + "/" + tenant, Tenant: tenant, ClientID: client, Scope: "api://" + apiID + "/Beside.Use",
		HTTP: e.srv.Client(), Development: true,
	}
}

func (e *env) signIn(t *testing.T) *SignIn {
	t.Helper()
	s, err := New(e.config())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (e *env) as(t *testing.T, username string) func(string) error {
	return devidptest.Open(t.Context(), e.page.Client(), username)
}

func TestInteractiveThenSilent(t *testing.T) {
	e := start(t)
	s := e.signIn(t)
	if _, err := s.Account(t.Context()); !errors.Is(err, auth.ErrSignInNeeded) {
		t.Errorf("account before: %v", err)
	}
	if _, err := s.Token(t.Context()); !errors.Is(err, auth.ErrSignInNeeded) {
		t.Errorf("token before: %v", err)
	}
	id, err := s.Interactive(t.Context(), e.as(t, helga))
	if err != nil {
		t.Fatal(err)
	}
	want := auth.Identity{Tenant: tenant, Object: "aaaaaaaa-0000-4000-8000-000000000001", Name: "Helga Helper", Username: helga}
	if id != want {
		t.Errorf("got %+v", id)
	}
	again, err := s.Account(t.Context())
	if err != nil || again.Object != want.Object || again.Tenant != tenant || again.Username != helga {
		t.Errorf("account: %+v %v", again, err)
	}
	first, err := s.Token(t.Context())
	if err != nil || first == "" {
		t.Fatalf("token: %v", err)
	}
	if second, err := s.Token(t.Context()); err != nil || second != first {
		t.Errorf("the cached token was not used: %v", err)
	}
	if err := s.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Token(t.Context()); !errors.Is(err, auth.ErrSignInNeeded) {
		t.Errorf("token after sign-out: %v", err)
	}
}

// store is a Store that two SignIns share, as two starts of the app do.
type store struct {
	mu sync.Mutex
	b  []byte
}

func (s *store) Load(context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b, nil
}

func (s *store) Save(_ context.Context, b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.b = b
	return nil
}

func TestNextStart(t *testing.T) {
	e := start(t)
	c := e.config()
	c.Cache = &store{}
	for i := range 2 {
		s, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if _, err := s.Interactive(t.Context(), e.as(t, helga)); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if id, err := s.Account(t.Context()); err != nil || id.Username != helga {
			t.Errorf("got %+v, %v", id, err)
		}
		if _, err := s.Token(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestRefreshAndRevoked(t *testing.T) {
	e := start(t)
	e.SetAccessTTL(2 * time.Minute) // less than five minutes left is as good as expired
	s := e.signIn(t)
	if _, err := s.Interactive(t.Context(), e.as(t, helga)); err != nil {
		t.Fatal(err)
	}
	one, err := s.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	two, err := s.Token(t.Context())
	if err != nil || one == two {
		t.Errorf("not refreshed: %v", err)
	}
	e.RevokeAll()
	if _, err := s.Token(t.Context()); !errors.Is(err, auth.ErrSignInNeeded) {
		t.Errorf("after revocation: %v", err)
	}
	e.srv.Close()
	if _, err := s.Token(t.Context()); !errors.Is(err, auth.ErrProvider) {
		t.Errorf("provider gone: %v", err)
	}
}

func TestInteractiveRefused(t *testing.T) {
	e := start(t)
	s := e.signIn(t)
	if _, err := s.Interactive(t.Context(), e.as(t, "")); !errors.Is(err, auth.ErrCancelled) {
		t.Errorf("declined: %v", err)
	}
	broken := errors.New("no browser")
	if _, err := s.Interactive(t.Context(), func(string) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("no browser: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := s.Interactive(ctx, func(string) error { cancel(); return nil }); !errors.Is(err, auth.ErrCancelled) || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// A guest's token is of our tenant, but the home account is not; an account of another tenant
// cannot be had from our authority at all, so the provider's answer is changed here.
func TestWrongTenant(t *testing.T) {
	e := start(t)
	c := e.config()
	c.HTTP = &http.Client{Transport: rewrite{e.srv.Client().Transport}}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	id, err := s.Interactive(t.Context(), e.as(t, olaf))
	if !errors.Is(err, auth.ErrWrongAccount) || id != (auth.Identity{}) {
		t.Errorf("got %+v, %v", id, err)
	}
	if all, err := s.client.Accounts(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("the account was kept: %v %v", all, err)
	}
}

// rewrite has the provider answer for every tenant.
type rewrite struct{ next http.RoundTripper }

func (r rewrite) RoundTrip(q *http.Request) (*http.Response, error) {
	q = q.Clone(q.Context())
	if strings.HasSuffix(q.URL.Path, "/token") {
		q.URL.Path = "/organizations/oauth2/v2.0/token"
	}
	return r.next.RoundTrip(q)
}

func TestDeviceCode(t *testing.T) {
	for name, c := range map[string]struct {
		user string
		want error
	}{"approved": {helga, nil}, "denied": {"", auth.ErrCancelled}} {
		t.Run(name, func(t *testing.T) {
			e := start(t)
			s := e.signIn(t)
			shown := 0
			id, err := s.DeviceCode(t.Context(), func(d auth.DeviceCode) {
				shown++
				if time.Until(d.Expires) < 10*time.Minute {
					t.Errorf("expires %v", d.Expires)
				}
				if err := devidptest.EnterCode(t.Context(), e.page.Client(), d.URL, d.Code, c.user); err != nil {
					t.Error(err)
				}
			})
			if !errors.Is(err, c.want) || shown != 1 || (c.want == nil) != (id.Object != "") {
				t.Errorf("got %+v, %v, shown %d times", id, err, shown)
			}
		})
	}
}

func TestForgedAnswersDoNotEndTheSignIn(t *testing.T) {
	e := start(t)
	s := e.signIn(t)
	_, err := s.Interactive(t.Context(), func(address string) error {
		u, err := url.Parse(address)
		if err != nil {
			return err
		}
		back := u.Query().Get("redirect_uri")
		for name, f := range map[string]func() (*http.Response, error){
			"get":         func() (*http.Response, error) { return http.Get(back + "/favicon.ico") },
			"wrong state": func() (*http.Response, error) { return http.PostForm(back, url.Values{"state": {"x"}, "code": {"y"}}) },
			"no state":    func() (*http.Response, error) { return http.PostForm(back, url.Values{"error": {"access_denied"}}) },
			"other host": func() (*http.Response, error) {
				r, err := http.NewRequest(http.MethodPost, back, strings.NewReader(url.Values{"state": {u.Query().Get("state")}}.Encode()))
				if err != nil {
					return nil, err
				}
				r.Host = "evil.example"
				return http.DefaultClient.Do(r)
			},
		} {
			r, err := f()
			if err != nil {
				return err
			}
			_ = r.Body.Close()
			if r.StatusCode < 400 {
				t.Errorf("%s: %s", name, r.Status)
			}
		}
		return e.as(t, helga)(address)
	})
	if err != nil {
		t.Error(err)
	}
}

func TestNewRefuses(t *testing.T) {
	good := Config{Authority: "https://login.microsoftonline.com/" + tenant, Tenant: tenant, ClientID: client, Scope: "api://x/Beside.Use", InstanceDiscovery: true}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Config){
		"http":                     func(c *Config) { c.Authority = "http://login.microsoftonline.com/" + tenant },
		"http in development":      func(c *Config) { c.Authority, c.Development = "http://127.0.0.1/"+tenant, true },
		"loopback":                 func(c *Config) { c.Authority = "https://127.0.0.1:8443/" + tenant },
		"IPv6":                     func(c *Config) { c.Authority = "https://[::1]/" + tenant },
		"an IP address":            func(c *Config) { c.Authority = "https://192.0.2.7/" + tenant },
		"localhost":                func(c *Config) { c.Authority = "https://localhost/" + tenant },
		"name below localhost":     func(c *Config) { c.Authority = "https://idp.localhost/" + tenant },
		"no instance discovery":    func(c *Config) { c.InstanceDiscovery = false },
		"common":                   func(c *Config) { c.Authority = "https://login.microsoftonline.com/common" },
		"authority of another one": func(c *Config) { c.Authority = "https://login.microsoftonline.com/" + other },
		"no client":                func(c *Config) { c.ClientID = "" },
	} {
		c := good
		change(&c)
		if _, err := New(c); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
