package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"beside/internal/proc"
)

var errProc = errors.New("not as /proc should be")

// ticksPerSecond is the kernel's unit of processor time; it is 100 on every Linux that Go runs on.
const ticksPerSecond = 100

// parseStat reads the processor time, user and system, of one /proc/PID/stat.
func parseStat(s string) (time.Duration, error) {
	// The name in brackets may hold anything, brackets and spaces too.
	_, rest, ok := cutLast(s, ')')
	fields := strings.Fields(rest)
	if !ok || len(fields) < 13 {
		return 0, fmt.Errorf("stat: %w", errProc)
	}
	var sum uint64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseUint(f, 10, 63)
		if err != nil {
			return 0, fmt.Errorf("stat: %w: %w", errProc, err)
		}
		sum += n
	}
	return time.Duration(sum) * time.Second / ticksPerSecond, nil
}

func cutLast(s string, c byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, c)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// processorTime is what the processes and all below them have used so far.
func processorTime(pids []int) time.Duration {
	var sum time.Duration
	for _, root := range pids {
		for _, pid := range append(proc.Descendants(root), root) {
			b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
			if err != nil {
				continue // it has ended meanwhile
			}
			if d, err := parseStat(string(b)); err == nil {
				sum += d
			}
		}
	}
	return sum
}

// parseRSS reads the resident memory, in bytes, from a /proc/PID/status.
func parseRSS(s string) (int64, error) {
	for line := range strings.Lines(s) {
		rest, ok := strings.CutPrefix(line, "VmRSS:")
		if !ok {
			continue
		}
		f := strings.Fields(rest)
		if len(f) != 2 || f[1] != "kB" {
			break
		}
		n, err := strconv.ParseInt(f[0], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("status: %w: %w", errProc, err)
		}
		return n << 10, nil
	}
	return 0, fmt.Errorf("status: %w", errProc)
}

// memory is the resident memory of a process alone, in bytes.
func memory(pid int) (int64, error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, err
	}
	return parseRSS(string(b))
}

// traffic is what an interface has carried.
type traffic struct{ bytes, packets int64 }

func (t traffic) since(before traffic) traffic {
	return traffic{t.bytes - before.bytes, t.packets - before.packets}
}

// parseNet finds an interface in a /proc/net/dev. Sent and received are added, but for the
// loopback, which receives what it sends.
func parseNet(s, name string) (traffic, error) {
	for line := range strings.Lines(s) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), name+":")
		if !ok {
			continue
		}
		f := strings.Fields(rest)
		if len(f) < 10 {
			break
		}
		var n [4]int64
		for i, k := range []int{0, 1, 8, 9} {
			v, err := strconv.ParseInt(f[k], 10, 64)
			if err != nil {
				return traffic{}, fmt.Errorf("net/dev: %w: %w", errProc, err)
			}
			n[i] = v
		}
		if name == "lo" {
			return traffic{n[0], n[1]}, nil
		}
		return traffic{n[0] + n[2], n[1] + n[3]}, nil
	}
	return traffic{}, fmt.Errorf("net/dev has no %s: %w", name, errProc)
}

// carried is what the interface has carried in the network namespace of a process.
func carried(pid int, name string) (traffic, error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "net", "dev"))
	if err != nil {
		return traffic{}, err
	}
	return parseNet(string(b), name)
}

// field is the value of the first line of a file that starts with name and ':' or '='.
func field(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return "?"
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), name); ok {
			return strings.TrimLeft(rest, " \t:=")
		}
	}
	return "?"
}
