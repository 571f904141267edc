package api

import (
	"net/http"
	"slices"

	"beside/server/prom"
)

// Metrics is a page in the Prometheus text format, of the face's own figures and more. It counts, it
// names nobody; serve it where only the operator reaches it.
func (s *Server) Metrics(more ...prom.Source) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		prom.Write(w, slices.Concat([]prom.Source{s.figures}, more)...)
	})
}

func (s *Server) figures() []prom.Figure {
	st := &s.o.Hub.Stats
	var out []prom.Figure
	for _, m := range []struct {
		name, help string
		n          int64
	}{
		{"codes", "Codes given out.", st.Codes.Load()},
		{"claims", "Codes taken by a sharer.", st.Claims.Load()},
		{"refusals", "Requests refused by policy or limits.", st.Refused.Load()},
		{"met", "Sessions in which both sides were paired.", st.Met.Load()},
		{"grants", "Grants signed, renewals too.", st.Grants.Load()},
		{"revocations", "Rights taken back.", st.Revoked.Load()},
		{"ended", "Sessions ended.", st.Ended.Load()},
		{"relayed", "Sealed or pairing messages relayed.", st.Relayed.Load()},
	} {
		out = append(out, prom.One("beside_"+m.name+"_total", prom.Counter, m.help, float64(m.n)))
	}
	out = append(out, prom.One("beside_sockets", prom.Gauge, "Open app connections.", float64(s.Sockets())))
	sessions := prom.Figure{Name: "beside_sessions", Help: "Live sessions by state.", Kind: prom.Gauge}
	live := s.o.Hub.Live()
	for _, state := range []string{"waiting", "claimed", "met"} {
		sessions.Points = append(sessions.Points, prom.Point{Labels: map[string]string{"state": state}, N: float64(live[state])})
	}
	return append(out, sessions)
}
