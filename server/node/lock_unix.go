//go:build unix

package node

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// lock holds the data folder until the file is closed: live sessions are in the memory of
// one process, so two must not serve from one folder.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%w: %w", ErrInUse, err)
	}
	return f, nil
}
