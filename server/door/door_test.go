package door_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"beside/auth"
	"beside/policy/api"
	"beside/server/door"
	"beside/server/store/storetest"
)

// verifier answers by what the token says.
type verifier struct{}

func (verifier) Verify(_ context.Context, token string) (auth.Verified, error) {
	switch token {
	case "good":
		return auth.Verified{Identity: auth.Identity{Tenant: "t", Object: "o"}}, nil
	case "nobody":
		return auth.Verified{Identity: auth.Identity{Tenant: "t"}}, nil
	case "guest":
		return auth.Verified{}, auth.ErrWrongAccount
	case "away":
		return auth.Verified{}, auth.ErrProvider
	}
	return auth.Verified{}, auth.ErrToken
}

func TestEnter(t *testing.T) {
	clock := storetest.NewClock()
	var log strings.Builder
	d := door.New(door.Options{Verifier: verifier{}, Log: slog.New(slog.NewTextHandler(&log, nil)), Now: clock.Now})
	enter := func(header, from string) string {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = from
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		v, addr, err := d.Enter(r)
		var p *api.Problem
		switch {
		case errors.As(err, &p):
			return p.Code
		case err != nil || v.Object != "o" || addr == "":
			return "wrong"
		}
		return "in"
	}
	const from = "192.0.2.1:9"
	for header, want := range map[string]string{
		"": api.TokenRefused, "Bearer ": api.TokenRefused, "Basic good": api.TokenRefused, "Bearer " + strings.Repeat("x", 17<<10): api.TokenRefused,
		"Bearer good": "in", "Bearer secret-token": api.TokenRefused, "Bearer nobody": api.TokenRefused, "Bearer guest": api.AccountRefused, "Bearer away": api.DirectoryDown,
	} {
		if got := enter(header, from); got != want {
			t.Errorf("%.20q: %s, want %s", header, got, want)
		}
	}
	for range 60 {
		enter("Bearer bad", from)
	}
	if got := enter("Bearer good", from); got != api.RateLimited {
		t.Errorf("after many: %s", got)
	}
	if got := enter("Bearer good", "192.0.2.2:9"); got != "in" {
		t.Errorf("from elsewhere: %s", got)
	}
	clock.Add(time.Minute)
	if got := enter("Bearer good", from); got != "in" {
		t.Errorf("a minute later: %s", got)
	}
	if strings.Contains(log.String(), "secret-token") {
		t.Error("a token is in the log")
	}
}
