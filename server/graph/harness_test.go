package graph_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beside/auth/devidp/graphtest"
	"beside/server/graph"
)

const (
	tid    = "10000000-0000-4000-8000-000000000001"
	client = "22222222-2222-4222-8222-222222222222"
	sam    = "10000000-0000-4000-8000-00000000b001"
	ines   = "10000000-0000-4000-8000-00000000b002"
	staff  = "10000000-0000-4000-8000-00000000f003"
	pay    = "10000000-0000-4000-8000-00000000f004"
	circle = "10000000-0000-4000-8000-00000000f007"
	laptop = "10000000-0000-4000-8000-00000000d001"
	phone  = "10000000-0000-4000-8000-00000000d002" // managed only
	object = "10000000-0000-4000-8000-0000000dd001"
)

// small is an organisation with a circle of groups.
func small() graphtest.Data {
	return graphtest.Data{
		Tenant: tid, Name: "Halden Group", Domain: "halden.example",
		Users: []graphtest.User{
			{ID: sam, Name: "Sam Rivers", Given: "Sam", Surname: "Rivers", Job: "Payroll officer", Groups: []string{pay}, Photo: []byte("\xff\xd8\xffphoto")},
			{ID: ines, Name: "Ines Okoro", Guest: true, Disabled: true},
		},
		Groups: []graphtest.Group{{ID: staff, Name: "All staff", In: []string{circle}}, {ID: pay, Name: "Payroll", In: []string{staff}}, {ID: circle, Name: "Circle", In: []string{pay}}},
		Devices: []graphtest.Device{
			{Object: object, ID: laptop, Name: "HLD-LT-0427", OS: "Linux", Version: "12", Owner: sam, Registered: true, Enrolled: true, State: "compliant", LastSync: time.Now(), Groups: []string{staff}},
			{ID: phone, Name: "phone", OS: "Android", Owner: sam, Enrolled: true, State: "noncompliant"},
		},
	}
}

// pair is a key and its certificate in two files.
type pair struct {
	certFile, keyFile string
	cert              *x509.Certificate
}

func newPair(t *testing.T, key any, public any, ends time.Time) pair {
	t.Helper()
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "beside"}, NotBefore: ends.AddDate(-1, 0, 0), NotAfter: ends}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, public, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pk, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pair{
		cert:     cert,
		certFile: write(t, "graph.crt", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		keyFile:  write(t, "graph.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pk})),
	}
}

func rsaPair(t *testing.T, bits int) pair {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return newPair(t, k, k.Public(), time.Now().AddDate(0, 1, 0))
}

func ecPair(t *testing.T) pair {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newPair(t, k, k.Public(), time.Now().AddDate(0, 1, 0))
}

func write(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// open is a client of a server with a secret.
func open(t *testing.T, o graphtest.Options) (*graphtest.Server, *graph.Client, graph.Credentials) {
	t.Helper()
	o.ClientID, o.Secret = client, "hunter2"
	s := graphtest.New(o)
	cr := graph.Credentials{
		Authority: graphtest.Base, Tenant: tid, ClientID: client, Resource: graphtest.Base, HTTP: guarded(t, s),
		Secret: write(t, "secret", []byte("hunter2\n")),
	}
	return s, connect(t, s, cr), cr
}

// guarded reaches the server and fails the test if anything is asked of somebody else, or of a
// part of the service that is not this client's.
func guarded(t *testing.T, s *graphtest.Server) *http.Client {
	inner := s.Client().Transport
	return &http.Client{Transport: tripper(func(r *http.Request) (*http.Response, error) {
		at := r.URL.Scheme + "://" + r.URL.Host
		if at != graphtest.Base || r.URL.User != nil || !strings.HasPrefix(r.URL.Path, "/v1.0/") && !strings.HasPrefix(r.URL.Path, "/"+tid+"/") || strings.Contains(r.URL.Path, "..") {
			t.Errorf("a token went to %s", r.URL)
		}
		return inner.RoundTrip(r)
	})}
}

type tripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func connect(t *testing.T, s *graphtest.Server, cr graph.Credentials) *graph.Client {
	t.Helper()
	tokens, err := graph.NewTokens(cr)
	if err != nil {
		t.Fatal(err)
	}
	c, err := graph.New(graph.Options{Base: graphtest.Base, Tokens: tokens, HTTP: guarded(t, s)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// numbered is a GUID of a kind.
func numbered(kind, n int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", kind, n) }
