package sink_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"beside/server/records"
	"beside/server/selfca"
	"beside/server/sink"
)

func entries() []sink.Entry {
	return []sink.Entry{
		{Tenant: "t", Audit: records.Audit{Seq: 1, Time: "2026-11-24T09:00:00Z", Hash: "h", Action: "role.set", Outcome: "ok", Detail: "line\nbreak <b> ü"}},
		{Tenant: "t", Audit: records.Audit{Seq: 2, Time: "2026-11-24T09:00:01Z", Hash: "h", Action: "evil action\x00" + strings.Repeat("x", 99), Outcome: "scope.outside"}},
		{Tenant: "t", Audit: records.Audit{Seq: 3, Hash: "h", Purged: true}},
	}
}

// collector is a syslog receiver that takes connections until the test ends.
func collector(t *testing.T, conf *tls.Config, handle func(c net.Conn, stop chan struct{})) string {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if conf != nil {
		ln = tls.NewListener(ln, conf)
	}
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { defer c.Close(); handle(c, stop) })
		}
	})
	t.Cleanup(func() { close(stop); _ = ln.Close(); wg.Wait() })
	return ln.Addr().String()
}

// frames reads octet-counted messages to the end.
func frames(r io.Reader) (out []string, err error) {
	b := bufio.NewReader(r)
	for {
		n, err := b.ReadString(' ')
		if err == io.EOF && n == "" {
			return out, nil
		}
		size, bad := strconv.Atoi(strings.TrimSuffix(n, " "))
		if err != nil || bad != nil {
			return out, errors.Join(err, bad)
		}
		m := make([]byte, size)
		if _, err := io.ReadFull(b, m); err != nil {
			return out, err
		}
		out = append(out, string(m))
	}
}

// certs are a server's configuration and a client's that trusts it.
func certs(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	ca, err := selfca.Open(t.TempDir(), []string{"127.0.0.1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ca.Config(), &tls.Config{RootCAs: ca.Pool(), MinVersion: tls.VersionTLS12}
}

var rfc5424 = regexp.MustCompile(`^<(\d+)>1 (\S+) (\S+) (\S+) - (\S+) - (\{.*\})$`)

func TestSyslog(t *testing.T) {
	serverTLS, clientTLS := certs(t)
	for name, secure := range map[string]bool{"tcp": false, "tls": true} {
		t.Run(name, func(t *testing.T) {
			got := make(chan []string, 1)
			y := &sink.Syslog{Host: "help.example.com"}
			var conf *tls.Config
			if secure {
				conf, y.TLS = serverTLS, clientTLS
			}
			y.Address = collector(t, conf, func(c net.Conn, _ chan struct{}) {
				m, err := frames(c)
				if err != nil {
					t.Error(err)
				}
				got <- m
			})
			if err := y.Deliver(t.Context(), entries()); err != nil {
				t.Fatal(err)
			}
			m := <-got
			if len(m) != 3 {
				t.Fatalf("%q", m)
			}
			for i, want := range []string{"<110> 2026-11-24T09:00:00Z role.set", "<108> 2026-11-24T09:00:01Z evilaction" + strings.Repeat("x", 22), "<110> - -"} {
				p := rfc5424.FindStringSubmatch(m[i])
				if p == nil {
					t.Fatalf("no message: %q", m[i])
				}
				var e sink.Entry
				if err := json.Unmarshal([]byte(p[6]), &e); err != nil || e.Seq != entries()[i].Seq || e.Detail != entries()[i].Detail || e.Tenant != "t" {
					t.Errorf("%s: %v", p[6], err)
				}
				if is := "<" + p[1] + "> " + p[2] + " " + p[5]; is != want || p[3] != "help.example.com" {
					t.Errorf("got %q, want %q", is, want)
				}
			}
		})
	}
}

// TestSyslogUnconfirmed: what the receiver did not read to the end was not delivered.
func TestSyslogUnconfirmed(t *testing.T) {
	serverTLS, clientTLS := certs(t)
	_, stranger := certs(t)
	big := entries()
	for len(big) < sink.Batch {
		big = append(big, big[0])
	}
	for name, tt := range map[string]struct {
		server, client *tls.Config
		handle         func(net.Conn, chan struct{})
	}{
		"breaks off": {handle: func(c net.Conn, _ chan struct{}) {
			_, _ = io.ReadFull(c, make([]byte, 100))
			_ = c.(*net.TCPConn).SetLinger(0)
		}},
		"reads a part": {handle: func(c net.Conn, _ chan struct{}) { _, _ = io.ReadFull(c, make([]byte, 10)) }},
		"never closes": {handle: func(c net.Conn, stop chan struct{}) { _, _ = io.Copy(io.Discard, c); <-stop }},
		"never reads":  {handle: func(_ net.Conn, stop chan struct{}) { <-stop }},
		"talks":        {handle: func(c net.Conn, _ chan struct{}) { _, _ = c.Write(make([]byte, 1<<20)) }},
		"not trusted":  {server: serverTLS, client: stranger, handle: func(c net.Conn, _ chan struct{}) { _, _ = io.Copy(io.Discard, c) }},
		"no TLS there": {client: clientTLS, handle: func(c net.Conn, _ chan struct{}) { _, _ = io.ReadFull(c, make([]byte, 10)) }},
		"TLS breaks off": {server: serverTLS, client: clientTLS, handle: func(c net.Conn, _ chan struct{}) {
			_, _ = io.ReadFull(c, make([]byte, 100))
			_ = c.(*tls.Conn).NetConn().(*net.TCPConn).SetLinger(0)
			_ = c.(*tls.Conn).NetConn().Close()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			y := &sink.Syslog{Address: collector(t, tt.server, tt.handle), TLS: tt.client}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			if err := y.Deliver(ctx, big); !errors.Is(err, sink.ErrRefused) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		y := &sink.Syslog{Address: "127.0.0.1:1"}
		if err := y.Deliver(t.Context(), entries()); !errors.Is(err, sink.ErrRefused) {
			t.Errorf("got %v", err)
		}
	})
}

func TestWebhook(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	secret := []byte("0123456789abcdef")
	for name, tt := range map[string]struct {
		status int
		header string
		err    error
		after  time.Duration
	}{
		"taken":            {status: 204},
		"error":            {status: 500, err: sink.ErrRefused},
		"redirect":         {status: 307, err: sink.ErrRefused},
		"too large":        {status: 413, err: sink.ErrTooLarge},
		"later":            {status: 429, header: "17", err: sink.ErrRefused, after: 17 * time.Second},
		"later, by a date": {status: 503, header: now.Add(time.Minute).UTC().Format(http.TimeFormat), err: sink.ErrRefused, after: time.Minute},
		"later, nonsense":  {status: 503, header: "soon", err: sink.ErrRefused},
		"later, before":    {status: 503, header: "-5", err: sink.ErrRefused},
		"not allowed":      {status: 401, err: sink.ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			var body string
			var header http.Header
			hits := 0
			srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				body, header = string(b), r.Header
				hits++
				w.Header().Set("Retry-After", tt.header)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
			}))
			defer srv.Close()
			pool := x509.NewCertPool()
			pool.AddCert(srv.Certificate())
			h := &sink.Webhook{
				URL: srv.URL, Secret: secret, Now: func() time.Time { return now },
				HTTP: sink.NewHTTPClient(&http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}),
			}
			err := h.Deliver(t.Context(), entries())
			if !errors.Is(err, tt.err) {
				t.Fatalf("got %v, want %v", err, tt.err)
			}
			var l *sink.Later
			if errors.As(err, &l) != (tt.after > 0) || l != nil && l.After != tt.after {
				t.Errorf("later: %v", err)
			}
			if err != nil && strings.Contains(err.Error(), string(secret)) {
				t.Errorf("the error holds the secret: %v", err)
			}
			if strings.Count(body, "\n") != 3 || header.Get(sink.SignatureHeader) != sink.Sign(secret, now, []byte(body)) || header.Get("Beside-Entries") != "1-3" || hits != 1 {
				t.Errorf("%d hits, %v %q", hits, header, body)
			}
		})
	}
}

// TestSign is a vector for those who write receivers.
func TestSign(t *testing.T) {
	if got := sink.Sign([]byte("secret"), time.Unix(1, 0), []byte("{}\n")); got != "t=1,v1=44a344ec3a52cd2eeb78c5d33ced846b6281b9afc0f6630865f9a5a423b0be28" {
		t.Errorf("got %s", got)
	}
}
