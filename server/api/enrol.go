package api

import (
	"encoding/json"
	"net/http"

	"beside/policy/api"
	"beside/server/peer"
	"beside/server/problem"
	"beside/server/signal"
)

// maxEnrol bounds the body of an enrolment.
const maxEnrol = 4 << 10

// enrol makes a key that of a device. The token in the body is the only credential.
func (s *Server) enrol(w http.ResponseWriter, r *http.Request) {
	if len(r.Header.Values("Origin")) > 0 { // browsers send it, apps never do
		s.fail(w, r, &api.Problem{Title: "Web pages may not enrol.", Status: http.StatusForbidden, Code: api.ProtocolBroken})
		return
	}
	var e api.Enrol
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxEnrol))
	dec.DisallowUnknownFields()
	if dec.Decode(&e) != nil || dec.More() {
		s.fail(w, r, problem.New(api.ProtocolBroken))
		return
	}
	got, err := s.o.Hub.Enrol(r.Context(), signal.Enrolment{Enrol: e, Address: peer.Address(r)})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	answer(w, got)
}
