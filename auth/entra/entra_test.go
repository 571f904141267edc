package entra

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"beside/auth"
	"beside/auth/devidp"
)

const (
	tenant = "11111111-1111-4111-8111-111111111111"
	client = "22222222-2222-4222-8222-222222222222"
	apiID  = "33333333-3333-4333-8333-333333333333"
	other  = "99999999-9999-4999-8999-999999999999"
	scope  = "api://" + apiID + "/Beside.Use"
	helga  = "helga@contoso.example"
)

type idp struct {
	*devidp.Provider
	srv       *httptest.Server
	downloads atomic.Int32
	broken    atomic.Bool
}

func start(t testing.TB) *idp {
	t.Helper()
	i := &idp{}
	var h http.Handler
	i.srv = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/keys") {
			i.downloads.Add(1)
			time.Sleep(3 * time.Millisecond) //nolint:forbidigo // no network answers within a millisecond: a past bug
			if i.broken.Load() {
				http.Error(w, "down", http.StatusServiceUnavailable)
				return
			}
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(i.srv.Close)
	p, err := devidp.New(devidp.Options{
		Base: i.srv.URL, AuthBase: "http://127.0.0.1:1",
		Users: []devidp.User{{
			Tenant: tenant, Object: "aaaaaaaa-0000-4000-8000-000000000001", Username: helga, Name: "Helga",
			Device: "DDDDDDDD-0000-4000-8000-000000000001", Roles: []string{"Admin"},
		}},
		Apps: []devidp.App{{ID: client}, {ID: apiID, URI: "api://" + apiID, Scopes: []string{"Beside.Use"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	i.Provider, h = p, p.Handler()
	return i
}

func (i *idp) config() Config {
	return Config{AuthorityHost: i.srv.URL, Tenants: []string{tenant}, API: apiID, Clients: []string{client}, Scope: "Beside.Use", HTTP: i.srv.Client()}
}

func (i *idp) verifier(t testing.TB, c Config) *Verifier {
	t.Helper()
	v, err := New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// token is Helga's, changed.
func (i *idp) token(t testing.TB, change func(h, c map[string]any)) string {
	t.Helper()
	c, err := i.AccessClaims(helga, client, scope)
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

func TestVerifyGood(t *testing.T) {
	i := start(t)
	v := i.verifier(t, i.config())
	got, err := v.Verify(t.Context(), i.token(t, same))
	if err != nil {
		t.Fatal(err)
	}
	if got.Tenant != tenant || got.Object != "aaaaaaaa-0000-4000-8000-000000000001" || got.Device != "dddddddd-0000-4000-8000-000000000001" ||
		len(got.Roles) != 1 || got.Roles[0] != "Admin" || time.Until(got.Expires) < 50*time.Minute {
		t.Errorf("got %+v", got)
	}
}

func TestVerifyRefuses(t *testing.T) {
	i := start(t)
	v := i.verifier(t, i.config())
	now := time.Now()
	good := i.token(t, same)
	key, kid := i.Key()
	claims, err := i.AccessClaims(helga, client, scope)
	if err != nil {
		t.Fatal(err)
	}
	with := func(m jwt.SigningMethod, k any) string {
		n := jwt.NewWithClaims(m, jwt.MapClaims(maps.Clone(claims)))
		n.Header["kid"] = kid
		s, err := n.SignedString(k)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	set := func(name string, value any) string {
		return i.token(t, func(_, c map[string]any) {
			if value == nil {
				delete(c, name)
			} else {
				c[name] = value
			}
		})
	}
	head := func(name string, value any) string {
		return i.token(t, func(h, _ map[string]any) { h[name] = value })
	}
	raw := func(payload string) string { // signed as it stands
		p := strings.Split(good, ".")
		in := p[0] + "." + b64(payload)
		sig, err := jwt.SigningMethodRS256.Sign(in, key)
		if err != nil {
			t.Fatal(err)
		}
		return in + "." + b64(string(sig))
	}
	cases := map[string]struct {
		token string
		want  error
	}{
		"aud of Graph":            {set("aud", "00000003-0000-0000-c000-000000000000"), auth.ErrToken},
		"aud list without ours":   {set("aud", []string{"x"}), auth.ErrToken},
		"aud list with ours":      {set("aud", []string{apiID}), auth.ErrToken},
		"no aud":                  {set("aud", nil), auth.ErrToken},
		"iss of other tenant":     {set("iss", i.srv.URL+"/"+other+"/v2.0"), auth.ErrToken},
		"tid of other tenant":     {i.token(t, func(_, c map[string]any) { c["tid"], c["iss"] = other, i.srv.URL+"/"+other+"/v2.0" }), auth.ErrWrongAccount},
		"personal account":        {i.token(t, func(_, c map[string]any) { c["tid"], c["iss"] = PersonalTenant, i.srv.URL+"/"+PersonalTenant+"/v2.0" }), auth.ErrWrongAccount},
		"no tid":                  {set("tid", nil), auth.ErrToken},
		"expired two minutes ago": {set("exp", now.Add(-2*time.Minute).Unix()), auth.ErrToken},
		"no exp":                  {set("exp", nil), auth.ErrToken},
		"nbf in an hour":          {set("nbf", now.Add(time.Hour).Unix()), auth.ErrToken},
		"no nbf":                  {set("nbf", nil), auth.ErrToken},
		"other client":            {set("azp", other), auth.ErrToken},
		"confidential client":     {set("azpacr", "1"), auth.ErrToken},
		"no azpacr":               {set("azpacr", nil), auth.ErrToken},
		"app only":                {i.token(t, func(_, c map[string]any) { delete(c, "scp"); c["roles"], c["idtyp"] = []string{"X"}, "app" }), auth.ErrToken},
		"app with a scope":        {set("idtyp", "app"), auth.ErrToken},
		"scp substring":           {set("scp", "Beside.UseNot"), auth.ErrToken},
		"v1 token":                {set("ver", "1.0"), auth.ErrToken},
		"no oid":                  {set("oid", nil), auth.ErrToken},
		"guest":                   {set("acct", 1), auth.ErrWrongAccount},
		"acct is text":            {set("acct", "0"), auth.ErrToken},
		"no acct, nobody to ask":  {set("acct", nil), auth.ErrWrongAccount},
		"unknown kid":             {head("kid", "nope"), auth.ErrToken},
		"typ at+jwt":              {head("typ", "at+jwt"), auth.ErrToken},
		"no typ":                  {head("typ", ""), auth.ErrToken},
		"crit":                    {head("crit", []string{"x"}), auth.ErrToken},
		"alg none":                {with(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType), auth.ErrToken},
		"alg HS256 with key":      {with(jwt.SigningMethodHS256, key.N.Bytes()), auth.ErrToken},
		"alg PS256":               {with(jwt.SigningMethodPS256, key), auth.ErrToken},
		"tampered payload":        {tamper(good), auth.ErrToken},
		"garbage":                 {"a.b.c", auth.ErrToken},
		"empty":                   {"", auth.ErrToken},
		"huge":                    {strings.Repeat("a", 16<<10+1), auth.ErrToken},
		"member twice":            {raw(`{"tid":"` + tenant + `","tid":"` + other + `"}`), auth.ErrToken},
		"member twice, deep":      {raw(`{"x":[{"y":1,"Y":2}]}`), auth.ErrToken},
		"nested too deep":         {raw(`{"x":` + strings.Repeat("[", 9) + strings.Repeat("]", 9) + `}`), auth.ErrToken},
		"newline in base64":       {strings.Replace(good, ".", "\n.", 1), auth.ErrToken},
		"two signatures":          {good + ".AAAA", auth.ErrToken},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := v.Verify(t.Context(), c.token)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if got.Object != "" {
				t.Errorf("an identity came with the error: %+v", got)
			}
			if len(c.token) > 20 && strings.Contains(err.Error(), c.token[:20]) {
				t.Errorf("the error quotes the token")
			}
		})
	}
	if _, err := v.Verify(t.Context(), good); err != nil {
		t.Errorf("the good token after all that: %v", err)
	}
}

func TestMemberCheck(t *testing.T) {
	i := start(t)
	down := errors.New("graph is down")
	cases := map[string]struct {
		ok   bool
		err  error
		want error
	}{"member": {true, nil, nil}, "guest": {false, nil, auth.ErrWrongAccount}, "down": {true, down, auth.ErrProvider}}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := i.config()
			c.MemberCheck = func(_ context.Context, tid, oid string) (bool, error) {
				if tid != tenant || oid == "" {
					t.Errorf("asked about %q %q", tid, oid)
				}
				return tc.ok, tc.err
			}
			_, err := i.verifier(t, c).Verify(t.Context(), i.token(t, func(_, c map[string]any) { delete(c, "acct") }))
			if !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

func TestUnknownKeysCauseOneDownload(t *testing.T) {
	i := start(t)
	v := i.verifier(t, i.config())
	before := i.downloads.Load()
	bad := i.token(t, func(h, _ map[string]any) { h["kid"] = "nope" })
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if _, err := v.Verify(t.Context(), bad); !errors.Is(err, auth.ErrToken) {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if n := i.downloads.Load() - before; n != 1 {
		t.Errorf("%d downloads, want 1", n)
	}
}

func TestKeyRoll(t *testing.T) {
	i := start(t)
	v := i.verifier(t, i.config())
	old := i.token(t, same)
	if err := i.RollKey(); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), i.token(t, same)); err != nil {
		t.Errorf("token of the new key: %v", err)
	}
	if _, err := v.Verify(t.Context(), old); !errors.Is(err, auth.ErrToken) {
		t.Errorf("token of the withdrawn key: %v", err)
	}
}

func TestProviderDownAtStart(t *testing.T) {
	i := start(t)
	i.broken.Store(true)
	v := i.verifier(t, i.config())
	if _, err := v.Verify(t.Context(), i.token(t, same)); !errors.Is(err, auth.ErrProvider) {
		t.Errorf("got %v, want ErrProvider", err)
	}
}

func TestNewRefuses(t *testing.T) {
	i := start(t)
	for name, change := range map[string]func(*Config){
		"http":            func(c *Config) { c.AuthorityHost = "http://login.example" },
		"path":            func(c *Config) { c.AuthorityHost += "/common" },
		"no tenants":      func(c *Config) { c.Tenants = nil },
		"personal tenant": func(c *Config) { c.Tenants = []string{PersonalTenant} },
		"tenant name":     func(c *Config) { c.Tenants = []string{"contoso.example"} },
		"no clients":      func(c *Config) { c.Clients = nil },
		"no API":          func(c *Config) { c.API = "" },
		"long scope":      func(c *Config) { c.Scope = scope },
	} {
		c := i.config()
		change(&c)
		if _, err := New(t.Context(), c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	i := start(b)
	v := i.verifier(b, i.config())
	good := i.token(b, same)
	for b.Loop() {
		if _, err := v.Verify(b.Context(), good); err != nil {
			b.Fatal(err)
		}
	}
}

// tamper changes one symbol in the middle of the payload.
func tamper(token string) string {
	b := []byte(token)
	m := strings.Index(token, ".") + 40
	b[m] ^= 1
	return string(b)
}
