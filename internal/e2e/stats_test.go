//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"
)

// TestStats: -stats prints the meter while pictures flow, and nothing else on standard output.
func TestStats(t *testing.T) {
	var mu sync.Mutex
	var lines []string
	s := openWith(t, cast{state: "compliant", printed: func(line string) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, line)
	}})
	s.viewing()
	count := func() int { mu.Lock(); defer mu.Unlock(); return len(lines) }
	s.must(s.wait(20*time.Second, "five lines", func() error {
		s.must(s.sharer.Bot.Background(sharerDesktop + uint32(count()%2))) // something to show
		if n := count(); n < 5 {
			return fmt.Errorf("%d", n)
		}
		return nil
	}))
	s.over("the helper pressed End", s.press(s.helper, "v.end"))
	n := count()
	time.Sleep(2500 * time.Millisecond)
	if more := count(); more > n+1 {
		t.Errorf("%d lines after the end", more-n)
	}
	mu.Lock()
	defer mu.Unlock()
	display := 0.0
	for i, line := range lines {
		var m struct {
			Seconds *int     `json:"seconds"`
			Network *float64 `json:"network_ms"`
			Total   *float64 `json:"total_ms"`
			Display float64  `json:"display_ms"`
			Path    string   `json:"path"`
			Exact   *bool    `json:"exact"`
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil || m.Seconds == nil || *m.Seconds != i || m.Network == nil || *m.Total <= 0 || m.Path != "direct" || m.Exact == nil {
			t.Errorf("%q: %v", line, err)
		}
		display = max(display, m.Display)
	}
	if display <= 0 {
		t.Error("how long showing takes is never told")
	}
	t.Logf("%s", lines[len(lines)-1])
}
