package prom

import (
	"fmt"
	"io"
	"sort"
	"strings"
)

// Kinds of a figure.
const (
	Counter = "counter" // only rises while the process lives; its name ends in _total
	Gauge   = "gauge"
)

// Figure is one metric. Labels of its points name nobody.
type Figure struct {
	Name, Help, Kind string
	Points           []Point
}

// Point is one value of a figure.
type Point struct {
	Labels map[string]string // nil for none
	N      float64
}

// One is a figure with one value and no labels.
func One(name, kind, help string, n float64) Figure { return Figure{name, help, kind, []Point{{N: n}}} }

// Source is where figures come from. It is safe for concurrent use.
type Source func() []Figure

// Write writes the figures of all sources.
func Write(w io.Writer, sources ...Source) {
	for _, s := range sources {
		for _, f := range s() {
			fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", f.Name, f.Help, f.Name, f.Kind)
			for _, p := range f.Points {
				fmt.Fprintf(w, "%s%s %v\n", f.Name, labels(p.Labels), p.N)
			}
		}
	}
}

func labels(m map[string]string) string {
	if len(m) == 0 {
		return ""
	}
	var out []string
	for k, v := range m {
		out = append(out, fmt.Sprintf(`%s="%s"`, k, strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(v)))
	}
	sort.Strings(out)
	return "{" + strings.Join(out, ",") + "}"
}
