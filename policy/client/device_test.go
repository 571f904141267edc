package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"

	"beside/policy/api"
)

// fakeKey signs by writing its name behind the nonce.
type fakeKey string

func (k fakeKey) Device() string            { return string(k) }
func (k fakeKey) Prove(nonce []byte) []byte { return append(nonce, k...) }

// proves plays the endpoint's side of a proof.
func (p *peer) proves(answer string, body any) {
	p.t.Helper()
	f := p.read()
	if f.Type != api.TypeDeviceNonce {
		p.t.Fatalf("first came %s", f.Type)
	}
	p.answer(f, api.TypeOK, api.DeviceNonce{Nonce: []byte("n")})
	f = p.read()
	var got api.DeviceProof
	if f.Type != api.TypeDeviceProve || json.Unmarshal(f.Body, &got) != nil || got.Device != "dev" || string(got.Signature) != "ndev" {
		p.t.Errorf("%s %+v", f.Type, got)
	}
	p.answer(f, answer, body)
}

func TestDeviceSession(t *testing.T) {
	s := serve(t)
	denied := make(chan error, 10)
	sess := s.client(t).NewDeviceSession(fakeKey("dev"), func(err error) { denied <- err })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- sess.Run(ctx) }()
	p := s.next(t)
	p.proves(api.TypeOK, struct{}{})
	got := make(chan error, 1)
	go func() { got <- sess.Call(ctx, api.TypeCodeClaim, api.Claim{}, nil) }()
	p.answer(p.read(), api.TypeOK, api.Claimed{Session: guid, Resume: "r"})
	if err := <-got; err != nil {
		t.Fatal(err)
	}

	// On the next connection too, before the session is resumed; refused, it goes on without.
	p.drop()
	p = s.next(t)
	p.proves(api.TypeError, &api.Problem{Code: api.DeviceKey})
	f := p.read()
	if f.Type != api.TypeResume {
		t.Errorf("then came %s", f.Type)
	}
	p.answer(f, api.TypeOK, api.Resumed{Resume: "r2"})
	var problem *api.Problem
	if err := <-denied; !errors.As(err, &problem) || problem.Code != api.DeviceKey {
		t.Error(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestEnrol(t *testing.T) {
	s := serve(t)
	s.mux.HandleFunc("POST /v1/devices/enrol", func(w http.ResponseWriter, r *http.Request) {
		var e api.Enrol
		b, _ := io.ReadAll(r.Body)
		switch {
		case r.Header.Get("Authorization") != "" || r.Header.Get("Origin") != "":
			t.Error("more than the token was sent")
		case json.Unmarshal(b, &e) != nil:
			t.Errorf("%s", b)
		case e.Token == "good":
			_, _ = w.Write(mustJSON(t, api.Enrolled{Device: guid, Name: "n"}))
			return
		case e.Token == "odd":
			_, _ = w.Write([]byte(`{}`))
			return
		}
		problemOf(w, api.EnrolInvalid)
	})
	c := s.client(t)
	if got, err := c.Enrol(t.Context(), api.Enrol{Token: "good"}); err != nil || got.Device != guid {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := c.Enrol(t.Context(), api.Enrol{Token: "odd"}); !errors.Is(err, ErrUnreachable) {
		t.Errorf("odd: %v", err)
	}
	var p *api.Problem
	if _, err := c.Enrol(t.Context(), api.Enrol{}); !errors.As(err, &p) || p.Code != api.EnrolInvalid {
		t.Errorf("refused: %v", err)
	}
	s.Close()
	if _, err := c.Enrol(t.Context(), api.Enrol{}); !errors.Is(err, ErrUnreachable) {
		t.Errorf("away: %v", err)
	}
}

func problemOf(w http.ResponseWriter, code string) {
	problem(w, &api.Problem{Title: "x", Status: http.StatusForbidden, Code: code})
}
