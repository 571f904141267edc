package whatif

import (
	"slices"

	"beside/policy"
	"beside/server/directory"
	"beside/server/store"
)

// Question is who would help whom, and on which device. Without a device nothing is known of it.
type Question struct {
	Helper, Sharer directory.Person
	Device         *directory.Device
}

// Rung is one step of the ladder view, control, elevation, unattended.
type Rung struct {
	Right string
	Yes   bool
	Code  policy.Code
	By    []string // ids of the assignments that decided
}

// Results of a layer.
const (
	Allows  = "allows"
	Limits  = "limits"
	Stops   = "stops"
	Unasked = "unasked" // a layer before it stopped already
	Later   = "later"   // is asked in the session
)

// Layer is one thing that may say no.
type Layer struct {
	Name   string // subscription, settings, members, directory, device, role, scope, compliance, consent
	Result string
	Code   policy.Code // of a layer that stops
}

// Why an assignment that gives the helper a role applies or does not.
const (
	Applies  = "applies"
	NotScope = "not.scope"
)

// Considered is an assignment that gives the helper a role.
type Considered struct {
	Assignment store.Assignment
	Why        string
	Via        string // id of the group that brings the helper in
}

// Answer is what would be decided.
type Answer struct {
	Best   string // the highest rung that is allowed, "" for none
	Code   policy.Code
	Ladder []Rung
	Layers []Layer
	Tried  []Considered
}

// ladder in order, and what each rung asks for.
var ladder = []struct {
	name string
	ask  policy.Right
}{
	{"view", policy.View},
	{"control", policy.View | policy.Control},
	{"elevation", policy.View | policy.Control | policy.Elevate},
	{"unattended", policy.View | policy.Control | policy.Elevate | policy.Unattended},
}

// Ask decides exactly as a session would be decided, with the best proof the device could give.
func Ask(tenant string, settings policy.Settings, rows []store.Assignment, q Question) Answer {
	in := policy.Input{Tenant: tenant, Settings: settings, Assignments: store.Policies(rows), Helper: q.Helper.Person, Sharer: q.Sharer.Person}
	if q.Device != nil {
		in.Device = q.Device.Device
		in.Device.Proof = policy.ProofVerified
	} else {
		in.Device.GroupsKnown = true
	}
	var a Answer
	for _, r := range ladder {
		in.Request, in.Unattended = r.ask, r.name == "unattended"
		got := policy.Decide(in)
		x := Rung{Right: r.name, Yes: got.Code == policy.CodeOK && got.Rights == r.ask, Code: got.Code, By: got.Assignments}
		if x.Yes {
			a.Best = r.name
		}
		a.Ladder = append(a.Ladder, x)
	}
	in.Request, in.Unattended = policy.View, false
	verdict := policy.Decide(in)
	a.Code = verdict.Code
	a.Layers = layers(in, verdict.Code)
	for _, r := range rows {
		via := slices.IndexFunc(r.AdminGroups, func(g string) bool { return slices.Contains(q.Helper.Groups, g) })
		if via < 0 {
			continue
		}
		c := Considered{Assignment: r, Why: NotScope, Via: r.AdminGroups[via]}
		if slices.Contains(verdict.Assignments, r.ID) {
			c.Why = Applies
		}
		a.Tried = append(a.Tried, c)
	}
	return a
}

// layers are what may say no, in the order in which it is asked; after the first that stops the
// rest is not reached.
func layers(in policy.Input, code policy.Code) []Layer {
	var out []Layer
	stopped := false
	for _, l := range []struct {
		name string
		by   []policy.Code
	}{
		{"subscription", []policy.Code{policy.CodeLicence}},
		{"settings", []policy.Code{policy.CodeDisabled}},
		{"members", []policy.Code{policy.CodeAccount, policy.CodeSelf}},
		{"directory", []policy.Code{policy.CodeDirectory}},
		{"device", []policy.Code{policy.CodeUnenrolled, policy.CodeUnverified}},
		{"role", []policy.Code{policy.CodeNoRole, policy.CodePermission}},
		{"scope", []policy.Code{policy.CodeScope}},
	} {
		x := Layer{Name: l.name, Result: Allows}
		switch {
		case stopped:
			x.Result = Unasked
		case slices.Contains(l.by, code):
			x.Result, x.Code, stopped = Stops, code, true
		}
		out = append(out, x)
	}
	if stopped {
		return out
	}
	if s := in.Device.Shown(); s == policy.StateNotCompliant || s == policy.StateUnknown {
		out = append(out, Layer{Name: "compliance", Result: Limits})
	}
	return append(out, Layer{Name: "consent", Result: Later})
}
