//go:build !linux

package main

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
)

// hide is not there yet: a passphrase is never shown.
func hide(*os.File) (show func(), err error) {
	return nil, errors.New("a passphrase cannot be typed here yet: use -passphrase-file or standard input")
}

func ownerOnly(fi fs.FileInfo) bool {
	return runtime.GOOS == "windows" || fi.Mode().Perm()&0o077 == 0
}
