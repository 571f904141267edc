package sessiontest

import (
	"encoding/json"
	"fmt"

	"beside/policy/api"
)

// Ticket is the only one that the endpoint takes, any number of times; it is for Device, at which Sam waits.
const Ticket = "AAAAAAAAAAAAAAAAAAAAAA"

// launch serves a session that is started from the admin site. Who waits is rung by a push, which a
// test hands to a Sharer.
func (e *Endpoint) launch(who, typ string, b []byte) (any, error) {
	switch typ {
	case api.TypeLaunchOpen:
		var m api.LaunchOpen
		if json.Unmarshal(b, &m) != nil || m.Ticket != Ticket {
			return nil, &api.Problem{Code: api.LaunchNotFound}
		}
		return api.Launch{Device: api.DeviceCard{ID: Device, Name: "HLD-LT-0427", State: e.State.String(), Proof: "own"}, Sharer: card(Sam, "Sam Rivers", "Payroll officer")}, nil
	case api.TypeLaunchStart:
		var m api.LaunchStart
		if err := json.Unmarshal(b, &m); err != nil {
			return nil, err
		}
		if e.conns[Sam] == nil {
			return nil, &api.Problem{Code: api.DeviceOffline}
		}
		e.n++
		s := &meeting{
			id: fmt.Sprintf("44444444-4444-4444-8444-%012d", e.n), nH: m.NH, helper: who, sharer: Sam, paired: map[string]bool{}, mode: api.ModeSAS,
		}
		e.sessions[s.id] = s
		e.push(Sam, api.TypeRing, api.Ring{Session: s.id, Device: Device, Helper: card(who, "Noa Winters", "Help desk"), TTL: 60})
		return api.Launched{Session: s.id, Resume: "r", TTL: 60}, nil
	case api.TypeLaunchJoin:
		var m api.LaunchJoin
		if err := json.Unmarshal(b, &m); err != nil {
			return nil, err
		}
		s := e.sessions[m.Session]
		if s == nil || s.claimed && !e.Again {
			return nil, &api.Problem{Code: api.LaunchNotFound}
		}
		s.claimed, s.nS = true, m.NS
		e.push(s.helper, api.TypeClaimant, api.Claimant{Session: s.id, NS: m.NS, Sharer: who})
		return api.Claimed{Session: s.id, NH: s.nH, Helper: s.helper, Resume: "r"}, nil
	}
	var m api.Ref
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	if s := e.sessions[m.Session]; s != nil {
		e.push(s.helper, api.TypeEnd, api.End{Session: s.id, Who: "sharer", Code: api.EndDeclined})
	}
	return nil, nil //nolint:nilnil // no answer
}
