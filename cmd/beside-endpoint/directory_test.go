package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"beside/server/manage"
)

func TestDirectoryFlags(t *testing.T) {
	dir := t.TempDir()
	write := func(name, kind string, b []byte, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().AddDate(0, 1, 0)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	raw := x509.MarshalPKCS1PrivateKey(k)
	cert, key := write("c.pem", "CERTIFICATE", der, 0o644), write("k.pem", "RSA PRIVATE KEY", raw, 0o600)
	open, secret := write("open.pem", "RSA PRIVATE KEY", raw, 0o644), write("secret", "X", nil, 0o600)
	pair := []string{"-directory", "graph", "-graph-cert", cert, "-graph-key", key}

	for name, tt := range map[string]struct {
		args  []string
		usage bool
		graph bool
	}{
		"file":              {args: nil},
		"certificate":       {args: pair, graph: true},
		"secret":            {args: []string{"-directory", "graph", "-graph-secret-file", secret}, graph: true},
		"national cloud":    {args: append([]string{"-authority", "https://login.microsoftonline.us", "-graph-url", "https://graph.microsoft.us"}, pair...), graph: true},
		"cloud in half":     {args: append([]string{"-authority", "https://login.microsoftonline.us"}, pair...), usage: true},
		"another kind":      {args: []string{"-directory", "ldap"}, usage: true},
		"graph for a file":  {args: []string{"-graph-url", "https://graph.microsoft.com"}, usage: true},
		"no credentials":    {args: []string{"-directory", "graph"}, usage: true},
		"open key":          {args: append(pair, "-graph-key", open), usage: true},
		"certificate alone": {args: []string{"-directory", "graph", "-graph-cert", cert}, usage: true},
		"plain http":        {args: append([]string{"-graph-url", "http://graph.microsoft.com"}, pair...), usage: true},
		"this machine":      {args: append([]string{"-graph-url", "https://localhost:8443"}, pair...), usage: true},
		"an address":        {args: append([]string{"-graph-url", "https://10.1.2.3"}, pair...), usage: true},
		"a path":            {args: append([]string{"-graph-url", "https://graph.microsoft.com/v1.0"}, pair...), usage: true},
	} {
		t.Run(name, func(t *testing.T) {
			o, _, err := parse(append(base(t.TempDir()), tt.args...), io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			d, err := o.directory.open(o.Tenant, cid, o.authority)
			if errors.Is(err, manage.ErrUsage) != tt.usage || !tt.usage && err != nil || (d != nil) != tt.graph {
				t.Errorf("%v %v", d, err)
			}
		})
	}
}
