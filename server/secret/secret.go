package secret

import (
	"errors"
	"fmt"
	"os"
)

// MaxSize is the largest file that is read, in bytes.
const MaxSize = 64 << 10

var (
	// ErrOpen means that others than its owner may read the file.
	ErrOpen = errors.New("may be read by others than its owner")
	// ErrSize means that the file is empty or larger than MaxSize.
	ErrSize = errors.New("is empty or too large")
)

// Read reads a file. The error names the file and wraps ErrOpen, ErrSize or the system's.
func Read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fi, err := f.Stat() // of what is read, not of what has the name by now
	switch {
	case err != nil:
		return nil, err
	case !OwnerOnly(fi):
		return nil, fmt.Errorf("%s %w", path, ErrOpen)
	case fi.Size() == 0 || fi.Size() > MaxSize:
		return nil, fmt.Errorf("%s %w", path, ErrSize)
	}
	b := make([]byte, fi.Size())
	n, err := f.Read(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b[:n], nil
}
