package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os/signal"
	"syscall"
	"time"

	"beside/session"
)

// statsEvery is how often a line is printed.
const statsEvery = time.Second

// statsLine is one line of -stats. Its fields are documented in docs/user-guide.md; none is ever
// renamed, and nothing is in it that says who, what or where.
type statsLine struct {
	Seconds int     `json:"seconds"` // since the first line of the session
	Capture float64 `json:"capture_ms"`
	Encode  float64 `json:"encode_ms"`
	Network float64 `json:"network_ms"`
	Decode  float64 `json:"decode_ms"`
	Display float64 `json:"display_ms"`
	Total   float64 `json:"total_ms"`
	FPS     float64 `json:"fps"`
	Loss    float64 `json:"loss"` // 0..1
	Path    string  `json:"path"` // direct or relay
	Exact   bool    `json:"exact"`
}

// printStats writes the meter to w, one JSON object a line, once a second while pictures flow. It
// returns when ctx ends, or when nobody reads any more.
func printStats(ctx context.Context, w io.Writer, meter func() session.Meter) error {
	t := time.NewTicker(statsEvery)
	defer t.Stop()
	for n := 0; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		m := meter()
		if m == (session.Meter{}) {
			continue // there is no session, or not yet
		}
		b, err := json.Marshal(lineOf(n, m))
		if err != nil {
			return fmt.Errorf("stats: %w", err)
		}
		if _, err := w.Write(append(b, '\n')); err != nil {
			return fmt.Errorf("stats: %w", err)
		}
		n++
	}
}

func lineOf(n int, m session.Meter) statsLine {
	ms := func(v session.Milliseconds) float64 { return math.Round(float64(v)*1000) / 1000 }
	path := "direct"
	if m.Relay {
		path = "relay"
	}
	return statsLine{
		Seconds: n, Capture: ms(m.Capture), Encode: ms(m.Encode), Network: ms(m.Network), Decode: ms(m.Decode), Display: ms(m.Display),
		Total: ms(m.Total()), FPS: m.PerSecond, Loss: math.Round(m.Loss*1e4) / 1e4, Path: path, Exact: m.Exact,
	}
}

// figures is what prints the meter beside a session; nil if nobody asked for it. A reader that goes
// away must not end the app, which a broken pipe else would.
func (s *settings) figures(meter func() session.Meter) func(context.Context) error {
	if s.stats == nil {
		return nil
	}
	signal.Ignore(syscall.SIGPIPE)
	return func(ctx context.Context) error { return printStats(ctx, s.stats, meter) }
}
