package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// number writes a value with some digits after the point, and "–" for none.
func number(v float64, digits int) string {
	if math.IsNaN(v) {
		return "–"
	}
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Trim(s, "-0.") == "" { // no "-0.00"
		return strings.TrimPrefix(s, "-")
	}
	return s
}

// figure writes a value of the metric; a time at the limit is one that never ended.
func (m metric) figure(v float64) string {
	if m.unit == "ms" && v >= ms(waitLimit) {
		return "never"
	}
	return number(v, m.digits)
}

// verdict says whether a goal was reached: "met", "not met", or "" without a goal or a value.
func (m metric) verdict(v float64) string {
	switch {
	case math.IsNaN(m.goal):
		return ""
	case math.IsNaN(v):
		return "not measured"
	case m.met(v):
		return "met"
	default:
		return "**not met**"
	}
}

// ratio is ours to theirs.
func ratio(m metric, ours, theirs float64) string {
	if math.IsNaN(ours) || math.IsNaN(theirs) || theirs == 0 || m.figure(max(ours, theirs)) == "never" {
		return "–"
	}
	return number(ours/theirs, 2)
}

// markdown writes the table, both products side by side.
func (t *table) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n", t.title)
	repeats := 0
	for _, of := range t.values {
		for _, v := range of {
			repeats = max(repeats, len(v))
		}
	}
	fmt.Fprintf(&b, "Repeats: %d, the products in turn; each figure is the median of its repeats, with the least and the greatest.\n\n", repeats)
	fmt.Fprintf(&b, "| measure | unit | %s | %s | ratio | goal | |\n|---|---|---:|---:|---:|---:|---|\n", beside, tigerVNC)
	for _, m := range t.metrics {
		ours, theirs := t.value(beside, m.key), t.value(tigerVNC, m.key)
		if math.IsNaN(ours) && math.IsNaN(theirs) && math.IsNaN(m.goal) {
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", m.label, m.unit,
			t.spread(beside, m), t.spread(tigerVNC, m), ratio(m, ours, theirs), m.goalText(), m.verdict(ours))
	}
	b.WriteByte('\n')
	for _, n := range t.notes {
		fmt.Fprintf(&b, "- Not measured: %s.\n", n)
	}
	if len(t.notes) > 0 {
		b.WriteByte('\n')
	}
	return b.String()
}

// spread is the median, with the least and the greatest if they are not the same.
func (t *table) spread(product string, m metric) string {
	v := t.values[product][m.key]
	if len(v) == 0 {
		return "–"
	}
	mid := m.figure(median(v))
	low, high := m.figure(slices.Min(v)), m.figure(slices.Max(v))
	if low == high {
		return mid
	}
	return fmt.Sprintf("%s (%s–%s)", mid, low, high)
}

// tally counts the goals of a table.
func (t *table) tally() (met, all int) {
	for _, m := range t.metrics {
		if math.IsNaN(m.goal) {
			continue
		}
		all++
		if m.met(t.value(beside, m.key)) {
			met++
		}
	}
	return met, all
}

// microMarkdown writes the micro-benchmarks.
func microMarkdown(list []micro, notes []string) string {
	var b strings.Builder
	b.WriteString("## Micro-benchmarks\n\n| package | benchmark | time | bytes allocated | allocations | else |\n|---|---|---:|---:|---:|---|\n")
	for _, m := range list {
		var rest []string
		for _, unit := range m.order {
			switch unit {
			case "ns/op", "B/op", "allocs/op":
			default:
				rest = append(rest, fmt.Sprintf("%s %s", strconv.FormatFloat(m.values[unit], 'g', 5, 64), unit))
			}
		}
		allocated := func(unit string) string {
			v, ok := m.values[unit]
			if !ok {
				return "–"
			}
			return number(v, 0)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", m.pkg, m.name, perOp(m.values["ns/op"]), allocated("B/op"), allocated("allocs/op"), strings.Join(rest, ", "))
	}
	b.WriteByte('\n')
	for _, n := range notes {
		fmt.Fprintf(&b, "- %s\n", n)
	}
	if len(notes) > 0 {
		b.WriteByte('\n')
	}
	return b.String()
}
