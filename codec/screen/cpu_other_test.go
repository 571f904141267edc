//go:build !linux

package screen_test

import "time"

var started = time.Now()

// cpuNow is how long the test has run: this system has no handier clock.
func cpuNow() time.Duration { return time.Since(started) }
