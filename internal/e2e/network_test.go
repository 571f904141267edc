//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// network is a network of the test's own: the endpoint at a hub, and each person's machine on a cable
// that can be pulled and with an address that can change.
type network struct {
	t     *testing.T
	names map[string]string // of the namespaces
}

const hubAddress = "10.98.0.1"

// isolate makes one. Where that takes rights which this machine does not give, the test is skipped and
// says that nothing was tested.
func isolate(t *testing.T) *network {
	t.Helper()
	n := &network{t: t, names: map[string]string{}}
	probe := fmt.Sprintf("beside-e2e-%d-probe", os.Getpid())
	if out, err := exec.CommandContext(t.Context(), "ip", "netns", "add", probe).CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: a network of its own needs root and network namespaces: %v: %s", err, out)
	}
	_ = exec.Command("ip", "netns", "delete", probe).Run()
	t.Cleanup(func() { // after the programs have ended: scenes are made later
		for _, name := range n.names {
			_ = exec.Command("ip", "netns", "delete", name).Run()
		}
	})
	for _, who := range []string{"hub", "helper", "sharer"} {
		name := fmt.Sprintf("beside-e2e-%d-%s", os.Getpid(), who)
		n.ip("netns", "add", name)
		n.names[who] = name
		n.ip("-n", name, "link", "set", "lo", "up")
	}
	hub := n.names["hub"]
	n.ip("-n", hub, "link", "add", "br0", "type", "bridge")
	n.ip("-n", hub, "addr", "add", hubAddress+"/16", "dev", "br0")
	n.ip("-n", hub, "link", "set", "br0", "up")
	for who, address := range map[string]string{"helper": "10.98.1.1", "sharer": "10.98.2.1"} {
		n.ip("-n", hub, "link", "add", who, "type", "veth", "peer", "name", "eth0", "netns", n.names[who])
		n.ip("-n", n.names[who], "addr", "add", address+"/16", "dev", "eth0")
		n.ip("-n", n.names[who], "link", "set", "eth0", "up")
		n.ip("-n", hub, "link", "set", who, "up")
		n.connect(who)
	}
	return n
}

func (n *network) ip(args ...string) {
	n.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		n.t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// in is how a program is run on somebody's machine.
func (n *network) in(who string) []string {
	if n == nil {
		return nil
	}
	return []string{"ip", "netns", "exec", n.names[who]}
}

func (n *network) host() string {
	if n == nil {
		return ""
	}
	return hubAddress
}

// cut lets nothing through to or from somebody, and nobody notices: as when it breaks far away.
func (n *network) cut(who string) {
	n.t.Helper()
	n.ip("-n", n.names["hub"], "link", "set", who, "nomaster")
}

// connect ends cut.
func (n *network) connect(who string) {
	n.t.Helper()
	n.ip("-n", n.names["hub"], "link", "set", who, "master", "br0")
}

// move gives somebody's machine another address, and takes the old one away.
func (n *network) move(who, from, to string) {
	n.t.Helper()
	n.ip("-n", n.names[who], "addr", "del", from+"/16", "dev", "eth0")
	n.ip("-n", n.names[who], "addr", "add", to+"/16", "dev", "eth0")
}
