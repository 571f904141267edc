package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// microPackages are the packages whose benchmarks are run, if they exist.
func microPackages() []string {
	return []string{
		"capture/x11", "codec/screen", "codec/vpx", "codec/mix", "session/link", "session/picture",
		"session/pair", "session/wire", "policy", "server/rendezvous",
	}
}

// A micro is one line of go test -bench.
type micro struct {
	pkg, name string
	count     int64
	values    map[string]float64 // by unit: "ns/op", "B/op", "allocs/op", and what the benchmark reports itself
	order     []string           // units in the order they came
}

var errNotBench = errors.New("not a line of a benchmark")

// parseMicro reads one line, such as "BenchmarkTyping-2  1000  1234 ns/op  5 B/op  1 allocs/op".
func parseMicro(pkg, line string) (micro, error) {
	f := strings.Fields(line)
	if len(f) < 4 || len(f)%2 != 0 || !strings.HasPrefix(f[0], "Benchmark") {
		return micro{}, errNotBench
	}
	n, err := strconv.ParseInt(f[1], 10, 64)
	if err != nil {
		return micro{}, errNotBench
	}
	m := micro{pkg: pkg, name: strings.TrimPrefix(f[0], "Benchmark"), count: n, values: map[string]float64{}}
	if i := strings.LastIndexByte(m.name, '-'); i > 0 {
		if _, err := strconv.Atoi(m.name[i+1:]); err == nil { // the number of processors
			m.name = m.name[:i]
		}
	}
	for i := 2; i < len(f); i += 2 {
		v, err := strconv.ParseFloat(f[i], 64)
		if err != nil {
			return micro{}, errNotBench
		}
		m.values[f[i+1]] = v
		m.order = append(m.order, f[i+1])
	}
	return m, nil
}

// runMicro runs the benchmarks of all packages one after the other.
func runMicro(ctx context.Context, benchtime string, say func(string, ...any)) (found []micro, notes []string, err error) {
	for _, pkg := range microPackages() {
		if has, err := hasBenchmarks(pkg); err != nil || !has {
			if err != nil {
				return nil, nil, err
			}
			notes = append(notes, "no benchmarks in "+pkg)
			continue
		}
		say("micro: %s", pkg)
		cmd := exec.CommandContext(ctx, "go", "test", "-buildvcs=false", "-run", "^$", "-bench", ".", "-benchmem", "-benchtime", benchtime, "./"+pkg)
		out, err := cmd.CombinedOutput()
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		n := 0
		for line := range strings.Lines(string(out)) {
			if m, err := parseMicro(pkg, line); err == nil {
				found = append(found, m)
				n++
			}
		}
		if err != nil {
			notes = append(notes, fmt.Sprintf("the benchmarks of %s failed: %v: %s", pkg, err, lastLine(string(out))))
		}
	}
	return found, notes, nil
}

// hasBenchmarks looks for them without building anything.
func hasBenchmarks(pkg string) (bool, error) {
	files, err := filepath.Glob(filepath.Join(filepath.FromSlash(pkg), "*_test.go"))
	if err != nil {
		return false, err
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return false, err
		}
		if strings.Contains(string(b), "\nfunc Benchmark") {
			return true, nil
		}
	}
	return false, nil
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// perOp writes a time with the unit that fits.
func perOp(ns float64) string {
	switch {
	case ns < 1e3:
		return number(ns, 0) + " ns"
	case ns < 1e6:
		return number(ns/1e3, 1) + " µs"
	case ns < 1e9:
		return number(ns/1e6, 2) + " ms"
	default:
		return number(ns/1e9, 2) + " s"
	}
}
