package admin

import (
	"slices"
	"strings"
	"time"

	"beside/policy"
	"beside/server/store"
)

// conflict is what somebody is shown who saved second: who was first, and what now differs.
type conflict struct {
	Who   string // "" if nobody is on record
	At    time.Time
	Diffs []difference
}

// difference is one thing that is saved otherwise than it was to be.
type difference struct{ Key, Theirs, Yours string }

// conflictOf makes a conflict of what was written down last about an object.
func (s *Site) conflictOf(v *visit, action, target string, diffs []difference) *conflict {
	c := &conflict{}
	for _, d := range diffs {
		if d.Theirs != d.Yours {
			c.Diffs = append(c.Diffs, d)
		}
	}
	rows, _, err := s.t.FindAudit(v.r.Context(), store.AuditQuery{Limit: 1, Match: func(r store.Record) bool {
		return r.Entry.Action == action && r.Entry.Target == target
	}})
	if err == nil && len(rows) == 1 { // without it the differences are still shown
		c.Who, c.At = rows[0].Entry.Actor, rows[0].At
		if name := s.names(v, rows)[c.Who]; name != "" {
			c.Who = name
		}
	}
	return c
}

func (v *visit) yes(b bool) string {
	if b {
		return v.t("yes")
	}
	return v.t("no")
}

func (v *visit) settingsDiff(theirs, yours policy.Settings) []difference {
	return []difference{
		{"set.enable", v.yes(theirs.Enabled), v.yes(yours.Enabled)},
		{"set.unenrolled", v.yes(theirs.AllowUnenrolled), v.yes(yours.AllowUnenrolled)},
		{"set.unattended", v.yes(theirs.Unattended), v.yes(yours.Unattended)},
		{"set.nochat", v.yes(theirs.DisableChat), v.yes(yours.DisableChat)},
		{"set.unverified", v.yes(theirs.ElevationOnUnverified), v.yes(yours.ElevationOnUnverified)},
	}
}

func (v *visit) roleDiff(theirs, yours policy.Role) []difference {
	a, b := theirs.Permissions, yours.Permissions
	return []difference{
		{"name", theirs.Name, yours.Name},
		{"right.offer", v.yes(a.Offer), v.yes(b.Offer)},
		{"right.view", v.yes(a.View), v.yes(b.View)},
		{"right.control", v.yes(a.Control), v.yes(b.Control)},
		{"right.elevation", v.yes(a.Elevation), v.yes(b.Elevation)},
		{"right.unattended", v.yes(a.Unattended), v.yes(b.Unattended)},
	}
}

// draftDiff compares drafts in the words of the review step.
func (v *visit) draftDiff(theirs, yours draft, roles []policy.Role, names map[string]string) []difference {
	groups := func(ids []string) string {
		var out []string
		for _, id := range ids {
			if names[id] != "" {
				id = names[id]
			}
			out = append(out, id)
		}
		slices.Sort(out)
		return strings.Join(out, ", ")
	}
	scope := func(kind string, ids []string, all string) string {
		switch kind {
		case "all":
			return v.t(all)
		case "groups":
			return groups(ids)
		}
		return v.t("asg.notlimited")
	}
	role := func(id string) string {
		if i := slices.IndexFunc(roles, func(r policy.Role) bool { return r.ID == id }); i >= 0 {
			return roles[i].Name
		}
		return id
	}
	return []difference{
		{"name", theirs.Name, yours.Name},
		{"description", theirs.Description, yours.Description},
		{"col.role", role(theirs.Role), role(yours.Role)},
		{"asg.step.groups", groups(theirs.Admins), groups(yours.Admins)},
		{"asg.may", scope(theirs.Users, theirs.UserGroups, "asg.allusers"), scope(yours.Users, yours.UserGroups, "asg.allusers")},
		{"asg.on", scope(theirs.Devices, theirs.DeviceGroups, "asg.alldevices"), scope(yours.Devices, yours.DeviceGroups, "asg.alldevices")},
	}
}
