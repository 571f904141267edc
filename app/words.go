package app

import (
	"strconv"
	"time"

	"beside/app/screens"
	"beside/app/ui"
	"beside/policy/api"
	"beside/session"
)

func person(p session.Person) ui.Person {
	return ui.Person{Object: p.Object, Name: p.Name, First: p.Given, Job: p.Job, Company: p.Company, Domain: p.Domain, Photo: p.Photo}
}

func device(d session.Device) screens.Device {
	return screens.Device{Name: d.Name, OS: d.OS, State: d.State, Proof: d.Proof}
}

// names fills the placeholders of an error's words.
func names(peer ui.Person, r screens.Role, retry time.Duration) ui.M {
	other := "someone"
	if r == screens.Helper {
		other = "someone.s"
	}
	n := int((retry + time.Minute - 1) / time.Minute)
	return ui.M{"helper": peer.FullName(ui.T(other)), "first": peer.FirstName(ui.T(other)), "n": strconv.Itoa(max(1, n))}
}

// endedBy says in words who ended a session, to the one who reads.
func endedBy(e session.Ended, reader screens.Role) string {
	mine := session.BySharer
	other := "someone"
	if reader == screens.Helper {
		mine, other = session.ByHelper, "someone.s"
	}
	switch {
	case e.Code == api.EndLost:
		return ui.T("e.by.lost")
	case e.Code == api.GrantExpired:
		return ui.T("e.by.time")
	case e.By == mine:
		return ui.T("e.by.you")
	case e.By == session.ByEndpoint:
		return ui.T("e.by.org")
	case e.By == session.ByHelper || e.By == session.BySharer:
		return ui.T("e.by.other", ui.M{"name": person(e.Peer).FirstName(ui.T(other))})
	}
	return ui.T("e.by.lost")
}

// figures turn a session's meter into the panel's.
func figures(m session.Meter) ui.Figures {
	return ui.Figures{
		Stages:    [5]float64{float64(m.Capture), float64(m.Encode), float64(m.Network), float64(m.Decode), float64(m.Display)},
		PerSecond: m.PerSecond, Loss: m.Loss, Relay: m.Relay, Exact: m.Exact,
	}
}
