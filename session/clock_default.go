//go:build !linux

package session

import "time"

var processStart = time.Now() //nolint:gochecknoglobals // the fixed moment to count from

// bootTime falls back to Go's monotonic time; suspend is then caught by the wall clock alone.
func bootTime() time.Duration { return time.Since(processStart) }
