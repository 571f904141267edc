package graph

import (
	"context"
	"iter"
	"slices"

	"beside/server/directory"
	"beside/server/graph"
)

var (
	_ directory.Browser = (*Directory)(nil)
	_ directory.Ahead   = (*Directory)(nil)
)

// choose is directory.Choose with the members of a group asked for.
func choose[T any](ctx context.Context, d *Directory, all []T, q directory.Query, words func(T) []string, in func(T, members) bool) ([]T, int, error) {
	list := slices.Values(all)
	if q.Group != "" {
		m, err := d.in(ctx, q.Group)
		if err != nil {
			return nil, 0, err
		}
		list = filter(list, func(x T) bool { return in(x, m) })
		q.Group = ""
	}
	chosen, total := directory.Choose(list, q, func(x T) ([]string, []string) { return words(x), nil })
	return chosen, total, nil
}

func filter[T any](all iter.Seq[T], ok func(T) bool) iter.Seq[T] {
	return func(yield func(T) bool) {
		for x := range all {
			if ok(x) && !yield(x) {
				return
			}
		}
	}
}

// whole says whether a page is short enough to be asked for as it is now.
func whole(q directory.Query) bool { return q.Limit > 0 && q.Limit <= directory.MaxPage }

// People implements directory.Browser.
func (d *Directory) People(ctx context.Context, tenant string, q directory.Query) ([]directory.Person, int, error) {
	if tenant != d.tenant {
		return nil, 0, directory.ErrUnknown
	}
	l, err := d.all(ctx)
	if err != nil {
		return nil, 0, err
	}
	list, total, err := choose(ctx, d, l.people, q,
		func(p directory.Person) []string { return []string{p.Card.Name, p.Card.Job, p.Object} },
		func(p directory.Person, m members) bool { return m.people[p.Object] })
	if err != nil || !whole(q) || len(list) == 0 {
		return list, total, err
	}
	ids := make([]string, len(list))
	for i, p := range list {
		ids[i] = p.Object
	}
	for i, r := range d.persons(ctx, ids) {
		switch {
		case r.err == nil:
			list[i] = r.v
		case !isUnknown(r.err): // one who was deleted a moment ago stays as they were
			return nil, 0, r.err
		}
	}
	return list, total, nil
}

// Devices implements directory.Browser.
func (d *Directory) Devices(ctx context.Context, tenant string, q directory.Query) ([]directory.Device, int, error) {
	if tenant != d.tenant {
		return nil, 0, directory.ErrUnknown
	}
	l, err := d.all(ctx)
	if err != nil {
		return nil, 0, err
	}
	list, total, err := choose(ctx, d, l.devices, q,
		func(x device) []string { return []string{x.Name, x.OS, x.ID, l.names[x.Owner]} },
		func(x device, m members) bool { return x.object != "" && m.objects[x.object] })
	if err != nil {
		return nil, 0, err
	}
	if whole(q) && len(list) > 0 {
		if err := d.asTheyAre(ctx, list); err != nil {
			return nil, 0, err
		}
	}
	out := make([]directory.Device, len(list))
	for i, x := range list {
		out[i] = x.Device
	}
	return out, total, nil
}

// asTheyAre replaces devices of the lists by what is known about them now. Their owners are
// asked for too, at once, since whoever shows devices asks for them one by one.
func (d *Directory) asTheyAre(ctx context.Context, list []device) error {
	ids := make([]string, len(list))
	for i, x := range list {
		ids[i] = x.ID
	}
	owners := map[string]bool{}
	for i, r := range d.known(ctx, ids) {
		switch {
		case r.err == nil:
			list[i] = r.v
		case !isUnknown(r.err):
			return r.err
		}
		if o := list[i].Owner; o != "" {
			owners[o] = true
		}
	}
	if len(owners) > 0 {
		var all []string
		for o := range owners {
			all = append(all, o)
		}
		d.persons(ctx, all)
	}
	return nil
}

// Groups implements directory.Browser.
func (d *Directory) Groups(ctx context.Context, tenant string, q directory.Query) ([]directory.Group, int, error) {
	if tenant != d.tenant {
		return nil, 0, directory.ErrUnknown
	}
	l, err := d.all(ctx)
	if err != nil {
		return nil, 0, err
	}
	list, total := directory.Choose(slices.Values(l.groups), q, func(g directory.Group) ([]string, []string) { return []string{g.Name, g.ID}, nil })
	if !whole(q) || len(list) == 0 {
		return list, total, nil
	}
	ids := make([]string, len(list))
	for i, g := range list {
		ids[i] = g.ID
	}
	sizes := d.sizes.get(ctx, ids, func(ctx context.Context, ids []string) ([]result[graph.Size], error) {
		got, err := d.c.Sizes(ctx, ids)
		if err != nil {
			return nil, unavailable(err)
		}
		out := make([]result[graph.Size], len(got))
		for i, s := range got {
			out[i].v = s
		}
		return out, nil
	})
	for i, r := range sizes {
		if r.err != nil {
			return nil, 0, r.err
		}
		list[i].People, list[i].Devices = r.v.People, r.v.Devices
	}
	return list, total, nil
}
