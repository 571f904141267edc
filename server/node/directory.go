package node

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"beside/server/directory"
	"beside/server/directory/enrolled"
	"beside/server/directory/file"
	"beside/server/directory/own"
)

// directory is the organisation's with the devices that were enrolled here.
func (n *Node) directory() directory.Browser { return enrolled.New(n.dir, n.Store) }

// openDirectory is the directory that was configured, or the directory file; without one it makes
// one that knows nobody.
func (n *Node) openDirectory() (Directory, error) {
	c := n.c
	if c.Own != nil {
		return own.New(own.Options{Store: n.Store, Company: c.Own.Company, Domain: c.Own.Domain}), nil
	}
	if c.Directory != nil {
		return c.Directory, nil
	}
	path := filepath.Join(c.Dir, DirectoryFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		c.Log.Warn("the directory file knows nobody yet", "file", path)
		if err := file.Write(path, file.Data{Tenants: []file.Tenant{{ID: c.Tenant}}}); err != nil {
			return nil, err
		}
	}
	d, err := file.Open(path)
	if err != nil {
		return nil, err
	}
	return d, nil
}
