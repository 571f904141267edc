package graph_test

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"beside/auth/devidp/graphtest"
	"beside/server/graph"
)

func TestCertificate(t *testing.T) {
	p := rsaPair(t, 2048)
	s := graphtest.New(graphtest.Options{Data: small(), ClientID: client, Certificate: p.cert})
	cr := graph.Credentials{Authority: graphtest.Base, Tenant: tid, ClientID: strings.ToUpper(client), Resource: graphtest.Base, HTTP: s.Client(), Certificate: p.certFile, Key: p.keyFile}
	if _, err := connect(t, s, cr).Users(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := rsaPair(t, 2048)
	cr.Certificate, cr.Key = other.certFile, other.keyFile
	_, err := connect(t, s, cr).Users(t.Context())
	if !errors.Is(err, graph.ErrUnavailable) || !strings.Contains(err.Error(), "invalid_client AADSTS700027") {
		t.Errorf("another certificate: %v", err)
	}
}

func TestCredentialsRefused(t *testing.T) {
	good, other, short, curve := rsaPair(t, 2048), rsaPair(t, 2048), rsaPair(t, 1024), ecPair(t)
	open := rsaPair(t, 2048)
	if err := os.Chmod(open.keyFile, 0o644); err != nil {
		t.Fatal(err)
	}
	secret := write(t, "secret", []byte("hunter2"))
	for name, change := range map[string]func(*graph.Credentials){
		"nothing":           func(c *graph.Credentials) { c.Certificate, c.Key = "", "" },
		"certificate alone": func(c *graph.Credentials) { c.Key = "" },
		"key alone":         func(c *graph.Credentials) { c.Certificate = "" },
		"both kinds":        func(c *graph.Credentials) { c.Secret = secret },
		"half and secret":   func(c *graph.Credentials) { c.Secret, c.Key = secret, "" },
		"key of another":    func(c *graph.Credentials) { c.Key = other.keyFile },
		"short key":         func(c *graph.Credentials) { c.Certificate, c.Key = short.certFile, short.keyFile },
		"elliptic key":      func(c *graph.Credentials) { c.Certificate, c.Key = curve.certFile, curve.keyFile },
		"open key file":     func(c *graph.Credentials) { c.Certificate, c.Key = open.certFile, open.keyFile },
		"swapped":           func(c *graph.Credentials) { c.Certificate, c.Key = c.Key, c.Certificate },
		"missing file":      func(c *graph.Credentials) { c.Key += "x" },
		"no tenant":         func(c *graph.Credentials) { c.Tenant = "common" },
		"no client":         func(c *graph.Credentials) { c.ClientID = "" },
		"plain authority":   func(c *graph.Credentials) { c.Authority = "http://login.test" },
		"authority path":    func(c *graph.Credentials) { c.Authority = "https://login.test/" + tid },
		"plain resource":    func(c *graph.Credentials) { c.Resource = "http://graph.test" },
	} {
		t.Run(name, func(t *testing.T) {
			cr := graph.Credentials{Authority: graphtest.Base, Tenant: tid, ClientID: client, Resource: graphtest.Base, Certificate: good.certFile, Key: good.keyFile}
			if _, err := graph.NewTokens(cr); err != nil {
				t.Fatal(err)
			}
			change(&cr)
			if _, err := graph.NewTokens(cr); !errors.Is(err, graph.ErrConfig) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCertificateEnds(t *testing.T) {
	p := rsaPair(t, 2048) // ends in a month of the real clock, long after the bubble's
	synctest.Test(t, func(t *testing.T) {
		s := graphtest.New(graphtest.Options{Data: small(), ClientID: client, Certificate: p.cert})
		cr := graph.Credentials{Authority: graphtest.Base, Tenant: tid, ClientID: client, Resource: graphtest.Base, HTTP: s.Client(), Certificate: p.certFile, Key: p.keyFile}
		c := connect(t, s, cr)
		<-time.After(time.Until(p.cert.NotAfter) + time.Hour)
		if _, err := c.Users(t.Context()); !errors.Is(err, graph.ErrUnavailable) || !strings.Contains(err.Error(), "ended on") {
			t.Errorf("got %v", err)
		}
	})
}

func TestTokenLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, cr := open(t, graphtest.Options{Data: small(), TokenLife: time.Hour})
		ask := func() error { _, err := c.Users(t.Context()); return err }
		fetched := func(want int64) {
			t.Helper()
			if err := ask(); err != nil {
				t.Error(err)
			}
			if n := s.Tokens.Load(); n != want {
				t.Errorf("%d tokens, want %d", n, want)
			}
		}
		fetched(1)
		<-time.After(54 * time.Minute)
		fetched(1)
		<-time.After(2 * time.Minute)
		fetched(2)
		s.RevokeTokens() // one that is refused is replaced at once
		fetched(3)

		// A secret that was replaced counts for the next token.
		if err := os.WriteFile(cr.Secret, []byte("wrong"), 0o600); err != nil {
			t.Fatal(err)
		}
		<-time.After(56 * time.Minute)
		fetched(3) // no new one, and the old one still good
		<-time.After(5 * time.Minute)
		if err := ask(); !errors.Is(err, graph.ErrUnavailable) || strings.Contains(err.Error(), "wrong") {
			t.Errorf("wrong secret: %v", err)
		}
		if err := os.WriteFile(cr.Secret, []byte("hunter2"), 0o600); err != nil {
			t.Fatal(err)
		}
		fetched(4)
	})
}

// TestRefusedForEver: a service that refuses every token is asked twice, not for ever.
func TestRefusedForEver(t *testing.T) {
	s, c, _ := open(t, graphtest.Options{Data: small()})
	n := 0
	s.Meddle(func(path string, a *graphtest.Answer) {
		if path == "/users" {
			n++
			a.Busy(http.StatusUnauthorized, "")
		}
	})
	if _, err := c.Users(t.Context()); !errors.Is(err, graph.ErrUnavailable) || n != 2 {
		t.Errorf("%v after %d", err, n)
	}
}

// TestNoRedirect: a token goes to the service and nowhere else.
func TestNoRedirect(t *testing.T) {
	s, c, _ := open(t, graphtest.Options{Data: small()})
	s.Meddle(func(path string, a *graphtest.Answer) {
		if path == "/users" {
			a.Busy(http.StatusFound, "")
			a.Header.Set("Location", graphtest.Base+"/v1.0/groups")
		}
		if path == "/groups" {
			t.Error("the redirection was followed")
		}
	})
	if _, err := c.Users(t.Context()); !errors.Is(err, graph.ErrUnavailable) {
		t.Error(err)
	}
}

// TestOneToken: many who begin at once take one token between them.
func TestOneToken(t *testing.T) {
	s, c, _ := open(t, graphtest.Options{Data: small()})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := c.Users(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := s.Tokens.Load(); n != 1 {
		t.Errorf("%d tokens", n)
	}
}
