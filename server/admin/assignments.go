package admin

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"beside/policy"
	"beside/server/directory"
	"beside/server/reach"
	"beside/server/store"
)

type assignmentsData struct {
	List  []store.Assignment
	Total int
	Names map[string]string // of groups
	Query map[string]string
	Roles []option
	Reach map[string]reach.Reach // of those that could be counted without asking too much
}

// mostAsked bounds what one page asks of the directory to count.
const mostAsked = 60

func (s *Site) assignments(v *visit) error {
	q := v.r.URL.Query()
	all, err := s.t.Assignments(v.r.Context())
	if err != nil {
		return err
	}
	d := assignmentsData{Total: len(all), Names: s.groupNames(v), Query: map[string]string{"q": q.Get("q"), "role": q.Get("role")}, Roles: []option{{"", "any", ""}}}
	roles, err := s.t.Roles(v.r.Context())
	if err != nil {
		return err
	}
	for _, r := range roles {
		d.Roles = append(d.Roles, option{r.ID, "", r.Name})
	}
	text := strings.ToLower(strings.TrimSpace(q.Get("q")))
	for _, a := range all {
		words := []string{a.Name, a.Description}
		for _, g := range slices.Concat(a.AdminGroups, a.UserScope.Groups, a.DeviceScope.Groups) {
			words = append(words, d.Names[g])
		}
		if role := q.Get("role"); role != "" && a.Role.ID != role || !strings.Contains(strings.ToLower(strings.Join(words, " ")), text) {
			continue
		}
		d.List = append(d.List, a)
	}
	d.Reach = map[string]reach.Reach{}
	counter := s.counter()
	for _, a := range d.List {
		d.Reach[a.ID] = counter.Of(v.r.Context(), a)
	}
	v.show("assignments", "nav.assignments", "assignments", d)
	return nil
}

func (s *Site) counter() *reach.Counter {
	return &reach.Counter{Directory: s.o.Directory, Tenant: s.o.Tenant, Most: mostAsked}
}

// groupNames are what the directory calls its groups; while it is away ids are shown.
func (s *Site) groupNames(v *visit) map[string]string {
	out := map[string]string{}
	groups, _, err := s.o.Directory.Groups(v.r.Context(), s.o.Tenant, directory.Query{})
	if err != nil {
		return out
	}
	for _, g := range groups {
		out[g.ID] = g.Name
	}
	return out
}

// steps of the wizard, in order.
var steps = []string{"basics", "groups", "scope", "review"}

// draft is an assignment as far as it was filled in. It travels in the address, so that the way
// back, two windows and a restart lose nothing.
type draft struct {
	ID, Name, Description, Role string
	Version                     int64
	Admins                      []string
	Users, Devices              string // none, all or groups; "" not answered yet
	UserGroups, DeviceGroups    []string
}

// limits of a draft.
const maxGroups = 200

func readDraft(id string, q url.Values) draft {
	d := draft{
		ID: id, Name: cut(strings.TrimSpace(q.Get("name")), 200), Description: cut(strings.TrimSpace(q.Get("desc")), 400), Role: q.Get("role"),
		Admins: unique(q["a"]), Users: q.Get("u"), Devices: q.Get("d"), UserGroups: unique(q["ug"]), DeviceGroups: unique(q["dg"]),
	}
	d.Version, _ = strconv.ParseInt(q.Get("version"), 10, 64)
	for _, list := range []struct {
		to   *[]string
		name string
	}{{&d.Admins, "a"}, {&d.UserGroups, "ug"}, {&d.DeviceGroups, "dg"}} {
		if add := q.Get("add-" + list.name); add != "" {
			*list.to = unique(append(*list.to, add))
		}
		if del := q.Get("del-" + list.name); del != "" {
			*list.to = slices.DeleteFunc(*list.to, func(g string) bool { return g == del })
		}
	}
	return d
}

func unique(in []string) []string {
	var out []string
	for _, s := range in {
		if s != "" && !slices.Contains(out, s) && len(out) < maxGroups {
			out = append(out, s)
		}
	}
	return out
}

// Query is the draft as an address.
func (d draft) Query() string {
	q := url.Values{"name": {d.Name}, "desc": {d.Description}, "role": {d.Role}, "a": d.Admins, "u": {d.Users}, "d": {d.Devices}, "ug": d.UserGroups, "dg": d.DeviceGroups}
	if d.Version > 0 {
		q.Set("version", strconv.FormatInt(d.Version, 10))
	}
	return q.Encode()
}

// assignment is the draft as what will be stored.
func (d draft) assignment() store.Assignment {
	a := store.Assignment{Name: d.Name, Description: d.Description, Assignment: policy.Assignment{ID: d.ID, Role: policy.Role{ID: d.Role}, AdminGroups: d.Admins}}
	scope := func(kind string, groups []string) policy.Scope {
		switch kind {
		case "all":
			return policy.Scope{All: true}
		case "groups":
			return policy.Scope{Groups: groups}
		}
		return policy.Scope{}
	}
	a.UserScope, a.DeviceScope = scope(d.Users, d.UserGroups), scope(d.Devices, d.DeviceGroups)
	return a
}

// check is what is wrong with the draft up to a step.
func (d draft) check(step string) []problem {
	var out []problem
	if d.Name == "" {
		out = append(out, problem{"name", "form.name"})
	} else if len([]rune(d.Name)) > 80 {
		out = append(out, problem{"name", "form.long"})
	}
	if d.Role == "" {
		out = append(out, problem{"role", "asg.role.none"})
	}
	if step == "basics" {
		return out
	}
	if len(d.Admins) == 0 {
		out = append(out, problem{"gq", "asg.groups.none"})
	}
	if step == "groups" {
		return out
	}
	a := d.assignment()
	switch {
	case !a.UserScope.Named() && !a.DeviceScope.Named():
		out = append(out, problem{"u0", "asg.neither"})
	case d.Users == "groups" && len(d.UserGroups) == 0:
		out = append(out, problem{"u2", "asg.groups.none"})
	case d.Devices == "groups" && len(d.DeviceGroups) == 0:
		out = append(out, problem{"d2", "asg.groups.none"})
	}
	return out
}

type wizardData struct {
	D        draft
	New      bool
	Step     string
	At       int
	Roles    []policy.Role
	Role     policy.Role
	Names    map[string]string
	Find     string
	Found    []directory.Group
	Problems []problem
	Conflict *conflict
	Old      string // its name before
	Reach    reach.Reach
}

func (s *Site) wizard(v *visit) error {
	id, step := v.r.PathValue("id"), v.r.PathValue("step")
	at := slices.Index(steps, step)
	if at < 0 {
		return errNotFound
	}
	q := v.r.URL.Query()
	if id != "new" && !q.Has("name") {
		d, err := s.stored(v, id)
		if err != nil {
			return err
		}
		seeOther(v.w, v.r, "/admin/assignments/"+url.PathEscape(id)+"/"+step+"?"+d.Query())
		return nil
	}
	d := readDraft(id, q)
	// A step is shown when all before it are right; the first that is not is shown with what is missing.
	for i, before := range steps[:at] {
		if p := d.check(before); len(p) > 0 {
			return s.showWizard(v, http.StatusUnprocessableEntity, wizardData{D: d, At: i, Step: before, Problems: p})
		}
	}
	return s.showWizard(v, http.StatusOK, wizardData{D: d, At: at, Step: step, Find: q.Get("gq")})
}

// stored is an assignment that exists, as a draft.
func (s *Site) stored(v *visit, id string) (draft, error) {
	version, err := s.t.Version(v.r.Context(), store.AssignmentObject, id) // first: what comes between makes a save stale
	if err != nil {
		return draft{}, err
	}
	all, err := s.t.Assignments(v.r.Context())
	if err != nil {
		return draft{}, err
	}
	i := slices.IndexFunc(all, func(a store.Assignment) bool { return a.ID == id })
	if i < 0 {
		return draft{}, errNotFound
	}
	a := all[i]
	kind := func(sc policy.Scope) string {
		switch {
		case sc.All:
			return "all"
		case len(sc.Groups) > 0:
			return "groups"
		}
		return "none"
	}
	return draft{
		ID: id, Version: version, Name: a.Name, Description: a.Description, Role: a.Role.ID, Admins: a.AdminGroups, Users: kind(a.UserScope), Devices: kind(a.DeviceScope),
		UserGroups: a.UserScope.Groups, DeviceGroups: a.DeviceScope.Groups,
	}, nil
}

func (s *Site) showWizard(v *visit, code int, d wizardData) error {
	d.New, d.Names = d.D.ID == "new", s.groupNames(v)
	var err error
	if d.Roles, err = s.t.Roles(v.r.Context()); err != nil {
		return err
	}
	for _, r := range d.Roles {
		if r.ID == d.D.Role {
			d.Role = r
		}
	}
	if d.Step == "groups" || d.Step == "scope" {
		if d.Found, _, err = s.o.Directory.Groups(v.r.Context(), s.o.Tenant, directory.Query{Text: cut(d.Find, 120), Limit: 12}); err != nil {
			return err
		}
	}
	if d.Step == "review" {
		d.Reach = s.counter().Of(v.r.Context(), d.D.assignment())
	}
	v.status(code, "wizard", "asg.new.title", "assignments", d)
	return nil
}

func (s *Site) wizardSave(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	d := readDraft(v.r.PathValue("id"), f)
	for i, step := range steps {
		if p := d.check(step); len(p) > 0 {
			return s.showWizard(v, http.StatusUnprocessableEntity, wizardData{D: d, At: i, Step: step, Problems: p})
		}
	}
	// Only groups that the directory knows: a mistyped id would silently reach nobody.
	names := s.groupNames(v)
	for _, g := range slices.Concat(d.Admins, d.UserGroups, d.DeviceGroups) {
		if _, ok := names[g]; !ok {
			return errNotFound
		}
	}
	a, t := d.assignment(), s.t
	if a.ID == "new" {
		a.ID = store.NewID()
	} else {
		if _, err := s.stored(v, a.ID); err != nil {
			return err
		}
		t = t.If(store.AssignmentObject, a.ID, d.Version)
	}
	switch err := t.PutAssignment(v.r.Context(), a); {
	case errors.Is(err, store.ErrConflict):
		return s.showWizard(v, http.StatusUnprocessableEntity, wizardData{D: d, Step: "basics", Problems: []problem{{"name", "form.taken"}}})
	case errors.Is(err, store.ErrStale):
		now, err := s.stored(v, a.ID)
		if err != nil {
			return err
		}
		roles, err := s.t.Roles(v.r.Context())
		if err != nil {
			return err
		}
		d.Version = now.Version
		c := s.conflictOf(v, "assign.set", a.ID, v.draftDiff(now, d, roles, names))
		return s.showWizard(v, http.StatusPreconditionFailed, wizardData{D: d, At: len(steps) - 1, Step: "review", Conflict: c})
	case err != nil:
		return err
	}
	if err := v.note("assign.set", a.ID, a.Name); err != nil {
		return err
	}
	seeOther(v.w, v.r, "/admin/assignments")
	return nil
}

func (s *Site) assignmentDeleteAsk(v *visit) error {
	d, err := s.stored(v, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	v.show("confirm", "asg.delete", "assignments", s.assignmentToDelete(v, d))
	return nil
}

func (s *Site) assignmentToDelete(v *visit, d draft) confirmation {
	return confirmation{Name: d.Name, Key: "asg.delete", Action: v.r.URL.EscapedPath(), Back: "/admin/assignments", Version: d.Version}
}

func (s *Site) assignmentDelete(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	d, err := s.stored(v, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	switch err := s.t.If(store.AssignmentObject, d.ID, version(f)).DeleteAssignment(v.r.Context(), d.ID); {
	case errors.Is(err, store.ErrStale):
		ask := s.assignmentToDelete(v, d)
		ask.Changed = true
		v.status(http.StatusPreconditionFailed, "confirm", "asg.delete", "assignments", ask)
		return nil
	case err != nil:
		return err
	}
	if err := v.note("assign.delete", d.ID, d.Name); err != nil {
		return err
	}
	seeOther(v.w, v.r, "/admin/assignments")
	return nil
}
