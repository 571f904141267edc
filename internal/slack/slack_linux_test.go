//go:build cgo

package slack_test

import (
	"os"
	"strings"
	"testing"

	_ "beside/internal/slack"
)

// TestEveryThreadHasIt reads the slack of the threads as the kernel knows it, the runtime's own included.
func TestEveryThreadHasIt(t *testing.T) {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		b, err := os.ReadFile("/proc/" + task.Name() + "/timerslack_ns")
		if os.IsNotExist(err) {
			continue // it has ended
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(string(b)); got != "250000" {
			t.Errorf("thread %s: %s ns", task.Name(), got)
		}
	}
}
