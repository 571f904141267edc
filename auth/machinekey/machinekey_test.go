package machinekey_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"beside/auth/machinekey"
)

const (
	origin = "https://help.example"
	tenant = "11111111-1111-4111-8111-111111111111"
	device = "22222222-2222-4222-8222-222222222222"
)

func made(t *testing.T) *machinekey.Key {
	t.Helper()
	k, err := machinekey.New(origin, tenant)
	if err != nil {
		t.Fatal(err)
	}
	return k.Enrolled(device)
}

func TestProves(t *testing.T) {
	k, other := made(t), made(t)
	nonce := bytes.Repeat([]byte{7}, machinekey.NonceSize)
	sig := k.Prove(nonce)
	for name, ok := range map[string]bool{
		"good":           !machinekey.Proves(k.Public(), origin, tenant, device, nonce, sig),
		"another key":    machinekey.Proves(other.Public(), origin, tenant, device, nonce, sig),
		"another origin": machinekey.Proves(k.Public(), origin+":1", tenant, device, nonce, sig),
		"another tenant": machinekey.Proves(k.Public(), origin, device, device, nonce, sig),
		"another device": machinekey.Proves(k.Public(), origin, tenant, tenant, nonce, sig),
		"replayed":       machinekey.Proves(k.Public(), origin, tenant, device, bytes.Repeat([]byte{8}, machinekey.NonceSize), sig),
		"short nonce":    machinekey.Proves(k.Public(), origin, tenant, device, nil, k.Prove(nil)),
		"no key":         machinekey.Proves(nil, origin, tenant, device, nonce, sig),
		"an enrolment":   machinekey.Proves(k.Public(), origin, tenant, device, nonce, k.Ask("t")),
		"enrols not":     !machinekey.Asks(k.Public(), origin, tenant, "t", k.Ask("t")),
		"another token":  machinekey.Asks(k.Public(), origin, tenant, "u", k.Ask("t")),
		"foreign key":    machinekey.Asks(other.Public(), origin, tenant, "t", k.Ask("t")),
	} {
		if ok {
			t.Error(name)
		}
	}
}

// TestProofVector keeps what is signed from changing: devices in the field have to agree with the endpoint.
func TestProofVector(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	text := `{"v":1,"origin":"` + origin + `","tenant":"` + tenant + `","device":"` + device + `","seed":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := machinekey.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	const want = "ab8a3042f0e7f9933a79f3d1b7e57027e485d67c562ff7a8b3cd263888a65a97725126c88e7a554d4aaeac2e98a25d2aee2813de7259780830f086305a2cfd02" // computed by OpenSSL too
	if got := hex.EncodeToString(k.Prove(bytes.Repeat([]byte{9}, machinekey.NonceSize))); got != want {
		t.Errorf("%s", got)
	}
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sub", "device.json")
	if _, err := machinekey.Load(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("missing: %v", err)
	}
	k := made(t)
	for range 2 { // the second time it replaces
		if err := k.Save(path); err != nil {
			t.Fatal(err)
		}
	}
	got, err := machinekey.Load(path)
	if err != nil || !bytes.Equal(got.Public(), k.Public()) || got.Device() != device || !got.For(origin, tenant) || got.For(origin, device) {
		t.Fatalf("%v", err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("%d files", len(left))
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if _, err := machinekey.Load(link); !errors.Is(err, machinekey.ErrExposed) {
		t.Errorf("a link: %v", err)
	}
	for name, tt := range map[string]struct {
		text []byte
		mode fs.FileMode
		want error
	}{
		"readable by the group": {good, 0o640, machinekey.ErrExposed},
		"readable by everybody": {good, 0o604, machinekey.ErrExposed},
		"no JSON":               {[]byte("x"), 0o600, machinekey.ErrFile},
		"another version":       {bytes.Replace(good, []byte(`"v":1`), []byte(`"v":2`), 1), 0o600, machinekey.ErrFile},
		"unknown member":        {bytes.Replace(good, []byte(`"v":1`), []byte(`"v":1,"x":1`), 1), 0o600, machinekey.ErrFile},
		"no device":             {bytes.Replace(good, []byte(device), nil, 1), 0o600, machinekey.ErrFile},
		"something follows":     {append(bytes.Clone(good), '{'), 0o600, machinekey.ErrFile},
		"too large":             {bytes.Repeat([]byte(" "), 5<<10), 0o600, machinekey.ErrFile},
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, tt.text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, tt.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := machinekey.Load(file); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
