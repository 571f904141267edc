package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"beside/auth"
	"beside/policy/api"
)

const guid = "44444444-4444-4444-8444-444444444444"

// peer is the endpoint's side of one WebSocket.
type peer struct {
	t    *testing.T
	ws   *websocket.Conn
	done chan struct{}
}

// server is an endpoint whose test plays every socket by hand.
type server struct {
	*httptest.Server
	peers   chan *peer
	refused chan struct{} // a dial was
	mux     *http.ServeMux

	mu     sync.Mutex
	tokens []string
	refuse *api.Problem // next dials are refused with it
	signed error        // what the token source answers, nil for a token
}

func serve(t *testing.T) *server {
	t.Helper()
	s := &server{peers: make(chan *peer, 10), refused: make(chan struct{}, 100), mux: http.NewServeMux()}
	s.mux.HandleFunc("GET /v1/app", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.tokens = append(s.tokens, r.Header.Get("Authorization"))
		refuse := s.refuse
		s.mu.Unlock()
		if refuse != nil {
			problem(w, refuse)
			s.refused <- struct{}{}
			return
		}
		if r.Header.Get("Origin") != "" {
			t.Error("an app sends no Origin")
		}
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		ws.SetReadLimit(api.MaxFrame)
		p := &peer{t: t, ws: ws, done: make(chan struct{})}
		s.peers <- p
		<-p.done
	})
	s.Server = httptest.NewTLSServer(s.mux)
	t.Cleanup(s.Close)
	return s
}

func problem(w http.ResponseWriter, p *api.Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

func (s *server) setRefuse(p *api.Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = p
}

func (s *server) client(t *testing.T) *Client {
	t.Helper()
	n := 0
	c, err := New(Config{Endpoint: s.URL, HTTP: s.Client(), Token: func(context.Context) (string, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		n++
		return "token" + string(rune('0'+n%10)), s.signed
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *server) signOut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.signed = auth.ErrSignInNeeded
}

// next is the next socket that an app opened.
func (s *server) next(t *testing.T) *peer {
	t.Helper()
	select {
	case p := <-s.peers:
		t.Cleanup(p.drop)
		return p
	case <-time.After(20 * time.Second):
		t.Fatal("nobody connected")
		return nil
	}
}

// drop breaks the line.
func (p *peer) drop() {
	_ = p.ws.CloseNow()
	select {
	case <-p.done:
	default:
		close(p.done)
	}
}

func (p *peer) read() api.Frame {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.t.Context()), 20*time.Second)
	defer cancel()
	_, b, err := p.ws.Read(ctx)
	if err != nil {
		p.t.Errorf("endpoint reads: %v", err)
		return api.Frame{}
	}
	var f api.Frame
	if err := json.Unmarshal(b, &f); err != nil {
		p.t.Error(err)
	}
	return f
}

func (p *peer) send(f api.Frame) {
	p.t.Helper()
	b, err := json.Marshal(f)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.ws.Write(p.t.Context(), websocket.MessageText, b); err != nil {
		p.t.Errorf("endpoint writes: %v", err)
	}
}

func (p *peer) answer(f api.Frame, typ string, body any) {
	p.t.Helper()
	p.send(api.Frame{Type: typ, Re: f.ID, Body: mustJSON(p.t, body)})
}

// push sends the n-th push of a session.
func (p *peer) push(n uint64) {
	p.t.Helper()
	p.send(api.Frame{Type: api.TypeSignal, Body: mustJSON(p.t, api.Signal{Session: guid, Kind: "sealed", Seq: n})})
}

func mustJSON(t *testing.T, v any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
