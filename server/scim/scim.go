package scim

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"beside/server/peer"
	"beside/server/store"
)

// Path is where the service is on the endpoint.
const Path = "/scim/v2"

// Limits.
const (
	maxBody     = 16 << 20 // bytes; a group of 100,000 members has about 6 MB
	perSecond   = 50       // requests with one token
	burst       = 200
	badTokens   = 30 // of one address per minute
	pageDefault = 100
	pageMax     = 500
)

// Options are what the service works with. Now may be left out.
type Options struct {
	Store *store.Store
	// Object is what tokens name the person by whom the client names so; "" if they cannot.
	Object func(externalID string) string
	Base   string // absolute address of the service, without a slash at the end
	Log    *slog.Logger
	Now    func() time.Time
}

// Server is the service. It is an http.Handler, safe for concurrent use.
type Server struct {
	o   Options
	mux *http.ServeMux
	bad *peer.Strikes

	mu     sync.Mutex
	limits map[string]*rate.Limiter // by token
}

// visit is one request of a client that may make it.
type visit struct {
	w     http.ResponseWriter
	r     *http.Request
	t     *store.Tenant
	token string // its id
}

// New makes the service.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{o: o, mux: http.NewServeMux(), bad: &peer.Strikes{Max: badTokens, Now: o.Now}, limits: map[string]*rate.Limiter{}}
	for pattern, h := range s.routes() {
		method, path, _ := strings.Cut(pattern, " ")
		s.mux.HandleFunc(method+" "+Path+path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, h) })
	}
	s.mux.HandleFunc(Path+"/", func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, r, func(*visit) error { return errAbsent })
	})
	return s
}

// routes are all that there is to ask for.
func (s *Server) routes() map[string]func(*visit) error {
	return map[string]func(*visit) error{
		"GET /Users": s.listUsers, "POST /Users": s.createUser,
		"GET /Users/{id}": s.getUser, "PUT /Users/{id}": s.putUser, "PATCH /Users/{id}": s.patchUser, "DELETE /Users/{id}": s.deleteUser,
		"GET /Groups": s.listGroups, "POST /Groups": s.createGroup,
		"GET /Groups/{id}": s.getGroup, "PUT /Groups/{id}": s.putGroup, "PATCH /Groups/{id}": s.patchGroup, "DELETE /Groups/{id}": s.deleteGroup,
		"GET /ServiceProviderConfig": s.provider,
		"GET /Schemas":               s.schemas, "GET /Schemas/{id}": s.schema,
		"GET /ResourceTypes": s.types, "GET /ResourceTypes/{id}": s.kind,
	}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	s.mux.ServeHTTP(w, r)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, h func(*visit) error) {
	v, err := s.enter(w, r)
	if err == nil {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		err = h(v)
	}
	if err != nil {
		s.fail(w, r, err)
	}
}

// enter finds out whose directory the request is for.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) (*visit, error) {
	addr := peer.Address(r)
	if s.bad.Out(addr) {
		w.Header().Set("Retry-After", "60")
		return nil, &failure{http.StatusTooManyRequests, "", "Too many bad tokens."}
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || !strings.HasPrefix(token, TokenPrefix) || len(token) > 128 || len(r.Header.Values("Origin")) > 0 { // no web page is a client
		s.bad.Count(addr)
		w.Header().Set("WWW-Authenticate", "Bearer")
		return nil, &failure{http.StatusUnauthorized, "", "A bearer token is needed."}
	}
	tenant, id, err := s.o.Store.SCIMTenant(r.Context(), token)
	if errors.Is(err, store.ErrNotFound) {
		s.bad.Count(addr)
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		return nil, &failure{http.StatusUnauthorized, "", "The token is unknown, revoked or has run out."}
	}
	if err != nil {
		return nil, err
	}
	if !s.limit(id).AllowN(s.o.Now(), 1) {
		w.Header().Set("Retry-After", "1")
		return nil, &failure{http.StatusTooManyRequests, "", "Too many requests."}
	}
	return &visit{w: w, r: r, t: s.o.Store.For(tenant), token: id}, nil
}

// limit is the limiter of a token. There are no more than tokens that are good.
func (s *Server) limit(id string) *rate.Limiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.limits[id]
	if l == nil {
		l = rate.NewLimiter(perSecond, burst)
		s.limits[id] = l
	}
	return l
}

// note writes what was done into the audit log.
func (v *visit) note(action, target string) error {
	_, err := v.t.Append(v.r.Context(), store.Entry{Actor: "scim:" + v.token, Action: "directory." + action, Target: target, Outcome: "ok"})
	return err
}

// decode reads JSON, all of it.
func decode(r *http.Request, to any) error {
	switch kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); strings.TrimSpace(strings.ToLower(kind)) {
	case mediaType, "application/json":
	default:
		return &failure{http.StatusUnsupportedMediaType, "", "The body must be " + mediaType + "."}
	}
	d := json.NewDecoder(r.Body)
	err := d.Decode(to)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return nil
		}
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return errSyntax
}

// readAll reads a whole resource as changes.
func readAll(r *http.Request) ([]change, error) {
	var m map[string]any
	if err := decode(r, &m); err != nil {
		return nil, err
	}
	delete(m, "schemas")
	return changes("add", m)
}

// query reads filter, startIndex and count. none says that nothing can match.
func (v *visit) query(put func(*store.DirQuery, term) error) (q store.DirQuery, none bool, err error) {
	p := v.r.URL.Query()
	q.Source, q.Limit = store.SourceSCIM, pageDefault
	if p.Has("count") {
		n, err := strconv.Atoi(p.Get("count"))
		if err != nil {
			return q, false, errValue
		}
		q.Limit = min(max(n, 0), pageMax)
	}
	if p.Has("startIndex") {
		n, err := strconv.Atoi(p.Get("startIndex"))
		if err != nil {
			return q, false, errValue
		}
		q.Offset = max(n, 1) - 1
	}
	if !p.Has("filter") {
		return q, false, nil
	}
	terms, err := parseFilter(p.Get("filter"))
	if err != nil {
		return q, false, err
	}
	for _, t := range terms {
		switch err := put(&q, t); {
		case errors.Is(err, errNothing):
			none = true
		case err != nil:
			return q, false, err
		}
	}
	return q, none, nil
}

// errNothing says that nothing can match a filter.
var errNothing = errors.New("scim: nothing matches")

// narrow puts the value of a term into a query.
func narrow(to *string, v any) error {
	s, ok := v.(string)
	switch {
	case !ok:
		return errFilter
	case s == "" || *to != "" && *to != s || strings.ContainsFunc(s, hidden):
		return errNothing
	}
	*to = s
	return nil
}

// list answers a page.
func (v *visit) list(list []resource, total, offset int) error {
	for i := range list {
		list[i] = choose(list[i], v.r)
	}
	if list == nil {
		list = []resource{}
	}
	write(v.w, http.StatusOK, resource{
		"schemas":      []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"},
		"totalResults": total, "startIndex": offset + 1, "itemsPerPage": len(list), "Resources": list,
	})
	return nil
}
