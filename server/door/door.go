package door

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"beside/auth"
	"beside/policy/api"
	"beside/server/peer"
	"beside/server/problem"
)

// Limits of the door.
const (
	badTokens     = 60 // refused tokens from one address per minute
	maxToken      = 16 << 10
	verifyTimeout = 15 * time.Second
)

// Options are what a door needs. Now may be left out.
type Options struct {
	Verifier auth.Verifier
	Log      *slog.Logger
	Now      func() time.Time
}

// Door lets people in by their tokens. It is safe for concurrent use.
type Door struct {
	o   Options
	bad *peer.Strikes
}

// New makes a door.
func New(o Options) *Door {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Door{o: o, bad: &peer.Strikes{Max: badTokens, Now: o.Now}}
}

// Enter says who sent a request and from which address. Errors are *api.Problem.
func (d *Door) Enter(r *http.Request) (auth.Verified, string, error) {
	addr := peer.Address(r)
	if d.bad.Out(addr) {
		return auth.Verified{}, addr, problem.Later(api.RateLimited, time.Minute)
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || token == "" || len(token) > maxToken {
		d.bad.Count(addr)
		return auth.Verified{}, addr, problem.New(api.TokenRefused)
	}
	ctx, cancel := context.WithTimeout(r.Context(), verifyTimeout)
	defer cancel()
	v, err := d.o.Verifier.Verify(ctx, token)
	switch {
	case errors.Is(err, auth.ErrWrongAccount):
		d.bad.Count(addr)
		return auth.Verified{}, addr, problem.New(api.AccountRefused)
	case errors.Is(err, auth.ErrProvider):
		d.o.Log.ErrorContext(ctx, "identity provider", "err", err)
		return auth.Verified{}, addr, problem.Later(api.DirectoryDown, 10*time.Second)
	case err != nil:
		d.bad.Count(addr)
		d.o.Log.InfoContext(ctx, "token refused", "address", addr, "err", err)
		return auth.Verified{}, addr, problem.New(api.TokenRefused)
	case v.Tenant == "" || v.Object == "": // nobody is nobody, whoever verified it
		return auth.Verified{}, addr, problem.New(api.TokenRefused)
	}
	return v, addr, nil
}
