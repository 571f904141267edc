package node_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"beside/server/node"
	"beside/server/servertest"
	"beside/server/sink"
	"beside/server/store"
)

// TestAuditLogGoesOut: a node sends what is in the log and what comes, and its metrics page says so.
func TestAuditLogGoesOut(t *testing.T) {
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	lines := make(chan string, 100)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			b, _ := io.ReadAll(c)
			_ = c.Close()
			lines <- string(b)
		}
	})
	defer wg.Wait()
	defer ln.Close()
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	must(t, free.Close())

	c := config(t.TempDir(), "")
	c.Origin, c.Metrics, c.SIEM = "", free.Addr().String(), node.SIEM{Syslog: &sink.Syslog{Address: ln.Addr().String(), Host: "help.example"}}
	n, err := node.Open(t.Context(), c)
	must(t, err)
	tn := n.Store.For(c.Tenant)
	_, err = tn.Append(t.Context(), store.Entry{Action: "before", Outcome: "ok"})
	must(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- n.Serve(ctx, node.Front{Verifier: servertest.Verifier{}}, func() { close(ready) })
	}()
	<-ready
	if got := <-lines; !strings.Contains(got, `"action":"before"`) {
		t.Errorf("%q", got)
	}
	_, err = tn.Append(t.Context(), store.Entry{Action: "after", Outcome: "ok"})
	must(t, err)
	if got := <-lines; !strings.Contains(got, `"action":"after"`) || strings.Contains(got, "before") {
		t.Errorf("%q", got)
	}
	for end := time.Now().Add(10 * time.Second); !strings.Contains(figures(t, c.Metrics), `beside_siem_sent_total{sink="syslog"} 2`); {
		if time.Now().After(end) {
			t.Fatal(figures(t, c.Metrics))
		}
	}
	stop()
	must(t, <-done)
	must(t, n.Close())
}

// figures is the metrics page.
func figures(t *testing.T, address string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address, nil)
	must(t, err)
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(bufio.NewReader(resp.Body))
	must(t, err)
	return string(b)
}
