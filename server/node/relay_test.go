package node_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"beside/server/node"
	"beside/server/relay"
	"beside/server/servertest"
)

// served runs a node until the test ends.
func served(t *testing.T, r node.RelayConfig) (*node.Node, *x509.CertPool) {
	t.Helper()
	c := config(t.TempDir(), "")
	c.Relay, c.Origin = r, ""
	n, err := node.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := n.Serve(ctx, node.Front{Verifier: servertest.Verifier{}}, func() { close(ready) }); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	<-ready
	pem, err := os.ReadFile(n.CA.File)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return n, pool
}

// binding is a STUN request without credentials; every STUN server answers it.
const binding = "\x00\x01\x00\x00\x21\x12\xa4\x42beside test."

// One port answers https and STUN inside TLS; the other, UDP and TCP.
func TestOnePortForHTTPSAndRelay(t *testing.T) {
	n, pool := served(t, node.RelayConfig{Listen: "127.0.0.1:0", TLS: true})
	conf := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	web := &http.Client{Transport: &http.Transport{TLSClientConfig: conf}}
	defer web.CloseIdleConnections()
	for range 2 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.Origin+"/healthz", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := web.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("status %d", resp.StatusCode)
		}
		c, err := (&tls.Dialer{Config: conf}).DialContext(t.Context(), "tcp", n.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		answers(t, c)
	}
}

func answers(t *testing.T, c net.Conn) {
	t.Helper()
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Write([]byte(binding)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 200)
	k, err := c.Read(b)
	if err != nil || !strings.HasPrefix(string(b[:k]), "\x01\x01") || !strings.Contains(string(b[:k]), "beside test.") {
		t.Errorf("%q, %v", b[:k], err)
	}
}

func TestNodeWithoutRelay(t *testing.T) {
	n, pool := served(t, node.RelayConfig{})
	c, err := (&tls.Dialer{Config: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}).DialContext(t.Context(), "tcp", n.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = c.Write([]byte(binding + "\r\n\r\n"))
	b := make([]byte, 200)
	if k, _ := c.Read(b); !strings.HasPrefix(string(b[:k]), "HTTP/1.1 400") {
		t.Errorf("%q", b[:k])
	}
}

func TestOwnAndExternalRelay(t *testing.T) {
	e, err := relay.NewExternal([]string{"turn:turn.example"}, "0123456789abcdef", nil)
	if err != nil {
		t.Fatal(err)
	}
	c := config(t.TempDir(), "")
	c.Relay = node.RelayConfig{TLS: true, External: e}
	if n, err := node.Open(t.Context(), c); !errors.Is(err, node.ErrConfig) {
		t.Errorf("%v", err)
		_ = n.Close()
	}
}
