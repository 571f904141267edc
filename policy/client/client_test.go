package client

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"beside/policy/api"
)

func TestNewRefuses(t *testing.T) {
	token := func(context.Context) (string, error) { return "t", nil }
	for name, c := range map[string]Config{
		"http":     {Endpoint: "http://help.example", Token: token},
		"no host":  {Endpoint: "https://", Token: token},
		"path":     {Endpoint: "https://help.example/x", Token: token},
		"query":    {Endpoint: "https://help.example?x", Token: token},
		"user":     {Endpoint: "https://a:b@help.example", Token: token},
		"no token": {Endpoint: "https://help.example"},
		"insecure": {Endpoint: "https://help.example", Token: token, HTTP: &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		}}},
	} {
		if _, err := New(c); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, err := New(Config{Endpoint: "https://Help.Example:8443/", Token: token})
	if err != nil || c.Origin() != "https://help.example:8443" {
		t.Errorf("origin %q, %v", c.Origin(), err)
	}
}

func TestConfigAndMe(t *testing.T) {
	s := serve(t)
	s.mux.HandleFunc("GET /v1/config", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("a token went with the public question")
		}
		_, _ = w.Write(mustJSON(t, api.Config{ClientID: "c"}))
	})
	s.mux.HandleFunc("GET /v1/me", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer token1" {
			_, _ = w.Write(mustJSON(t, api.Me{MayHelp: true}))
			return
		}
		problem(w, &api.Problem{Title: "x", Status: http.StatusForbidden, Code: api.TenantOff})
	})
	c := s.client(t)
	if got, err := c.Config(t.Context()); err != nil || got.ClientID != "c" {
		t.Errorf("config: %+v, %v", got, err)
	}
	if got, err := c.Me(t.Context()); err != nil || !got.MayHelp {
		t.Errorf("me: %+v, %v", got, err)
	}
	var p *api.Problem
	if _, err := c.Me(t.Context()); !errors.As(err, &p) || p.Code != api.TenantOff || p.Status != http.StatusForbidden {
		t.Errorf("refused: %v", err)
	}
}

func TestUnreachable(t *testing.T) {
	s := serve(t)
	s.mux.HandleFunc("GET /v1/me", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://evil.example/", http.StatusFound)
	})
	s.mux.HandleFunc("GET /v1/config", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) })
	c := s.client(t)
	if _, err := c.Me(t.Context()); !errors.Is(err, ErrUnreachable) {
		t.Errorf("redirect: %v", err)
	}
	if _, err := c.Config(t.Context()); !errors.Is(err, ErrUnreachable) {
		t.Errorf("not JSON: %v", err)
	}
	c.http = &http.Client{} // does not know the server's certificate
	var bad *tls.CertificateVerificationError
	if _, err := c.Dial(t.Context()); !errors.Is(err, ErrUnreachable) || !errors.As(err, &bad) {
		t.Errorf("unknown certificate: %v", err)
	}
	none := errors.New("nobody signed in")
	c.token = func(context.Context) (string, error) { return "", none }
	if _, err := c.Dial(t.Context()); !errors.Is(err, none) {
		t.Errorf("no token: %v", err)
	}
}

func dial(t *testing.T, s *server, c *Client) (*Conn, *peer) {
	t.Helper()
	conn, err := c.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, s.next(t)
}

func TestCalls(t *testing.T) {
	s := serve(t)
	conn, p := dial(t, s, s.client(t))
	go func() {
		var frames []api.Frame
		for i := range 20 {
			f := p.read()
			if f.ID != uint64(i+1) {
				t.Errorf("id %d came as number %d", f.ID, i+1)
			}
			frames = append(frames, f)
		}
		for i := len(frames) - 1; i >= 0; i-- { // answers in any order
			f := frames[i]
			if f.Type == api.TypeEnd {
				p.answer(f, api.TypeError, api.Problem{Code: api.NotFound})
				continue
			}
			p.answer(f, api.TypeOK, api.Code{Locator: string(f.Body[len(f.Body)-2 : len(f.Body)-1])})
		}
	}()
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if i%2 == 0 {
				var prob *api.Problem
				if err := conn.Call(t.Context(), api.TypeEnd, api.End{}, nil); !errors.As(err, &prob) || prob.Code != api.NotFound {
					t.Errorf("got %v", err)
				}
				return
			}
			var got api.Code
			if err := conn.Call(t.Context(), api.TypeCodeNew, map[string]string{"x": string(rune('a' + i))}, &got); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	p.push(7)
	if f := <-conn.Pushes(); f.Type != api.TypeSignal {
		t.Errorf("pushed %+v", f)
	}
}

func TestCallerGivesUp(t *testing.T) {
	s := serve(t)
	conn, p := dial(t, s, s.client(t))
	ctx, cancel := context.WithCancel(t.Context())
	go func() { p.read(); cancel() }()
	if err := conn.Call(ctx, api.TypeEvent, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	go func() {
		f := p.read()
		p.send(api.Frame{Type: api.TypeOK, Re: 1}) // late, for nobody
		p.answer(f, api.TypeOK, nil)
	}()
	if err := conn.Call(t.Context(), api.TypeEvent, nil, nil); err != nil {
		t.Errorf("the connection did not survive: %v", err)
	}
}

func TestEnds(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(*Conn, *peer)
		want error
	}{
		"line breaks": {func(_ *Conn, p *peer) { p.drop() }, ErrClosed},
		"we close":    {func(c *Conn, _ *peer) { go func() { _ = c.Close() }() }, ErrClosed},
		"replaced":    {func(_ *Conn, p *peer) { _ = p.ws.Close(statusReplaced, "") }, ErrReplaced},
		"policy":      {func(_ *Conn, p *peer) { _ = p.ws.Close(websocket.StatusPolicyViolation, "") }, ErrProtocol},
		"binary":      {func(_ *Conn, p *peer) { _ = p.ws.Write(p.t.Context(), websocket.MessageBinary, []byte("{}")) }, ErrProtocol},
		"a request":   {func(_ *Conn, p *peer) { p.send(api.Frame{Type: "x", ID: 1}) }, ErrProtocol},
		"garbage":     {func(_ *Conn, p *peer) { _ = p.ws.Write(p.t.Context(), websocket.MessageText, []byte("{")) }, ErrProtocol},
		"unread": {func(_ *Conn, p *peer) {
			for i := range uint64(maxPushes + 1) {
				p.push(i)
			}
		}, ErrOverflow},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t)
			conn, p := dial(t, s, s.client(t))
			called := make(chan error, 1)
			go func() { called <- conn.Call(t.Context(), api.TypeEvent, nil, nil) }()
			p.read()
			c.do(conn, p)
			if err := <-called; !errors.Is(err, c.want) || !errors.Is(err, ErrClosed) {
				t.Errorf("call: %v, want %v", err, c.want)
			}
			<-conn.Done()
			if err := conn.Err(); !errors.Is(err, c.want) {
				t.Errorf("err: %v, want %v", err, c.want)
			}
			for range conn.Pushes() { // closed in the end
			}
			if err := conn.Call(t.Context(), api.TypeEvent, nil, nil); !errors.Is(err, ErrClosed) {
				t.Errorf("call afterwards: %v", err)
			}
		})
	}
}

func TestDeadLine(t *testing.T) {
	s := serve(t)
	c := s.client(t)
	c.pingEvery, c.pongWithin = 10*time.Millisecond, 50*time.Millisecond
	conn, _ := dial(t, s, c) // the peer never reads, so it never answers a ping
	<-conn.Done()
	if err := conn.Err(); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
}
