package scim

import (
	"net/http"
	"strings"
	"time"

	"beside/server/store"
)

// setUser carries out one change of a user. Attributes that are not kept are left alone.
func setUser(p *store.DirPerson, c change) error {
	var err error
	if c.op == "remove" {
		c.value = nil
	}
	to := map[string]*string{
		"username": &p.Username, "externalid": &p.ExternalID, "displayname": &p.Name, "title": &p.Job, attrCompany: &p.Company,
	}[c.at.name]
	switch {
	case to != nil:
		*to, err = text(c.value)
	case c.at.name == "name":
		err = setName(p, c)
	case c.at.name == "active":
		p.Active = false
		if c.value != nil {
			p.Active, err = boolean(c.value)
		}
	case c.at.name == "usertype":
		var kind string
		kind, err = text(c.value)
		p.Guest = strings.EqualFold(kind, "guest")
	case c.at.name == "emails":
		err = setEmail(p, c)
	}
	return err
}

func setName(p *store.DirPerson, c change) (err error) {
	switch c.at.sub {
	case "":
		p.Given, p.Family = "", ""
	case "givenname":
		p.Given, err = text(c.value)
	case "familyname":
		p.Family, err = text(c.value)
	case "formatted":
		if p.Name == "" {
			p.Name, err = text(c.value)
		}
	}
	return err
}

// setEmail keeps one address: the primary one, that of work, or the first.
func setEmail(p *store.DirPerson, c change) (err error) {
	if t := c.at.term; t != nil {
		kind, _ := t.value.(string)
		if t.attr.name == "type" && !strings.EqualFold(kind, "work") {
			return nil // of another kind than the one that is kept
		}
	}
	if c.at.sub != "" && c.at.sub != "value" {
		return nil
	}
	if c.at.sub == "value" || c.value == nil {
		p.Email, err = text(c.value)
		return err
	}
	best := -1
	for _, v := range values(c.value) {
		m, err := object(v)
		if err != nil {
			return err
		}
		addr, err := text(m["value"])
		if err != nil {
			return err
		}
		kind, _ := m["type"].(string)
		rank := 0
		if strings.EqualFold(kind, "work") {
			rank = 1
		}
		if main, err := boolean(m["primary"]); err == nil && main {
			rank = 2
		}
		if addr != "" && rank > best {
			p.Email, best = addr, rank
		}
	}
	return nil
}

// complete checks a user after all changes and derives what hangs on others.
func (s *Server) complete(p *store.DirPerson) error {
	if p.Username == "" {
		return bad("invalidValue", "userName is needed.")
	}
	if p.Name == "" {
		p.Name = strings.TrimSpace(p.Given + " " + p.Family)
	}
	if p.Name == "" {
		p.Name = p.Username
	}
	p.Object = s.o.Object(p.ExternalID) // "" if tokens cannot name them: then the store gives one that none can
	p.Source = store.SourceSCIM
	return nil
}

func (s *Server) createUser(v *visit) error {
	all, err := readAll(v.r)
	if err != nil {
		return err
	}
	p := store.DirPerson{Active: true}
	if err := s.apply(&p, all); err != nil {
		return err
	}
	if p, err = v.t.AddPerson(v.r.Context(), p); err != nil {
		return err
	}
	if err := v.note("user.create", p.ID); err != nil {
		return err
	}
	return s.showUser(v, http.StatusCreated, p)
}

func (s *Server) apply(p *store.DirPerson, cs []change) error {
	for _, c := range cs {
		if err := setUser(p, c); err != nil {
			return err
		}
	}
	return s.complete(p)
}

func (s *Server) getUser(v *visit) error {
	p, err := v.person()
	if err != nil {
		return err
	}
	return s.showUser(v, http.StatusOK, p)
}

// person is the one that the request names, if it was provisioned.
func (v *visit) person() (store.DirPerson, error) {
	p, err := v.t.DirPerson(v.r.Context(), v.r.PathValue("id"))
	if err == nil && p.Source != store.SourceSCIM {
		err = errAbsent
	}
	return p, err
}

func (s *Server) putUser(v *visit) error {
	all, err := readAll(v.r)
	if err != nil {
		return err
	}
	return s.editUser(v, "user.replace", func(p *store.DirPerson) error {
		*p = store.DirPerson{Active: true, Object: p.Object}
		return s.apply(p, all)
	})
}

func (s *Server) patchUser(v *visit) error {
	cs, err := readPatch(v.r)
	if err != nil {
		return err
	}
	return s.editUser(v, "user.change", func(p *store.DirPerson) error { return s.apply(p, cs) })
}

func (s *Server) editUser(v *visit, action string, fn func(*store.DirPerson) error) error {
	version, err := ifMatch(v.r)
	if err != nil {
		return err
	}
	var was int64
	p, err := v.t.ChangePerson(v.r.Context(), v.r.PathValue("id"), version, func(p *store.DirPerson) error {
		if p.Source != store.SourceSCIM {
			return errAbsent
		}
		was = p.Version
		return fn(p)
	})
	if err != nil {
		return err
	}
	if p.Version != was {
		if err := v.note(action, p.ID); err != nil {
			return err
		}
	}
	return s.showUser(v, http.StatusOK, p)
}

func (s *Server) deleteUser(v *visit) error {
	version, err := ifMatch(v.r)
	if err != nil {
		return err
	}
	p, err := v.person()
	if err != nil {
		return err
	}
	if err := v.t.DropPerson(v.r.Context(), p.ID, version); err != nil {
		return err
	}
	if err := v.note("user.delete", p.ID); err != nil {
		return err
	}
	v.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) listUsers(v *visit) error {
	q, none, err := v.query(userFilter)
	if err != nil {
		return err
	}
	var rows []store.DirPerson
	total := 0
	if !none {
		if rows, total, err = v.t.FindPeople(v.r.Context(), q); err != nil {
			return err
		}
	}
	if q.Limit == 0 {
		rows = nil
	}
	list, err := s.users(v, rows)
	if err != nil {
		return err
	}
	return v.list(list, total, q.Offset)
}

// userFilter puts a term of a filter into a query.
func userFilter(q *store.DirQuery, t term) error {
	if t.attr.name == "active" && t.attr.sub == "" {
		on, err := boolean(t.value)
		if err != nil || q.Active != nil && *q.Active != on {
			return errFilter
		}
		q.Active = &on
		return nil
	}
	if t.attr.name == "emails" {
		return narrow(&q.Email, t.value)
	}
	if t.attr.sub != "" {
		return errFilter
	}
	to := map[string]*string{"id": &q.ID, "username": &q.Username, "externalid": &q.ExternalID, "displayname": &q.Name}[t.attr.name]
	if to == nil {
		return errFilter
	}
	return narrow(to, t.value)
}

func (s *Server) showUser(v *visit, status int, p store.DirPerson) error {
	list, err := s.users(v, []store.DirPerson{p})
	if err != nil {
		return err
	}
	s.single(v.w, v.r, status, list[0], p.Version)
	return nil
}

func (s *Server) users(v *visit, rows []store.DirPerson) ([]resource, error) {
	groups := map[string][]store.DirGroup{}
	if wants(v.r, "groups") {
		ids := make([]string, len(rows))
		for i, p := range rows {
			ids[i] = p.ID
		}
		var err error
		if groups, err = v.t.DirectGroups(v.r.Context(), ids); err != nil {
			return nil, err
		}
	}
	out := make([]resource, len(rows))
	for i, p := range rows {
		out[i] = s.user(p, groups[p.ID])
	}
	return out, nil
}

func (s *Server) user(p store.DirPerson, groups []store.DirGroup) resource {
	kind := "Member"
	if p.Guest {
		kind = "Guest"
	}
	res := resource{
		"schemas": []string{schemaUser, schemaEnterprise}, "id": p.ID, "userName": p.Username, "displayName": p.Name, "active": p.Active, "userType": kind,
		"name": resource{"formatted": p.Name, "givenName": p.Given, "familyName": p.Family},
		"meta": s.meta("User", "Users", p.ID, p.Created, p.Changed, p.Version),
	}
	if p.ExternalID != "" {
		res["externalId"] = p.ExternalID
	}
	if p.Job != "" {
		res["title"] = p.Job
	}
	if p.Email != "" {
		res["emails"] = []resource{{"value": p.Email, "type": "work", "primary": true}}
	}
	if p.Company != "" {
		res[schemaEnterprise] = resource{attrCompany: p.Company}
	}
	var in []resource
	for _, g := range groups {
		if g.Source == store.SourceSCIM {
			in = append(in, resource{"value": g.ID, "display": g.Name, "type": "direct", "$ref": s.o.Base + "/Groups/" + g.ID})
		}
	}
	if len(in) > 0 {
		res["groups"] = in
	}
	return res
}

func (s *Server) meta(kind, plural, id string, created, changed time.Time, version int64) resource {
	return resource{
		"resourceType": kind, "created": created.Format(time.RFC3339Nano), "lastModified": changed.Format(time.RFC3339Nano),
		"location": s.o.Base + "/" + plural + "/" + id, "version": tag(version),
	}
}
