package admin

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"beside/server/directory"
	"beside/server/staff"
	"beside/server/store"
)

//go:embed static
var staticFiles embed.FS

// Check is a part of the endpoint whose health can be asked.
type Check struct {
	Name string                                          // a key of the words: health.<Name>
	Ask  func(ctx context.Context) (now string, _ error) // what it says of itself
}

// Options are what the site works with. Zone, Now and Checks may be left out.
type Options struct {
	Store     *store.Store
	Directory directory.Browser
	Tenant    string
	SignIn    Provider
	// Key is 32 secret bytes for the cookie that says who is signed in. Nodes of one endpoint share it.
	Key []byte
	// End ends a running session and says whether there was one.
	End     func(ctx context.Context, tenant, session, admin string) bool
	Checks  []Check
	Version string
	Zone    *time.Location // times are shown in it
	Log     *slog.Logger
	Now     func() time.Time
}

// Site is the handler of everything below /admin/. It is safe for concurrent use.
type Site struct {
	o       Options
	t       *store.Tenant
	sealer  sealer
	handler http.Handler
	static  map[string]asset
	words   map[string]words
	pages   pages
	charts  cache[figures]
	chain   cache[chainState]
	called  cache[string] // what the directory calls the organisation
}

// New makes the site.
func New(o Options) (*Site, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.Local
	}
	s := &Site{o: o, t: o.Store.For(o.Tenant)}
	var err error
	if s.sealer, err = newSealer(o.Key); err != nil {
		return nil, err
	}
	sub, err := fs.Sub(staticFiles, "static")
	if err != nil {
		return nil, err
	}
	if s.static, err = assets(sub); err != nil {
		return nil, err
	}
	if s.words, err = loadWords(); err != nil {
		return nil, err
	}
	if s.pages, err = loadPages(); err != nil {
		return nil, err
	}
	s.handler = s.routes()
	return s, nil
}

// routes is the whole map of the site; who may do what stands here and nowhere else.
func (s *Site) routes() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /admin/static/{name}", s.serveStatic)
	m.HandleFunc("GET /admin/sign-in", s.signInPage)
	m.HandleFunc("GET /admin/sign-in/start", s.signInStart)
	m.HandleFunc("GET /admin/sign-in/back", s.signInBack)
	m.HandleFunc("POST /admin/sign-out", s.signOut)
	m.HandleFunc("GET /admin/theme", s.theme)
	m.HandleFunc("GET /admin/{$}", func(w http.ResponseWriter, r *http.Request) { seeOther(w, r, "/admin/monitor") })
	page := func(pattern string, may role, fresh bool, h func(*visit) error) {
		m.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, may, fresh, h) }) //nolint:contextcheck // a visit carries the request, and so its context
	}
	page("GET /admin/monitor", auditor, false, s.monitor)
	page("GET /admin/monitor/events", auditor, false, s.monitorEvents)
	page("GET /admin/sessions", auditor, false, s.sessions)
	page("GET /admin/sessions.csv", auditor, false, s.sessionsFile)
	page("GET /admin/sessions.jsonl", auditor, false, s.sessionsFile)
	page("GET /admin/sessions/{id}", auditor, false, s.session)
	page("GET /admin/sessions/{id}/end", operator, false, s.endAsk)
	page("POST /admin/sessions/{id}/end", operator, false, s.endDo)
	page("GET /admin/audit", auditor, false, s.audit)
	page("GET /admin/audit.csv", auditor, false, s.auditFile)
	page("GET /admin/audit.jsonl", auditor, false, s.auditFile)
	page("POST /admin/audit/verify", auditor, false, s.auditVerify)
	page("GET /admin/settings", admin, true, s.settings)
	page("POST /admin/settings", admin, true, s.settingsSave)
	page("GET /admin/roles", auditor, false, s.roles)
	page("GET /admin/roles/{id}", admin, true, s.roleEdit)
	page("POST /admin/roles/{id}", admin, true, s.roleSave)
	page("GET /admin/roles/{id}/delete", admin, true, s.roleDeleteAsk)
	page("POST /admin/roles/{id}/delete", admin, true, s.roleDelete)
	page("GET /admin/assignments", auditor, false, s.assignments)
	page("GET /admin/assignments/{id}/delete", admin, false, s.assignmentDeleteAsk)
	page("POST /admin/assignments/{id}/delete", admin, false, s.assignmentDelete)
	page("GET /admin/assignments/{id}/{step}", admin, false, s.wizard)
	page("POST /admin/assignments/{id}/review", admin, false, s.wizardSave)
	page("GET /admin/people", auditor, false, s.people)
	page("GET /admin/people/{id}", auditor, false, s.person)
	page("GET /admin/groups", auditor, false, s.groups)
	page("GET /admin/devices", auditor, false, s.devices)
	page("GET /admin/devices/{id}", auditor, false, s.device)
	page("GET /admin/devices/enrol", operator, true, s.enrol)
	page("POST /admin/devices/enrol", operator, true, s.enrolDo)
	page("POST /admin/devices/enrol/{token}/void", operator, false, s.enrolVoid)
	page("GET /admin/devices/{id}/revoke", operator, false, s.deviceRevokeAsk)
	page("POST /admin/devices/{id}/revoke", operator, false, s.deviceRevoke)
	page("GET /admin/what-if", auditor, false, s.whatIf)
	page("GET /admin/health", auditor, false, s.health)
	page("/admin/", auditor, false, func(*visit) error { return errNotFound })
	return http.NewCrossOriginProtection().Handler(m)
}

// csp lets pages load and send only what is the site's own.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxForm bounds what a form may send.
const maxForm = 256 << 10

// ServeHTTP implements http.Handler.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", csp)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Strict-Transport-Security", "max-age=31536000")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	h.Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	s.handler.ServeHTTP(w, r)
}

// role is what somebody may do here.
type role = staff.Role

const (
	nobody   = staff.Nobody
	auditor  = staff.Auditor
	operator = staff.Operator
	admin    = staff.Admin
)

var (
	errNotFound  = errors.New("admin: not found")
	errForbidden = errors.New("admin: not for this role")
)

// visit is one request of somebody who is signed in.
type visit struct {
	s    *Site
	w    http.ResponseWriter
	r    *http.Request
	who  person
	lang string
	dark string // light, dark or "" for the system's
}

// person is who is signed in.
type person struct {
	Object, Name string
	Role         role
	Listed       bool      // the role is the endpoint's own word, asked for again at every visit
	At           time.Time // of the sign-in
}

// How long a sign-in lasts, and how recent it must be to look at settings and roles and to save them.
const (
	signedIn  = 8 * time.Hour
	freshView = 15 * time.Minute
	freshSave = time.Hour
)

// serve checks who asks and shows what h makes, or why it could not.
func (s *Site) serve(w http.ResponseWriter, r *http.Request, may role, fresh bool, h func(*visit) error) {
	v := &visit{s: s, w: w, r: r, lang: language(r), dark: themeOf(r)}
	var ok bool
	if v.who, ok = s.visitor(r); !ok {
		s.toSignIn(w, r, "")
		return
	}
	if v.who.Role < may {
		v.fail(errForbidden)
		return
	}
	within := freshView
	if r.Method == http.MethodPost {
		within = freshSave
	}
	if age := s.o.Now().Sub(v.who.At); fresh && age > within {
		s.toSignIn(w, r, "again")
		return
	}
	if err := h(v); err != nil {
		v.fail(err)
	}
}

// visitor reads the cookie, and asks the directory whether that person still belongs here.
func (s *Site) visitor(r *http.Request) (person, bool) {
	var p person
	if !s.sealer.read(r, cookieWho, &p) || p.Object == "" || p.Role <= nobody || p.Role > admin {
		return person{}, false
	}
	if age := s.o.Now().Sub(p.At); age < -time.Minute || age > signedIn {
		return person{}, false
	}
	who, err := s.o.Directory.Person(r.Context(), s.o.Tenant, p.Object)
	switch {
	case errors.Is(err, directory.ErrUnavailable): // the provider vouched for them; they may see why nothing works
	case err != nil || !who.Member || !who.Enabled:
		return person{}, false
	}
	if p.Listed {
		p.Role = s.listed(r.Context(), p.Object)
	}
	return p, p.Role > nobody
}

// listed is the role that the endpoint's own list gives somebody ("admin grant").
func (s *Site) listed(ctx context.Context, object string) role {
	r, err := staff.Listed(ctx, s.t, object)
	if err != nil {
		s.o.Log.ErrorContext(ctx, "admin site: roles", "err", err)
	}
	return r
}

// fail shows what went wrong.
func (v *visit) fail(err error) {
	d := failure{Code: http.StatusInternalServerError, Key: "internal"}
	var tooLarge *http.MaxBytesError
	switch {
	case v.r.Context().Err() != nil:
		return
	case errors.Is(err, errNotFound), errors.Is(err, store.ErrNotFound), errors.Is(err, directory.ErrUnknown):
		d = failure{Code: http.StatusNotFound, Key: "notfound"}
	case errors.Is(err, errForbidden):
		d = failure{Code: http.StatusForbidden, Key: "forbidden"}
	case errors.Is(err, directory.ErrUnavailable):
		d = failure{Code: http.StatusServiceUnavailable, Key: "directory"}
	case errors.As(err, &tooLarge):
		d = failure{Code: http.StatusRequestEntityTooLarge, Key: "toolarge"}
	default:
		d.Ref = store.NewID()[:8]
		v.s.o.Log.ErrorContext(v.r.Context(), "admin site", "path", v.r.URL.Path, "ref", d.Ref, "err", err)
	}
	v.status(d.Code, "failure", "err."+d.Key+".title", "", d)
}

type failure struct {
	Code     int
	Key, Ref string
}

// note writes the audit row of a change.
func (v *visit) note(action, target, detail string) error {
	_, err := v.s.t.Append(v.r.Context(), store.Entry{Actor: v.who.Object, Action: action, Target: target, Outcome: "ok", Detail: cut(detail, 256)})
	return err
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

func seeOther(w http.ResponseWriter, r *http.Request, to string) {
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // ours() keeps it inside the site, or it is the provider's own address
}

// language is what the person chose, or else what the browser prefers.
func language(r *http.Request) string {
	if c, err := r.Cookie(cookieLang); err == nil && slices.Contains(languages, c.Value) {
		return c.Value
	}
	for _, l := range strings.Split(r.Header.Get("Accept-Language"), ",") {
		l, _, _ = strings.Cut(strings.TrimSpace(l), ";")
		l, _, _ = strings.Cut(l, "-")
		if slices.Contains(languages, l) {
			return l
		}
	}
	return languages[0]
}
