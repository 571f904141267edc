package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// loadAverage is how busy the machine is: the kernel's mean over the last minute.
func loadAverage() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	one, _, _ := strings.Cut(string(b), " ")
	return one
}

// machine describes what was measured on, as a Markdown table.
func machine(ctx context.Context, loads []string) string {
	var s strings.Builder
	fmt.Fprintf(&s, "| | |\n|---|---|\n")
	row := func(k, v string) { fmt.Fprintf(&s, "| %s | %s |\n", k, v) }
	say := func(name string, args ...string) string {
		out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
		if err != nil && len(out) == 0 {
			return "?"
		}
		first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		return first
	}
	row("Beside", say("git", "describe", "--tags", "--always", "--dirty"))
	row("TigerVNC", strings.TrimPrefix(say("dpkg-query", "-W", "-f=${Version}", "tigervnc-viewer"), "v"))
	row("processor", field("/proc/cpuinfo", "model name")+", "+say("nproc")+" cores")
	row("memory", field("/proc/meminfo", "MemTotal"))
	row("kernel", say("uname", "-sr"))
	row("system", strings.Trim(field("/etc/os-release", "PRETTY_NAME"), `"`))
	row("Go", strings.TrimPrefix(say("go", "version"), "go version "))
	row("displays", "two Xvfb, 1920 by 1080, software drawing, openbox")
	row("load average before each session", strings.Join(loads, ", "))
	return s.String()
}
