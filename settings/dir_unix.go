//go:build unix

package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// maxFiles is the most files of one folder.
const maxFiles = 64

// Dir reads the files *.json of a folder in the order of their names. The folder and the files must
// belong to owner and be writable by nobody else; a missing folder is a device that nobody manages.
func Dir(path string, owner uint32) Policy {
	return func() ([]Text, Problems) { return readDir(path, owner) }
}

func readDir(path string, owner uint32) (texts []Text, bad Problems) {
	fail := func(where string, err error) { bad = append(bad, Problem{where, err}) }
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		fail(path, plain(err))
		return nil, bad
	case !fi.IsDir():
		fail(path, errors.New("is not a folder"))
		return nil, bad
	}
	if err := trusted(fi, owner); err != nil {
		fail(path, err)
	}
	entries, err := os.ReadDir(path) // sorted by name
	if err != nil {
		fail(path, plain(err))
		return nil, bad
	}
	for _, e := range entries {
		// Editors' and packages' left-overs do not end in .json, or begin with a dot.
		if strings.HasPrefix(e.Name(), ".") || filepath.Ext(e.Name()) != ".json" {
			continue
		}
		where := filepath.Join(path, e.Name())
		if len(texts) == maxFiles {
			fail(path, fmt.Errorf("has more than %d files", maxFiles))
			break
		}
		text, err := readRegular(where, func(fi fs.FileInfo) error { return trusted(fi, owner) })
		if err != nil {
			fail(where, err)
			continue
		}
		texts = append(texts, Text{where, text})
	}
	return texts, bad
}

// trusted says what is wrong with whom a file belongs to.
func trusted(fi fs.FileInfo, owner uint32) error {
	st, ok := fi.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return errors.New("does not say whom it belongs to")
	case st.Uid != owner:
		return fmt.Errorf("belongs to user %d, not to user %d", st.Uid, owner)
	case fi.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("can be written by others (mode %04o): chmod go-w", fi.Mode().Perm())
	}
	return nil
}

// openFile opens for reading and never waits for the other end of a pipe.
func openFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}
