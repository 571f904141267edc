package secret_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beside/server/secret"
)

func TestRead(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		mode os.FileMode
		want error
	}{
		"closed":    {"hunter2\n", 0o600, nil},
		"read only": {"hunter2\n", 0o400, nil},
		"group":     {"hunter2\n", 0o640, secret.ErrOpen},
		"everybody": {"hunter2\n", 0o604, secret.ErrOpen},
		"empty":     {"", 0o600, secret.ErrSize},
		"large":     {strings.Repeat("x", secret.MaxSize+1), 0o600, secret.ErrSize},
		"missing":   {"", 0, fs.ErrNotExist},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x")
			if tt.mode != 0 {
				if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(path, tt.mode); err != nil {
					t.Fatal(err)
				}
			}
			b, err := secret.Read(path)
			if !errors.Is(err, tt.want) || err == nil && string(b) != tt.text {
				t.Errorf("got %q %v", b, err)
			}
			if err != nil && (strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), path)) {
				t.Errorf("error %v", err)
			}
		})
	}
}
