package machinekey

import "io/fs"

// ownerOnly leaves the file to the access list of the person's own folder, which is private by default.
func ownerOnly(fs.FileInfo) bool { return true }
