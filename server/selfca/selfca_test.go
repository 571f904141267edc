package selfca_test

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"time"

	"beside/server/selfca"
)

func TestAuthority(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	clock := func() time.Time { return now }
	ca, err := selfca.Open(dir, []string{"help.example", "10.0.0.1"}, clock)
	if err != nil {
		t.Fatal(err)
	}
	again, err := selfca.Open(dir, []string{"help.example"}, clock)
	if err != nil || !again.Pool().Equal(ca.Pool()) {
		t.Fatalf("a second start makes another authority: %v", err)
	}
	if fi, err := os.Stat(filepath.Join(dir, "ca.key")); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("ca.key: %v %v", fi, err)
	}
	first, err := ca.Config().GetCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	for host, ok := range map[string]bool{"help.example": true, "10.0.0.1": true, "other.example": false} {
		if _, err := first.Leaf.Verify(x509.VerifyOptions{Roots: ca.Pool(), DNSName: host, CurrentTime: now}); (err == nil) != ok {
			t.Errorf("%s: %v", host, err)
		}
	}
	now = now.Add(61 * 24 * time.Hour)
	if next, err := ca.Config().GetCertificate(nil); err != nil || next.Leaf.SerialNumber.Cmp(first.Leaf.SerialNumber) == 0 {
		t.Errorf("the certificate is not renewed: %v", err)
	}
	if err := os.WriteFile(ca.File, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := selfca.Open(dir, nil, clock); err == nil {
		t.Error("a broken ca.pem is replaced in silence")
	}
}
