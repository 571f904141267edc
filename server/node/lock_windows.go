package node

import (
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// lock holds the data folder until the file is closed: live sessions are in the memory of
// one process, so two must not serve from one folder.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	flags := uint32(windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY)
	if err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{}); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%w: %w", ErrInUse, err)
	}
	return f, nil
}
