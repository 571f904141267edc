package relay

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/pion/turn/v5"

	"beside/policy/api"
	"beside/server/selfca"
)

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	off time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.off)
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off += d
}

// rig is a relay that runs on loopback, next to an https server on its TLS port.
type rig struct {
	*Relay
	clock         *clock
	ca            *selfca.CA
	udp, tcp, tls string // host:port
}

func newRig(t *testing.T, l Limits) *rig {
	t.Helper()
	g := &rig{clock: &clock{}}
	var err error
	if g.ca, err = selfca.Open(t.TempDir(), []string{"127.0.0.1"}, nil); err != nil {
		t.Fatal(err)
	}
	listen := func() net.Listener {
		ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return ln
	}
	udp, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tcp, https := listen(), listen()
	split := Split(https, g.ca.Config())
	g.udp, g.tcp, g.tls = udp.LocalAddr().String(), tcp.Addr().String(), https.Addr().String()
	g.Relay, err = New(Options{
		Host: "127.0.0.1", UDP: udp, TCP: tcp, TLS: split.TURN, TLSAt: portOf(https.Addr()), Limits: l, Now: g.clock.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("https")) })}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = split.Run(ctx) })
	wg.Go(func() { _ = web.Serve(split.HTTP) })
	wg.Go(func() {
		if err := g.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); _ = web.Close(); wg.Wait() })
	return g
}

// server is the one with credentials.
func server(s []api.ICEServer) api.ICEServer {
	for _, s := range s {
		if s.Credential != "" {
			return s
		}
	}
	return api.ICEServer{}
}

// client speaks TURN over one of udp, tcp, tls.
func (g *rig) client(t *testing.T, transport, user, password string) *turn.Client {
	t.Helper()
	c, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: g.at(transport), Conn: g.dial(t, transport), Username: user, Password: password,
		LoggerFactory: silent{}, RTO: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	return c
}

func (g *rig) at(transport string) string {
	return map[string]string{"udp": g.udp, "tcp": g.tcp, "tls": g.tls}[transport]
}

func (g *rig) port(transport string) string {
	_, p, _ := net.SplitHostPort(g.at(transport))
	return p
}

func (g *rig) dial(t *testing.T, transport string) net.PacketConn {
	t.Helper()
	if transport == "udp" {
		c, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", g.at(transport))
	if err != nil {
		t.Fatal(err)
	}
	if transport == "tls" {
		c = tls.Client(c, &tls.Config{ServerName: "127.0.0.1", RootCAs: g.ca.Pool()})
	}
	t.Cleanup(func() { _ = c.Close() })
	return turn.NewSTUNConn(c)
}

// allocate is an allocation of a side of a session, with a new credential.
func (g *rig) allocate(t *testing.T, transport, session, side string) net.PacketConn {
	t.Helper()
	s := server(g.Servers(session, side))
	c, err := g.client(t, transport, s.Username, s.Credential).Allocate()
	if err != nil {
		t.Fatalf("%s %s: %v", transport, side, err)
	}
	return c
}

// passes says whether a packet from a gets to b, which must have sent to a before.
func passes(t *testing.T, a, b net.PacketConn) bool {
	t.Helper()
	_, _ = b.WriteTo([]byte("open"), a.LocalAddr()) // makes b's permission
	buf := make([]byte, 2000)
	for range 20 {
		_, _ = a.WriteTo([]byte("hello"), b.LocalAddr())
		_ = b.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		if n, from, err := b.ReadFrom(buf); err == nil && string(buf[:n]) == "hello" && from.String() == a.LocalAddr().String() {
			return true
		}
	}
	return false
}

// until waits for a condition that comes by itself.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 500 {
		if ok() {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Fatal("not within 5 s: " + what)
}

// sessionID is a session's name, as the endpoint makes them.
func sessionID(n int) string { return "00000000-0000-4000-8000-" + strconv.Itoa(100000000000+n) }
