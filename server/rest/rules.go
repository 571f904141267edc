package rest

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"beside/policy"
	"beside/server/problem"
	"beside/server/store"
)

type settingsBody struct {
	Licence               string `json:"licence"` // read only
	Enabled               bool   `json:"enabled"`
	AllowUnenrolled       bool   `json:"allow_unenrolled"`
	DisableChat           bool   `json:"disable_chat"`
	Unattended            bool   `json:"unattended"`
	ElevationOnUnverified bool   `json:"elevation_on_unverified"`
}

// readSettings reads the version first: whatever comes between makes a later change stale, never lost.
func (s *Server) readSettings(ctx context.Context) (policy.Settings, int64, error) {
	v, err := s.t.Version(ctx, store.SettingsObject, "")
	if err != nil {
		return policy.Settings{}, 0, err
	}
	have, err := s.t.Settings(ctx)
	return have, v, err
}

func settingsOf(x policy.Settings) settingsBody {
	return settingsBody{x.Licence.String(), x.Enabled, x.AllowUnenrolled, x.DisableChat, x.Unattended, x.ElevationOnUnverified}
}

func (s *Server) settings(c *call) error {
	have, v, err := s.readSettings(c.r.Context())
	if err != nil {
		return err
	}
	return c.tagged(http.StatusOK, store.SettingsObject, v, settingsOf(have))
}

func (s *Server) putSettings(c *call) error {
	var in settingsBody
	if err := decode(c, &in, "enabled", "allow_unenrolled", "disable_chat", "unattended", "elevation_on_unverified"); err != nil {
		return err
	}
	version, err := c.ifMatch(store.SettingsObject)
	if err != nil {
		return err
	}
	had, _, err := s.readSettings(c.r.Context())
	if err != nil {
		return err
	}
	want := policy.Settings{
		Licence: had.Licence, Enabled: in.Enabled, AllowUnenrolled: in.AllowUnenrolled, DisableChat: in.DisableChat,
		Unattended: in.Unattended, ElevationOnUnverified: in.ElevationOnUnverified,
	}
	if want.Enabled && want.Licence == policy.LicenceNone {
		return invalid(problem.Fault{Pointer: "/enabled", Detail: "the organisation has no licence"})
	}
	err = s.t.If(store.SettingsObject, "", version).PutSettings(c.r.Context(), c.who.Object, want)
	if errors.Is(err, store.ErrStale) {
		have, v, err := s.readSettings(c.r.Context())
		if err != nil {
			return err
		}
		return c.stale(store.SettingsObject, v, settingsOf(have))
	}
	if err != nil {
		return err
	}
	if err := s.note(c, "settings.set", "", had.Changes(want)); err != nil {
		return err
	}
	return s.settings(c)
}

type permissionsBody struct {
	Offer      bool `json:"offer"`
	View       bool `json:"view"`
	Control    bool `json:"control"`
	Elevation  bool `json:"elevation"`
	Unattended bool `json:"unattended"`
}

type roleBody struct {
	ID          string          `json:"id"` // read only, as the next and the last
	BuiltIn     bool            `json:"built_in"`
	Name        string          `json:"name"`
	Permissions permissionsBody `json:"permissions"`
	Rights      []string        `json:"rights"`
}

func roleOf(r policy.Role) roleBody {
	return roleBody{r.ID, r.BuiltIn, r.Name, permissionsBody(r.Permissions), r.Permissions.Rights().Names()}
}

func (s *Server) roles(c *call) error {
	all, err := s.t.Roles(c.r.Context())
	if err != nil {
		return err
	}
	return slice(c, all, roleOf)
}

// findRole is a role with its version, which is read first.
func (s *Server) findRole(ctx context.Context, id string) (policy.Role, int64, error) {
	v, err := s.t.Version(ctx, store.RoleObject, id)
	if err != nil {
		return policy.Role{}, 0, err
	}
	all, err := s.t.Roles(ctx)
	if err != nil {
		return policy.Role{}, 0, err
	}
	for _, r := range all {
		if r.ID == id {
			return r, v, nil
		}
	}
	return policy.Role{}, 0, problem.New(problem.Unknown)
}

func (s *Server) role(c *call) error { return s.sendRole(c, http.StatusOK, c.r.PathValue("id")) }

func (s *Server) sendRole(c *call, code int, id string) error {
	r, v, err := s.findRole(c.r.Context(), id)
	if err != nil {
		return err
	}
	return c.tagged(code, store.RoleObject, v, roleOf(r))
}

// readRole reads and checks a body.
func readRole(c *call, id string) (policy.Role, error) {
	var in roleBody
	if err := decode(c, &in, "name", "permissions"); err != nil {
		return policy.Role{}, err
	}
	r := policy.Role{ID: id, Name: strings.TrimSpace(in.Name), Permissions: policy.Permissions(in.Permissions).Implied()}
	if f := nameFault(r.Name); f != nil {
		return r, invalid(*f)
	}
	return r, nil
}

// maxName is the longest name, in characters, as on the admin site.
const maxName = 80

func nameFault(name string) *problem.Fault {
	switch n := len([]rune(name)); {
	case n == 0:
		return &problem.Fault{Pointer: "/name", Detail: "is empty"}
	case n > maxName:
		return &problem.Fault{Pointer: "/name", Detail: "is longer than 80 characters"}
	}
	return nil
}

func taken() error {
	return &problem.Details{Problem: problem.New(problem.Taken), Errors: []problem.Fault{{Pointer: "/name", Detail: "is taken, or the role is built in"}}}
}

func (s *Server) newRole(c *call) error {
	id, err := s.newID(c, store.RoleObject)
	if err != nil {
		return err
	}
	r, err := readRole(c, id)
	if err != nil {
		return err
	}
	switch err = s.t.If(store.RoleObject, id, 0).PutRole(c.r.Context(), r); {
	case errors.Is(err, store.ErrStale): // made before, under this key
		if had, _, err := s.findRole(c.r.Context(), id); err != nil || had != r {
			return errors.Join(problem.New(problem.Reused), err)
		}
	case errors.Is(err, store.ErrConflict):
		return taken()
	case err != nil:
		return err
	default:
		if err := s.note(c, "role.set", id, r.Name+": "+strings.Join(r.Permissions.Rights().Names(), " ")); err != nil {
			return err
		}
	}
	c.w.Header().Set("Location", Prefix+"roles/"+id)
	return s.sendRole(c, http.StatusCreated, id)
}

func (s *Server) putRole(c *call) error {
	id := c.r.PathValue("id")
	if _, _, err := s.findRole(c.r.Context(), id); err != nil {
		return err
	}
	version, err := c.ifMatch(store.RoleObject)
	if err != nil {
		return err
	}
	r, err := readRole(c, id)
	if err != nil {
		return err
	}
	switch err = s.t.If(store.RoleObject, id, version).PutRole(c.r.Context(), r); {
	case errors.Is(err, store.ErrStale):
		return s.staleRole(c, id)
	case errors.Is(err, store.ErrConflict):
		return taken()
	case err != nil:
		return err
	}
	if err := s.note(c, "role.set", id, r.Name+": "+strings.Join(r.Permissions.Rights().Names(), " ")); err != nil {
		return err
	}
	return s.role(c)
}

func (s *Server) staleRole(c *call, id string) error {
	r, v, err := s.findRole(c.r.Context(), id)
	if err != nil {
		return err
	}
	return c.stale(store.RoleObject, v, roleOf(r))
}

// deleteRole refuses while assignments give the role: they would go with it.
func (s *Server) deleteRole(c *call) error {
	id := c.r.PathValue("id")
	r, _, err := s.findRole(c.r.Context(), id)
	if err != nil {
		return err
	}
	version, err := c.ifMatch(store.RoleObject)
	if err != nil {
		return err
	}
	as, err := s.t.Assignments(c.r.Context())
	if err != nil {
		return err
	}
	for _, a := range as {
		if a.Role.ID == id {
			return &problem.Details{Problem: problem.New(problem.Taken), Detail: "assignments give this role"}
		}
	}
	switch err := s.t.If(store.RoleObject, id, version).DeleteRole(c.r.Context(), id); {
	case errors.Is(err, store.ErrStale):
		return s.staleRole(c, id)
	case err != nil:
		return err
	}
	if err := s.note(c, "role.delete", id, r.Name); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
