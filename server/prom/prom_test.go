package prom_test

import (
	"strings"
	"testing"

	"beside/server/prom"
)

func TestWrite(t *testing.T) {
	var b strings.Builder
	prom.Write(&b, func() []prom.Figure {
		return []prom.Figure{
			prom.One("a_total", prom.Counter, "As.", 1<<40),
			{Name: "b", Help: "Bs.", Kind: prom.Gauge, Points: []prom.Point{{Labels: map[string]string{"y": "1", "x": "\"\\\n"}, N: 0.5}}},
		}
	})
	want := "# HELP a_total As.\n# TYPE a_total counter\na_total 1.099511627776e+12\n# HELP b Bs.\n# TYPE b gauge\nb{x=\"\\\"\\\\\\n\",y=\"1\"} 0.5\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}
