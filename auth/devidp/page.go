package devidp

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// pages are the templates signin, device, done and back.
var pages = template.Must(template.New("").Parse(pageHTML))

type view struct {
	CSS    template.CSS
	Nonce  string
	Action string
	Hidden [][2]string // sent back as they came
	Users  []User
	Focus  int    // which of Users
	Code   string // device code page
	To     string // back page: where the form goes
	Then   string // where the answer to the form may lead
	Error  string
	OK     bool
}

// signIn are the parameters of an authorization request that are carried through the page.
var signIn = []string{"client_id", "redirect_uri", "response_type", "response_mode", "code_challenge", "code_challenge_method", "state", "scope", "nonce", "audience"}

func (p *Provider) render(w http.ResponseWriter, status int, name string, v view) {
	v.CSS, v.Nonce = template.CSS(pageCSS), random() //nolint:gosec // our own file
	target := "'self'"
	if u, err := url.Parse(v.To); err == nil && u.Host != "" {
		target = u.Scheme + "://" + u.Host
	}
	if u, err := url.Parse(v.Then); err == nil && u.Host != "" {
		target += " " + u.Scheme + "://" + u.Host
	}
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, v); err != nil {
		http.Error(w, "DEVELOPMENT identity provider: page", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+v.Nonce+"'; script-src 'nonce-"+v.Nonce+"'; form-action "+target+"; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// checkAuthorize refuses what must never be answered by going back to the redirect address.
func (p *Provider) checkAuthorize(q url.Values) error {
	app := p.app(q.Get("client_id"))
	back, err := url.Parse(q.Get("redirect_uri"))
	switch {
	case app == nil || app.URI != "":
		return errors.New("AADSTS700016: this application is not registered here")
	case len(app.Redirects) > 0:
		if !slices.Contains(app.Redirects, q.Get("redirect_uri")) {
			return errors.New("AADSTS50011: the redirect address is not registered")
		}
		if m := q.Get("response_mode"); m != "" && m != "query" {
			return errors.New("AADSTS70000: only response_mode query for a web site")
		}
	case err != nil || back.Scheme != "http" || back.Hostname() != "localhost" || back.User != nil || back.Fragment != "" || strings.Trim(back.Path, "/") != "":
		return errors.New("AADSTS50011: the redirect address must be http://localhost with any port")
	case q.Get("response_mode") != "form_post":
		return errors.New("AADSTS70000: only response_mode form_post for a desktop app")
	}
	switch {
	case q.Get("response_type") != "code":
		return errors.New("AADSTS70000: only response_type code")
	case q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43:
		return errors.New("AADSTS9002325: PKCE with S256 is required")
	}
	return nil
}

func (p *Provider) authorizePage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if err := p.checkAuthorize(q); err != nil {
		p.render(w, http.StatusBadRequest, "done", view{Error: err.Error()})
		return
	}
	v := view{Action: r.URL.Path, Users: p.users(r.PathValue("tenant"))}
	if app := p.app(q.Get("client_id")); len(app.Redirects) > 0 {
		v.Then = q.Get("redirect_uri") // a browser applies form-action to the redirect as well
	}
	for _, k := range signIn {
		v.Hidden = append(v.Hidden, [2]string{k, q.Get(k)})
	}
	hint := func(u User) bool { return strings.EqualFold(u.Username, q.Get("login_hint")) }
	v.Focus = max(slices.IndexFunc(v.Users, hint), 0)
	p.render(w, http.StatusOK, "signin", v)
}

// users are those of a tenant, all for the addresses that serve every tenant.
func (p *Provider) users(tenant string) []User {
	if tenant == "common" || tenant == "organizations" {
		return p.o.Users
	}
	return slices.DeleteFunc(slices.Clone(p.o.Users), func(u User) bool { return u.Tenant != tenant })
}

func (p *Provider) authorizeSubmit(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		p.render(w, http.StatusBadRequest, "done", view{Error: "The form could not be read."})
		return
	}
	f := r.PostForm
	if err := p.checkAuthorize(f); err != nil {
		p.render(w, http.StatusBadRequest, "done", view{Error: err.Error()})
		return
	}
	v := view{To: f.Get("redirect_uri"), Hidden: [][2]string{{"state", f.Get("state")}}}
	if u := p.user(f.Get("user")); u == nil {
		v.Hidden = append(v.Hidden, [2]string{"error", "access_denied"}, [2]string{"error_description", "AADSTS65004: User declined to consent"})
	} else {
		p.mu.Lock()
		code, ok := p.put(p.codes, pending{
			user: u, client: p.app(f.Get("client_id")).ID, redirect: f.Get("redirect_uri"),
			challenge: f.Get("code_challenge"), scope: p.asked(f), nonce: f.Get("nonce"), expires: p.o.Now().Add(10 * time.Minute),
		})
		p.mu.Unlock()
		if !ok {
			p.render(w, http.StatusServiceUnavailable, "done", view{Error: "Too many sign-ins are open."})
			return
		}
		v.Hidden = append(v.Hidden, [2]string{"code", code})
	}
	if len(p.app(f.Get("client_id")).Redirects) > 0 {
		q := url.Values{}
		for _, h := range v.Hidden {
			q.Set(h[0], h[1])
		}
		http.Redirect(w, r, v.To+"?"+q.Encode(), http.StatusSeeOther) //nolint:gosec // checkAuthorize took only registered addresses
		return
	}
	p.render(w, http.StatusOK, "back", v)
}

// asked are the scopes of an authorization request. Providers that are not Microsoft's are told the
// API by the parameter audience: that asks for all its scopes.
func (p *Provider) asked(f url.Values) string {
	if api := p.app(f.Get("audience")); api != nil && api.URI != "" && !strings.Contains(f.Get("scope"), api.URI+"/") {
		return f.Get("scope") + " " + api.URI + "/.default"
	}
	return f.Get("scope")
}

// userCodeAlphabet has no vowels and no look-alikes; 27 symbols.
const userCodeAlphabet = "BCDFGHJKLMNPQRSTVWXZ2345679"

func userCode() string {
	b := make([]byte, 9)
	for i := range b {
		var x [1]byte
		for ok := false; !ok; ok = int(x[0]) < 256/len(userCodeAlphabet)*len(userCodeAlphabet) {
			_, _ = rand.Read(x[:]) // never fails
		}
		b[i] = userCodeAlphabet[int(x[0])%len(userCodeAlphabet)]
	}
	return string(b)
}

func (p *Provider) deviceCode(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		oauthError(w, "invalid_request", 900144, "form")
		return
	}
	app := p.app(r.PostForm.Get("client_id"))
	if app == nil || app.URI != "" {
		oauthError(w, "unauthorized_client", 700016, "application not found")
		return
	}
	const life = 15 * time.Minute
	uc := userCode()
	p.mu.Lock()
	dc, ok := p.put(p.devices, pending{client: app.ID, userCode: uc, expires: p.o.Now().Add(life)})
	p.mu.Unlock()
	if !ok {
		oauthError(w, "temporarily_unavailable", 90033, "too many device codes")
		return
	}
	page := p.o.AuthBase + "/common/oauth2/deviceauth"
	writeJSON(w, http.StatusOK, map[string]any{
		"user_code": uc, "device_code": dc, "verification_uri": page, "expires_in": int(life.Seconds()), "interval": 5,
		"message": "To sign in, use a web browser to open the page " + page + " and enter the code " + uc + " to authenticate.",
	})
}

func (p *Provider) devicePage(w http.ResponseWriter, r *http.Request) {
	p.render(w, http.StatusOK, "device", view{Action: r.URL.Path, Users: p.users(r.PathValue("tenant")), Code: r.URL.Query().Get("user_code")})
}

func (p *Provider) deviceSubmit(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		p.render(w, http.StatusBadRequest, "done", view{Error: "The form could not be read."})
		return
	}
	typed := strings.ToUpper(strings.TrimSpace(r.PostForm.Get("user_code")))
	p.mu.Lock()
	found := ""
	for dc, g := range p.devices { // all of them, so that time says nothing
		if subtle.ConstantTimeCompare([]byte(g.userCode), []byte(typed)) == 1 && g.user == nil && !g.denied && !p.o.Now().After(g.expires) {
			found = dc
		}
	}
	if found != "" {
		g := p.devices[found]
		g.user = p.user(r.PostForm.Get("user"))
		g.denied = g.user == nil
		p.devices[found] = g
	}
	p.mu.Unlock()
	if found == "" {
		p.render(w, http.StatusBadRequest, "done", view{Error: "That code is unknown, used or expired."})
		return
	}
	p.render(w, http.StatusOK, "done", view{OK: true})
}
