package graph

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"beside/internal/pause"
	"beside/server/directory"
	"beside/server/graph"
)

const (
	refresh = 5 * time.Minute  // between readings of the lists
	again   = time.Minute      // after one that failed
	stale   = 30 * time.Minute // lists older than this are not shown
	readIn  = 5 * time.Minute  // for reading the lists
)

// lists are what the admin site looks through, in the order of their names.
type lists struct {
	people  []directory.Person
	devices []device
	groups  []directory.Group
	names   map[string]string // of people
}

// members is who and what is in a group.
type members struct{ people, objects map[string]bool }

// Run reads the lists again and again until ctx ends; it returns ctx's error. changed is called
// with the error when they can no longer be had, and with nil when they can again.
func (d *Directory) Run(ctx context.Context, changed func(error)) error {
	failed := false
	for {
		l, err := d.read(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		wait := refresh
		if err != nil {
			wait = again
		} else {
			d.lists.put("", l)
		}
		if failed != (err != nil) {
			failed = !failed
			changed(err)
		}
		if err := pause.For(ctx, wait); err != nil {
			return err
		}
	}
}

// Revision implements the directory of a node. Changes are not announced by the service; they
// are found when a decision is made again.
func (d *Directory) Revision() uint64 { return 0 }

// all are the lists, read now if Run has not read them or can no longer.
func (d *Directory) all(ctx context.Context) (*lists, error) {
	r := d.lists.get(ctx, []string{""}, func(ctx context.Context, _ []string) ([]result[*lists], error) {
		l, err := d.read(ctx)
		return []result[*lists]{{v: l}}, err
	})[0]
	return r.v, r.err
}

// read asks for everything there is.
func (d *Directory) read(ctx context.Context) (*lists, error) {
	ctx, cancel := context.WithTimeout(ctx, readIn)
	defer cancel()
	org, err := d.organization(ctx)
	if err != nil {
		return nil, err
	}
	users, err1 := d.c.Users(ctx)
	groups, err2 := d.c.Groups(ctx)
	registered, err3 := d.c.RegisteredDevices(ctx)
	managed, err4 := d.c.ManagedDevices(ctx)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, unavailable(err)
	}
	l := &lists{names: make(map[string]string, len(users))}
	for _, u := range users {
		if u.ID = graph.ID(u.ID); u.ID != "" && l.names[u.ID] == "" {
			p := d.account(u, org)
			l.people, l.names[u.ID] = append(l.people, p), p.Card.Name
		}
	}
	seen := map[string]bool{}
	for _, g := range groups {
		if id := graph.ID(g.ID); id != "" && !seen[id] {
			seen[id] = true
			l.groups = append(l.groups, directory.Group{ID: id, Name: cmp.Or(text(g.Name), id), People: -1, Devices: -1})
		}
	}
	l.devices = joinAll(registered, managed, time.Now())
	l.sort()
	return l, nil
}

// joinAll are the devices of both sources.
func joinAll(registered []graph.Device, managed []graph.Managed, now time.Time) []device {
	byID := map[string]*graph.Device{}
	entries := map[string][]graph.Managed{}
	for i := range registered {
		if id := graph.ID(registered[i].ID); id != "" {
			byID[id] = &registered[i]
		}
	}
	for _, m := range managed {
		if id := graph.ID(m.ID); id != "" {
			entries[id] = append(entries[id], m)
		}
	}
	out := make([]device, 0, len(byID))
	for id, r := range byID {
		out = append(out, join(id, r, entries[id], now))
	}
	for id, m := range entries {
		if byID[id] == nil {
			out = append(out, join(id, nil, m, now))
		}
	}
	return out
}

// sort is done once, so that choosing from the lists has nothing left to do.
func (l *lists) sort() {
	slices.SortFunc(l.people, func(a, b directory.Person) int { return byName(a.Card.Name, b.Card.Name) })
	slices.SortFunc(l.devices, func(a, b device) int { return byName(a.Name, b.Name) })
	slices.SortFunc(l.groups, func(a, b directory.Group) int { return byName(a.Name, b.Name) })
}

func byName(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }

// in is who is in a group, nobody if there is no such group.
func (d *Directory) in(ctx context.Context, group string) (members, error) {
	r := d.members.get(ctx, []string{group}, func(ctx context.Context, _ []string) ([]result[members], error) {
		people, objects, err := d.c.Members(ctx, group)
		if err != nil {
			return nil, unavailable(err)
		}
		return []result[members]{{v: members{set(people), set(objects)}}}, nil
	})[0]
	if isUnknown(r.err) {
		return members{}, nil
	}
	return r.v, r.err
}

func set(ids []string) map[string]bool {
	out := make(map[string]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out
}
