package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"beside/auth"
	"beside/policy/api"
	"beside/server/peer"
	"beside/server/problem"
	"beside/server/signal"
)

// Limits of the face.
const (
	SocketsPerAccount = 8
	SocketsPerAddress = 256
	badTokens         = 60 // refused tokens from one address per minute
	maxToken          = 16 << 10
	verifyTimeout     = 15 * time.Second
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
	o   Options
	mux *http.ServeMux

	mu       sync.Mutex
	draining bool
	conns    map[*conn]struct{}
	accounts map[string]int
	addrs    map[string]int
	bad      *peer.Strikes
}

// New makes the face.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{
		o: o, mux: http.NewServeMux(), conns: map[*conn]struct{}{}, accounts: map[string]int{},
		addrs: map[string]int{}, bad: &peer.Strikes{Max: badTokens, Now: o.Now},
	}
	s.mux.HandleFunc("GET /v1/config", s.config)
	s.mux.HandleFunc("GET /v1/me", s.me)
	s.mux.HandleFunc("GET /v1/app", s.app)
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
	addr := peer.Address(r)
	if s.bad.Out(addr) {
		return signal.Caller{}, problem.Later(api.RateLimited, time.Minute)
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || token == "" || len(token) > maxToken {
		s.bad.Count(addr)
		return signal.Caller{}, problem.New(api.TokenRefused)
	}
	ctx, cancel := context.WithTimeout(r.Context(), verifyTimeout)
	defer cancel()
	v, err := s.o.Verifier.Verify(ctx, token)
	switch {
	case errors.Is(err, auth.ErrWrongAccount):
		s.bad.Count(addr)
		return signal.Caller{}, problem.New(api.AccountRefused)
	case errors.Is(err, auth.ErrProvider):
		s.o.Log.ErrorContext(ctx, "identity provider", "err", err)
		return signal.Caller{}, problem.Later(api.DirectoryDown, 10*time.Second)
	case err != nil:
		s.bad.Count(addr)
		s.o.Log.InfoContext(ctx, "token refused", "address", addr, "err", err)
		return signal.Caller{}, problem.New(api.TokenRefused)
	case v.Tenant == "" || v.Object == "": // nobody is nobody, whoever verified it
		return signal.Caller{}, problem.New(api.TokenRefused)
	}
	return signal.Caller{Verified: v, Address: addr}, nil
}

func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var p *api.Problem
	if !errors.As(err, &p) {
		s.o.Log.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "err", err)
		p = problem.New(api.Internal)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}
