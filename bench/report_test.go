package main

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"
)

func someTable() *table {
	t := newTable("On <one> machine", "local", []metric{
		{"a", "small & quick", "ms", 1, false, 3},
		{"b", "pictures seen", "%", 1, true, 99},
		{"c", "without a goal", "kB/s", 0, false, none()},
		{"d", "nobody measured", "ms", 0, false, none()},
		{"e", "missing", "ms", 0, false, 5},
		{"f", "one never ends", "ms", 0, false, none()},
	})
	for _, v := range []float64{2, 4, 1} {
		t.add(beside, "a", v)
	}
	t.add(tigerVNC, "a", 10)
	t.add(beside, "b", 50)
	t.add(tigerVNC, "b", 100)
	t.add(beside, "c", 0)
	t.add(tigerVNC, "c", 0)
	t.add(beside, "d", math.NaN())
	t.add(beside, "f", 50)
	t.add(tigerVNC, "f", 10005)
	t.notes = append(t.notes, "TigerVNC, click: no answer")
	return t
}

func TestMarkdown(t *testing.T) {
	got := someTable().markdown()
	for _, want := range []string{
		"Repeats: 3,",
		"| small & quick | ms | 2.0 (1.0–4.0) | 10.0 | 0.20 | ≤ 3.0 | met |\n",
		"| pictures seen | % | 50.0 | 100.0 | 0.50 | ≥ 99.0 | **not met** |\n",
		"| without a goal | kB/s | 0 | 0 | – |  |  |\n",
		"| missing | ms | – | – | – | ≤ 5 | not measured |\n",
		"| one never ends | ms | 50 | never | – |  |  |\n",
		"- Not measured: TigerVNC, click: no answer.\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "nobody") {
		t.Error("a row without a figure or a goal")
	}
	if met, all := someTable().tally(); met != 1 || all != 3 {
		t.Errorf("tally = %d of %d, want 1 of 3", met, all)
	}
}

// wellFormed reads all of an XML document.
func wellFormed(t *testing.T, s string) (rects, texts int) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(s)); ; {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return rects, texts
		}
		if err != nil {
			t.Fatalf("not well formed: %v\n%s", err, s)
		}
		if e, ok := tok.(xml.StartElement); ok {
			switch e.Name.Local {
			case "rect":
				rects++
			case "text":
				texts++
			}
		}
	}
}

func TestChart(t *testing.T) {
	s := chart("Beside beside TigerVNC", []*table{someTable()})
	rects, _ := wellFormed(t, s)
	if want := 1 + 2 + 8; rects != want { // paper, key, two bars for each of four rows
		t.Errorf("%d rectangles, want %d", rects, want)
	}
	if !strings.Contains(s, "prefers-color-scheme:dark") || strings.Contains(s, "NaN") {
		t.Error("no dark colours, or a length that is not a number")
	}
}

func TestLines(t *testing.T) {
	s := lines("Memory", []float64{0, 1, 2}, map[string][]float64{"sharer": {1, 2, 3}, "helper": {3, 2, 1}}, soakOrder())
	if _, texts := wellFormed(t, s); texts < 8 {
		t.Errorf("only %d texts", texts)
	}
	if strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
		t.Error("a length that is not a number")
	}
}

func TestSoakMarkdown(t *testing.T) {
	r := &soakResult{identicalAtEnd: true, fromS: counts{100, 2, 3}}
	for i := range 200 {
		r.points = append(r.points, soakPoint{minutes: float64(i), kind: typing, exact: float64(i), sharer: 90, helper: 80 + 5*float64(i), endpoint: 30})
	}
	got := r.markdown(time.Hour, nil)
	for _, want := range []string{
		"identical at the end | yes | met |", "slowest | 199 ms | met |", "| 90, 90, 0.00 | met |", "| 80, 1075, 5.00 | **not met** |", "| 100, 2, 3 |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if n := strings.Count(got, "| typing |"); n > 70 {
		t.Errorf("%d rows", n)
	}
	if got := r.markdown(time.Hour, errors.New("it stopped")); !strings.Contains(got, "it stopped") {
		t.Error("does not say why it stopped")
	}
}

func TestParseMicro(t *testing.T) {
	m, err := parseMicro("codec/screen", "BenchmarkFirst/encode-2   \t  100\t  1500000 ns/op\t 250 B/update\t 64 B/op\t 3 allocs/op")
	if err != nil || m.name != "First/encode" || m.count != 100 || m.values["ns/op"] != 1.5e6 || m.values["allocs/op"] != 3 {
		t.Fatalf("parseMicro = %+v, %v", m, err)
	}
	want := "| codec/screen | First/encode | 1.50 ms | 64 | 3 | 250 B/update |\n"
	if got := microMarkdown([]micro{m}, []string{"a note"}); !strings.Contains(got, want) || !strings.Contains(got, "- a note\n") {
		t.Errorf("no %q in\n%s", want, got)
	}
	for _, line := range []string{"", "PASS", "ok  \tbeside/x\t1.2s", "BenchmarkX", "BenchmarkX-2 many 1 ns/op", "BenchmarkX-2 1 a ns/op", "goos: linux"} {
		if _, err := parseMicro("x", line); !errors.Is(err, errNotBench) {
			t.Errorf("%q was read as a benchmark", line)
		}
	}
	if m, err := parseMicro("x", "BenchmarkSmall-tile-2 5 10 ns/op"); err != nil || m.name != "Small-tile" {
		t.Errorf("parseMicro = %+v, %v", m, err)
	}
}

func TestPerOp(t *testing.T) {
	for ns, want := range map[float64]string{12: "12 ns", 1500: "1.5 µs", 2.5e6: "2.50 ms", 3e9: "3.00 s"} {
		if got := perOp(ns); got != want {
			t.Errorf("perOp(%v) = %q, want %q", ns, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	o, err := parse([]string{"-wan", "-only", "click,page", "-soak", "3m"})
	if err != nil || !o.wan || !o.peer || len(o.only) != 2 || o.soakFor != 3*time.Minute {
		t.Errorf("parse = %+v, %v", o, err)
	}
	for _, args := range [][]string{{"-secs", "0"}, {"-secs", "500"}, {"-n", "0"}, {"-link", "3"}, {"extra"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%v was accepted", args)
		}
	}
}

// TestGoals keeps goals and metrics together.
func TestGoals(t *testing.T) {
	if len(wanGoals()) != len(links()) {
		t.Fatalf("%d sets of goals for %d links", len(wanGoals()), len(links()))
	}
	for i, goals := range wanGoals() {
		have := map[string]bool{}
		for _, m := range wanMetrics(i) {
			if have[m.key] {
				t.Errorf("link %d has %s twice", i, m.key)
			}
			have[m.key] = true
			if g, ok := goals[m.key]; ok != !math.IsNaN(m.goal) || ok && g != m.goal {
				t.Errorf("link %d: the goal of %s is %v, want %v", i, m.key, m.goal, g)
			}
		}
		for key := range goals {
			if !have[key] {
				t.Errorf("link %d has a goal for %s, which nobody measures", i, key)
			}
		}
	}
}
