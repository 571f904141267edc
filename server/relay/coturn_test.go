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
	defer victim.Close()
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

// An operator's coturn, set up as docs/endpoint.md says, takes the credentials that External makes, lets
// the two sides meet, and nobody be reached but them.
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
	text := fmt.Sprintf(`listening-port=%d
listening-ip=127.0.0.1
relay-ip=127.0.0.1
min-port=49160
max-port=49260
no-tls
no-dtls
no-cli
cli-password=none
log-file=stdout
userdb=%s
pidfile=%s
use-auth-secret
static-auth-secret=%s
realm=help.example.com
denied-peer-ip=0.0.0.0-255.255.255.255
denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
allowed-peer-ip=127.0.0.1
allow-loopback-peers
no-tcp-relay
no-multicast-peers
user-quota=2
`, port, filepath.Join(dir, "db"), filepath.Join(dir, "pid"), secret)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "turnserver", "-c", conf)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	g := &rig{udp: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
	at := &clock{}
	e, err := NewExternal([]string{"turn:" + g.udp + "?transport=udp"}, secret, at.now)
	if err != nil {
		t.Fatal(err)
	}
	try := func(user, password string) (net.PacketConn, error) {
		return g.client(t, "udp", user, password).Allocate()
	}
	first := server(e.Servers(sessionID(0), "sharer"))
	until(t, "coturn takes the credential", func() bool { _, err := try(first.Username, first.Credential); return err == nil })
	var sides [2]net.PacketConn
	for i, side := range []string{"helper", "sharer"} {
		c := server(e.Servers(sessionID(1), side))
		if sides[i], err = try(c.Username, c.Credential); err != nil {
			t.Fatal(err)
		}
		if _, err := try(c.Username, c.Credential+"x"); err == nil {
			t.Error("a wrong password")
		}
	}
	if !passes(t, sides[0], sides[1]) || !passes(t, sides[1], sides[0]) {
		t.Error("the two sides do not meet")
	}
	for _, peer := range []string{"10.0.0.1", "169.254.169.254", "127.0.0.2", "8.8.8.8"} {
		if _, err := sides[0].WriteTo([]byte("x"), &net.UDPAddr{IP: net.ParseIP(peer), Port: 9}); err == nil {
			t.Errorf("permission for %s", peer)
		}
	}
	at.add(-2 * Life)
	old := server(e.Servers(sessionID(1), "sharer"))
	if _, err := try(old.Username, old.Credential); err == nil {
		t.Error("an old credential")
	}
}
