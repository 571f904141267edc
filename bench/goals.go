package main

import "math"

// A metric is one line of a table.
type metric struct {
	key, label, unit string
	digits           int
	more             bool // more is better
	goal             float64
}

// none is the goal of a metric that has none.
func none() float64 { return math.NaN() }

// goalOf says the goal in words.
func (m metric) goalText() string {
	switch {
	case math.IsNaN(m.goal):
		return ""
	case m.more:
		return "≥ " + number(m.goal, m.digits)
	default:
		return "≤ " + number(m.goal, m.digits)
	}
}

// met says whether a value reaches the goal; a value that is missing does not.
func (m metric) met(v float64) bool {
	if m.more {
		return v >= m.goal
	}
	return v <= m.goal
}

func loopbackMetrics() []metric {
	return []metric{
		{"latency.p50", "change-to-glass, half within", "ms", 1, false, 3},
		{"latency.p95", "change-to-glass, 95 % within", "ms", 1, false, 6},
		{"click.p50", "click-to-photon, half within", "ms", 1, false, 4},
		{"click.p95", "click-to-photon, 95 % within", "ms", 1, false, 8},
		{"page.p50", "fresh page of coloured text exact, middle", "ms", 1, false, 20},
		{"page.max", "fresh page of coloured text exact, slowest", "ms", 1, false, none()},
		{"idle.cpu", "idle: processor, both sides", "%", 2, false, 0.3},
		{"idle.kB", "idle: traffic", "kB/s", 2, false, 2},
		{"typing.kB", "typing 10/s: traffic", "kB/s", 1, false, 8},
		{"typing.cpu", "typing 10/s: processor, both sides", "%", 1, false, 1.5},
		{"typing.first", "typing 10/s: exact in the first picture", "%", 0, true, 100},
		{"typing.packets", "typing 10/s: packets for each change, both ways", "", 1, false, none()},
		{"scroll.seen", "scroll 30/s: pictures seen", "%", 1, true, 99.5},
		{"scroll.behind", "scroll 30/s: longest out of date", "ms", 0, false, none()},
		{"scroll.kB", "scroll 30/s: traffic", "kB/s", 0, false, 200},
		{"scroll.cpu", "scroll 30/s: processor, both sides", "%", 1, false, 25},
		{"video.seen", "video 640×360 30/s: pictures seen", "%", 1, true, 99.5},
		{"video.kB", "video: traffic", "kB/s", 0, false, 500},
		{"video.cpu", "video: processor, both sides", "%", 1, false, 25},
		{"video.dB", "video: likeness while moving, middle", "dB", 1, true, 34},
		{"video.exact", "video: exact after it stops", "ms", 0, false, 500},
		{"tab.kB", "back to a seen window: traffic", "kB", 1, false, 4},
		{"tab.once", "back to a seen window: exact in the first picture", "%", 0, true, 100},
		{"tab.ms", "back to a seen window: exact, middle", "ms", 1, false, none()},
	}
}

// The links across which both products are measured.
func links() []linkKind {
	return []linkKind{
		{Name: "25 ms each way, 1 % loss, 5 Mbit/s", Delay: 25e6, Loss: 0.01, Rate: 5e6, Queue: 200e6},
		{Name: "50 ms each way, 2 % loss, 2 Mbit/s", Delay: 50e6, Loss: 0.02, Rate: 2e6, Queue: 200e6},
	}
}

// wanGoals are the goals of each of the links, by metric.
func wanGoals() []map[string]float64 {
	return []map[string]float64{
		{
			"latency.p50": 28, "latency.p99": 50, "click.p50": 54, "click.p95": 66, "page.p50": 150,
			"scroll.seen": 100 * 285.0 / 296, "scroll.age": 150, "video.seen": 100 * 290.0 / 300,
			"typed.p50": 36, "typed.p95": 45,
			appBrowser + ".behind": 250, appBrowser + ".still": 200, appDrag + ".behind": 250, appDrag + ".still": 200,
			appSwitch + ".behind": 250, appSwitch + ".still": 200,
		},
		{
			"latency.p50": 54, "latency.p99": 80, "page.p50": 380,
			"scroll.seen": 100 * 270.0 / 296, "video.seen": 100 * 280.0 / 300,
		},
	}
}

func wanMetrics(link int) []metric {
	ms := []metric{
		{"latency.p50", "change-to-glass, half within", "ms", 1, false, none()},
		{"latency.p99", "change-to-glass, 99 % within", "ms", 1, false, none()},
		{"click.p50", "click-to-photon, half within", "ms", 1, false, none()},
		{"click.p95", "click-to-photon, 95 % within", "ms", 1, false, none()},
		{"page.p50", "fresh page of coloured text exact, middle", "ms", 0, false, none()},
		{"page.max", "fresh page of coloured text exact, slowest", "ms", 0, false, none()},
		{"scroll.seen", "scroll 30/s: pictures seen", "%", 1, true, none()},
		{"scroll.age", "scroll: oldest picture when first seen", "ms", 0, false, none()},
		{"scroll.behind", "scroll: longest out of date", "ms", 0, false, none()},
		{"scroll.kB", "scroll: traffic, both ways", "kB/s", 0, false, none()},
		{"video.seen", "video 640×360 30/s: pictures seen", "%", 1, true, none()},
		{"video.age", "video: oldest picture when first seen", "ms", 0, false, none()},
		{"video.behind", "video: longest out of date", "ms", 0, false, none()},
		{"video.dB", "video: likeness while moving, middle", "dB", 1, true, none()},
		{"video.exact", "video: exact after it stops", "ms", 0, false, none()},
		{"typed.p50", "typing while a video plays, half within", "ms", 1, false, none()},
		{"typed.p95", "typing while a video plays, 95 % within", "ms", 1, false, none()},
	}
	ms = append(ms, appMetrics()...)
	goals := wanGoals()[link]
	for i := range ms {
		if g, ok := goals[ms[i].key]; ok {
			ms[i].goal = g
		}
	}
	return ms
}

// appMetrics are of real programs.
func appMetrics() []metric {
	var out []metric
	for _, a := range []struct{ key, label string }{
		{appBrowser, "a browser scrolled smoothly"},
		{appEditor, "an editor typed in"},
		{appDrag, "a window dragged"},
		{appSwitch, "windows switched"},
	} {
		out = append(out, metric{a.key + ".behind", a.label + ": longest out of date", "ms", 0, false, none()})
		if a.key != appEditor { // its text cursor never stands still
			out = append(out, metric{a.key + ".still", a.label + ": exact after standing still", "ms", 0, false, none()})
		}
	}
	return out
}
