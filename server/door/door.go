package door

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"beside/auth"
	"beside/policy/api"
	"beside/server/problem"
)

// Limits of the door.
const (
	BadTokens     = 60 // refused tokens from one address per minute
	maxToken      = 16 << 10
	verifyTimeout = 15 * time.Second
	manyAddresses = 10_000 // after which those that tried long ago are forgotten
)

// Options are what a door needs. Now may be left out.
type Options struct {
	Verifier auth.Verifier
	Log      *slog.Logger
	Now      func() time.Time
}

// Door lets people in by their tokens. It is safe for concurrent use.
type Door struct {
	o Options

	mu  sync.Mutex
	bad map[string]count
}

type count struct {
	n     int
	since time.Time
}

// New makes a door.
func New(o Options) *Door {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Door{o: o, bad: map[string]count{}}
}

// Enter says who sent a request and from which address. Errors are *api.Problem.
func (d *Door) Enter(r *http.Request) (auth.Verified, string, error) {
	addr := Address(r)
	if d.tooBad(addr) {
		return auth.Verified{}, addr, problem.Later(api.RateLimited, time.Minute)
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || token == "" || len(token) > maxToken {
		d.countBad(addr)
		return auth.Verified{}, addr, problem.New(api.TokenRefused)
	}
	ctx, cancel := context.WithTimeout(r.Context(), verifyTimeout)
	defer cancel()
	v, err := d.o.Verifier.Verify(ctx, token)
	switch {
	case errors.Is(err, auth.ErrWrongAccount):
		d.countBad(addr)
		return auth.Verified{}, addr, problem.New(api.AccountRefused)
	case errors.Is(err, auth.ErrProvider):
		d.o.Log.ErrorContext(ctx, "identity provider", "err", err)
		return auth.Verified{}, addr, problem.Later(api.DirectoryDown, 10*time.Second)
	case err != nil:
		d.countBad(addr)
		d.o.Log.InfoContext(ctx, "token refused", "address", addr, "err", err)
		return auth.Verified{}, addr, problem.New(api.TokenRefused)
	case v.Tenant == "" || v.Object == "": // nobody is nobody, whoever verified it
		return auth.Verified{}, addr, problem.New(api.TokenRefused)
	}
	return v, addr, nil
}

// tooBad says whether an address has sent too many bad tokens within the last minute.
func (d *Door) tooBad(addr string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	b := d.bad[addr]
	return b.n >= BadTokens && d.o.Now().Sub(b.since) < time.Minute
}

func (d *Door) countBad(addr string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.o.Now()
	if len(d.bad) > manyAddresses {
		for k, b := range d.bad {
			if now.Sub(b.since) >= time.Minute {
				delete(d.bad, k)
			}
		}
	}
	b := d.bad[addr]
	if now.Sub(b.since) >= time.Minute {
		b = count{since: now}
	}
	b.n++
	d.bad[addr] = b
}

// Address is where a request comes from, without the port. IPv6 counts by /64, which is
// what one subscriber has.
func Address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		return ip.Mask(net.CIDRMask(64, 128)).String()
	}
	return host
}
