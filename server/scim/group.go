package scim

import (
	"net/http"

	"beside/server/store"
)

// maxListed is how many members all groups of one list may have together.
const maxListed = 100_000

// setGroup carries out one change of a group. Attributes that are not kept are left alone.
func setGroup(e *store.GroupEdit, c change) (err error) {
	switch c.at.name {
	case "displayname":
		e.Name, err = text(c.value)
	case "externalid":
		if c.op == "remove" {
			c.value = nil
		}
		e.ExternalID, err = text(c.value)
	case "members":
		return setMembers(e, c)
	}
	return err
}

func setMembers(e *store.GroupEdit, c change) error {
	ids, err := memberIDs(c.value)
	if err != nil {
		return err
	}
	step := store.MemberStep{Op: store.MembersAdd, IDs: ids}
	switch {
	case c.at.sub != "":
		return errPath
	case c.at.term != nil: // one member is named: only taking it out makes sense
		id, ok := c.at.term.value.(string)
		if c.op != "remove" || c.at.term.attr.name != "value" || !ok {
			return errPath
		}
		step = store.MemberStep{Op: store.MembersRemove, IDs: []string{id}}
	case c.op == "replace":
		step.Op = store.MembersReplace
	case c.op == "remove" && c.value == nil:
		step.Op = store.MembersReplace // by nobody
	case c.op == "remove":
		step.Op = store.MembersRemove
	}
	e.Steps = append(e.Steps, step)
	return nil
}

func applyGroup(e *store.GroupEdit, cs []change) error {
	for _, c := range cs {
		if err := setGroup(e, c); err != nil {
			return err
		}
	}
	if e.Name == "" {
		return bad("invalidValue", "displayName is needed.")
	}
	e.Source = store.SourceSCIM
	return nil
}

func (s *Server) createGroup(v *visit) error {
	all, err := readAll(v.r)
	if err != nil {
		return err
	}
	var e store.GroupEdit
	if err := applyGroup(&e, all); err != nil {
		return err
	}
	var members []string
	for _, step := range e.Steps {
		members = step.IDs // there is one at most: a name stands once in an object
	}
	g, err := v.t.AddGroup(v.r.Context(), e.DirGroup, members)
	if err != nil {
		return err
	}
	if err := v.note("group.create", g.ID); err != nil {
		return err
	}
	return s.showGroup(v, http.StatusCreated, g)
}

func (s *Server) getGroup(v *visit) error {
	g, err := v.group()
	if err != nil {
		return err
	}
	return s.showGroup(v, http.StatusOK, g)
}

// group is the one that the request names, if it was provisioned.
func (v *visit) group() (store.DirGroup, error) {
	g, err := v.t.DirGroup(v.r.Context(), v.r.PathValue("id"))
	if err == nil && g.Source != store.SourceSCIM {
		err = errAbsent
	}
	return g, err
}

func (s *Server) putGroup(v *visit) error {
	all, err := readAll(v.r)
	if err != nil {
		return err
	}
	g, err := s.editGroup(v, "group.replace", func(e *store.GroupEdit) error {
		e.Name, e.ExternalID = "", ""
		if err := applyGroup(e, all); err != nil {
			return err
		}
		if len(e.Steps) == 0 {
			e.Steps = []store.MemberStep{{Op: store.MembersReplace}}
		}
		e.Steps[0].Op = store.MembersReplace
		return nil
	})
	if err != nil {
		return err
	}
	return s.showGroup(v, http.StatusOK, g)
}

// patchGroup answers without the group, which may be large, unless the client says what it wants of it.
func (s *Server) patchGroup(v *visit) error {
	cs, err := readPatch(v.r)
	if err != nil {
		return err
	}
	g, err := s.editGroup(v, "group.change", func(e *store.GroupEdit) error { return applyGroup(e, cs) })
	if err != nil {
		return err
	}
	if v.r.URL.Query().Has("attributes") {
		return s.showGroup(v, http.StatusOK, g)
	}
	v.w.Header().Set("ETag", tag(g.Version))
	v.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) editGroup(v *visit, action string, fn func(*store.GroupEdit) error) (store.DirGroup, error) {
	version, err := ifMatch(v.r)
	if err != nil {
		return store.DirGroup{}, err
	}
	var was int64
	g, err := v.t.ChangeGroup(v.r.Context(), v.r.PathValue("id"), version, func(e *store.GroupEdit) error {
		if e.Source != store.SourceSCIM {
			return errAbsent
		}
		was = e.Version
		return fn(e)
	})
	if err == nil && g.Version != was {
		err = v.note(action, g.ID)
	}
	return g, err
}

func (s *Server) deleteGroup(v *visit) error {
	version, err := ifMatch(v.r)
	if err != nil {
		return err
	}
	g, err := v.group()
	if err != nil {
		return err
	}
	if err := v.t.DropGroup(v.r.Context(), g.ID, version); err != nil {
		return err
	}
	if err := v.note("group.delete", g.ID); err != nil {
		return err
	}
	v.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) listGroups(v *visit) error {
	q, none, err := v.query(groupFilter)
	if err != nil {
		return err
	}
	var rows []store.DirGroup
	total := 0
	if !none {
		if rows, total, err = v.t.FindGroups(v.r.Context(), q); err != nil {
			return err
		}
	}
	if q.Limit == 0 {
		rows = nil
	}
	list, members := make([]resource, len(rows)), 0
	for i, g := range rows {
		var n int
		if list[i], n, err = s.group(v, g); err != nil {
			return err
		}
		if members += n; members > maxListed {
			return bad("tooMany", "The groups have too many members for one list: ask for fewer, or with excludedAttributes=members.")
		}
	}
	return v.list(list, total, q.Offset)
}

// groupFilter puts a term of a filter into a query.
func groupFilter(q *store.DirQuery, t term) error {
	if t.attr.name == "members" && (t.attr.sub == "" || t.attr.sub == "value") {
		return narrow(&q.Member, t.value)
	}
	to := map[string]*string{"id": &q.ID, "externalid": &q.ExternalID, "displayname": &q.Name}[t.attr.name]
	if to == nil || t.attr.sub != "" {
		return errFilter
	}
	return narrow(to, t.value)
}

func (s *Server) showGroup(v *visit, status int, g store.DirGroup) error {
	res, _, err := s.group(v, g)
	if err != nil {
		return err
	}
	s.single(v.w, v.r, status, res, g.Version)
	return nil
}

func (s *Server) group(v *visit, g store.DirGroup) (res resource, members int, err error) {
	res = resource{
		"schemas": []string{schemaGroup}, "id": g.ID, "displayName": g.Name, "meta": s.meta("Group", "Groups", g.ID, g.Created, g.Changed, g.Version),
	}
	if g.ExternalID != "" {
		res["externalId"] = g.ExternalID
	}
	if !wants(v.r, "members") {
		return res, 0, nil
	}
	ms, err := v.t.Members(v.r.Context(), g.ID)
	if err != nil {
		return nil, 0, err
	}
	in := []resource{}
	for _, m := range ms {
		switch m.Kind {
		case store.MemberPerson:
			in = append(in, resource{"value": m.ID, "type": "User", "$ref": s.o.Base + "/Users/" + m.ID})
		case store.MemberGroup:
			in = append(in, resource{"value": m.ID, "type": "Group", "$ref": s.o.Base + "/Groups/" + m.ID})
		default:
			in = append(in, resource{"value": m.ID})
		}
	}
	res["members"] = in
	return res, len(in), nil
}
