package whatif_test

import (
	"testing"

	"beside/policy"
	"beside/server/directory"
	"beside/server/directory/demo"
	"beside/server/store"
	"beside/server/whatif"
)

func person(object string, groups ...string) directory.Person {
	return directory.Person{Person: policy.Person{Tenant: demo.Tenant, Object: object, Member: true, Enabled: true, Groups: groups, GroupsKnown: true}}
}

func TestAsk(t *testing.T) {
	on := policy.Settings{Licence: policy.LicenceActive, Enabled: true}
	_, as := demo.Assignments(demo.Tenant)
	as[0].Role = policy.Role{ID: store.HelpDesk, Permissions: policy.Everything()}
	as[1].Role = policy.Role{Permissions: policy.Permissions{Offer: true, View: true}}
	noa, kit, sam := person(demo.Noa, demo.GroupDesk), person(demo.Kit, demo.GroupObservers), person(demo.Sam, demo.GroupStaff)
	laptop := &directory.Device{Device: policy.Device{ID: "d", Enrolled: true, Registered: true, State: policy.StateCompliant, GroupsKnown: true}}
	for name, tt := range map[string]struct {
		s       policy.Settings
		q       whatif.Question
		best    string
		code    policy.Code
		stops   string
		applies int
	}{
		"all":        {on, whatif.Question{Helper: noa, Sharer: sam, Device: laptop}, "elevation", policy.CodeOK, "", 1},
		"view":       {on, whatif.Question{Helper: kit, Sharer: sam, Device: laptop}, "view", policy.CodeOK, "", 1},
		"off":        {policy.Settings{Licence: policy.LicenceActive}, whatif.Question{Helper: noa, Sharer: sam}, "", policy.CodeDisabled, "settings", 0},
		"licence":    {policy.Settings{Enabled: true}, whatif.Question{Helper: noa, Sharer: sam}, "", policy.CodeLicence, "subscription", 0},
		"no device":  {on, whatif.Question{Helper: noa, Sharer: sam}, "", policy.CodeUnenrolled, "device", 0},
		"no role":    {on, whatif.Question{Helper: sam, Sharer: noa, Device: laptop}, "", policy.CodeNoRole, "role", 0},
		"self":       {on, whatif.Question{Helper: noa, Sharer: noa, Device: laptop}, "", policy.CodeSelf, "members", 0},
		"scope":      {on, whatif.Question{Helper: noa, Sharer: person(demo.Ruth), Device: laptop}, "", policy.CodeScope, "scope", 0},
		"unknown":    {on, whatif.Question{}, "", policy.CodeAccount, "members", 0},
		"zero rules": {policy.Settings{}, whatif.Question{Helper: noa, Sharer: sam, Device: laptop}, "", policy.CodeLicence, "subscription", 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := whatif.Ask(demo.Tenant, tt.s, as, tt.q)
			stops, applies := "", 0
			for _, l := range a.Layers {
				if l.Result == whatif.Stops {
					stops = l.Name
				}
			}
			for _, c := range a.Tried {
				if c.Why == whatif.Applies {
					applies++
				}
			}
			if a.Best != tt.best || a.Code != tt.code || stops != tt.stops || applies != tt.applies || len(a.Ladder) != 4 {
				t.Errorf("best %q, code %s, stops at %q, %d apply; %+v", a.Best, a.Code, stops, applies, a)
			}
		})
	}
}
