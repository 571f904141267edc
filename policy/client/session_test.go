package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"beside/auth"
	"beside/policy/api"
)

// run runs a Session and answers what Run returned.
func run(t *testing.T, c *Client) (*Session, <-chan error) {
	t.Helper()
	s := c.NewSession()
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() { defer close(over); ended <- s.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-over })
	return s, ended
}

// claim begins a session with the resume token r1.
func claim(t *testing.T, s *Session, p *peer) {
	t.Helper()
	go func() { p.answer(p.read(), api.TypeOK, api.Claimed{Session: guid, Resume: "r1"}) }()
	var got api.Claimed
	if err := s.Call(t.Context(), api.TypeCodeClaim, api.Claim{}, &got); err != nil || got.Session != guid {
		t.Fatalf("claim: %+v, %v", got, err)
	}
}

func resumes(t *testing.T, p *peer, want api.Resume, next string) {
	t.Helper()
	f := p.read()
	var got api.Resume
	if err := json.Unmarshal(f.Body, &got); err != nil || f.Type != api.TypeResume || got != want {
		t.Fatalf("got %s %+v, want %+v", f.Type, got, want)
	}
	p.answer(f, api.TypeOK, api.Resumed{Resume: next})
}

func pushed(t *testing.T, s *Session, want uint64) {
	t.Helper()
	f := <-s.Pushes()
	var b api.Signal
	if err := json.Unmarshal(f.Body, &b); err != nil || b.Seq != want {
		t.Fatalf("pushed %s %s, want %d", f.Type, f.Body, want)
	}
}

func TestResume(t *testing.T) {
	srv := serve(t)
	s, ended := run(t, srv.client(t))
	p := srv.next(t)
	claim(t, s, p)
	p.push(1)
	p.push(2)
	pushed(t, s, 1)
	pushed(t, s, 2)
	p.drop()

	p = srv.next(t)
	resumes(t, p, api.Resume{Session: guid, Token: "r1", LastSeq: 2}, "r2")
	p.push(3)                                                                       // missed
	p.send(api.Frame{Type: api.TypeMet, Body: mustJSON(t, api.Met{Session: guid})}) // counts as 4
	pushed(t, s, 3)
	if f := <-s.Pushes(); f.Type != api.TypeMet {
		t.Fatalf("pushed %s", f.Type)
	}
	// A request is carried out on the new connection.
	go func() { p.answer(p.read(), api.TypeOK, nil) }()
	if err := s.Call(t.Context(), api.TypeEvent, api.Event{Session: guid}, nil); err != nil {
		t.Error(err)
	}
	p.drop()

	p = srv.next(t)
	resumes(t, p, api.Resume{Session: guid, Token: "r2", LastSeq: 4}, "r3")
	p.send(api.Frame{Type: api.TypeEnd, Body: mustJSON(t, api.End{Session: guid})})
	<-s.Pushes()
	p.drop()

	p = srv.next(t) // nothing to resume any more
	go func() { p.answer(p.read(), api.TypeOK, nil) }()
	if err := s.Call(t.Context(), api.TypeEvent, nil, nil); err != nil {
		t.Error(err)
	}
	srv.mu.Lock()
	if len(srv.tokens) < 4 || srv.tokens[0] == srv.tokens[1] {
		t.Errorf("every connection asks for a token: %v", srv.tokens)
	}
	srv.mu.Unlock()
	select {
	case err := <-ended:
		t.Errorf("ended: %v", err)
	default:
	}
}

// A call that waits while there is no line goes out on the next one, after the resume.
func TestCallWaitsForTheLine(t *testing.T) {
	srv := serve(t)
	s, _ := run(t, srv.client(t))
	p := srv.next(t)
	claim(t, s, p)
	srv.setRefuse(&api.Problem{Status: http.StatusServiceUnavailable, Code: api.Internal})
	p.drop()
	for st := range s.States() {
		if st == Reconnecting {
			break
		}
	}
	called := make(chan error, 1)
	go func() { called <- s.Call(t.Context(), api.TypeEvent, nil, nil) }()
	srv.setRefuse(nil)
	p = srv.next(t)
	resumes(t, p, api.Resume{Session: guid, Token: "r1"}, "r2")
	p.answer(p.read(), api.TypeOK, nil)
	if err := <-called; err != nil {
		t.Error(err)
	}
}

func TestGivesUp(t *testing.T) {
	for name, c := range map[string]struct {
		idle  bool                 // nothing was claimed
		after func(*server, *peer) // the claim
		then  func(*testing.T, *server)
		is    error
		code  string
	}{
		"replaced": {after: func(_ *server, p *peer) { _ = p.ws.Close(statusReplaced, "") }, is: ErrReplaced},
		"refused": {after: func(s *server, p *peer) {
			s.setRefuse(&api.Problem{Status: http.StatusForbidden, Code: api.TenantOff})
			p.drop()
		}, code: api.TenantOff},
		"signed out": {after: func(s *server, p *peer) {
			s.signOut()
			p.drop()
		}, is: auth.ErrSignInNeeded},
		"session gone": {after: func(_ *server, p *peer) { p.drop() }, then: func(t *testing.T, s *server) {
			p := s.next(t)
			p.answer(p.read(), api.TypeError, api.Problem{Code: api.NotFound})
		}, code: api.NotFound},
		"too long without a session": {idle: true, after: func(s *server, p *peer) {
			s.setRefuse(&api.Problem{Status: http.StatusServiceUnavailable, Code: api.Internal})
			p.drop()
		}, code: api.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t)
			client := srv.client(t)
			client.keepTrying = 2 * time.Second
			s, ended := run(t, client)
			p := srv.next(t)
			if !c.idle {
				claim(t, s, p)
			}
			c.after(srv, p)
			if c.then != nil {
				c.then(t, srv)
			}
			err := <-ended
			var prob *api.Problem
			if !errors.Is(err, ErrLost) || (c.is != nil && !errors.Is(err, c.is)) || (c.code != "" && (!errors.As(err, &prob) || prob.Code != c.code)) {
				t.Errorf("got %v", err)
			}
			last := Connecting
			for st := range s.States() {
				last = st
			}
			if last != Lost {
				t.Errorf("last state %v", last)
			}
			for range s.Pushes() { // closed
			}
			if err := s.Call(t.Context(), api.TypeEvent, nil, nil); !errors.Is(err, ErrLost) || (c.code != "" && !errors.As(err, &prob)) {
				t.Errorf("call afterwards: %v", err)
			}
		})
	}
}

// A session is not given up for a long silence of the endpoint: it lives between the apps, and only the
// endpoint can renew its grant.
func TestSessionIsNotGivenUp(t *testing.T) {
	srv := serve(t)
	client := srv.client(t)
	client.keepTrying = time.Nanosecond
	s, _ := run(t, client)
	p := srv.next(t)
	claim(t, s, p)
	srv.setRefuse(&api.Problem{Status: http.StatusServiceUnavailable, Code: api.Internal})
	p.drop()
	for state := range s.States() {
		if state == Reconnecting {
			break
		}
	}
	for range 2 {
		<-srv.refused
	}
	srv.setRefuse(nil)
	resumes(t, srv.next(t), api.Resume{Session: guid, Token: "r1"}, "r2")
}

// A line over which nothing comes any more is given up soon after a signal that gets no answer, and the
// next attempt need not wait for a pause when this machine's network changes.
func TestDeadLineIsNoticed(t *testing.T) {
	srv := serve(t)
	client := srv.client(t)
	s, _ := run(t, client)
	p := srv.next(t)
	claim(t, s, p)
	start := time.Now()
	called := make(chan error, 1)
	go func() { called <- s.Call(t.Context(), api.TypeSignal, api.Signal{Session: guid}, nil) }()
	// p reads no more: nobody answers, nor pongs.
	if err := <-called; !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > 15*time.Second { // the pings alone need 20 s
		t.Errorf("noticed after %v", took)
	}
	resumes(t, srv.next(t), api.Resume{Session: guid, Token: "r1"}, "r2")
}

func TestChangeEndsThePause(t *testing.T) {
	srv := serve(t)
	s := srv.client(t).NewSession() // not run: this is only its way back
	s.changes <- struct{}{}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, err := s.comeBack(ctx, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}

func TestRunEndsWithItsContext(t *testing.T) {
	srv := serve(t)
	s := srv.client(t).NewSession()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	srv.next(t)
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("got %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("ok", []byte(`{"locator":"ABCD"}`))
	f.Add("error", []byte(`{"code":"policy"}`))
	f.Add("error", []byte(`null`))
	f.Add("", []byte(nil))
	f.Fuzz(func(t *testing.T, typ string, body []byte) {
		var out api.Code
		if err := decode(api.Frame{Type: typ, Body: body}, &out); err == nil && typ != api.TypeOK {
			t.Errorf("%q taken for an answer", typ)
		}
	})
}
