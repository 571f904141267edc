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

// roles are the roles as policy objects.
func (s *Server) roles() rule[policy.Role, roleBody] {
	return rule[policy.Role, roleBody]{
		s: s, kind: store.RoleObject, path: "roles", records: "role", all: (*store.Tenant).Roles,
		id: func(r policy.Role) string { return r.ID }, name: func(r policy.Role) string { return r.Name },
		detail: func(r policy.Role) string { return r.Name + ": " + strings.Join(r.Permissions.Rights().Names(), " ") },
		body:   roleOf, read: readRole, put: (*store.Tenant).PutRole, drop: (*store.Tenant).DeleteRole, needed: s.given,
	}
}

// given refuses while assignments give a role: they would go with it.
func (s *Server) given(ctx context.Context, role string) error {
	as, err := s.t.Assignments(ctx)
	if err != nil {
		return err
	}
	for _, a := range as {
		if a.Role.ID == role {
			return &problem.Details{Problem: problem.New(problem.Taken), Detail: "assignments give this role"}
		}
	}
	return nil
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
