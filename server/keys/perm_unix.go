//go:build !windows

package keys

import "io/fs"

func ownerOnly(fi fs.FileInfo) bool { return fi.Mode().Perm()&0o077 == 0 }
