package api

import (
	"fmt"
	"net/http"
)

// Metrics is a page in the Prometheus text format. It counts, it names nobody; serve it
// where only the operator reaches it.
func (s *Server) Metrics() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		st := &s.o.Hub.Stats
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
			fmt.Fprintf(w, "# HELP beside_%[1]s_total %[2]s\n# TYPE beside_%[1]s_total counter\nbeside_%[1]s_total %[3]d\n", m.name, m.help, m.n)
		}
		fmt.Fprintf(w, "# HELP beside_sockets Open app connections.\n# TYPE beside_sockets gauge\nbeside_sockets %d\n", s.Sockets())
		fmt.Fprint(w, "# HELP beside_sessions Live sessions by state.\n# TYPE beside_sessions gauge\n")
		live := s.o.Hub.Live()
		for _, state := range []string{"waiting", "claimed", "met"} {
			fmt.Fprintf(w, "beside_sessions{state=%q} %d\n", state, live[state])
		}
	})
}
