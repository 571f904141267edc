package proc

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// reapOrphans ends every remaining descendant of this process. Programs that put themselves
// into a session of their own (browsers, buses) are found through their parent, which is this
// process once theirs has gone.
func reapOrphans() {
	for start := time.Now(); time.Since(start) < 2*grace; time.Sleep(20 * time.Millisecond) {
		left := Descendants(os.Getpid())
		if len(left) == 0 {
			return
		}
		sig := syscall.SIGTERM
		if time.Since(start) > grace/2 {
			sig = syscall.SIGKILL
		}
		for _, pid := range left {
			_ = syscall.Kill(pid, sig)
			_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		}
	}
}

// Descendants lists the processes below pid, nearest first, without pid itself.
func Descendants(pid int) []int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	children := map[int][]int{}
	for _, name := range stats {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // ended meanwhile
		}
		// pid (name) state ppid …; the name may contain anything.
		text := string(b)
		id, err := strconv.Atoi(text[:max(strings.IndexByte(text, ' '), 0)])
		f := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
		if err != nil || len(f) < 2 {
			continue
		}
		if parent, err := strconv.Atoi(f[1]); err == nil {
			children[parent] = append(children[parent], id)
		}
	}
	var all []int
	for next := []int{pid}; len(next) > 0; {
		next = slices.Concat(children[next[0]], next[1:])
		if len(next) > 0 {
			all = append(all, next[0])
		}
	}
	return all
}
