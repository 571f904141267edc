//go:build !linux

package session

import "time"

// bootTime falls back to the wall clock alone: it counts suspend, and SystemClock never lets it
// go back.
func bootTime() time.Duration { return time.Duration(time.Now().UnixNano()) }
