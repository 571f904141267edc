package devidp

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// User is a person of the demo organisation.
type User struct {
	Tenant, Object string // lower-case GUIDs
	Username       string // sign-in name
	Name           string
	Given, Family  string
	Job            string   // only for the page
	Roles          []string // application roles in the token
	Groups         []string // groups claim of the access token
	Device         string   // deviceid claim, "" for none
	Guest          bool     // acct is 1 instead of 0
	NoAcct         bool     // the token has no acct claim at all
}

// App is a registered application: the desktop (a public client), or an API if it has a URI.
type App struct {
	ID, Name string
	URI      string   // App ID URI of an API, "api://..."
	Scopes   []string // short names of the scopes an API has

	// Redirects make it a web site, which proves itself with Secret and is answered at
	// exactly one of these addresses.
	Redirects []string
	Secret    string
}

// Options make a Provider. Base and AuthBase are origins without a path.
type Options struct {
	Base      string        // https, where Handler is reached: authority and issuer
	AuthBase  string        // where the browser reaches PageHandler; http on the own machine is meant
	Users     []User        // at least one
	Apps      []App         // at least a client and an API
	AccessTTL time.Duration // life of an access token, 1 hour if 0
	Now       func() time.Time
}

// Provider is a running identity provider. It is safe for concurrent use.
type Provider struct {
	o Options

	mu      sync.Mutex
	key     *rsa.PrivateKey
	kid     string
	ttl     time.Duration
	codes   map[string]pending // by authorization code
	devices map[string]pending // by device code
	refresh map[string]pending // by refresh token
}

// pending is something that can be redeemed for tokens.
type pending struct {
	user                *User
	client              string
	redirect, challenge string // authorization code only
	nonce               string // of the authorization request, for the ID token
	scope               string // of the authorization request; it counts when the token request names none
	expires             time.Time
	userCode            string // device code only
	denied              bool
}

// maxPending bounds each of the three tables; the rest is refused.
const maxPending = 1000

// New makes a provider with a fresh key.
func New(o Options) (*Provider, error) {
	for _, b := range []string{o.Base, o.AuthBase} {
		u, err := url.Parse(b)
		if err != nil || u.Host == "" || u.Path != "" || (u.Scheme != "https" && u.Scheme != "http") {
			return nil, fmt.Errorf("devidp: base must be an origin, without a path: %q", b)
		}
	}
	if !strings.HasPrefix(o.Base, "https://") {
		return nil, errors.New("devidp: base must be https")
	}
	if len(o.Users) == 0 || len(o.Apps) == 0 {
		return nil, errors.New("devidp: no users or no apps")
	}
	o.Users, o.Apps = slices.Clone(o.Users), slices.Clone(o.Apps)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.AccessTTL == 0 {
		o.AccessTTL = time.Hour
	}
	p := &Provider{o: o, ttl: o.AccessTTL, codes: map[string]pending{}, devices: map[string]pending{}, refresh: map[string]pending{}}
	if err := p.RollKey(); err != nil {
		return nil, err
	}
	return p, nil
}

// Handler is the https side, for programs: metadata, keys, tokens and device codes.
func (p *Provider) Handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", p.metadata)
	m.HandleFunc("GET /{tenant}/discovery/v2.0/keys", p.keys)
	m.HandleFunc("POST /{tenant}/oauth2/v2.0/devicecode", p.deviceCode)
	m.HandleFunc("POST /{tenant}/oauth2/v2.0/token", p.token)
	return hostOnly(m, p.o.Base)
}

// PageHandler is the side of the browser: the page to sign in on, and the one for device codes.
func (p *Provider) PageHandler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /{tenant}/oauth2/v2.0/authorize", p.authorizePage)
	m.HandleFunc("POST /{tenant}/oauth2/v2.0/authorize", p.authorizeSubmit)
	m.HandleFunc("GET /{tenant}/oauth2/deviceauth", p.devicePage)
	m.HandleFunc("POST /{tenant}/oauth2/deviceauth", p.deviceSubmit)
	return hostOnly(http.NewCrossOriginProtection().Handler(m), p.o.AuthBase)
}

// hostOnly answers 421 to every Host but that of base and its loopback names: a page of
// another site whose name was rebound to this address gets nothing.
func hostOnly(next http.Handler, base string) http.Handler {
	allowed := []string{}
	if u, err := url.Parse(base); err == nil {
		allowed = append(allowed, u.Host)
		if port := u.Port(); port != "" && (u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost") {
			allowed = append(allowed, "127.0.0.1:"+port, "localhost:"+port)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(allowed, strings.ToLower(r.Host)) {
			http.Error(w, "DEVELOPMENT identity provider: unknown host", http.StatusMisdirectedRequest)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

func (p *Provider) metadata(w http.ResponseWriter, r *http.Request) {
	t := r.PathValue("tenant")
	issuer := t
	if t == "common" || t == "organizations" {
		issuer = "{tenantid}" // exactly what Entra publishes
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                p.o.Base + "/" + issuer + "/v2.0",
		"authorization_endpoint":                p.o.AuthBase + "/" + t + "/oauth2/v2.0/authorize",
		"token_endpoint":                        p.o.Base + "/" + t + "/oauth2/v2.0/token",
		"device_authorization_endpoint":         p.o.Base + "/" + t + "/oauth2/v2.0/devicecode",
		"jwks_uri":                              p.o.Base + "/" + t + "/discovery/v2.0/keys",
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"form_post", "query"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	key, kid := p.key, p.kid
	p.mu.Unlock()
	// No "alg", like Entra.
	writeJSON(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "use": "sig", "kid": kid, "n": b64(key.N.Bytes()), "e": "AQAB", "issuer": p.o.Base + "/{tenantid}/v2.0",
	}}})
}

// RevokeAll forgets every refresh token: whoever is signed in must do it again.
func (p *Provider) RevokeAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.refresh)
}

// SetAccessTTL changes the life of access tokens issued from now on.
func (p *Provider) SetAccessTTL(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ttl = d
}

// RollKey replaces the signing key.
func (p *Provider) RollKey() error {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fmt.Errorf("devidp: %w", err)
	}
	h := sha256.Sum256(k.N.Bytes())
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key, p.kid = k, b64(h[:12])
	return nil
}

// put stores something to redeem under a new random name; ok is false if there is too much.
// p.mu is held.
func (p *Provider) put(m map[string]pending, g pending) (name string, ok bool) {
	now := p.o.Now()
	for k, v := range m {
		if now.After(v.expires) {
			delete(m, k)
		}
	}
	if len(m) >= maxPending {
		return "", false
	}
	name = random()
	m[name] = g
	return name, true
}

func (p *Provider) app(id string) *App {
	i := slices.IndexFunc(p.o.Apps, func(a App) bool { return strings.EqualFold(a.ID, id) })
	if i < 0 {
		return nil
	}
	return &p.o.Apps[i]
}

func (p *Provider) user(username string) *User {
	i := slices.IndexFunc(p.o.Users, func(u User) bool { return strings.EqualFold(u.Username, username) })
	if i < 0 {
		return nil
	}
	return &p.o.Users[i]
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func random() string {
	b := make([]byte, 24)
	_, _ = rand.Read(b) // never fails
	return b64(b)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client has gone then
}

func oauthError(w http.ResponseWriter, code string, number int, what string) {
	writeJSON(w, http.StatusBadRequest, map[string]any{
		"error": code, "error_description": fmt.Sprintf("AADSTS%d: %s", number, what), "error_codes": []int{number},
	})
}
