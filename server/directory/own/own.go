package own

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"beside/policy"
	"beside/policy/api"
	"beside/server/directory"
	"beside/server/store"
)

// poll is how often Run looks whether the directory changed.
const poll = time.Second

// maxText is how many characters of a text fit on a card.
const maxText = 128

// Options are what a Directory works with. Domain and Company may be empty.
type Options struct {
	Store   *store.Store
	Domain  string // verified domain of the organisation
	Company string // of people who have no other
}

// Directory answers from the database. It is safe for concurrent use.
type Directory struct {
	o   Options
	rev atomic.Uint64
}

var _ directory.Browser = (*Directory)(nil)

// New makes a directory.
func New(o Options) *Directory { return &Directory{o: o} }

// Run looks for changes, also by other nodes, until ctx ends. It returns ctx's error. changed is
// told when that was not possible, and not of changes: provisioning makes many.
func (d *Directory) Run(ctx context.Context, changed func(error)) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		if err := d.look(ctx); err != nil && ctx.Err() == nil {
			changed(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (d *Directory) look(ctx context.Context) error {
	ids, err := d.o.Store.Tenants(ctx)
	if err != nil {
		return err
	}
	var sum int64 // each of them only rises
	for _, id := range ids {
		rev, err := d.o.Store.For(id).DirectoryRev(ctx)
		if err != nil {
			return err
		}
		sum += rev
	}
	d.rev.Store(uint64(sum))
	return nil
}

// Revision changes when the answers may have changed.
func (d *Directory) Revision() uint64 { return d.rev.Load() }

// Person implements directory.Directory.
func (d *Directory) Person(ctx context.Context, tenant, object string) (directory.Person, error) {
	t := d.o.Store.For(tenant)
	p, err := t.PersonByObject(ctx, object)
	if err != nil {
		return directory.Person{}, trouble(err)
	}
	list, err := d.people(ctx, t, []store.DirPerson{p})
	if err != nil {
		return directory.Person{}, err
	}
	return list[0], nil
}

// people adds groups to what the database has.
func (d *Directory) people(ctx context.Context, t *store.Tenant, rows []store.DirPerson) ([]directory.Person, error) {
	ids := make([]string, len(rows))
	for i, p := range rows {
		ids[i] = p.ID
	}
	groups, err := t.GroupsOf(ctx, store.MemberPerson, ids...)
	if err != nil {
		return nil, trouble(err)
	}
	out := make([]directory.Person, len(rows))
	for i, p := range rows {
		of, known := groups[p.ID]
		company := p.Company
		if company == "" {
			company = d.o.Company
		}
		out[i] = directory.Person{
			Person: policy.Person{Tenant: t.ID(), Object: p.Object, Member: !p.Guest, Enabled: p.Active, Groups: of, GroupsKnown: known},
			Card: api.Card{
				Object: p.Object, Name: cut(p.Name), Given: cut(p.Given), Family: cut(p.Family), Job: cut(p.Job), Company: cut(company), Domain: d.o.Domain,
			},
		}
	}
	return out, nil
}

// Device implements directory.Directory.
func (d *Directory) Device(ctx context.Context, tenant, id string) (directory.Device, error) {
	t := d.o.Store.For(tenant)
	row, err := t.DirDevice(ctx, id)
	if err != nil {
		return directory.Device{}, trouble(err)
	}
	list, err := d.devices(ctx, t, []store.DirDevice{row})
	if err != nil {
		return directory.Device{}, err
	}
	return list[0], nil
}

// DevicesOf implements directory.Directory.
func (d *Directory) DevicesOf(ctx context.Context, tenant, owner string) ([]directory.Device, error) {
	t := d.o.Store.For(tenant)
	rows, err := t.DevicesOf(ctx, owner)
	if err != nil {
		return nil, trouble(err)
	}
	return d.devices(ctx, t, rows)
}

func (d *Directory) devices(ctx context.Context, t *store.Tenant, rows []store.DirDevice) ([]directory.Device, error) {
	ids := make([]string, len(rows))
	for i, x := range rows {
		ids[i] = x.ID
	}
	groups, err := t.GroupsOf(ctx, store.MemberDevice, ids...)
	if err != nil {
		return nil, trouble(err)
	}
	out := make([]directory.Device, len(rows))
	for i, x := range rows {
		of, known := groups[x.ID]
		out[i] = directory.Device{Name: cut(x.Name), OS: cut(x.OS), Device: policy.Device{
			ID: x.ID, Enrolled: x.Enrolled, Registered: x.Registered, State: policy.ParseDeviceState(x.State), Owner: x.Owner, Groups: of, GroupsKnown: known,
		}}
	}
	return out, nil
}

// People implements directory.Browser.
func (d *Directory) People(ctx context.Context, tenant string, q directory.Query) ([]directory.Person, int, error) {
	t := d.o.Store.For(tenant)
	rows, total, err := t.FindPeople(ctx, query(q))
	if err != nil {
		return nil, 0, trouble(err)
	}
	list, err := d.people(ctx, t, rows)
	return list, total, err
}

// Devices implements directory.Browser.
func (d *Directory) Devices(ctx context.Context, tenant string, q directory.Query) ([]directory.Device, int, error) {
	t := d.o.Store.For(tenant)
	rows, total, err := t.FindDevices(ctx, query(q))
	if err != nil {
		return nil, 0, trouble(err)
	}
	list, err := d.devices(ctx, t, rows)
	return list, total, err
}

// Groups implements directory.Browser.
func (d *Directory) Groups(ctx context.Context, tenant string, q directory.Query) ([]directory.Group, int, error) {
	t := d.o.Store.For(tenant)
	rows, total, err := t.FindGroups(ctx, query(q))
	if err != nil {
		return nil, 0, trouble(err)
	}
	ids := make([]string, len(rows))
	for i, g := range rows {
		ids[i] = g.ID
	}
	reach, err := t.Reaches(ctx, ids)
	if err != nil {
		return nil, 0, trouble(err)
	}
	out := make([]directory.Group, len(rows))
	for i, g := range rows {
		out[i] = directory.Group{ID: g.ID, Name: cut(g.Name), People: reach[g.ID].People, Devices: reach[g.ID].Devices}
	}
	return out, total, nil
}

func query(q directory.Query) store.DirQuery {
	return store.DirQuery{Text: q.Text, Group: q.Group, ByName: true, Offset: q.Offset, Limit: q.Limit}
}

// trouble tells nobody from no answer.
func trouble(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return directory.ErrUnknown
	}
	return fmt.Errorf("%w: %w", directory.ErrUnavailable, err)
}

// cut shortens what does not fit on a card.
func cut(s string) string {
	if utf8.RuneCountInString(s) <= maxText {
		return s
	}
	return string([]rune(s)[:maxText-1]) + "…"
}
