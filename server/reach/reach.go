package reach

import (
	"context"

	"beside/policy"
	"beside/server/directory"
	"beside/server/store"
)

// Count is how many there are. Unless it is Exact there may be fewer: some are in more than one group.
// What is not Known could not be counted, or is not limited by the assignment.
type Count struct {
	N            int
	Exact, Known bool
}

// Reach is how many an assignment has to do with.
type Reach struct {
	Helpers Count // get the role
	People  Count // may be helped
	Devices Count // may be helped on
}

// Counter counts from a directory and remembers what it heard; make one for each page that is shown.
// It is not safe for concurrent use.
type Counter struct {
	Directory directory.Browser
	Tenant    string
	Most      int // questions that it asks before it gives up

	heard map[question]heard
}

type question struct {
	devices bool
	group   string
}

type heard struct {
	total int
	ids   []string // of all of them, if that is few
	err   error
}

// Of is the reach of an assignment.
func (c *Counter) Of(ctx context.Context, a store.Assignment) Reach {
	return Reach{
		Helpers: c.count(ctx, false, policy.Scope{Groups: a.AdminGroups}),
		People:  c.count(ctx, false, a.UserScope),
		Devices: c.count(ctx, true, a.DeviceScope),
	}
}

func (c *Counter) count(ctx context.Context, devices bool, s policy.Scope) Count {
	switch {
	case !s.Named():
		return Count{}
	case s.All, len(s.Groups) == 1:
		q := question{devices: devices}
		if !s.All {
			q.group = s.Groups[0]
		}
		if h := c.ask(ctx, q); h.err == nil {
			return Count{h.total, true, true}
		}
		return Count{}
	}
	sum, few := 0, true
	all := map[string]bool{}
	for _, g := range s.Groups {
		h := c.ask(ctx, question{devices, g})
		if h.err != nil {
			return Count{}
		}
		sum += h.total
		few = few && len(h.ids) == h.total
		for _, id := range h.ids {
			all[id] = true
		}
	}
	if few {
		return Count{len(all), true, true}
	}
	return Count{sum, false, true}
}

func (c *Counter) ask(ctx context.Context, q question) heard {
	if h, ok := c.heard[q]; ok {
		return h
	}
	if len(c.heard) >= c.Most {
		return heard{err: directory.ErrUnavailable}
	}
	var h heard
	find := directory.Query{Group: q.group, Limit: directory.MaxPage}
	if q.group == "" {
		find.Limit = 1
	}
	if q.devices {
		var list []directory.Device
		list, h.total, h.err = c.Directory.Devices(ctx, c.Tenant, find)
		for _, d := range list {
			h.ids = append(h.ids, d.ID)
		}
	} else {
		var list []directory.Person
		list, h.total, h.err = c.Directory.People(ctx, c.Tenant, find)
		for _, p := range list {
			h.ids = append(h.ids, p.Object)
		}
	}
	if c.heard == nil {
		c.heard = map[question]heard{}
	}
	c.heard[q] = h
	return h
}
