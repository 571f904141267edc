package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// Measures of the chart, in pixels.
const (
	chartWidth = 900
	labelWidth = 380
	barWidth   = 400 // of the longest bar of a row
	barHeight  = 9
	rowHeight  = 36
	headHeight = 44
)

// The colours are told apart by people who see red and green alike, and read on white and
// on black alike; text and lines change with the reader's theme.
const chartStyle = `text{font:13px system-ui,sans-serif;fill:#24292f}.t{font-weight:600;font-size:15px}.s{font-size:11px;fill:#57606a}
.a{fill:#1f6fd6}.b{fill:#c98a1b}.g{stroke:#24292f;stroke-width:2}.bg{fill:#fff}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.s{fill:#9aa4af}.a{fill:#5aa2ff}.b{fill:#e0a63c}.g{stroke:#e6edf3}.bg{fill:#0d1117}}`

// chart draws all tables: for each measure a bar for each product and a line for the goal.
// Each measure has its own scale.
func chart(title string, tables []*table) string {
	var b strings.Builder
	y := 36
	body := &strings.Builder{}
	for _, t := range tables {
		y += headHeight
		fmt.Fprintf(body, `<text class="t" x="16" y="%d">%s</text>`+"\n", y-14, html.EscapeString(t.title))
		for _, m := range t.metrics {
			ours, theirs := t.value(beside, m.key), t.value(tigerVNC, m.key)
			if math.IsNaN(ours) && math.IsNaN(theirs) {
				continue
			}
			drawRow(body, y, m, ours, theirs)
			y += rowHeight
		}
	}
	height := y + 16
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`+"\n",
		chartWidth, height, chartWidth, height, html.EscapeString(title))
	fmt.Fprintf(&b, "<title>%s</title><style>%s</style>\n<rect class=\"bg\" width=\"100%%\" height=\"100%%\"/>\n", html.EscapeString(title), chartStyle)
	fmt.Fprintf(&b, `<text class="t" x="16" y="26">%s</text>`+"\n", html.EscapeString(title))
	x := chartWidth - 330
	fmt.Fprintf(&b, `<rect class="a" x="%d" y="16" width="14" height="9"/><text x="%d" y="25">%s</text>`, x, x+20, beside)
	fmt.Fprintf(&b, `<rect class="b" x="%d" y="16" width="14" height="9"/><text x="%d" y="25">%s</text>`, x+100, x+120, tigerVNC)
	fmt.Fprintf(&b, `<line class="g" x1="%d" x2="%d" y1="13" y2="28"/><text x="%d" y="25">goal</text>`+"\n", x+215, x+215, x+223)
	b.WriteString(body.String())
	b.WriteString("</svg>\n")
	return b.String()
}

// drawRow draws one measure with its top at y.
func drawRow(b *strings.Builder, y int, m metric, ours, theirs float64) {
	longest := 0.0
	for _, v := range []float64{ours, theirs, m.goal} {
		if !math.IsNaN(v) {
			longest = max(longest, v)
		}
	}
	scale := func(v float64) float64 {
		if longest == 0 {
			return 0
		}
		return max(v, 0) / longest * barWidth
	}
	unit := m.unit
	better := "less is better"
	if m.more {
		better = "more is better"
	}
	fmt.Fprintf(b, `<text x="16" y="%d">%s</text><text class="s" x="16" y="%d">%s</text>`+"\n", y+11, html.EscapeString(m.label), y+25,
		html.EscapeString(strings.TrimPrefix(unit+", "+better, ", ")))
	for i, bar := range []struct {
		class string
		v     float64
	}{{"a", ours}, {"b", theirs}} {
		if math.IsNaN(bar.v) {
			continue
		}
		top := y + i*(barHeight+3)
		w := scale(bar.v)
		text := w + 8
		if goal := scale(m.goal); goal > text-10 && goal < text+40 { // beside the line, not under it
			text = goal + 8
		}
		fmt.Fprintf(b, `<rect class="%s" x="%d" y="%d" width="%.1f" height="%d"/><text class="s" x="%.1f" y="%d">%s</text>`+"\n",
			bar.class, labelWidth, top, max(w, 1), barHeight, labelWidth+text, top+barHeight, m.figure(bar.v))
	}
	if !math.IsNaN(m.goal) {
		x := labelWidth + scale(m.goal)
		fmt.Fprintf(b, `<line class="g" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`+"\n", x, x, y-3, y+2*barHeight+6)
	}
}

// lines draws quantities over time, each with its own name; x in minutes, y in MB.
func lines(title string, minutes []float64, series map[string][]float64, order []string) string {
	const w, h, left, top = 900, 320, 60, 50
	var b strings.Builder
	longest, highest := 1e-9, 1e-9
	for _, v := range minutes {
		longest = max(longest, v)
	}
	for _, s := range series {
		for _, v := range s {
			highest = max(highest, v)
		}
	}
	highest *= 1.1
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`+"\n", w, h, w, h, html.EscapeString(title))
	fmt.Fprintf(&b, "<title>%s</title><style>%spolyline{fill:none;stroke-width:2}.l0{stroke:#1f6fd6}.l1{stroke:#c98a1b}.l2{stroke:#7a8}</style>\n<rect class=\"bg\" width=\"100%%\" height=\"100%%\"/>\n", html.EscapeString(title), chartStyle)
	fmt.Fprintf(&b, `<text class="t" x="16" y="26">%s</text>`+"\n", html.EscapeString(title))
	for i := range 5 {
		v := highest * float64(i) / 4
		y := float64(h-30) - float64(h-30-top)*float64(i)/4
		fmt.Fprintf(&b, `<text class="s" x="8" y="%.1f">%s MB</text><line class="g" style="stroke-width:.3" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>`+"\n", y+4, number(v, 0), left, w-20, y, y)
	}
	fmt.Fprintf(&b, `<text class="s" x="%d" y="%d">0</text><text class="s" x="%d" y="%d">%s min</text>`+"\n", left, h-10, w-80, h-10, number(longest, 0))
	for i, name := range order {
		var pts []string
		for k, v := range series[name] {
			x := left + (w-20-left)*minutes[k]/longest
			y := float64(h-30) - float64(h-30-top)*v/highest
			pts = append(pts, fmt.Sprintf("%.1f,%.1f", x, y))
		}
		fmt.Fprintf(&b, `<polyline class="l%d" points="%s"/><polyline class="l%d" points="%d,22 %d,22"/><text x="%d" y="26">%s</text>`+"\n",
			i, strings.Join(pts, " "), i, w-330+110*i, w-310+110*i, w-304+110*i, html.EscapeString(name))
	}
	b.WriteString("</svg>\n")
	return b.String()
}
