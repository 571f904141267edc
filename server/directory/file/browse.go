package file

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"beside/server/directory"
)

var _ directory.Browser = (*Directory)(nil)

// People implements directory.Browser.
func (d *Directory) People(_ context.Context, tenant string, q directory.Query) ([]directory.Person, int, error) {
	t, err := d.tenant(tenant)
	if err != nil {
		return nil, 0, err
	}
	list, total := choose(t.people, q, func(p directory.Person) ([]string, []string) {
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
	list, total := choose(t.devices, q, func(x directory.Device) ([]string, []string) {
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
	list, total := choose(t.groups, q, func(g directory.Group) ([]string, []string) { return []string{g.Name, g.ID}, nil })
	return list, total, nil
}

// choose filters by text and group, orders by the first word and cuts.
func choose[T any](all map[string]T, q directory.Query, of func(T) (words, groups []string)) (list []T, total int) {
	text := strings.ToLower(strings.TrimSpace(q.Text))
	for _, x := range all {
		words, groups := of(x)
		if q.Group != "" && !slices.Contains(groups, q.Group) {
			continue
		}
		if text != "" && !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(strings.ToLower(w), text) }) {
			continue
		}
		list = append(list, x)
	}
	slices.SortFunc(list, func(a, b T) int {
		wa, _ := of(a)
		wb, _ := of(b)
		return cmp.Or(cmp.Compare(strings.ToLower(wa[0]), strings.ToLower(wb[0])), slices.Compare(wa, wb))
	})
	total = len(list)
	list = list[min(max(q.Offset, 0), total):]
	if q.Limit > 0 {
		list = list[:min(q.Limit, len(list))]
	}
	return list, total
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
