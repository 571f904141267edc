package admin

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"beside/policy"
	"beside/server/store"
)

// problem is one thing to correct in a form.
type problem struct{ Field, Key string }

// form reads the form of a request, strictly.
func (v *visit) form() (url.Values, error) {
	if err := v.r.ParseForm(); err != nil {
		return nil, err
	}
	return v.r.PostForm, nil
}

func version(f url.Values) int64 {
	n, err := strconv.ParseInt(f.Get("version"), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

type settingsData struct {
	S        policy.Settings
	Version  int64
	Running  int
	Saved    bool
	Conflict *conflict
	Problems []problem
	Dirty    bool
	ByPerson int // assignments without a device scope
}

func (s *Site) settingsData(v *visit) (settingsData, error) {
	var d settingsData
	var err error
	// The version first: whatever comes between makes a save stale, and never lost.
	if d.Version, err = s.t.Version(v.r.Context(), store.SettingsObject, ""); err != nil {
		return d, err
	}
	if d.S, err = s.t.Settings(v.r.Context()); err != nil {
		return d, err
	}
	if d.Running, err = s.running(v.r.Context()); err != nil {
		return d, err
	}
	as, err := s.t.Assignments(v.r.Context())
	for _, a := range as {
		if !a.DeviceScope.Named() {
			d.ByPerson++
		}
	}
	return d, err
}

func (s *Site) settings(v *visit) error {
	d, err := s.settingsData(v)
	if err != nil {
		return err
	}
	d.Saved = v.r.URL.Query().Get("saved") != ""
	v.show("settings", "nav.settings", "settings", d)
	return nil
}

func (s *Site) settingsSave(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	d, err := s.settingsData(v)
	if err != nil {
		return err
	}
	had := d.S
	want := had
	want.Enabled, want.AllowUnenrolled = f.Has("enabled"), f.Has("unenrolled")
	want.DisableChat, want.Unattended, want.ElevationOnUnverified = f.Has("nochat"), f.Has("unattended"), f.Has("unverified")
	if want.Enabled && want.Licence == policy.LicenceNone {
		d.S, d.Dirty, d.Problems = want, true, []problem{{"enabled", "sub.none"}}
		v.status(http.StatusUnprocessableEntity, "settings", "nav.settings", "settings", d)
		return nil
	}
	switch err := s.t.If(store.SettingsObject, "", version(f)).PutSettings(v.r.Context(), v.who.Object, want); {
	case errors.Is(err, store.ErrStale):
		d, err = s.settingsData(v) // again: theirs may have come since
		if err != nil {
			return err
		}
		d.Conflict, d.S, d.Dirty = s.conflictOf(v, "settings.set", "", v.settingsDiff(d.S, want)), want, true
		v.status(http.StatusPreconditionFailed, "settings", "nav.settings", "settings", d)
		return nil
	case err != nil:
		return err
	}
	if err := v.note("settings.set", "", had.Changes(want)); err != nil {
		return err
	}
	seeOther(v.w, v.r, "/admin/settings?saved=1")
	return nil
}

type rolesData struct {
	List []policy.Role
	Used map[string]int
}

func (s *Site) roles(v *visit) error {
	d := rolesData{Used: map[string]int{}}
	var err error
	if d.List, err = s.t.Roles(v.r.Context()); err != nil {
		return err
	}
	as, err := s.t.Assignments(v.r.Context())
	if err != nil {
		return err
	}
	for _, a := range as {
		d.Used[a.Role.ID]++
	}
	v.show("roles", "nav.roles", "roles", d)
	return nil
}

type roleData struct {
	R        policy.Role
	New      bool
	Version  int64
	Problems []problem
	Conflict *conflict
	Dirty    bool
	By       []store.Assignment
}

// role finds a role; id "new" is an empty one, or a copy of the one that from names.
func (s *Site) role(v *visit) (roleData, error) {
	id := v.r.PathValue("id")
	version, err := s.t.Version(v.r.Context(), store.RoleObject, id) // first, as with settings
	if err != nil {
		return roleData{}, err
	}
	all, err := s.t.Roles(v.r.Context())
	if err != nil {
		return roleData{}, err
	}
	find := func(id string) (policy.Role, bool) {
		i := slices.IndexFunc(all, func(r policy.Role) bool { return r.ID == id })
		if i < 0 {
			return policy.Role{}, false
		}
		return all[i], true
	}
	if id == "new" {
		d := roleData{New: true, R: policy.Role{Permissions: policy.Permissions{Offer: true, View: true}}}
		if from, ok := find(v.r.URL.Query().Get("from")); ok {
			d.R.Permissions = from.Permissions
			d.R.Name = v.t("role.copy", "name", from.Name)
		}
		return d, nil
	}
	r, ok := find(id)
	if !ok {
		return roleData{}, errNotFound
	}
	d := roleData{R: r, Version: version}
	as, err := s.t.Assignments(v.r.Context())
	for _, a := range as {
		if a.Role.ID == id {
			d.By = append(d.By, a)
		}
	}
	return d, err
}

func (s *Site) roleEdit(v *visit) error {
	d, err := s.role(v)
	if err != nil {
		return err
	}
	v.show("role", "role.title", "roles", d)
	return nil
}

func (s *Site) roleSave(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	d, err := s.role(v)
	if err != nil {
		return err
	}
	if d.R.BuiltIn {
		return errForbidden
	}
	ticked := f["perm"]
	d.R.Name = strings.TrimSpace(f.Get("name"))
	d.R.Permissions = policy.Permissions{
		Offer: slices.Contains(ticked, "offer"), View: slices.Contains(ticked, "view"), Control: slices.Contains(ticked, "control"),
		Elevation: slices.Contains(ticked, "elevation"), Unattended: slices.Contains(ticked, "unattended"),
	}.Implied()
	t := s.t
	if d.New {
		d.R.ID = store.NewID()
	} else {
		t = t.If(store.RoleObject, d.R.ID, version(f))
	}
	code := http.StatusUnprocessableEntity
	switch n := len([]rune(d.R.Name)); {
	case n == 0:
		d.Problems = []problem{{"name", "form.name"}}
	case n > 80:
		d.Problems = []problem{{"name", "form.long"}}
	default:
		err := t.PutRole(v.r.Context(), d.R)
		switch {
		case errors.Is(err, store.ErrConflict):
			d.Problems = []problem{{"name", "form.taken"}}
		case errors.Is(err, store.ErrStale):
			now, err := s.role(v)
			if err != nil {
				return err
			}
			d.Version, code = now.Version, http.StatusPreconditionFailed
			d.Conflict = s.conflictOf(v, "role.set", d.R.ID, v.roleDiff(now.R, d.R))
		case err != nil:
			return err
		default:
			if err := v.note("role.set", d.R.ID, d.R.Name+": "+strings.Join(ticked, " ")); err != nil {
				return err
			}
			seeOther(v.w, v.r, "/admin/roles")
			return nil
		}
	}
	d.Dirty = true
	v.status(code, "role", "role.title", "roles", d)
	return nil
}

// confirmation asks before something is removed.
type confirmation struct {
	Name, Key, Action, Back string
	Do                      string             // key of the button's word, "delete" if empty
	By                      []store.Assignment // what forbids it
	Version                 int64
	Changed                 bool // somebody changed it since it was asked
}

// roleToDelete is a role that may be deleted at all, and what to ask before.
func (s *Site) roleToDelete(v *visit) (roleData, confirmation, error) {
	d, err := s.role(v)
	if err == nil && (d.New || d.R.BuiltIn) {
		err = errNotFound
	}
	return d, confirmation{Name: d.R.Name, Key: "role.delete", Action: v.r.URL.EscapedPath(), Back: "/admin/roles/" + url.PathEscape(d.R.ID), By: d.By, Version: d.Version}, err
}

func (s *Site) roleDeleteAsk(v *visit) error {
	_, ask, err := s.roleToDelete(v)
	if err != nil {
		return err
	}
	v.show("confirm", "role.delete", "roles", ask)
	return nil
}

func (s *Site) roleDelete(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	d, ask, err := s.roleToDelete(v)
	if err != nil {
		return err
	}
	if len(d.By) > 0 { // deleting it would take the assignments along
		v.status(http.StatusConflict, "confirm", "role.delete", "roles", ask)
		return nil
	}
	switch err := s.t.If(store.RoleObject, d.R.ID, version(f)).DeleteRole(v.r.Context(), d.R.ID); {
	case errors.Is(err, store.ErrStale):
		ask.Changed = true
		v.status(http.StatusPreconditionFailed, "confirm", "role.delete", "roles", ask)
		return nil
	case err != nil:
		return err
	}
	if err := v.note("role.delete", d.R.ID, d.R.Name); err != nil {
		return err
	}
	seeOther(v.w, v.r, "/admin/roles")
	return nil
}
