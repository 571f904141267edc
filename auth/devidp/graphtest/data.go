package graphtest

import (
	"slices"
	"strings"
	"time"
)

// Data is one organisation.
type Data struct {
	Tenant, Name, Domain string
	Users                []User
	Groups               []Group
	Devices              []Device
}

// User is an account. Groups are those it is directly in.
type User struct {
	ID, Name, Given, Surname, Job, Company string
	Guest, Disabled                        bool
	Groups                                 []string
	Photo                                  []byte
}

// Group is a group. In are the groups it is itself directly in; circles are allowed.
type Group struct {
	ID, Name string
	In       []string
}

// Device is a device: registered in the directory, enrolled in device management, or both.
type Device struct {
	Object, ID           string // of the directory, and what the device calls itself
	Name, OS, Version    string
	Owner                string
	Registered, Enrolled bool
	Disabled             bool
	State                string // complianceState of the enrolled
	LastSync             time.Time
	Groups               []string
}

// index is Data in the form it is asked for. Members and memberships are transitive.
type index struct {
	Data
	users   map[string]*User
	groups  map[string]*Group
	devices map[string]*Device // by what it calls itself
	in      map[string][]entity
	members map[string][]entity
	all     map[string][]entity // by the path of the list
	entries map[string][]entity // of device management, by what the device calls itself
}

// entity is a thing as it is answered: its kind and its fields, made when they are asked for since
// there may be very many things.
type entity struct {
	kind   string
	fields func() map[string]any
}

func newIndex(d Data) *index {
	x := &index{Data: d, users: map[string]*User{}, groups: map[string]*Group{}, devices: map[string]*Device{}, in: map[string][]entity{}, members: map[string][]entity{}, all: map[string][]entity{}, entries: map[string][]entity{}}
	for i := range d.Groups {
		x.groups[d.Groups[i].ID] = &d.Groups[i]
		x.all["groups"] = append(x.all["groups"], d.Groups[i].entity())
	}
	for i := range d.Users {
		u := &d.Users[i]
		x.users[u.ID] = u
		x.all["users"] = append(x.all["users"], u.entity())
		x.join(u.ID, u.entity(), u.Groups)
	}
	for i := range d.Devices {
		v := &d.Devices[i]
		x.devices[v.ID] = v
		if v.Enrolled {
			x.all["managed"] = append(x.all["managed"], v.managed())
			x.entries[v.ID] = append(x.entries[v.ID], v.managed())
		}
		if v.Registered {
			x.all["devices"] = append(x.all["devices"], v.entity())
			x.join(v.Object, v.entity(), v.Groups)
		}
	}
	for i := range d.Groups { // groups are members too
		x.join(d.Groups[i].ID, d.Groups[i].entity(), d.Groups[i].In)
	}
	return x
}

// join puts a thing into groups and the groups that these are in.
func (x *index) join(id string, e entity, groups []string) {
	seen := map[string]bool{}
	for todo := slices.Clone(groups); len(todo) > 0; {
		g := x.groups[todo[0]]
		todo = todo[1:]
		if g == nil || seen[g.ID] {
			continue
		}
		seen[g.ID] = true
		x.in[id] = append(x.in[id], g.entity())
		x.members[g.ID] = append(x.members[g.ID], e)
		todo = append(todo, g.In...)
	}
}

func (u *User) entity() entity {
	kind := "Member"
	if u.Guest {
		kind = "Guest"
	}
	return entity{"#microsoft.graph.user", func() map[string]any {
		return map[string]any{
			"id": u.ID, "displayName": u.Name, "givenName": orNull(u.Given), "surname": orNull(u.Surname), "jobTitle": orNull(u.Job),
			"companyName": orNull(u.Company), "userType": kind, "accountEnabled": !u.Disabled,
		}
	}}
}

func (g *Group) entity() entity {
	return entity{"#microsoft.graph.group", func() map[string]any { return map[string]any{"id": g.ID, "displayName": g.Name} }}
}

func (d *Device) entity() entity {
	return entity{"#microsoft.graph.device", func() map[string]any {
		return map[string]any{
			"id": d.Object, "deviceId": d.ID, "displayName": d.Name, "operatingSystem": d.OS, "operatingSystemVersion": orNull(d.Version),
			"accountEnabled": !d.Disabled,
		}
	}}
}

func (d *Device) managed() entity {
	return entity{"", func() map[string]any {
		return map[string]any{
			"azureADDeviceId": strings.ToUpper(d.ID), "userId": d.Owner, "deviceName": d.Name, "operatingSystem": d.OS,
			"osVersion": d.Version, "complianceState": d.State, "lastSyncDateTime": d.LastSync.UTC().Format(time.RFC3339),
		}
	}}
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
