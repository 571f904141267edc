package admin

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"beside/auth"
	"beside/server/staff"
	"beside/server/store"
)

// Provider is where people sign in. It is safe for concurrent use.
type Provider interface {
	// URL is where the browser goes. fresh asks for a sign-in now, even of somebody who is signed in.
	URL(ctx context.Context, state, verifier string, fresh bool) (string, error)
	// Redeem is who came back with a code. Errors wrap those of package auth.
	Redeem(ctx context.Context, code, verifier string) (auth.Verified, error)
}

// going is a sign-in that is under way.
type going struct {
	State, Verifier, To string
	Fresh               bool
	At                  time.Time
}

const signInWithin = 10 * time.Minute

// toSignIn sends somebody to sign in, and back to where they were if that was only a look.
func (s *Site) toSignIn(w http.ResponseWriter, r *http.Request, why string) {
	q := url.Values{}
	if r.Method == http.MethodGet && !strings.HasSuffix(r.URL.Path, "/events") {
		q.Set("to", r.URL.RequestURI())
	}
	if why != "" {
		q.Set("why", why)
	}
	seeOther(w, r, "/admin/sign-in?"+q.Encode())
}

// ours keeps a way back inside the site: never another host, never another part of this one.
func ours(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/admin/") ||
		strings.HasPrefix(u.Path, "/admin/sign-") || strings.Contains(u.Path, "..") || strings.ContainsAny(to, "\\\r\n") {
		return "/admin/monitor"
	}
	return u.RequestURI()
}

type signInData struct {
	Company, Domain, Why, To string
	Go                       string
}

func (s *Site) signInPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	why := q.Get("why")
	if !strings.Contains(" again norole account provider expired internal out ", " "+why+" ") {
		why = ""
	}
	start := url.Values{"to": {ours(q.Get("to"))}}
	if why == "again" {
		start.Set("fresh", "1")
	}
	v := &visit{s: s, w: w, r: r, lang: language(r), dark: themeOf(r)}
	v.show("signin", "sign.title", "", signInData{Company: s.company(r.Context()), Why: why, Go: "/admin/sign-in/start?" + start.Encode()}) //nolint:contextcheck // the visit carries it
}

func (s *Site) signInStart(w http.ResponseWriter, r *http.Request) {
	g := going{State: random(), Verifier: random() + random(), To: ours(r.URL.Query().Get("to")), Fresh: r.URL.Query().Get("fresh") != "", At: s.o.Now()}
	to, err := s.o.SignIn.URL(r.Context(), g.State, g.Verifier, g.Fresh)
	if err == nil {
		err = s.sealer.set(w, cookieGo, g, signInWithin)
	}
	if err != nil {
		s.o.Log.ErrorContext(r.Context(), "sign-in", "err", err)
		seeOther(w, r, "/admin/sign-in?why=provider")
		return
	}
	seeOther(w, r, to)
}

// signInBack takes what the provider sent the browser back with.
func (s *Site) signInBack(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	refuse := func(why string, err error) { //nolint:contextcheck // the request carries it
		if err != nil {
			s.o.Log.WarnContext(r.Context(), "sign-in refused", "why", why, "err", err)
		}
		seeOther(w, r, "/admin/sign-in?why="+why)
	}
	var g going
	ok := s.sealer.read(r, cookieGo, &g)
	clear(w, cookieGo)
	if !ok || s.o.Now().Sub(g.At) > signInWithin || g.State == "" || subtle.ConstantTimeCompare([]byte(g.State), []byte(q.Get("state"))) != 1 {
		refuse("expired", nil)
		return
	}
	if q.Get("code") == "" || q.Get("error") != "" {
		refuse("account", nil)
		return
	}
	v, err := s.o.SignIn.Redeem(r.Context(), q.Get("code"), g.Verifier)
	switch {
	case errors.Is(err, auth.ErrProvider):
		refuse("provider", err)
		return
	case err != nil || v.Tenant != s.o.Tenant || v.Object == "":
		refuse("account", err)
		return
	}
	p := person{Object: v.Object, Name: cut(v.Name, 128), Role: staff.Of(v.Roles), At: s.o.Now()}
	if own := s.listed(r.Context(), p.Object); own > p.Role {
		p.Role, p.Listed = own, true
	}
	outcome := "ok"
	if p.Role == nobody {
		outcome = "role.none"
	}
	// Without a row nobody gets in.
	if _, err := s.t.Append(r.Context(), store.Entry{Actor: p.Object, Action: "admin.signin", Outcome: outcome, Detail: p.Role.String()}); err != nil {
		refuse("internal", err)
		return
	}
	if p.Role == nobody {
		refuse("norole", nil)
		return
	}
	if err := s.sealer.set(w, cookieWho, p, signedIn); err != nil {
		refuse("internal", err)
		return
	}
	seeOther(w, r, g.To)
}

func (s *Site) signOut(w http.ResponseWriter, r *http.Request) {
	clear(w, cookieWho)
	seeOther(w, r, "/admin/sign-in?why=out")
}

// theme remembers a language or a theme and goes back.
func (s *Site) theme(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for _, l := range languages {
		if q.Get("lang") == l {
			plain(w, cookieLang, l)
		}
	}
	switch t := q.Get("theme"); t {
	case "light", "dark", "system":
		plain(w, cookieTheme, t)
	}
	to := "/admin/monitor"
	if u, err := url.Parse(r.Referer()); err == nil && u.Host == r.Host {
		u.Scheme, u.Host = "", ""
		if to = ours(u.String()); strings.HasPrefix(u.Path, "/admin/sign-in") {
			to = "/admin/sign-in"
		}
	}
	seeOther(w, r, to)
}

func themeOf(r *http.Request) string {
	if c, err := r.Cookie(cookieTheme); err == nil && (c.Value == "light" || c.Value == "dark") {
		return c.Value
	}
	return ""
}

// company is what the directory calls the organisation, "" if it does not say.
func (s *Site) company(ctx context.Context) string {
	name, err := s.called.get(s.o.Now(), time.Minute, func() (string, error) {
		people, _, err := s.o.Directory.People(ctx, s.o.Tenant, everybody(perPage))
		if err != nil {
			return "", err
		}
		for _, p := range people {
			if p.Member && p.Card.Company != "" { // a guest's is another one's
				return p.Card.Company, nil
			}
		}
		return "", nil
	})
	if err != nil {
		return ""
	}
	return name
}
