package graph

import (
	"context"
	"errors"
	"fmt"
	"time"

	"beside/policy"
	"beside/policy/api"
	"beside/server/directory"
	"beside/server/graph"
)

const (
	decides = time.Minute      // what a decision rests on is at most this old, if not told otherwise
	longer  = 5 * time.Minute  // and never older than this, since decisions are made again that often
	shows   = time.Hour        // photos and the organisation's name
	askIn   = 15 * time.Second // for one question of a decision
	own     = 60               // devices of one person that are looked at
)

// Options make a Directory. All fields but Keep are needed.
type Options struct {
	Client *graph.Client
	Tenant string        // the organisation the client's credentials are of
	Keep   time.Duration // how long what a decision rests on is kept: 0 for a minute, five at most
}

// Directory implements directory.Browser by asking Microsoft Graph. It is safe for concurrent use.
type Directory struct {
	tenant string
	c      *graph.Client

	people  *cache[directory.Person]
	devices *cache[device]
	owned   *cache[[]string]
	photos  *cache[[]byte] // nil for somebody without one
	org     *cache[organization]

	lists   *cache[*lists]
	members *cache[members]
	sizes   *cache[graph.Size]
}

// organization is what all cards of a tenant share.
type organization struct{ name, domain string }

// New makes a directory; it asks nothing.
func New(o Options) *Directory {
	keep := min(o.Keep, longer)
	if keep <= 0 {
		keep = decides
	}
	return &Directory{
		tenant: o.Tenant, c: o.Client,
		people:  newCache[directory.Person](keep, 10_000, askIn),
		devices: newCache[device](keep, 10_000, askIn),
		owned:   newCache[[]string](keep, 10_000, askIn),
		photos:  newCache[[]byte](shows, 1000, askIn),
		org:     newCache[organization](shows, 1, askIn),
		lists:   newCache[*lists](stale, 1, readIn),
		members: newCache[members](refresh, 20, readIn),
		sizes:   newCache[graph.Size](refresh, 10_000, askIn),
	}
}

// Person implements directory.Directory.
func (d *Directory) Person(ctx context.Context, tenant, object string) (directory.Person, error) {
	if tenant != d.tenant || graph.ID(object) != object {
		return directory.Person{}, directory.ErrUnknown
	}
	r := d.persons(ctx, []string{object})[0]
	return r.v, r.err
}

// persons are people in the order of their ids, which are in their one spelling.
func (d *Directory) persons(ctx context.Context, objects []string) []result[directory.Person] {
	return d.people.get(ctx, objects, func(ctx context.Context, objects []string) ([]result[directory.Person], error) {
		org, err := d.organization(ctx)
		if err != nil {
			return nil, err
		}
		qs := make([]graph.PersonQuery, len(objects))
		for i, id := range objects {
			_, known := d.photos.peek(id)
			qs[i] = graph.PersonQuery{ID: id, Photo: !known}
		}
		got, err := d.c.People(ctx, qs)
		if err != nil {
			return nil, unavailable(err)
		}
		out := make([]result[directory.Person], len(got))
		for i, a := range got {
			if a.Err != nil {
				out[i].err = unavailable(a.Err)
				continue
			}
			out[i].v = d.person(a.Person, qs[i].Photo, org)
		}
		return out, nil
	})
}

// person is somebody who exists; asked says whether the photo was asked for.
func (d *Directory) person(p graph.Person, asked bool, org organization) directory.Person {
	photo, _ := d.photos.peek(p.ID)
	if asked {
		if photo = p.Photo; !directory.IsPhoto(photo) {
			photo = nil
		}
		d.photos.put(p.ID, photo)
	}
	out := d.account(p.User, org)
	out.Card.Photo, out.Groups, out.GroupsKnown = photo, p.Groups, true
	return out
}

// account is what an account alone says of a person.
func (d *Directory) account(u graph.User, org organization) directory.Person {
	card := api.Card{
		Object: u.ID, Name: text(u.Name), Given: text(u.Given), Family: text(u.Surname), Job: text(u.Job),
		Company: text(u.Company), Domain: org.domain,
	}
	if card.Name == "" { // a card without a name is refused
		card.Name = u.ID
	}
	if card.Company == "" {
		card.Company = org.name
	}
	return directory.Person{Card: card, Person: policy.Person{
		Tenant: d.tenant, Object: u.ID, Member: u.UserType == "Member", Enabled: u.Enabled,
	}}
}

// Ahead implements directory.Ahead. Without a device it asks for those of the last person, which
// is how a device is found by its name.
func (d *Directory) Ahead(ctx context.Context, tenant string, people []string, dev string) {
	var ids []string
	for _, p := range people {
		if graph.ID(p) == p {
			ids = append(ids, p)
		}
	}
	if tenant != d.tenant || len(ids) == 0 {
		return
	}
	for _, r := range d.persons(ctx, ids) {
		if r.err != nil && !isUnknown(r.err) {
			return // it is away; the question itself will say so
		}
	}
	if id := graph.ID(dev); id != "" {
		d.known(ctx, []string{id})
		return
	}
	_, _ = d.DevicesOf(ctx, tenant, ids[len(ids)-1]) // the question itself says what it says
}

// organization is the tenant's name and the domain it shows.
func (d *Directory) organization(ctx context.Context) (organization, error) {
	r := d.org.get(ctx, []string{""}, func(ctx context.Context, _ []string) ([]result[organization], error) {
		o, err := d.c.Organization(ctx, d.tenant)
		if err != nil {
			return nil, unavailable(err)
		}
		out := organization{name: text(o.Name)}
		for _, x := range o.Domains {
			if x.Default {
				out.domain = text(x.Name)
			}
		}
		return []result[organization]{{v: out}}, nil
	})[0]
	return r.v, r.err
}

// DevicesOf implements directory.Directory. Of somebody with very many devices it knows some.
func (d *Directory) DevicesOf(ctx context.Context, tenant, owner string) ([]directory.Device, error) {
	if tenant != d.tenant || graph.ID(owner) != owner {
		return nil, nil
	}
	r := d.owned.get(ctx, []string{owner}, func(ctx context.Context, _ []string) ([]result[[]string], error) {
		ids, err := d.c.DevicesOf(ctx, owner)
		if err != nil {
			return nil, unavailable(err)
		}
		return []result[[]string]{{v: ids[:min(len(ids), own)]}}, nil
	})[0]
	if r.err != nil {
		if isUnknown(r.err) {
			return nil, nil
		}
		return nil, r.err
	}
	var out []directory.Device
	for _, got := range d.known(ctx, r.v) {
		switch {
		case isUnknown(got.err):
		case got.err != nil:
			return nil, got.err
		case got.v.Owner == owner:
			out = append(out, got.v.Device)
		}
	}
	return out, nil
}

// unavailable is a client's error as the directory says it.
func unavailable(err error) error {
	if errors.Is(err, graph.ErrNotFound) {
		return directory.ErrUnknown
	}
	return fmt.Errorf("%w: %w", directory.ErrUnavailable, err)
}

func isUnknown(err error) bool { return errors.Is(err, directory.ErrUnknown) }
