package relay

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/turn/v5"
)

// uclient runs coturn's client (Debian's package coturn) and returns what it said.
func uclient(t *testing.T, arg ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "turnutils_uclient", arg...).CombinedOutput()
	if len(out) == 0 {
		t.Fatalf("turnutils_uclient: %v", err)
	}
	return string(out)
}

// args are those that every call needs.
func (g *rig) args(transport, user, password string, more ...string) []string {
	arg := append([]string{"-v", "-c", "-u", user, "-w", password, "-p", g.port(transport)}, more...)
	switch transport {
	case "tcp":
		arg = append(arg, "-t")
	case "tls":
		arg = append(arg, "-t", "-S")
	}
	return append(arg, "127.0.0.1")
}

// coturn's client has an allocation talk to another one: -y.
func TestCoturnClient(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			g := newRig(t, Limits{PerSide: 6}) // both ends have one credential, and it tries out some first
			for name, more := range map[string][]string{"channels": nil, "indications": {"-s"}} {
				c := server(g.Servers(sessionID(len(name)), "helper"))
				out := uclient(t, g.args(transport, c.Username, c.Credential, append(more, "-y", "-m", "1", "-n", "50", "-z", "2", "-l", "900")...)...)
				if !strings.Contains(out, "Total lost packets 0 (0.000000%)") || !strings.Contains(out, "tot_send_msgs=100, tot_recv_msgs=100") &&
					!strings.Contains(out, "tot_send_msgs=50, tot_recv_msgs=50") {
					t.Errorf("%s: %s", name, out)
				}
			}
			c := server(g.Servers(sessionID(1), "helper"))
			if out := uclient(t, g.args(transport, c.Username, "wrong", "-y", "-m", "1")...); strings.Contains(out, "Received relay addr") {
				t.Errorf("a wrong password: %s", out)
			}
			if out := uclient(t, g.args(transport, c.Username, c.Credential, "-T")...); strings.Contains(out, "Received relay addr") {
				t.Errorf("a TCP allocation: %s", out)
			}
			g.clock.add(Life + time.Second)
			if out := uclient(t, g.args(transport, c.Username, c.Credential, "-y", "-m", "1")...); strings.Contains(out, "Received relay addr") {
				t.Errorf("an old credential: %s", out)
			}
		})
	}
}

// Attack 33 with coturn's client: none of these is a peer.
func TestCoturnClientReachesNobody(t *testing.T) {
	g := newRig(t, Limits{PerSide: 50})
	c := server(g.Servers(sessionID(1), "helper"))
	victim, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer victim.Close() //nolint:errcheck // a test
	port := strconv.Itoa(portOf(victim.LocalAddr()))
	t.Run("peers", func(t *testing.T) {
		for _, peer := range []string{"127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "169.254.169.254", "10.0.0.1", "192.168.0.1", "192.0.2.1"} {
			for _, how := range [][]string{nil, {"-s"}} {
				t.Run(peer+strings.Join(how, ""), func(t *testing.T) {
					t.Parallel()
					out := uclient(t, g.args("udp", c.Username, c.Credential, append(how, "-m", "1", "-n", "3", "-e", peer, "-r", port)...)...)
					if strings.Contains(out, "tot_recv_bytes") && !strings.Contains(out, "tot_recv_msgs=0") {
						t.Errorf("answers: %s", out)
					}
				})
			}
		}
	})
	_ = victim.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, from, err := victim.ReadFrom(make([]byte, 10)); err == nil {
		t.Fatalf("a packet left the relay, from %v", from)
	}
}

// An operator's coturn takes the credentials that External makes.
func TestExternalAtCoturn(t *testing.T) {
	const secret = "an operator's secret of coturn's"
	probe, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := portOf(probe.LocalAddr())
	_ = probe.Close()
	dir := t.TempDir()
	conf := filepath.Join(dir, "turnserver.conf")
	text := fmt.Sprintf("listening-port=%d\nlistening-ip=127.0.0.1\nrelay-ip=127.0.0.1\nuse-auth-secret\nstatic-auth-secret=%s\nrealm=example\n"+
		"no-tls\nno-dtls\nno-cli\nallow-loopback-peers\ncli-password=none\nlog-file=stdout\nsimple-log\nuserdb=%s\npidfile=%s\nmin-port=49160\nmax-port=49200\n",
		port, secret, filepath.Join(dir, "db"), filepath.Join(dir, "pid"))
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "turnserver", "-c", conf)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	host := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	at := &clock{}
	e, err := NewExternal([]string{"turn:" + host + "?transport=udp"}, secret, at.now)
	if err != nil {
		t.Fatal(err)
	}
	try := func(user, password string) error {
		conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer conn.Close() //nolint:errcheck // a test
		c, err := turn.NewClient(&turn.ClientConfig{TURNServerAddr: host, Conn: conn, Username: user, Password: password, LoggerFactory: silent{}, RTO: 50 * time.Millisecond})
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.Listen(); err != nil {
			return err
		}
		r, err := c.Allocate()
		if err == nil {
			_ = r.Close()
		}
		return err
	}
	good := server(e.Servers(sessionID(1), "sharer"))
	until(t, "coturn takes the credential", func() bool { return try(good.Username, good.Credential) == nil })
	if try(good.Username, good.Credential+"x") == nil {
		t.Error("a wrong password")
	}
	at.add(-2 * Life)
	old := server(e.Servers(sessionID(1), "sharer"))
	if try(old.Username, old.Credential) == nil {
		t.Error("an old credential")
	}
}
