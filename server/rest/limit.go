package rest

import (
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"beside/policy/api"
	"beside/server/problem"
)

// An account may spend quota in a window, and gets it back evenly.
const (
	quota  = 300
	window = time.Minute
)

// limiter counts what each account has left. It is safe for concurrent use.
type limiter struct {
	now func() time.Time

	mu   sync.Mutex
	left map[string]purse
}

type purse struct {
	n  float64
	at time.Time
}

func newLimiter(now func() time.Time) *limiter { return &limiter{now: now, left: map[string]purse{}} }

// spend takes cost from an account and says in the headers what is left
// (draft-ietf-httpapi-ratelimit-headers). If it is not enough the error says when it will be.
func (l *limiter) spend(w http.ResponseWriter, account string, cost int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	perSecond := quota / window.Seconds()
	p, known := l.left[account]
	if !known {
		l.forget(now)
		p = purse{quota, now}
	}
	p.n = min(quota, p.n+max(0, now.Sub(p.at).Seconds())*perSecond)
	p.at = now
	wait := (float64(cost) - p.n) / perSecond
	if wait <= 0 {
		p.n -= float64(cost)
	}
	l.left[account] = p
	w.Header().Set("RateLimit-Policy", fmt.Sprintf(`"account";q=%d;w=%d`, quota, int(window.Seconds())))
	w.Header().Set("RateLimit", fmt.Sprintf(`"account";r=%d;t=%d`, int(p.n), int(math.Ceil((quota-p.n)/perSecond))))
	if wait > 0 {
		return problem.Later(api.RateLimited, time.Duration(wait*float64(time.Second)))
	}
	return nil
}

// forget drops accounts that have everything again.
func (l *limiter) forget(now time.Time) {
	for k, p := range l.left {
		if now.Sub(p.at) > window {
			delete(l.left, k)
		}
	}
}
