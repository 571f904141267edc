package peer

import (
	"net"
	"net/http"
	"sync"
	"time"
)

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

// most is how many addresses are remembered before old ones are looked for.
const most = 10_000

// Strikes counts what one address did wrong within a minute. Make one with its fields; it is
// safe for concurrent use.
type Strikes struct {
	Max int // as many, and the address is out until the minute is over
	Now func() time.Time

	mu sync.Mutex
	m  map[string]strike
}

type strike struct {
	n     int
	since time.Time
}

// Out says whether an address has done too much wrong.
func (s *Strikes) Out(addr string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.m[addr]
	return b.n >= s.Max && s.Now().Sub(b.since) < time.Minute
}

// Count counts one.
func (s *Strikes) Count(addr string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	if s.m == nil {
		s.m = map[string]strike{}
	}
	if len(s.m) > most {
		for k, b := range s.m {
			if now.Sub(b.since) >= time.Minute {
				delete(s.m, k)
			}
		}
	}
	b := s.m[addr]
	if now.Sub(b.since) >= time.Minute {
		b = strike{since: now}
	}
	b.n++
	s.m[addr] = b
}
