package keyring

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	oskeyring "github.com/zalando/go-keyring"
)

const (
	service = "Beside token cache" // name of the entry in the keyring
	version = 1                    // first byte of the file
	maxFile = 4 << 20              // bytes that are read at most
	wait    = 10 * time.Second     // for the keyring and for another process
)

// ErrKeyring is the reason why a cache lives in memory only.
var ErrKeyring = errors.New("keyring: not available")

// Cache implements the store of auth/msal. It is safe for concurrent use, also by
// several processes.
type Cache struct {
	path string
	aad  []byte
	aead cipher.AEAD // nil: memory only
	why  error

	mu     sync.Mutex
	memory []byte
}

// Config says whose tokens a cache holds and where.
type Config struct {
	Path      string // of the file; its folder is made if it is missing
	Authority string // as MSAL has it; sealed with it
	ClientID  string // as MSAL has it; sealed with it
}

// Open reads the key from the keyring, or puts a new one there. If the keyring does not
// give it within 10 seconds the Cache works in memory only; that is no error.
func Open(ctx context.Context, c Config) (*Cache, error) {
	if c.Path == "" || c.Authority == "" || c.ClientID == "" {
		return nil, errors.New("keyring: no path, authority or client id")
	}
	k := &Cache{path: c.Path, aad: []byte(c.Authority + "\x00" + c.ClientID)}
	key, err := patiently(ctx, func() ([]byte, error) { return keyOf(c.Authority + " " + c.ClientID) })
	if err == nil {
		k.aead, err = seal(key)
	}
	if err != nil {
		k.why = fmt.Errorf("%w: %w", ErrKeyring, err)
	}
	return k, nil
}

// Persistent says whether tokens outlive this process, and if not, why.
func (k *Cache) Persistent() (ok bool, reason error) { return k.aead != nil, k.why }

// Load returns what was saved last, by any process; nil if there is nothing. A file that is
// damaged or of another key counts as nothing: the person signs in again.
func (k *Cache) Load(ctx context.Context) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.aead == nil {
		return bytes.Clone(k.memory), nil
	}
	unlock, err := lock(ctx, k.path)
	if err != nil {
		return nil, err
	}
	b, err := read(k.path)
	unlock()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	plain, ok := k.open(b)
	if !ok {
		return nil, nil
	}
	return plain, nil
}

// Save keeps tokens in place of what was there. The file is replaced in one step.
func (k *Cache) Save(ctx context.Context, tokens []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.aead == nil {
		k.memory = bytes.Clone(tokens)
		return nil
	}
	nonce := make([]byte, k.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	sealed := k.aead.Seal(append([]byte{version}, nonce...), nonce, tokens, k.aad)
	if err := os.MkdirAll(filepath.Dir(k.path), 0o700); err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	unlock, err := lock(ctx, k.path)
	if err != nil {
		return err
	}
	defer unlock()
	if err := replace(k.path, sealed); err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	return nil
}

// open undoes Save's sealing.
func (k *Cache) open(b []byte) ([]byte, bool) {
	n := k.aead.NonceSize()
	if len(b) < 1+n || b[0] != version {
		return nil, false
	}
	plain, err := k.aead.Open(nil, b[1:1+n], b[1+n:], k.aad)
	return plain, err == nil
}

func seal(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// keyOf reads the key of an entry. Only "not found" makes a new one: a locked keyring
// answers otherwise, and a new key would lose what the old one sealed.
func keyOf(user string) ([]byte, error) {
	s, err := oskeyring.Get(service, user)
	if errors.Is(err, oskeyring.ErrNotFound) {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // never fails
		if err := oskeyring.Set(service, user, base64.StdEncoding.EncodeToString(key)); err != nil {
			return nil, err
		}
		s, err = oskeyring.Get(service, user) // another process may have been first
	}
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(key) != 32 {
		return nil, errors.New("the entry is not a key of ours")
	}
	return key, nil
}

// patiently bounds a call that has no context: the Secret Service may wait for a person. The
// call itself ends when the keyring answers.
func patiently(ctx context.Context, f func() ([]byte, error)) ([]byte, error) {
	type answer struct {
		key []byte
		err error
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	got := make(chan answer, 1)
	go func() {
		key, err := f()
		got <- answer{key, err}
	}()
	select {
	case a := <-got:
		return a.key, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
