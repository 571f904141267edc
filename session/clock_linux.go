package session

import (
	"time"

	"golang.org/x/sys/unix"
)

// bootTime counts from boot, through suspend.
func bootTime() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}
