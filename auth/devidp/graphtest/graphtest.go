package graphtest

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Base is where Client reaches the server.
const Base = "https://graph.test"

// Options make a Server. Secret or Certificate is what a client must prove itself with.
type Options struct {
	Data        Data
	ClientID    string
	Secret      string
	Certificate *x509.Certificate
	PageSize    int           // things on a page unless asked for fewer, 100 if 0
	TokenLife   time.Duration // 1 hour if 0
}

// Server answers. It is safe for concurrent use.
type Server struct {
	o Options

	Asked  atomic.Int64 // questions answered, those in batches too
	Tokens atomic.Int64 // tokens issued

	mu     sync.Mutex
	data   *index
	meddle func(path string, a *Answer)
	tokens map[string]time.Time
	proofs map[string]bool // assertions that were used
}

// Answer is what the server is about to say to one question. JSON is nil for a photo. Delay is
// before it says it; the delay of an answer in a batch does not count.
type Answer struct {
	Delay  time.Duration
	Status int
	Header http.Header
	JSON   map[string]any
	Bytes  []byte
}

// New makes a server.
func New(o Options) *Server {
	if o.PageSize == 0 {
		o.PageSize = 100
	}
	if o.TokenLife == 0 {
		o.TokenLife = time.Hour
	}
	return &Server{o: o, data: newIndex(o.Data), tokens: map[string]time.Time{}, proofs: map[string]bool{}}
}

// Replace changes the data.
func (s *Server) Replace(d Data) {
	x := newIndex(d)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = x
}

// Meddle has f change answers before they are sent; path is without the version and the query.
// It is called for every question, those in batches too, and for a whole batch ("/$batch") and a
// token ("/token") as well. nil ends it. f may be called concurrently.
func (s *Server) Meddle(f func(path string, a *Answer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meddle = f
}

// RevokeTokens makes every token that was issued a bad one.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// Busy is an answer of a service that wants to be left alone; after is a Retry-After, "" for none.
func (a *Answer) Busy(status int, after string) {
	*a = Answer{Status: status, Header: http.Header{}, JSON: problem("TooManyRequests")}
	if after != "" {
		a.Header.Set("Retry-After", after)
	}
}

// Client reaches the server without a network, at Base whatever the host: also in a bubble of
// testing/synctest.
func (s *Server) Client() *http.Client { return &http.Client{Transport: direct{s}} }

type direct struct{ s *Server }

// RoundTrip implements http.RoundTripper.
func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	d.s.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// ServeHTTP answers questions and issues tokens.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Body != nil {
		r.Body = http.MaxBytesReader(w, r.Body, 4<<20)
	}
	s.mu.Lock()
	x, meddle := s.data, s.meddle
	s.mu.Unlock()
	var a Answer
	what := strings.TrimPrefix(r.URL.Path, "/v1.0")
	switch {
	case r.URL.Path == "/"+x.Tenant+"/oauth2/v2.0/token":
		what, a = "/token", s.token(r)
	case !s.known(r.Header.Get("Authorization")):
		a = refuse(http.StatusUnauthorized, "InvalidAuthenticationToken")
	case what == "/$batch" && r.Method == http.MethodPost:
		a = s.batch(x, r, meddle)
	case r.Method != http.MethodGet || what == r.URL.Path:
		a = refuse(http.StatusBadRequest, "BadRequest")
	default:
		s.Asked.Add(1)
		a = x.ask(s.o.PageSize, "https://"+r.Host, r.URL, r.Header.Get("ConsistencyLevel"))
	}
	if meddle != nil {
		meddle(what, &a)
	}
	if a.Delay > 0 {
		t := time.NewTimer(a.Delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-r.Context().Done():
			return
		}
	}
	a.write(w)
}

func (s *Server) known(authorization string) bool {
	token, ok := strings.CutPrefix(authorization, "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	return ok && time.Now().Before(s.tokens[token])
}

func refuse(status int, code string) Answer {
	return Answer{Status: status, Header: http.Header{}, JSON: problem(code)}
}

func problem(code string) map[string]any {
	return map[string]any{"error": map[string]any{"code": code, "message": "A sentence that may quote anything."}}
}
