package grant

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"
)

const (
	certTenant = "11111111-1111-4111-8111-111111111111"
	certDevice = "22222222-2222-4222-8222-222222222222"
)

func certKey(b byte) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = b
	return ed25519.NewKeyFromSeed(seed)
}

var certNow = time.Unix(1_800_000_000, 0)

func goodDevice() DeviceCert {
	return DeviceCert{Tenant: certTenant, Device: certDevice, Key: publicKey(certKey(2)), Serial: "0102030405060708", NotBefore: certNow.Unix(), NotAfter: certNow.Add(24 * time.Hour).Unix()}
}

func goodHelper() HelperCert {
	return HelperCert{
		Tenant: certTenant, Helper: certDevice, Key: publicKey(certKey(3)), Devices: []string{certDevice}, Rights: []string{"view", "control"},
		Serial: "0102030405060708", NotBefore: certNow.Unix(), NotAfter: certNow.Add(24 * time.Hour).Unix(),
	}
}

func publicKey(k ed25519.PrivateKey) []byte { return k.Public().(ed25519.PublicKey) }

func TestCertificates(t *testing.T) {
	a, b := certKey(1), certKey(9)
	device, err := SignDevice(a, goodDevice())
	if err != nil {
		t.Fatal(err)
	}
	helper, err := SignHelper(a, goodHelper())
	if err != nil {
		t.Fatal(err)
	}
	st := Statement{Tenant: certTenant}
	for name, tt := range map[string]struct {
		jws    string
		anchor ed25519.PrivateKey
		st     Statement
		tenant string
		at     time.Time
		device bool
		helper bool
	}{
		"device":          {device, a, st, certTenant, certNow, true, false},
		"helper":          {helper, a, st, certTenant, certNow, false, true},
		"other anchor":    {device, b, st, certTenant, certNow, false, false},
		"other tenant":    {device, a, st, certDevice, certNow, false, false},
		"other statement": {helper, a, Statement{Tenant: certDevice}, certTenant, certNow, false, false},
		"revoked device":  {device, a, Statement{Tenant: certTenant, Revoked: []string{"0102030405060708"}}, certTenant, certNow, false, false},
		"revoked helper":  {helper, a, Statement{Tenant: certTenant, Revoked: []string{"0102030405060708"}}, certTenant, certNow, false, false},
		"clock a day off": {helper, a, st, certTenant, certNow.Add(-24 * time.Hour), false, true},
		"long before":     {helper, a, st, certTenant, certNow.Add(-49 * time.Hour), false, false},
		"long after":      {device, a, st, certTenant, certNow.Add(73 * time.Hour), false, false},
		"changed":         {strings.Replace(device, ".", ".e", 1), a, st, certTenant, certNow, false, false},
		"nothing":         {"", a, st, certTenant, certNow, false, false},
	} {
		pub := tt.anchor.Public().(ed25519.PublicKey)
		_, errD := VerifyDevice(tt.jws, pub, tt.st, tt.tenant, tt.at)
		_, errH := VerifyHelper(tt.jws, pub, tt.st, tt.tenant, tt.at)
		if (errD == nil) != tt.device || (errH == nil) != tt.helper {
			t.Errorf("%s: %v, %v", name, errD, errH)
		}
		for _, err := range []error{errD, errH} {
			if err != nil && !errors.Is(err, ErrInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestCertificatesThatAreNotSigned(t *testing.T) {
	a := certKey(1)
	for name, spoil := range map[string]func(*HelperCert){
		"31 days":       func(c *HelperCert) { c.NotAfter = certNow.Add(31 * 24 * time.Hour).Unix() },
		"no time":       func(c *HelperCert) { c.NotAfter = c.NotBefore },
		"no devices":    func(c *HelperCert) { c.Devices = nil },
		"all devices":   func(c *HelperCert) { c.Devices = []string{"*"} },
		"no rights":     func(c *HelperCert) { c.Rights = nil },
		"unknown right": func(c *HelperCert) { c.Rights = []string{"everything"} },
		"no key":        func(c *HelperCert) { c.Key = nil },
		"no serial":     func(c *HelperCert) { c.Serial = "" },
		"no helper":     func(c *HelperCert) { c.Helper = "" },
	} {
		c := goodHelper()
		spoil(&c)
		if _, err := SignHelper(a, c); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := goodDevice()
	c.NotAfter = certNow.Add(401 * 24 * time.Hour).Unix()
	if _, err := SignDevice(a, c); !errors.Is(err, ErrInvalid) {
		t.Errorf("401 days: %v", err)
	}
}

// TestCertificateVector keeps what is signed from changing: devices in the field have to agree.
func TestCertificateVector(t *testing.T) {
	got, err := SignDevice(certKey(1), goodDevice())
	if err != nil {
		t.Fatal(err)
	}
	const want = "eyJhbGciOiJFZERTQSIsInR5cCI6ImJlc2lkZS1kZXZpY2Urand0Iiwia2lkIjoiYW5jaG9yIn0.eyJ0aWQiOiIxMTExMTExMS0xMTExLTQxMTEtODExMS0xMTExMTExMTExMTEiLCJkZXZpY2UiOiIyMjIyMjIyMi0yMjIyLTQyMjItODIyMi0yMjIyMjIyMjIyMjIiLCJkayI6ImEzbkZmbW9KVWprb0xBU0JqcFlSTHo4RHBBQWJxWHBXVENPRktqOGVwZnc9Iiwic2VyaWFsIjoiMDEwMjAzMDQwNTA2MDcwOCIsIm5iZiI6MTgwMDAwMDAwMCwiZXhwIjoxODAwMDg2NDAwfQ.x-i9F7_xZxtpqWrRd0iF1fyX7XwmIzfJ5gEpCGBa5WTYyC7NphYXXgAXiLQgJokC6FQRIfa7WVKP402UUtDmCA" // the signature was made by OpenSSL too
	if got != want {
		t.Error(got)
	}
}

func FuzzCertificate(f *testing.F) {
	a := certKey(1)
	d, _ := SignDevice(a, goodDevice())
	h, _ := SignHelper(a, goodHelper())
	f.Add(d)
	f.Add(h)
	f.Add("..")
	f.Fuzz(func(t *testing.T, jws string) {
		pub := a.Public().(ed25519.PublicKey)
		if _, err := VerifyDevice(jws, pub, Statement{Tenant: certTenant}, certTenant, certNow); err == nil && jws != d {
			t.Errorf("%s was not signed", jws)
		}
		if _, err := VerifyHelper(jws, pub, Statement{Tenant: certTenant}, certTenant, certNow); err == nil && jws != h {
			t.Errorf("%s was not signed", jws)
		}
	})
}
