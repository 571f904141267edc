package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	wire "beside/policy/api"
	"beside/policy/client"
)

// side is one app's real client.
type side struct {
	t *testing.T
	s *client.Session
}

func connect(t *testing.T, now *atomic.Pointer[program], username string) *side {
	t.Helper()
	c, err := client.New(client.Config{Endpoint: now.Load().line.Endpoint, HTTP: now.Load().client,
		Token: func(context.Context) (string, error) { return now.Load().token(username), nil }})
	if err != nil {
		t.Fatal(err)
	}
	s := c.NewSession()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &side{t, s}
}

// call calls, again if the line broke under it.
func (s *side) call(typ string, body, answer any) {
	s.t.Helper()
	for {
		err := s.s.Call(s.t.Context(), typ, body, answer)
		if err == nil {
			return
		}
		if !errors.Is(err, client.ErrClosed) {
			s.t.Fatalf("%s: %v", typ, err)
		}
	}
}

func (s *side) next(typ string, out any) {
	s.t.Helper()
	select {
	case f := <-s.s.Pushes():
		if f.Type != typ {
			s.t.Fatalf("pushed %s %s, want %s", f.Type, f.Body, typ)
		}
		if err := json.Unmarshal(f.Body, out); err != nil {
			s.t.Fatal(err)
		}
	case <-time.After(30 * time.Second):
		s.t.Fatalf("no %s", typ)
	}
}

// TestSessionSurvivesARestart plays a session with the apps' own client and starts the
// endpoint anew in the middle of it.
func TestSessionSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	var now atomic.Pointer[program]
	now.Store(launch(t, dir))
	noa, sam := connect(t, &now, "noa.winters@halden.example"), connect(t, &now, "sam.rivers@halden.example")
	var code wire.Code
	noa.call(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, &code)
	sam.call(wire.TypeCodeClaim, wire.Claim{Locator: code.Locator, NS: fill(2, 32)}, nil)
	noa.next(wire.TypeClaimant, &wire.Claimant{})
	digest := sha256.Sum256(fill(3, 64))
	var met wire.Met
	for _, s := range []*side{noa, sam} {
		s.call(wire.TypePaired, wire.Paired{Session: code.Session, Digest: digest[:]}, nil)
	}
	noa.next(wire.TypeMet, &met)
	sam.next(wire.TypeMet, &met)
	h, s := sha256.Sum256(met.Helper), sha256.Sum256(met.Sharer)
	ask := wire.GrantRequest{Session: code.Session, GN: fill(4, 32), Seq: 1, TH: fill(3, 64), Rights: []string{"view"},
		HFP: fill(5, 32), SFP: fill(6, 32), CardH: h[:], CardS: s[:]}
	sam.call(wire.TypeGrantRequest, ask, nil)

	if err := now.Load().stop(); err != nil {
		t.Fatal(err)
	}
	listen := strings.TrimPrefix(now.Load().line.Endpoint, "https://")
	now.Store(launch(t, dir, "-listen", listen))

	sealed := wire.Signal{Session: code.Session, Kind: "sealed", Body: []byte("still here")}
	var got wire.Signal
	noa.call(wire.TypeSignal, sealed, nil)
	if sam.next(wire.TypeSignal, &got); string(got.Body) != "still here" || got.Seq != 2 {
		t.Errorf("after the restart: %+v", got)
	}
	sam.call(wire.TypeSignal, sealed, nil)
	noa.next(wire.TypeSignal, &got)
	ask.Seq, ask.GN = 2, fill(7, 32)
	var g wire.Granted
	if sam.call(wire.TypeGrantRequest, ask, &g); g.Grant == "" {
		t.Error("no renewal after the restart")
	}
	sam.call(wire.TypeEnd, wire.End{Session: code.Session, Code: wire.EndStopped}, nil)
	var end wire.End
	if noa.next(wire.TypeEnd, &end); end.Who != "sharer" || end.Code != wire.EndStopped {
		t.Errorf("end %+v", end)
	}
}
