//go:build !windows

package machinekey

import (
	"io/fs"
	"os"
	"syscall"
)

// ownerOnly says whether only this account, or root, can read the file.
func ownerOnly(fi fs.FileInfo) bool {
	st, ok := fi.Sys().(*syscall.Stat_t)
	return ok && fi.Mode().Perm()&0o077 == 0 && (st.Uid == uint32(os.Geteuid()) || st.Uid == 0) //nolint:gosec // ids are not negative
}
