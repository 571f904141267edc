package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"beside/auth"
	"beside/policy/api"
	"beside/server/door"
	"beside/server/problem"
	"beside/server/signal"
)

// Limits of the face.
const (
	SocketsPerAccount = 8
	SocketsPerAddress = 256
)

// Options are what the face needs. All fields but Now are needed.
type Options struct {
	Hub      *signal.Hub
	Verifier auth.Verifier
	Config   func(context.Context) (api.Config, error) // public
	Ready    func(context.Context) error               // nil error: the endpoint can work
	Log      *slog.Logger
	Now      func() time.Time
}

// Server is the face. It is an http.Handler, safe for concurrent use.
type Server struct {
	o    Options
	mux  *http.ServeMux
	door *door.Door

	mu       sync.Mutex
	draining bool
	conns    map[*conn]struct{}
	accounts map[string]int
	addrs    map[string]int
}

// New makes the face.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{
		o: o, mux: http.NewServeMux(), conns: map[*conn]struct{}{}, accounts: map[string]int{}, addrs: map[string]int{},
		door: door.New(door.Options{Verifier: o.Verifier, Log: o.Log, Now: o.Now}),
	}
	s.mux.HandleFunc("GET /v1/config", s.config)
	s.mux.HandleFunc("GET /v1/me", s.me)
	s.mux.HandleFunc("GET /v1/app", s.app)
	s.mux.HandleFunc("POST /v1/devices/enrol", s.enrol)
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, map[string]string{"status": "ok"}) })
	s.mux.HandleFunc("GET /readyz", s.ready)
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	s.mux.ServeHTTP(w, r)
}

// Drain refuses new work and closes every socket; apps resume at the next start.
func (s *Server) Drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	for c := range s.conns {
		c.close(statusGoingAway, "restart")
	}
}

// Sockets is the number of open sockets.
func (s *Server) Sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

func (s *Server) config(w http.ResponseWriter, r *http.Request) {
	c, err := s.o.Config(r.Context())
	if err != nil {
		s.fail(w, r, err)
		return
	}
	answer(w, c)
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	draining := s.draining
	s.mu.Unlock()
	err := s.o.Ready(r.Context())
	if draining || err != nil {
		if err != nil {
			s.o.Log.WarnContext(r.Context(), "not ready", "err", err)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"status":"unavailable"}`))
		return
	}
	answer(w, map[string]string{"status": "ok"})
}

func (s *Server) me(w http.ResponseWriter, r *http.Request) {
	c, err := s.caller(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	me, err := s.o.Hub.Me(r.Context(), c)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	answer(w, me)
}

// caller checks the bearer token.
func (s *Server) caller(r *http.Request) (signal.Caller, error) {
	v, addr, err := s.door.Enter(r)
	if err != nil {
		return signal.Caller{}, err
	}
	return signal.Caller{Verified: v, Address: addr}, nil
}

func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if !problem.Write(w, err) {
		s.o.Log.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "err", err)
		problem.Write(w, problem.New(api.Internal))
	}
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}
