package machinekey

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"beside/internal/lv"
)

// NonceSize is the size of the endpoint's nonce, in bytes.
const NonceSize = 32

// maxFile bounds what is read of a key file.
const maxFile = 4 << 10

var (
	// ErrFile means that the file holds no usable key; the error says why, never what is in it.
	ErrFile = errors.New("machinekey: key file")
	// ErrExposed means that others than its owner can read or replace the file.
	ErrExposed = errors.New("machinekey: key file is not private")
)

// Key is a device's key with what it counts for. It is safe for concurrent use.
type Key struct {
	origin, tenant, device string
	private                ed25519.PrivateKey
}

// New makes a key for an endpoint's organisation. It belongs to no device until Enrolled.
func New(origin, tenant string) (*Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("machinekey: %w", err)
	}
	return &Key{origin: origin, tenant: tenant, private: private}, nil
}

// Enrolled is the key with the device id that the endpoint gave it.
func (k *Key) Enrolled(device string) *Key {
	return &Key{k.origin, k.tenant, device, k.private}
}

// Device is the device's id, "" before the enrolment.
func (k *Key) Device() string { return k.device }

// For says whether the key counts at that endpoint, for that organisation.
func (k *Key) For(origin, tenant string) bool { return k.origin == origin && k.tenant == tenant }

// Public is the public key.
func (k *Key) Public() []byte {
	return k.private.Public().(ed25519.PublicKey) //nolint:forcetypeassert // always one
}

// Prove answers the endpoint's nonce.
func (k *Key) Prove(nonce []byte) []byte {
	return ed25519.Sign(k.private, proof(k.origin, k.tenant, k.device, nonce))
}

// Ask signs the request to be enrolled with a token.
func (k *Key) Ask(token string) []byte {
	return ed25519.Sign(k.private, request(k.origin, k.tenant, token, k.Public()))
}

// Proves says whether sig is the device's answer to the nonce.
func Proves(public []byte, origin, tenant, device string, nonce, sig []byte) bool {
	return len(public) == ed25519.PublicKeySize && len(nonce) == NonceSize && ed25519.Verify(public, proof(origin, tenant, device, nonce), sig)
}

// Asks says whether whoever holds the key asks to be enrolled with that token.
func Asks(public []byte, origin, tenant, token string, sig []byte) bool {
	return len(public) == ed25519.PublicKeySize && ed25519.Verify(public, request(origin, tenant, token, public), sig)
}

// proof is what a device signs (PROTOCOL 1.3).
func proof(origin, tenant, device string, nonce []byte) []byte {
	return append([]byte("beside-dev/1\x00"), lv.Cat([]byte(origin), []byte(tenant), []byte(device), nonce)...)
}

// request names the token by its hash: what is signed may be logged by somebody, the token may not.
func request(origin, tenant, token string, public []byte) []byte {
	h := sha256.Sum256([]byte(token))
	return append([]byte("beside-enrol/1\x00"), lv.Cat([]byte(origin), []byte(tenant), h[:], public)...)
}

// file is the form on disk.
type file struct {
	Version int    `json:"v"`
	Origin  string `json:"origin"`
	Tenant  string `json:"tenant"`
	Device  string `json:"device"`
	Seed    []byte `json:"seed"`
}

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// Save writes the key of an enrolled device for its owner only, in one step. A key that was there
// before is replaced.
func (k *Key) Save(path string) (err error) {
	b, err := json.Marshal(file{1, k.origin, k.tenant, k.device, k.private.Seed()})
	if err != nil {
		return fmt.Errorf("machinekey: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("machinekey: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".device-*") // made 0600
	if err != nil {
		return fmt.Errorf("machinekey: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("machinekey: %w", err), os.Remove(tmp.Name()))
		}
	}()
	if _, err = tmp.Write(b); err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// Load reads a key. fs.ErrNotExist if there is no file; ErrExposed if it is not a plain file that
// only its owner can read.
func Load(path string) (*Key, error) {
	b, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	var f file
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.DisallowUnknownFields()
	if dec.Decode(&f) != nil || dec.More() { // its error could quote the file
		return nil, fmt.Errorf("%w: it is not one", ErrFile)
	}
	switch {
	case f.Version != 1:
		return nil, fmt.Errorf("%w: made by another version", ErrFile)
	case len(f.Seed) != ed25519.SeedSize || !guid.MatchString(f.Tenant) || !guid.MatchString(f.Device) || f.Origin == "":
		return nil, fmt.Errorf("%w: it is not whole", ErrFile)
	}
	return &Key{f.Origin, f.Tenant, f.Device, ed25519.NewKeyFromSeed(f.Seed)}, nil
}

// ReadToken reads an enrolment token from a file that only its owner can read.
func ReadToken(path string) (string, error) {
	b, err := readPrivate(path)
	return strings.TrimSpace(string(b)), err
}

func readPrivate(path string) ([]byte, error) {
	fi, err := os.Lstat(path)
	if err != nil {
		return nil, fmt.Errorf("machinekey: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("machinekey: %w", err)
	}
	defer f.Close()
	opened, err := f.Stat()
	switch {
	case err != nil:
		return nil, fmt.Errorf("machinekey: %w", err)
	case fi.Mode()&fs.ModeType != 0 || !os.SameFile(fi, opened):
		return nil, fmt.Errorf("%w: it is not a plain file", ErrExposed)
	case !ownerOnly(opened):
		return nil, fmt.Errorf("%w: others than its owner can read it", ErrExposed)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("machinekey: %w", err)
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("%w: it is too large", ErrFile)
	}
	return b, nil
}
