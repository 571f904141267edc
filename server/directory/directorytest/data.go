package directorytest

import (
	"strings"
	"time"

	"beside/auth/devidp/graphtest"
	"beside/policy"
	"beside/server/directory/demo"
	"beside/server/directory/file"
)

// Groups and devices that are not in the demo.
const (
	Deep    = "10000000-0000-4000-8000-00000000f010" // holds Deeper, which holds Deep
	Deeper  = "10000000-0000-4000-8000-00000000f011"
	Empty   = "10000000-0000-4000-8000-00000000f012"
	Tablet  = "10000000-0000-4000-8000-00000000d010" // enrolled, not registered
	Someone = "10000000-0000-4000-8000-00000000b010" // whose account is switched off
)

// Heard is when management last heard of Lena's device.
func Heard() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// Data is the demo with a circle of groups, somebody who may not sign in, and a device that
// only device management knows.
func Data() file.Data {
	d := demo.Data(policy.StateCompliant)
	t := &d.Tenants[0]
	t.Groups = append(t.Groups, file.Group{ID: Deep, Name: "Deep", In: []string{Deeper}}, file.Group{ID: Deeper, Name: "Deeper", In: []string{Deep}},
		file.Group{ID: Empty, Name: "Empty"})
	t.People = append(t.People, file.Person{OID: Someone, Name: "Some One", Disabled: true, Groups: []string{Deep}})
	t.Devices = append(t.Devices, file.Device{ID: Tablet, Name: "tablet", OS: "Android 15", Owner: demo.Sam, Enrolled: true, State: "compliant"})
	t.Devices[3].Seen = Heard()
	return d
}

// Graph is a tenant as Microsoft Graph has it.
func Graph(t file.Tenant) graphtest.Data {
	d := graphtest.Data{Tenant: t.ID, Name: t.Company, Domain: t.Domain}
	for _, g := range t.Groups {
		d.Groups = append(d.Groups, graphtest.Group(g))
	}
	for _, p := range t.People {
		d.Users = append(d.Users, graphtest.User{
			ID: p.OID, Name: p.Name, Given: p.Given, Surname: p.Family, Job: p.Job, Company: p.Company,
			Guest: p.Guest, Disabled: p.Disabled, Groups: p.Groups,
		})
	}
	for _, v := range t.Devices {
		name, version := v.OS, ""
		if i := strings.LastIndex(name, " "); i > 0 {
			name, version = name[:i], name[i+1:]
		}
		if v.Seen.IsZero() {
			v.Seen = time.Now()
		}
		if v.State == "" {
			v.State = "unknown"
		}
		d.Devices = append(d.Devices, graphtest.Device{
			Object: Object(v.ID), ID: v.ID, Name: v.Name, OS: name, Version: version, Owner: v.Owner,
			Registered: v.Registered, Enrolled: v.Enrolled, State: v.State, LastSync: v.Seen, Groups: v.Groups,
		})
	}
	return d
}

// Object is the id that Graph has for a device besides the device's own.
func Object(device string) string { return "0b" + device[2:] }
