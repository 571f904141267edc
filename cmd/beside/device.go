package main

import (
	"bufio"
	"os"
	"runtime"
	"strings"

	"beside/policy/api"
)

// thisDevice is what this device says of itself: a claim, which the endpoint compares with the
// directory and shows as a claim where it cannot.
func thisDevice() api.DeviceEvidence {
	name, err := os.Hostname()
	if err != nil {
		name = "?"
	}
	return api.DeviceEvidence{Name: clip(name), OS: clip(osName())}
}

// osName is the system's name for people.
func osName() string {
	f, err := os.Open("/etc/os-release")
	if err != nil {
		return runtime.GOOS
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if v, ok := strings.CutPrefix(s.Text(), "PRETTY_NAME="); ok {
			return strings.Trim(v, `"`)
		}
	}
	return runtime.GOOS
}

// clip keeps to the endpoint's limit of 64 runes.
func clip(s string) string {
	if r := []rune(s); len(r) > 64 {
		return string(r[:64])
	}
	return s
}
