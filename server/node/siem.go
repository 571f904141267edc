package node

import (
	"context"
	"strconv"

	"beside/server/prom"
	"beside/server/sink"
)

// SIEM says where the audit log is sent. The zero value is nowhere.
type SIEM struct {
	Syslog  *sink.Syslog  // nil for none
	Webhook *sink.Webhook // nil for none
}

// sinks makes the senders.
func (n *Node) sinks() []*sink.Sink {
	var out []*sink.Sink
	add := func(name string, t sink.Target) {
		out = append(out, sink.New(sink.Options{Name: name, Tenant: n.c.Tenant, Source: n.Store.For(n.c.Tenant), Target: t, Log: n.c.Log}))
	}
	if y := n.c.SIEM.Syslog; y != nil {
		add("syslog", y)
	}
	if h := n.c.SIEM.Webhook; h != nil {
		add("webhook", h)
	}
	return out
}

// asked says how a sender is.
func asked(s *sink.Sink) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		return strconv.FormatInt(s.Stats.Behind.Load(), 10), s.Trouble()
	}
}

// sinkFigures are for the metrics page. How far behind the log is only known where it is sent from.
func sinkFigures(sinks []*sink.Sink) prom.Source {
	return func() []prom.Figure {
		out := make([]prom.Figure, 6)
		for i, f := range []struct {
			name, kind, help string
			of               func(*sink.Stats) float64
		}{
			{"beside_siem_sent_total", prom.Counter, "Audit entries sent.", func(s *sink.Stats) float64 { return float64(s.Sent.Load()) }},
			{"beside_siem_purged_total", prom.Counter, "Those that went after the retention, without content.", func(s *sink.Stats) float64 { return float64(s.Purged.Load()) }},
			{"beside_siem_failures_total", prom.Counter, "Deliveries that failed.", func(s *sink.Stats) float64 { return float64(s.Failures.Load()) }},
			{"beside_siem_sending", prom.Gauge, "1 on the node that sends.", func(s *sink.Stats) float64 {
				if s.Sending.Load() {
					return 1
				}
				return 0
			}},
			{"beside_siem_behind", prom.Gauge, "Audit entries that wait, on the node that sends.", func(s *sink.Stats) float64 { return float64(s.Behind.Load()) }},
			{"beside_siem_behind_seconds", prom.Gauge, "Age of the oldest entry that waits.", func(s *sink.Stats) float64 { return float64(s.BehindFor.Load()) / 1000 }},
		} {
			out[i] = prom.Figure{Name: f.name, Help: f.help, Kind: f.kind}
			for _, s := range sinks {
				out[i].Points = append(out[i].Points, prom.Point{Labels: map[string]string{"sink": s.Name()}, N: f.of(&s.Stats)})
			}
		}
		return out
	}
}

// relayFigures are those of the relay of this node, if it has one.
func (n *Node) relayFigures() []prom.Figure {
	if n.own == nil {
		return nil
	}
	sessions, allocations := n.own.Load()
	st := &n.own.Stats
	return []prom.Figure{
		prom.One("beside_relay_sessions", prom.Gauge, "Sessions that may use the relay.", float64(sessions)),
		prom.One("beside_relay_allocations", prom.Gauge, "Allocations that are active.", float64(allocations)),
		prom.One("beside_relay_bytes_total", prom.Counter, "Bytes handed over.", float64(st.Bytes.Load())),
		prom.One("beside_relay_dropped_total", prom.Counter, "Packets over a limit, or for an app that is too slow.", float64(st.Dropped.Load())),
		prom.One("beside_relay_refused_total", prom.Counter, "Attempts to reach something that is not the other side.", float64(st.Refused.Load())),
	}
}
