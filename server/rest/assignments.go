package rest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"beside/policy"
	"beside/server/directory"
	"beside/server/problem"
	"beside/server/reach"
	"beside/server/store"
)

// scopeBody is one kind of what an assignment reaches: everything, or the members of groups. null
// is no limit of that kind.
type scopeBody struct {
	All    bool     `json:"all"`
	Groups []string `json:"groups"`
}

type assignmentBody struct {
	ID          string     `json:"id"` // read only
	Name        string     `json:"name"`
	Description string     `json:"description"`
	Role        string     `json:"role"`
	AdminGroups []string   `json:"admin_groups"`
	Users       *scopeBody `json:"users"`
	Devices     *scopeBody `json:"devices"`
}

func assignmentOf(a store.Assignment) assignmentBody {
	scope := func(x policy.Scope) *scopeBody {
		if !x.Named() {
			return nil
		}
		return &scopeBody{x.All, filled(x.Groups)}
	}
	return assignmentBody{a.ID, a.Name, a.Description, a.Role.ID, filled(a.AdminGroups), scope(a.UserScope), scope(a.DeviceScope)}
}

// assignments are the assignments as policy objects.
func (s *Server) assignments() rule[store.Assignment, assignmentBody] {
	name := func(a store.Assignment) string { return a.Name }
	return rule[store.Assignment, assignmentBody]{
		s: s, kind: store.AssignmentObject, path: "assignments", records: "assign", all: (*store.Tenant).Assignments,
		id: func(a store.Assignment) string { return a.ID }, name: name, detail: name,
		body: assignmentOf, read: s.readAssignment, put: (*store.Tenant).PutAssignment, drop: (*store.Tenant).DeleteAssignment,
	}
}

// Limits of an assignment, as on the admin site.
const (
	maxGroups      = 200
	maxDescription = 200
)

// readAssignment reads and checks a body.
func (s *Server) readAssignment(c *call, id string) (store.Assignment, error) {
	var in assignmentBody
	if err := decode(c, &in, "name", "role", "admin_groups", "users", "devices"); err != nil {
		return store.Assignment{}, err
	}
	a := store.Assignment{Name: strings.TrimSpace(in.Name), Description: strings.TrimSpace(in.Description)}
	a.ID, a.Role.ID, a.AdminGroups = id, in.Role, sorted(in.AdminGroups)
	var faults []problem.Fault
	add := func(pointer, detail string) { faults = append(faults, problem.Fault{Pointer: pointer, Detail: detail}) }
	scope := func(x *scopeBody, pointer string) policy.Scope {
		switch {
		case x == nil:
			return policy.Scope{}
		case x.All == (len(x.Groups) > 0):
			add(pointer, "is either all or some groups")
		}
		return policy.Scope{All: x.All, Groups: sorted(x.Groups)}
	}
	a.UserScope, a.DeviceScope = scope(in.Users, "/users"), scope(in.Devices, "/devices")
	if f := nameFault(a.Name); f != nil {
		faults = append(faults, *f)
	}
	if len([]rune(a.Description)) > maxDescription {
		add("/description", "is longer than 200 characters")
	}
	if len(a.AdminGroups) == 0 {
		add("/admin_groups", "names nobody")
	}
	if in.Users == nil && in.Devices == nil {
		add("/users", "an assignment is for people, for devices, or for both")
	}
	if faults == nil {
		var err error
		if faults, err = s.unknown(c.r.Context(), a); err != nil {
			return a, err
		}
	}
	if faults != nil {
		return a, invalid(faults...)
	}
	return a, nil
}

// sorted is a list without repetition, as the store keeps it.
func sorted(in []string) []string {
	out := slices.Clone(in)
	slices.Sort(out)
	return slices.Compact(out)
}

// unknown finds what an assignment names that this organisation has not: a mistyped id would
// silently reach nobody.
func (s *Server) unknown(ctx context.Context, a store.Assignment) ([]problem.Fault, error) {
	var faults []problem.Fault
	roles, err := s.t.Roles(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(roles, func(r policy.Role) bool { return r.ID == a.Role.ID }) {
		faults = append(faults, problem.Fault{Pointer: "/role", Detail: "there is no such role"})
	}
	groups, _, err := s.o.Directory.Groups(ctx, s.o.Tenant, directory.Query{})
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, g := range groups {
		known[g.ID] = true
	}
	for _, l := range []struct {
		pointer string
		ids     []string
	}{{"/admin_groups", a.AdminGroups}, {"/users/groups", a.UserScope.Groups}, {"/devices/groups", a.DeviceScope.Groups}} {
		if len(l.ids) > maxGroups {
			faults = append(faults, problem.Fault{Pointer: l.pointer, Detail: "has more than 200 groups"})
			continue
		}
		for _, id := range l.ids {
			if !known[id] {
				faults = append(faults, problem.Fault{Pointer: l.pointer, Detail: fmt.Sprintf("there is no group %.64q", id)})
			}
		}
	}
	return faults, nil
}

// countBody is null where nothing is counted; not exact is at most.
type countBody struct {
	Count int  `json:"count"`
	Exact bool `json:"exact"`
}

type reachBody struct {
	Helpers *countBody `json:"helpers"`
	People  *countBody `json:"people"`
	Devices *countBody `json:"devices"`
}

// mostAsked bounds what is asked of the directory for one assignment.
const mostAsked = 60

func (s *Server) reach(c *call) error {
	a, _, err := s.assignments().find(c.r.Context(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	counter := reach.Counter{Directory: s.o.Directory, Tenant: s.o.Tenant, Most: mostAsked}
	r := counter.Of(c.r.Context(), a)
	body := func(n reach.Count) *countBody {
		if !n.Known {
			return nil
		}
		return &countBody{n.N, n.Exact}
	}
	return c.send(http.StatusOK, reachBody{body(r.Helpers), body(r.People), body(r.Devices)})
}
