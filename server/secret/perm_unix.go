//go:build !windows

package secret

import "io/fs"

// OwnerOnly says whether a file is closed to everybody but its owner.
func OwnerOnly(fi fs.FileInfo) bool { return fi.Mode().Perm()&0o077 == 0 }
