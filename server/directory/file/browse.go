package file

import (
	"context"
	"maps"

	"beside/server/directory"
)

var _ directory.Browser = (*Directory)(nil)

// People implements directory.Browser.
func (d *Directory) People(_ context.Context, tenant string, q directory.Query) ([]directory.Person, int, error) {
	t, err := d.tenant(tenant)
	if err != nil {
		return nil, 0, err
	}
	list, total := directory.Choose(maps.Values(t.people), q, func(p directory.Person) ([]string, []string) {
		return []string{p.Card.Name, p.Card.Job, p.Object}, p.Groups
	})
	return list, total, nil
}

// Devices implements directory.Browser.
func (d *Directory) Devices(_ context.Context, tenant string, q directory.Query) ([]directory.Device, int, error) {
	t, err := d.tenant(tenant)
	if err != nil {
		return nil, 0, err
	}
	list, total := directory.Choose(maps.Values(t.devices), q, func(x directory.Device) ([]string, []string) {
		return []string{x.Name, x.OS, x.ID, t.people[x.Owner].Card.Name}, x.Groups
	})
	return list, total, nil
}

// Groups implements directory.Browser.
func (d *Directory) Groups(_ context.Context, tenant string, q directory.Query) ([]directory.Group, int, error) {
	t, err := d.tenant(tenant)
	if err != nil {
		return nil, 0, err
	}
	list, total := directory.Choose(maps.Values(t.groups), q, func(g directory.Group) ([]string, []string) { return []string{g.Name, g.ID}, nil })
	return list, total, nil
}

// count fills in how much is in each group.
func (x *index) count() {
	for _, p := range x.people {
		for _, id := range p.Groups {
			g := x.groups[id]
			g.People++
			x.groups[id] = g
		}
	}
	for _, d := range x.devices {
		for _, id := range d.Groups {
			g := x.groups[id]
			g.Devices++
			x.groups[id] = g
		}
	}
}
