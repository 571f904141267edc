package screen_test

import (
	"time"

	"golang.org/x/sys/unix"
)

// cpuNow is the CPU time of this thread, which a busy machine does not change much.
func cpuNow() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return time.Duration(t.Nano())
}
