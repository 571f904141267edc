package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
	"golang.org/x/time/rate"

	"beside/policy/api"
)

// Life is how long new allocations can be made with a credential (PROTOCOL, attack 34).
const Life = 10 * time.Minute

const realm = "beside"

// Limits bound what a relay carries. A zero field gets the default that is named here.
type Limits struct {
	PerSide       int           // allocations of one side of a session at a time: 2, one over UDP and one over TLS
	Allocations   int           // of all sessions: 2000
	Streams       int           // TCP and TLS connections: 4000
	StreamsPerIP  int           // of one address, behind which a whole site may be: 200
	SessionRate   rate.Limit    // bytes per second of one session, both ways together: 8 MB/s
	TotalRate     rate.Limit    // bytes per second of all: 100 MB/s
	Unestablished time.Duration // how long a connection may be there without an allocation: 15 s
	Idle          time.Duration // and how long one with an allocation may be silent: 3 minutes
}

func (l *Limits) fill() {
	set(&l.PerSide, 2)
	set(&l.Allocations, 2000)
	set(&l.Streams, 4000)
	set(&l.StreamsPerIP, 200)
	set(&l.SessionRate, 8e6)
	set(&l.TotalRate, 100e6)
	set(&l.Unestablished, 15*time.Second)
	set(&l.Idle, 3*time.Minute)
}

func set[T int | rate.Limit | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

// Options are what a relay is made of.
type Options struct {
	Host   string         // name or address under which apps reach it
	UDP    net.PacketConn // nil for none. The relay owns it and the listeners from New on
	TCP    net.Listener   // nil for none
	TLS    net.Listener   // of connections that speak inside TLS already (Split's second); nil for none
	TLSAt  int            // port under which apps reach TLS
	Limits Limits
	Now    func() time.Time // nil for time.Now
}

// Stats are counters for the metrics page.
type Stats struct {
	Bytes   atomic.Int64 // handed over
	Dropped atomic.Int64 // packets over a limit, or for an app that is too slow
	Refused atomic.Int64 // attempts to reach something that is not the other side
}

// Relay is a STUN and TURN server. It is safe for concurrent use. The zero value is of no use.
type Relay struct {
	Stats Stats

	o     Options
	urls  []string // of TURN, at most two: each is an allocation of each side
	stun  string
	total *rate.Limiter

	mu       sync.RWMutex
	sessions map[string]*session
	ports    map[int]*port
	streams  map[string]*stream
	perIP    map[netip.Prefix]int
}

// ErrNothing means that a relay was to listen nowhere.
var ErrNothing = errors.New("relay: nothing to listen on")

// New makes a relay. Run serves it; before, apps wait.
func New(o Options) (*Relay, error) {
	if o.UDP == nil && o.TCP == nil && o.TLS == nil {
		return nil, ErrNothing
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Limits.fill()
	r := &Relay{
		o: o, sessions: map[string]*session{}, ports: map[int]*port{}, streams: map[string]*stream{}, perIP: map[netip.Prefix]int{},
		total: rate.NewLimiter(o.Limits.TotalRate, burst(o.Limits.TotalRate)),
	}
	if o.UDP != nil {
		r.stun = r.url("stun", "", portOf(o.UDP.LocalAddr()))
		r.urls = append(r.urls, r.url("turn", "udp", portOf(o.UDP.LocalAddr())))
	}
	switch { // plain TCP is for clients that cannot do TLS; apps can
	case o.TLS != nil:
		r.urls = append(r.urls, r.url("turns", "tcp", o.TLSAt))
	case o.TCP != nil:
		r.urls = append(r.urls, r.url("turn", "tcp", portOf(o.TCP.Addr())))
	}
	return r, nil
}

func (r *Relay) url(scheme, transport string, port int) string {
	u := scheme + ":" + net.JoinHostPort(r.o.Host, strconv.Itoa(port))
	if transport != "" {
		u += "?transport=" + transport
	}
	return u
}

func portOf(a net.Addr) int {
	switch a := a.(type) {
	case *net.UDPAddr:
		return a.Port
	case *net.TCPAddr:
		return a.Port
	}
	return 0
}

// burst is what may come at once: a quarter of a second, and a packet in any case.
func burst(l rate.Limit) int { return max(int(l/4), maxPacket) }

// Servers is what one side of a session is told. The credential is new each time and serves Life.
func (r *Relay) Servers(session, side string) []api.ICEServer {
	user, password := r.issue(session, side)
	out := []api.ICEServer{{URLs: r.urls, Username: user, Credential: password}}
	if r.stun != "" {
		out = append(out, api.ICEServer{URLs: []string{r.stun}})
	}
	return out
}

// Run serves until ctx ends, then closes every socket and connection. Once.
func (r *Relay) Run(ctx context.Context) error {
	conf := turn.ServerConfig{
		Realm: realm, AuthHandler: r.auth, QuotaHandler: r.quota, LoggerFactory: silent{},
		EventHandler: turn.EventHandler{OnAllocationCreated: r.created, OnAllocationDeleted: r.deleted},
	}
	if r.o.UDP != nil {
		conf.PacketConnConfigs = []turn.PacketConnConfig{{
			PacketConn: steady{r.o.UDP}, RelayAddressGenerator: generator{r}, PermissionHandler: permits,
		}}
	}
	for _, ln := range []net.Listener{r.o.TCP, r.o.TLS} {
		if ln != nil {
			conf.ListenerConfigs = append(conf.ListenerConfigs, turn.ListenerConfig{
				Listener: &listener{Listener: ln, r: r}, RelayAddressGenerator: generator{r}, PermissionHandler: permits,
			})
		}
	}
	s, err := turn.NewServer(conf)
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	t := time.NewTicker(time.Minute)
	defer t.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-t.C:
			r.sweep()
		}
	}
	err = s.Close()
	r.closeAll()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("relay: %w", err)
	}
	return ctx.Err()
}

// closeAll forgets every session and closes every connection.
func (r *Relay) closeAll() {
	r.mu.RLock()
	var ids []string
	for id := range r.sessions {
		ids = append(ids, id)
	}
	streams := make([]*stream, 0, len(r.streams))
	for _, s := range r.streams {
		streams = append(streams, s)
	}
	r.mu.RUnlock()
	for _, id := range ids {
		r.Release(id)
	}
	for _, s := range streams {
		_ = s.Close()
	}
}

// Load is how many sessions are known, and how many allocations they have.
func (r *Relay) Load() (sessions, allocations int) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.sessions), len(r.ports)
}

// silent is pion's log: what strangers send is no news, and what matters is counted.
type silent struct{}

func (silent) NewLogger(string) logging.LeveledLogger {
	return logging.NewDefaultLeveledLoggerForScope("", logging.LogLevelDisabled, io.Discard)
}
