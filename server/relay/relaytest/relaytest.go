// Package relaytest runs a relay for the tests of what uses one.
package relaytest

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"strconv"
	"sync"
	"testing"

	"beside/policy/api"
	"beside/server/relay"
	"beside/server/selfca"
)

// Transports are the ways to the relay: over UDP, TCP, and TLS.
var Transports = []string{"udp", "tcp", "tls"}

// Relay is a real relay on loopback, until the test ends.
type Relay struct {
	*relay.Relay
	Roots *x509.CertPool // of the one over TLS

	urls map[string]string
}

// Start starts one, with the usual limits.
func Start(t testing.TB) *Relay {
	t.Helper()
	ca, err := selfca.Open(t.TempDir(), []string{"127.0.0.1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var conf net.ListenConfig
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	udp, e1 := conf.ListenPacket(ctx, "udp4", "127.0.0.1:0")
	tcp, e2 := conf.Listen(ctx, "tcp4", "127.0.0.1:0")
	https, e3 := conf.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err := errors.Join(e1, e2, e3); err != nil {
		t.Fatal(err)
	}
	split := relay.Split(https, ca.Config())
	at := func(a net.Addr) string { return a.String() }
	_, port, err := net.SplitHostPort(at(https.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	r, err := relay.New(relay.Options{
		Host: "127.0.0.1", UDP: udp, TCP: tcp, TLS: split.TURN, TLSAt: n,
	})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { _ = split.Run(ctx) })
	wg.Go(func() { _ = r.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return &Relay{Relay: r, Roots: ca.Pool(), urls: map[string]string{
		"udp": "turn:" + at(udp.LocalAddr()) + "?transport=udp",
		"tcp": "turn:" + at(tcp.Addr()) + "?transport=tcp",
		"tls": "turns:" + at(https.Addr()) + "?transport=tcp",
	}}
}

// Only is what one side is told of the way over transport, and of no other.
func (r *Relay) Only(transport, session, side string) []api.ICEServer {
	s := r.Servers(session, side)[0]
	s.URLs = []string{r.urls[transport]}
	return []api.ICEServer{s}
}
