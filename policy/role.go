package policy

import "slices"

// Permissions are what a role allows, as an administrator ticks them (R9, R11). The zero
// Permissions allow nothing.
type Permissions struct {
	Offer      bool // remote task "Offer remote assistance": without it nobody helps
	View       bool // view screen
	Control    bool // take full control
	Elevation  bool
	Unattended bool
}

// Everything is what the built-in role Help Desk Operator allows.
func Everything() Permissions {
	return Permissions{Offer: true, View: true, Control: true, Elevation: true, Unattended: true}
}

// Rights are the session rights a role with these permissions can give, after the
// implications of R10: control brings view, elevation brings both, unattended brings all
// three, and nothing implies upward. Without Offer there are none. Clipboard is in no
// permission, so no role gives it.
func (p Permissions) Rights() Right {
	if !p.Offer {
		return 0
	}
	var r Right
	if p.View {
		r |= View
	}
	if p.Control {
		r |= View | Control
	}
	if p.Elevation {
		r |= View | Control | Elevate
	}
	if p.Unattended {
		r |= View | Control | Elevate | Unattended
	}
	return r
}

// Implied is p with what each of its permissions cannot work without (R10), as it is stored.
func (p Permissions) Implied() Permissions {
	p.Elevation = p.Elevation || p.Unattended
	p.Control = p.Control || p.Elevation
	p.View = p.View || p.Control
	return p
}

// Role names a set of permissions.
type Role struct {
	ID, Name    string
	BuiltIn     bool // cannot be edited or deleted (R12)
	Permissions Permissions
}

// Scope is one kind of what an assignment reaches: all of it, or the members of groups
// (nested ones count). The zero Scope does not name its kind at all.
type Scope struct {
	All    bool
	Groups []string
}

// Named says whether the assignment speaks of this kind.
func (s Scope) Named() bool { return s.All || len(s.Groups) > 0 }

// Assignment gives a role to the members of groups, over a scope (R13). An assignment
// that names neither users nor devices reaches nothing.
type Assignment struct {
	ID          string
	Role        Role
	AdminGroups []string
	UserScope   Scope
	DeviceScope Scope
}

// heldBy says whether p, who is in groups, is one of the people the role was given to.
func (a *Assignment) heldBy(p Person, groups set) bool {
	return p.GroupsKnown && slices.ContainsFunc(a.AdminGroups, func(id string) bool { return id != "" && groups[id] })
}

// set is a person's groups, for when there are many assignments.
type set map[string]bool

func setOf(ids []string) set {
	s := make(set, len(ids))
	for _, id := range ids {
		s[id] = true
	}
	return s
}

// reaches says whether every kind the assignment names contains what is to be helped (R14).
// With nobody there (unattended) a scope of users contains nothing.
func (a Assignment) reaches(in Input) bool {
	if !a.UserScope.Named() && !a.DeviceScope.Named() {
		return false
	}
	if a.UserScope.Named() && (in.Unattended || !a.UserScope.hasPerson(in.Sharer)) {
		return false
	}
	return !a.DeviceScope.Named() || a.DeviceScope.hasDevice(in.Device)
}

func (s Scope) hasPerson(p Person) bool {
	return s.All || p.GroupsKnown && meets(s.Groups, p.Groups)
}

// hasDevice never takes the client's word alone: a device that is only reported is in no
// device scope (PROTOCOL attack 27), and "all devices" are the managed ones (R13).
func (s Scope) hasDevice(d Device) bool {
	if d.Proof < ProofOwn {
		return false
	}
	if s.All && d.Managed() {
		return true
	}
	return d.GroupsKnown && meets(s.Groups, d.Groups)
}

// meets says whether two lists of group ids share one. An empty id is no group.
func meets(a, b []string) bool {
	for _, x := range a {
		for _, y := range b {
			if x != "" && x == y {
				return true
			}
		}
	}
	return false
}
