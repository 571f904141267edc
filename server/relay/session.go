package relay

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/pion/turn/v5"
	"golang.org/x/time/rate"
)

// session is one that has met and not ended. Its ports are guarded by the relay's mu.
type session struct {
	id     string
	secret [32]byte
	rate   *rate.Limiter
	last   time.Time // until then its credentials make new allocations
	ports  map[*port]bool
}

// userName is PROTOCOL's form, which coturn understands, too.
func userName(expiry time.Time, id, side string) string {
	return strconv.FormatInt(expiry.Unix(), 10) + ":" + id + ":" + side
}

func (s *session) password(user string) string {
	m := hmac.New(sha256.New, s.secret[:])
	_, _ = m.Write([]byte(user))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// issue makes a credential, and the session known.
func (r *Relay) issue(id, side string) (user, password string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.sessions[id]
	if s == nil {
		s = &session{id: id, ports: map[*port]bool{}, rate: rate.NewLimiter(r.o.Limits.SessionRate, burst(r.o.Limits.SessionRate))}
		_, _ = rand.Read(s.secret[:]) // never fails
		r.sessions[id] = s
	}
	s.last = r.o.Now().Add(Life)
	user = userName(s.last, id, side)
	return user, s.password(user)
}

// Renew lets the credentials that a session has serve for another Life.
func (r *Relay) Renew(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.sessions[id]; s != nil {
		s.last = r.o.Now().Add(Life)
	}
}

// Release ends what a session has here: its credentials, its allocations, their connections.
func (r *Relay) Release(id string) {
	r.mu.Lock()
	s := r.sessions[id]
	delete(r.sessions, id)
	var open []*port
	var streams []*stream
	if s != nil {
		for p := range s.ports {
			open = append(open, p)
			if st := r.streams[p.client]; st != nil {
				streams = append(streams, st)
			}
		}
	}
	r.mu.Unlock()
	for _, p := range open {
		_ = p.Close()
	}
	for _, st := range streams {
		_ = st.Close()
	}
}

// sweep forgets sessions that nobody told the end of, and that nobody can use any more.
func (r *Relay) sweep() {
	now := r.o.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, s := range r.sessions {
		if len(s.ports) == 0 && now.After(s.last) {
			delete(r.sessions, id)
		}
	}
}

// auth is turn.AuthHandler: it says under which key a request must be signed. The user id that it
// returns is the same for every credential of one side.
func (r *Relay) auth(ra *turn.RequestAttributes) (userID string, key []byte, ok bool) {
	_, id, side, ok := parseUser(ra.Username)
	if !ok || ra.Realm != realm {
		return "", nil, false
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	s := r.sessions[id]
	if s == nil {
		return "", nil, false
	}
	userID = id + ":" + side
	if !r.o.Now().Before(s.last) && !s.standing(userID, ra.SrcAddr) {
		return "", nil, false
	}
	return userID, turn.GenerateAuthKey(ra.Username, realm, s.password(ra.Username)), true
}

// standing says whether an allocation of that side was made from that address: it may be refreshed
// for as long as the session lives.
func (s *session) standing(userID string, from net.Addr) bool {
	for p := range s.ports {
		if p.user == userID && p.from != "" && from != nil && p.from == from.String() {
			return true
		}
	}
	return false
}

// parseUser takes expiry:session:side apart. It is strict: there is one spelling.
func parseUser(user string) (expiry time.Time, id, side string, ok bool) {
	part := strings.Split(user, ":")
	if len(part) != 3 || len(user) > 128 || part[1] == "" || part[2] != "helper" && part[2] != "sharer" {
		return time.Time{}, "", "", false
	}
	sec, err := strconv.ParseInt(part[0], 10, 64)
	if err != nil || sec < 0 || strconv.FormatInt(sec, 10) != part[0] {
		return time.Time{}, "", "", false
	}
	return time.Unix(sec, 0), part[1], part[2], true
}

// quota is turn.QuotaHandler: an early and polite refusal. open is what enforces it.
func (r *Relay) quota(userID, _ string, _ net.Addr) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.roomLocked(userID) == nil
}

// created and deleted are what pion says of allocations: which client has which port.
func (r *Relay) created(src, dst net.Addr, _, _, _ string, relayed net.Addr, _ int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.ports[portOf(relayed)]
	if p == nil {
		return
	}
	p.from, p.client = src.String(), streamKey(src, dst)
	if st := r.streams[p.client]; st != nil {
		st.established.Store(true)
	}
}

func (r *Relay) deleted(src, dst net.Addr, _, _, _ string) {
	r.mu.RLock()
	st := r.streams[streamKey(src, dst)]
	r.mu.RUnlock()
	if st != nil {
		_ = st.Close() // an app has one allocation for each connection
	}
}
