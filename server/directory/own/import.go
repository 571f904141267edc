package own

import (
	"context"
	"errors"

	"beside/server/directory/file"
	"beside/server/store"
)

// Import puts what a directory file has of a tenant into the database: it adds what is missing and
// brings up to date what is there. It takes nothing away, and leaves alone who is provisioned.
func Import(ctx context.Context, t *store.Tenant, data file.Tenant) error {
	members := map[string][]string{} // of groups
	into := func(id string, groups []string) {
		for _, g := range groups {
			members[g] = append(members[g], id)
		}
	}
	for _, p := range data.People {
		id, err := importPerson(ctx, t, data.Company, p)
		if err != nil {
			return err
		}
		into(id, p.Groups)
	}
	for _, d := range data.Devices {
		row := store.DirDevice{ID: d.ID, Name: d.Name, OS: d.OS, Owner: d.Owner, Enrolled: d.Enrolled, Registered: d.Registered, State: d.State}
		if err := t.PutDevice(ctx, row); err != nil {
			return err
		}
		into(d.ID, d.Groups)
	}
	for _, g := range data.Groups {
		into(g.ID, g.In)
		_, err := t.AddGroup(ctx, store.DirGroup{ID: g.ID, Name: g.Name, Source: store.SourceConsole}, nil)
		if err != nil && !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	for _, g := range data.Groups { // all of them are there
		if _, err := t.ChangeGroup(ctx, g.ID, 0, func(e *store.GroupEdit) error {
			e.Name, e.Steps = g.Name, []store.MemberStep{{Op: store.MembersAdd, IDs: members[g.ID]}}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

func importPerson(ctx context.Context, t *store.Tenant, company string, p file.Person) (id string, err error) {
	if p.Company == "" {
		p.Company = company
	}
	if p.Username == "" {
		p.Username = p.OID
	}
	set := func(to *store.DirPerson) error {
		to.Username, to.Name, to.Given, to.Family, to.Job, to.Company = p.Username, p.Name, p.Given, p.Family, p.Job, p.Company
		to.Guest, to.Active = p.Guest, !p.Disabled
		return nil
	}
	have, err := t.PersonByObject(ctx, p.OID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		row := store.DirPerson{Object: p.OID, Source: store.SourceConsole}
		_ = set(&row) // never fails
		have, err = t.AddPerson(ctx, row)
	case err == nil && have.Source != store.SourceSCIM:
		have, err = t.ChangePerson(ctx, have.ID, 0, func(to *store.DirPerson) error { to.Source = store.SourceConsole; return set(to) })
	}
	return have.ID, err
}
