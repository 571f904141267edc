package demo

import (
	"time"

	"beside/policy"
	"beside/server/directory/file"
	"beside/server/store"
)

// Ids of the demo organisations, people, groups and devices.
const (
	Tenant      = "10000000-0000-4000-8000-000000000001" // Halden Group
	OtherTenant = "20000000-0000-4000-8000-000000000001" // Orla Works

	Noa   = "10000000-0000-4000-8000-00000000a001" // helper, everything
	Kit   = "10000000-0000-4000-8000-00000000a002" // helper, view only
	Sam   = "10000000-0000-4000-8000-00000000b001" // sharer, HLD-LT-0427
	Ines  = "10000000-0000-4000-8000-00000000b002" // her device does not meet its policies
	Tomas = "10000000-0000-4000-8000-00000000b003" // his device is not enrolled
	Lena  = "10000000-0000-4000-8000-00000000b004" // nothing is known about the state of her device
	Ruth  = "10000000-0000-4000-8000-00000000b005" // director: in no helper's scope
	Paul  = "10000000-0000-4000-8000-00000000b006" // no role, no device
	Gwen  = "10000000-0000-4000-8000-00000000c001" // guest

	OtherHelper = "20000000-0000-4000-8000-00000000a001"
	OtherSharer = "20000000-0000-4000-8000-00000000b001"

	GroupDesk      = "10000000-0000-4000-8000-00000000f001" // service desk: full help
	GroupObservers = "10000000-0000-4000-8000-00000000f002" // trainees: view only
	GroupStaff     = "10000000-0000-4000-8000-00000000f003"
	GroupPayroll   = "10000000-0000-4000-8000-00000000f004" // nested in staff
	GroupBoard     = "10000000-0000-4000-8000-00000000f005"
	GroupLaptops   = "10000000-0000-4000-8000-00000000f006"
	OtherDesk      = "20000000-0000-4000-8000-00000000f001"

	DeviceSam   = "10000000-0000-4000-8000-00000000d001"
	DeviceInes  = "10000000-0000-4000-8000-00000000d002"
	DeviceTomas = "10000000-0000-4000-8000-00000000d003"
	DeviceLena  = "10000000-0000-4000-8000-00000000d004"
	DeviceRuth  = "10000000-0000-4000-8000-00000000d005"
)

// Data is the demo directory. state is that of Sam's device.
func Data(state policy.DeviceState) file.Data {
	sams := file.Device{
		ID: DeviceSam, Name: "HLD-LT-0427", OS: "Debian 12", Owner: Sam, Registered: true, Enrolled: true,
		State: state.String(), Groups: []string{GroupLaptops},
	}
	if state == policy.StateNotEnrolled {
		sams.Enrolled, sams.State = false, ""
	}
	return file.Data{Tenants: []file.Tenant{
		{
			ID: Tenant, Company: "Halden Group", Domain: "halden.example",
			Groups: []file.Group{
				{ID: GroupDesk, Name: "Service desk"},
				{ID: GroupObservers, Name: "Service desk trainees"},
				{ID: GroupStaff, Name: "All staff"},
				{ID: GroupPayroll, Name: "Payroll", In: []string{GroupStaff}},
				{ID: GroupBoard, Name: "Board"},
				{ID: GroupLaptops, Name: "Laptops"},
			},
			People: []file.Person{
				{OID: Noa, Name: "Noa Winters", Given: "Noa", Family: "Winters", Job: "Service desk engineer", Username: "noa.winters@halden.example", Groups: []string{GroupDesk, GroupStaff}},
				{OID: Kit, Name: "Kit Marsh", Given: "Kit", Family: "Marsh", Job: "Service desk trainee", Username: "kit.marsh@halden.example", Groups: []string{GroupObservers, GroupStaff}},
				{OID: Sam, Name: "Sam Rivers", Given: "Sam", Family: "Rivers", Job: "Payroll officer", Username: "sam.rivers@halden.example", Groups: []string{GroupPayroll}},
				{OID: Ines, Name: "Ines Okoro", Given: "Ines", Family: "Okoro", Job: "Accountant", Username: "ines.okoro@halden.example", Groups: []string{GroupStaff}},
				{OID: Tomas, Name: "Tomas Berg", Given: "Tomas", Family: "Berg", Job: "Field engineer", Username: "tomas.berg@halden.example", Groups: []string{GroupStaff}},
				{OID: Lena, Name: "Lena Fox", Given: "Lena", Family: "Fox", Job: "Designer", Username: "lena.fox@halden.example", Groups: []string{GroupStaff}},
				{OID: Ruth, Name: "Ruth Halden", Given: "Ruth", Family: "Halden", Job: "Managing director", Username: "ruth.halden@halden.example", Groups: []string{GroupBoard}},
				{OID: Paul, Name: "Paul Adeyemi", Given: "Paul", Family: "Adeyemi", Job: "Receptionist", Username: "paul.adeyemi@halden.example", Groups: []string{GroupStaff}},
				{OID: Gwen, Name: "Gwen Porter", Given: "Gwen", Family: "Porter", Job: "Auditor", Company: "Porter & Lowe", Username: "gwen.porter_porterlowe.example#EXT#@halden.example", Guest: true, Groups: []string{GroupStaff}},
			},
			Devices: []file.Device{
				sams,
				{ID: DeviceInes, Name: "HLD-LT-0311", OS: "Debian 11", Owner: Ines, Registered: true, Enrolled: true, State: "noncompliant", Groups: []string{GroupLaptops}, Seen: time.Date(2026, 11, 20, 8, 30, 0, 0, time.UTC)},
				{ID: DeviceTomas, Name: "tomas-home", OS: "Ubuntu 24.04", Owner: Tomas, Registered: true},
				{ID: DeviceLena, Name: "HLD-WS-0088", OS: "Ubuntu 24.04", Owner: Lena, Registered: true, Enrolled: true},
				{ID: DeviceRuth, Name: "HLD-LT-0001", OS: "Debian 12", Owner: Ruth, Registered: true, Enrolled: true, State: "compliant", Groups: []string{GroupLaptops}},
			},
		},
		{
			ID: OtherTenant, Company: "Orla Works", Domain: "orla.example",
			Groups: []file.Group{{ID: OtherDesk, Name: "IT"}},
			People: []file.Person{
				{OID: OtherHelper, Name: "Ada Quill", Given: "Ada", Family: "Quill", Job: "IT lead", Username: "ada.quill@orla.example", Groups: []string{OtherDesk}},
				{OID: OtherSharer, Name: "Jon Pike", Given: "Jon", Family: "Pike", Job: "Buyer", Username: "jon.pike@orla.example"},
			},
		},
	}}
}

// Assignments are the roles and assignments of a demo organisation. The service desk may do
// everything for all staff, the trainees may look; the board is in nobody's scope.
func Assignments(tenant string) (roles []policy.Role, as []store.Assignment) {
	desk := policy.Role{ID: store.HelpDesk}
	switch tenant {
	case Tenant:
		view := policy.Role{ID: "view-only", Name: "View only", Permissions: policy.Permissions{Offer: true, View: true}}
		staff := policy.Scope{Groups: []string{GroupStaff}}
		return []policy.Role{view}, []store.Assignment{
			{Name: "Service desk helps all staff", Assignment: policy.Assignment{ID: "desk-staff", Role: desk, AdminGroups: []string{GroupDesk}, UserScope: staff}},
			{Name: "Trainees look at all staff", Assignment: policy.Assignment{ID: "trainees-staff", Role: view, AdminGroups: []string{GroupObservers}, UserScope: staff}},
		}
	case OtherTenant:
		return nil, []store.Assignment{{
			Name:       "IT helps everybody",
			Assignment: policy.Assignment{ID: "it", Role: desk, AdminGroups: []string{OtherDesk}, UserScope: policy.Scope{All: true}},
		}}
	}
	return nil, nil
}

// AdminRoles are the application roles that a person's token names on the admin site.
func AdminRoles(object string) []string {
	switch object {
	case Noa:
		return []string{"Beside.Admin"}
	case Ines:
		return []string{"Beside.Operator"}
	case Kit:
		return []string{"Beside.Auditor"}
	}
	return nil
}
