package main

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	const rest = " S 1 2 3 0 -1 4194560 9 0 0 0 250 50 7 8 20 0 1 0 100"
	for name, c := range map[string]struct {
		s    string
		want time.Duration
		ok   bool
	}{
		"plain":            {"77 (beside)" + rest, 3 * time.Second, true},
		"name with spaces": {"77 (a b) c)" + rest, 3 * time.Second, true},
		"short":            {"77 (beside) S 1 2", 0, false},
		"no name":          {"77", 0, false},
		"no number":        {"77 (x)" + strings.Replace(rest, "250", "many", 1), 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseStat(c.s)
			if got != c.want || (err == nil) != c.ok || err != nil && !errors.Is(err, errProc) {
				t.Errorf("parseStat = %v, %v", got, err)
			}
		})
	}
}

func TestParseRSS(t *testing.T) {
	for name, c := range map[string]struct {
		s    string
		want int64
		ok   bool
	}{
		"plain":   {"Name:\tx\nVmRSS:\t  2048 kB\nVmSwap: 1 kB\n", 2 << 20, true},
		"missing": {"Name:\tkthread\n", 0, false},
		"unit":    {"VmRSS:\t 2048 MB\n", 0, false},
		"nothing": {"VmRSS:\n", 0, false},
	} {
		if got, err := parseRSS(c.s); got != c.want || (err == nil) != c.ok {
			t.Errorf("%s: parseRSS = %d, %v", name, got, err)
		}
	}
}

func TestParseNet(t *testing.T) {
	const dev = "Inter-|   Receive |  Transmit\n face |bytes packets\n" +
		"    lo: 1000 10 0 0 0 0 0 0 1000 10 0 0 0 0 0 0\n  far0: 500 5 0 0 0 0 0 0 200 2 0 0 0 0 0 0\n"
	for name, c := range map[string]struct {
		device string
		want   traffic
		ok     bool
	}{
		"loopback counts once": {"lo", traffic{1000, 10}, true},
		"both ways":            {"far0", traffic{700, 7}, true},
		"missing":              {"far", traffic{}, false},
	} {
		if got, err := parseNet(dev, c.device); got != c.want || (err == nil) != c.ok {
			t.Errorf("%s: parseNet = %v, %v", name, got, err)
		}
	}
	if _, err := parseNet("lo: x 10 0 0 0 0 0 0 1 1", "lo"); !errors.Is(err, errProc) {
		t.Errorf("nonsense gave %v", err)
	}
}

// TestSelf reads the real files of this process.
func TestSelf(t *testing.T) {
	if b, err := memory(os.Getpid()); err != nil || b < 1<<20 {
		t.Errorf("memory = %d, %v", b, err)
	}
	if _, err := carried(os.Getpid(), "lo"); err != nil {
		t.Error(err)
	}
	for end := time.Now().Add(5 * time.Second); processorTime([]int{os.Getpid()}) < 30*time.Millisecond; {
		if time.Now().After(end) {
			t.Fatal("five busy seconds cost no processor time")
		}
	}
}
