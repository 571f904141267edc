package anchor

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/crypto/argon2"

	"beside/internal/lv"
)

// MinPassphrase is the shortest passphrase that seals a key, in bytes.
const MinPassphrase = 12

// Argon2id as RFC 9106 recommends it for machines with little memory.
const (
	kdfTime    = 3
	kdfMemory  = 64 << 10 // KiB
	kdfThreads = 4
	saltSize   = 16
	maxFile    = 8 << 10
	maxMemory  = 1 << 20 // KiB that a file may ask for
	maxTime    = 64
)

var (
	// ErrFile means that the file is no anchor, or was changed.
	ErrFile = errors.New("anchor: that is no anchor file")
	// ErrPassphrase means that the passphrase is wrong, or the file was changed.
	ErrPassphrase = errors.New("anchor: wrong passphrase")
	// ErrWeak means that the passphrase is too short.
	ErrWeak = fmt.Errorf("anchor: the passphrase has fewer than %d characters", MinPassphrase)
)

// file is the form on disk. The public key can be read without the passphrase.
type file struct {
	Version int    `json:"v"`
	Public  []byte `json:"public"`
	KDF     string `json:"kdf"`
	Time    uint32 `json:"time"`
	Memory  uint32 `json:"memory"` // KiB
	Threads uint8  `json:"threads"`
	Salt    []byte `json:"salt"`
	Nonce   []byte `json:"nonce"`
	Sealed  []byte `json:"sealed"`
}

func (f file) aead(passphrase []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(argon2.IDKey(passphrase, f.Salt, f.Time, f.Memory, f.Threads, 32))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// bound is what the seal holds together besides the key.
func (f file) bound() []byte { return lv.Cat([]byte("beside-anchor-file/1"), f.Public) }

// New makes an anchor and seals it into a new file that only its owner can read. An existing file is
// not replaced: fs.ErrExist.
func New(path string, passphrase []byte) (ed25519.PublicKey, error) {
	if len(passphrase) < MinPassphrase {
		return nil, ErrWeak
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("anchor: %w", err)
	}
	f := file{Version: 1, Public: public, KDF: "argon2id", Time: kdfTime, Memory: kdfMemory, Threads: kdfThreads, Salt: make([]byte, saltSize)}
	aead, nonce := cipher.AEAD(nil), make([]byte, 12)
	_, _ = rand.Read(f.Salt) // never fails
	_, _ = rand.Read(nonce)
	if aead, err = f.aead(passphrase); err != nil {
		return nil, fmt.Errorf("anchor: %w", err)
	}
	f.Nonce, f.Sealed = nonce, aead.Seal(nil, nonce, private.Seed(), f.bound())
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("anchor: %w", err)
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("anchor: %w", err)
	}
	_, err = out.Write(append(b, '\n'))
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("anchor: %w", err), os.Remove(path))
	}
	return public, nil
}

func read(path string) (file, error) {
	in, err := os.Open(path)
	if err != nil {
		return file{}, fmt.Errorf("anchor: %w", err)
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return file{}, fmt.Errorf("anchor: %w", err)
	}
	var f file
	if len(b) > maxFile || json.Unmarshal(b, &f) != nil || f.Version != 1 || f.KDF != "argon2id" || len(f.Public) != ed25519.PublicKeySize ||
		len(f.Nonce) != 12 || len(f.Salt) != saltSize || f.Time == 0 || f.Time > maxTime || f.Memory > maxMemory || f.Threads == 0 {
		return file{}, ErrFile
	}
	return f, nil
}

// Public is the anchor's public key. It needs no passphrase, and is only as true as the file.
func Public(path string) (ed25519.PublicKey, error) {
	f, err := read(path)
	return f.Public, err
}

// Open opens the file.
func Open(path string, passphrase []byte) (ed25519.PrivateKey, error) {
	f, err := read(path)
	if err != nil {
		return nil, err
	}
	aead, err := f.aead(passphrase)
	if err != nil {
		return nil, fmt.Errorf("anchor: %w", err)
	}
	seed, err := aead.Open(nil, f.Nonce, f.Sealed, f.bound())
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, ErrPassphrase
	}
	key := ed25519.NewKeyFromSeed(seed)
	clear(seed)
	if !key.Public().(ed25519.PublicKey).Equal(ed25519.PublicKey(f.Public)) { //nolint:forcetypeassert // always one
		return nil, ErrFile
	}
	return key, nil
}
