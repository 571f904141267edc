package rest

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"beside/auth"
	"beside/policy/api"
	"beside/server/directory"
	"beside/server/door"
	"beside/server/problem"
	"beside/server/staff"
	"beside/server/store"
)

// Prefix is where the API is, and DocumentPath where its document.
const (
	Prefix       = "/api/v1/"
	DocumentPath = "/openapi.json"
)

// Document is the OpenAPI 3.1 document.
//
//go:embed openapi.json
var document []byte

// Check is a part of the endpoint whose health can be asked.
type Check struct {
	Name string
	Ask  func(ctx context.Context) (now string, _ error) // what it says of itself
}

// Options are what the API works with. Checks, Version and Now may be left out.
type Options struct {
	Store     *store.Store
	Directory directory.Browser
	Tenant    string
	Verifier  auth.Verifier // of the programs that may ask
	// End ends a running session and says whether there was one.
	End     func(ctx context.Context, tenant, session, admin string) bool
	Checks  []Check
	Version string
	Log     *slog.Logger
	Now     func() time.Time
}

// Server is the API. It is an http.Handler, safe for concurrent use.
type Server struct {
	o     Options
	t     *store.Tenant
	door  *door.Door
	limit *limiter
	chain chain
	mux   *http.ServeMux
}

// route is one operation. Who may do what stands in routes and nowhere else.
type route struct {
	method, path string // below Prefix
	may          staff.Role
	cost         int      // of what an account may spend a minute
	query        []string // the parameters it knows
	handle       func(*call) error
}

// routes is the whole map.
func (s *Server) routes() []route {
	page := []string{"limit", "cursor"}
	found := slices.Concat(page, []string{"text", "group"})
	sessions := []string{"text", "since", "used", "state", "reason", "helper", "sharer", "device"}
	audit := []string{"session", "actor", "action", "outcome", "since"}
	roles, assignments := s.roles(), s.assignments()
	return []route{
		{"GET", "me", staff.Auditor, 1, nil, s.me},
		{"GET", "settings", staff.Admin, 1, nil, s.settings},
		{"PUT", "settings", staff.Admin, 1, nil, s.putSettings},
		{"GET", "roles", staff.Auditor, 1, page, roles.list},
		{"POST", "roles", staff.Admin, 1, nil, roles.create},
		{"GET", "roles/{id}", staff.Auditor, 1, nil, roles.show},
		{"PUT", "roles/{id}", staff.Admin, 1, nil, roles.replace},
		{"DELETE", "roles/{id}", staff.Admin, 1, nil, roles.remove},
		{"GET", "assignments", staff.Auditor, 1, page, assignments.list},
		{"POST", "assignments", staff.Admin, 1, nil, assignments.create},
		{"GET", "assignments/{id}", staff.Auditor, 1, nil, assignments.show},
		{"PUT", "assignments/{id}", staff.Admin, 1, nil, assignments.replace},
		{"DELETE", "assignments/{id}", staff.Admin, 1, nil, assignments.remove},
		{"GET", "assignments/{id}/reach", staff.Auditor, 5, nil, s.reach},
		{"GET", "sessions", staff.Auditor, 1, slices.Concat(page, sessions), s.sessions},
		{"GET", "sessions/{id}", staff.Auditor, 1, nil, s.session},
		{"GET", "sessions/{id}/events", staff.Auditor, 1, page, s.sessionEvents},
		{"POST", "sessions/{id}/end", staff.Operator, 1, nil, s.endSession},
		{"GET", "audit", staff.Auditor, 1, slices.Concat(page, audit), s.audit},
		{"GET", "audit/verification", staff.Auditor, 20, nil, s.verifyAudit},
		{"GET", "exports/sessions.csv", staff.Auditor, 20, sessions, s.exportSessions},
		{"GET", "exports/sessions.jsonl", staff.Auditor, 20, sessions, s.exportSessions},
		{"GET", "exports/audit.csv", staff.Auditor, 20, audit, s.exportAudit},
		{"GET", "exports/audit.jsonl", staff.Auditor, 20, audit, s.exportAudit},
		{"GET", "people", staff.Auditor, 1, found, s.people},
		{"GET", "people/{id}", staff.Auditor, 1, nil, s.person},
		{"GET", "groups", staff.Auditor, 1, slices.Concat(page, []string{"text"}), s.groups},
		{"GET", "devices", staff.Auditor, 1, found, s.devices},
		{"GET", "devices/{id}", staff.Auditor, 1, nil, s.device},
		{"POST", "what-if", staff.Auditor, 1, nil, s.whatIf},
		{"GET", "health", staff.Auditor, 1, nil, s.health},
	}
}

// New makes the API.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{
		o: o, t: o.Store.For(o.Tenant), limit: newLimiter(o.Now), mux: http.NewServeMux(),
		door: door.New(door.Options{Verifier: o.Verifier, Log: o.Log, Now: o.Now}),
	}
	byPath := map[string][]route{}
	for _, r := range s.routes() {
		byPath[r.path] = append(byPath[r.path], r)
	}
	for path, rs := range byPath {
		s.mux.HandleFunc(Prefix+path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, rs) })
	}
	s.mux.HandleFunc(Prefix, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, nil) })
	s.mux.HandleFunc("GET "+DocumentPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(document)
	})
	return s
}

// maxBody bounds what a request may send.
const maxBody = 256 << 10

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Strict-Transport-Security", "max-age=31536000")
	h.Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	s.mux.ServeHTTP(w, r)
}

// call is one request of somebody who may ask.
type call struct {
	w    http.ResponseWriter
	r    *http.Request
	who  auth.Verified
	role staff.Role
}

// serve checks who asks before it says anything, even that there is no such path.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, rs []route) {
	c := &call{w: w, r: r}
	var err error
	if c.who, c.role, err = s.enter(r); err == nil {
		err = s.answer(c, rs)
	}
	if err != nil {
		s.fail(r.Context(), c, err)
	}
}

func (s *Server) answer(c *call, rs []route) error {
	i := slices.IndexFunc(rs, func(x route) bool { return x.method == c.r.Method || x.method == "GET" && c.r.Method == "HEAD" })
	cost := 1
	if i >= 0 {
		cost = rs[i].cost
	}
	if err := s.limit.spend(c.w, c.who.Object, cost); err != nil {
		return err
	}
	switch {
	case len(rs) == 0:
		return problem.New(problem.Unknown)
	case i < 0:
		var allow []string
		for _, x := range rs {
			allow = append(allow, x.method)
		}
		c.w.Header().Set("Allow", strings.Join(allow, ", "))
		return problem.New(problem.Method)
	case c.role < rs[i].may:
		return problem.New(problem.RoleMissing)
	}
	if !text(c.r.PathValue("id")) {
		return problem.New(problem.Unknown)
	}
	for name, values := range c.r.URL.Query() {
		if !slices.Contains(rs[i].query, name) || len(values) > 1 || !text(values[0]) {
			return malformed(fmt.Sprintf("the parameter %.64q is not known here, stands twice or is no text", name))
		}
	}
	return rs[i].handle(c)
}

// text says whether s is something that a database can be asked for.
func text(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// enter says who asks and what they may, as the admin site does: by the token's roles or the
// endpoint's own list, whichever is more, and only while the directory knows them as a member.
func (s *Server) enter(r *http.Request) (auth.Verified, staff.Role, error) {
	v, _, err := s.door.Enter(r)
	if err != nil {
		return v, staff.Nobody, err
	}
	if v.Tenant != s.o.Tenant {
		return v, staff.Nobody, problem.New(api.AccountRefused)
	}
	who, err := s.o.Directory.Person(r.Context(), s.o.Tenant, v.Object)
	switch {
	case errors.Is(err, directory.ErrUnavailable): // the provider vouched for them; they may see why nothing works
	case err != nil || !who.Member || !who.Enabled:
		return v, staff.Nobody, problem.New(api.AccountRefused)
	}
	role := staff.Of(v.Roles)
	own, err := staff.Listed(r.Context(), s.t, v.Object)
	if err != nil && role == staff.Nobody {
		return v, staff.Nobody, err
	}
	if role = max(role, own); role == staff.Nobody {
		return v, role, problem.New(problem.RoleMissing)
	}
	return v, role, nil
}

// fail answers with what went wrong.
func (s *Server) fail(ctx context.Context, c *call, err error) {
	var large *http.MaxBytesError
	switch {
	case problem.Write(c.w, err):
		return
	case errors.Is(err, store.ErrNotFound), errors.Is(err, directory.ErrUnknown):
		err = problem.New(problem.Unknown)
	case errors.Is(err, store.ErrConflict):
		err = problem.New(problem.Taken)
	case errors.Is(err, directory.ErrUnavailable):
		err = problem.Later(api.DirectoryDown, 10*time.Second)
	case errors.As(err, &large):
		err = problem.New(problem.TooLarge)
	default:
		s.o.Log.ErrorContext(ctx, "admin API", "path", c.r.URL.Path, "err", err)
		if s.o.Store.Ping(ctx) != nil {
			err = problem.Later(problem.Unavailable, 5*time.Second)
		} else {
			err = problem.New(api.Internal)
		}
	}
	problem.Write(c.w, err)
}

// note writes the audit row of a change.
func (s *Server) note(c *call, action, target, detail string) error {
	if r := []rune(detail); len(r) > maxDetail {
		detail = string(r[:maxDetail-1]) + "…"
	}
	_, err := s.t.Append(c.r.Context(), store.Entry{Actor: c.who.Object, Action: action, Target: target, Outcome: "ok", Detail: detail})
	return err
}

const maxDetail = 256
