package keyring

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	oskeyring "github.com/zalando/go-keyring"
)

const secret = `{"RefreshToken":"very secret"}`

func open(t *testing.T, c Config) *Cache {
	t.Helper()
	k, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func config(t *testing.T) Config {
	return Config{Path: filepath.Join(t.TempDir(), "sub", "tokens"), Authority: "https://login.example/t", ClientID: "c"}
}

func put(t *testing.T, k *Cache) {
	t.Helper()
	if err := k.Save(t.Context(), []byte(secret)); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, k *Cache) string {
	t.Helper()
	b, err := k.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSealedBetweenStarts(t *testing.T) {
	oskeyring.MockInit()
	c := config(t)
	one := open(t, c)
	if got := get(t, one); got != "" {
		t.Errorf("at first: %q", got)
	}
	put(t, one)
	if got := get(t, open(t, c)); got != secret {
		t.Errorf("next start: %q", got)
	}
	if ok, why := one.Persistent(); !ok || why != nil {
		t.Errorf("persistent: %v %v", ok, why)
	}
	b, err := os.ReadFile(c.Path)
	if err != nil || bytes.Contains(b, []byte("secret")) {
		t.Errorf("in the file: %q, %v", b, err)
	}
	if st, err := os.Stat(c.Path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	entries, err := os.ReadDir(filepath.Dir(c.Path))
	if err != nil || len(entries) != 2 {
		t.Errorf("left in the folder: %v, %v", entries, err)
	}
}

func TestWhatCannotBeOpenedIsEmpty(t *testing.T) {
	oskeyring.MockInit()
	for name, spoil := range map[string]func(c *Config, b []byte) []byte{
		"flipped bit":     func(_ *Config, b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"cut":             func(_ *Config, b []byte) []byte { return b[:5] },
		"nothing":         func(*Config, []byte) []byte { return nil },
		"other version":   func(_ *Config, b []byte) []byte { b[0]++; return b },
		"plain text":      func(*Config, []byte) []byte { return []byte(secret) },
		"other authority": func(c *Config, b []byte) []byte { c.Authority = "https://evil.example/t"; return b },
		"other client":    func(c *Config, b []byte) []byte { c.ClientID = "d"; return b },
		"lost key": func(c *Config, b []byte) []byte {
			if err := oskeyring.Delete(service, c.Authority+" "+c.ClientID); err != nil {
				panic(err)
			}
			return b
		},
	} {
		c := config(t)
		put(t, open(t, c))
		b, err := os.ReadFile(c.Path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(c.Path, spoil(&c, b), 0o600); err != nil {
			t.Fatal(err)
		}
		k := open(t, c)
		if got := get(t, k); got != "" {
			t.Errorf("%s: %q", name, got)
		}
		put(t, k)
		if got := get(t, k); got != secret {
			t.Errorf("%s: afterwards %q", name, got)
		}
	}
}

// The same key must not open what was sealed for another client: the associated data differs.
func TestAssociatedData(t *testing.T) {
	oskeyring.MockInit()
	c := config(t)
	k := open(t, c)
	put(t, k)
	k.aad = []byte("https://login.example/t\x00other")
	if got := get(t, k); got != "" {
		t.Errorf("opened: %q", got)
	}
}

func TestMemoryOnly(t *testing.T) {
	locked := errors.New("failed to unlock correct collection")
	oskeyring.MockInitWithError(locked)
	c := config(t)
	k := open(t, c)
	if ok, why := k.Persistent(); ok || !errors.Is(why, ErrKeyring) || !errors.Is(why, locked) {
		t.Errorf("persistent: %v %v", ok, why)
	}
	put(t, k)
	if got := get(t, k); got != secret {
		t.Errorf("in memory: %q", got)
	}
	if _, err := os.Stat(filepath.Dir(c.Path)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was written: %v", err)
	}
}

func TestLock(t *testing.T) {
	oskeyring.MockInit()
	c := config(t)
	k := open(t, c)
	put(t, k)
	unlock, err := lock(t.Context(), c.Path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := k.Save(ctx, []byte("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("wrote in spite of the lock: %v", err)
	}
	unlock()
	if got := get(t, k); got != secret {
		t.Errorf("got %q", got)
	}
	var wg sync.WaitGroup
	for range 8 { // as if of several processes
		one := open(t, c)
		wg.Go(func() {
			for range 10 {
				put(t, one)
				if got := get(t, one); got != secret {
					t.Errorf("got %q", got)
				}
			}
		})
	}
	wg.Wait()
}
