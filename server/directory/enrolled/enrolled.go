package enrolled

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"beside/policy"
	"beside/server/directory"
	"beside/server/store"
)

// Directory is another directory with the enrolled devices added. It is safe for concurrent use.
type Directory struct {
	directory.Browser
	store *store.Store
}

var (
	_ directory.Browser = (*Directory)(nil)
	_ directory.Ahead   = (*Directory)(nil)
)

// New adds the devices in a store to a directory.
func New(base directory.Browser, s *store.Store) *Directory { return &Directory{base, s} }

// Device implements directory.Directory.
func (d *Directory) Device(ctx context.Context, tenant, id string) (directory.Device, error) {
	dev, err := d.Browser.Device(ctx, tenant, id)
	if !errors.Is(err, directory.ErrUnknown) {
		return dev, err
	}
	e, serr := d.store.For(tenant).EnrolledDevice(ctx, id)
	switch {
	case errors.Is(serr, store.ErrNotFound) || serr == nil && !e.Revoked.IsZero():
		return directory.Device{}, err
	case serr != nil:
		return directory.Device{}, unavailable(serr)
	}
	return own(e), nil
}

// DevicesOf implements directory.Directory.
func (d *Directory) DevicesOf(ctx context.Context, tenant, owner string) ([]directory.Device, error) {
	list, err := d.Browser.DevicesOf(ctx, tenant, owner)
	if err != nil {
		return list, err
	}
	mine, err := d.store.For(tenant).EnrolledDevices(ctx, owner)
	if err != nil {
		return nil, unavailable(err)
	}
	return append(slices.Clone(list), d.added(ctx, tenant, mine)...), nil
}

// Devices implements directory.Browser.
func (d *Directory) Devices(ctx context.Context, tenant string, q directory.Query) ([]directory.Device, int, error) {
	all, err := d.store.For(tenant).EnrolledDevices(ctx, "")
	if err != nil {
		return nil, 0, unavailable(err)
	}
	mine := slices.DeleteFunc(d.added(ctx, tenant, all), func(x directory.Device) bool { return !matches(x, q) })
	if len(mine) == 0 {
		return d.Browser.Devices(ctx, tenant, q)
	}
	ask := q
	if ask.Offset = 0; q.Limit > 0 { // what is added may push anything of the other list out
		ask.Limit = q.Offset + q.Limit
	}
	list, total, err := d.Browser.Devices(ctx, tenant, ask)
	if err != nil {
		return nil, 0, err
	}
	list = append(slices.Clone(list), mine...)
	slices.SortStableFunc(list, func(a, b directory.Device) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	list = list[min(q.Offset, len(list)):]
	if q.Limit > 0 {
		list = list[:min(q.Limit, len(list))]
	}
	return list, total + len(mine), nil
}

// added are those that count and that the other directory does not know.
func (d *Directory) added(ctx context.Context, tenant string, es []store.EnrolledDevice) []directory.Device {
	es = slices.DeleteFunc(slices.Clone(es), func(e store.EnrolledDevice) bool { return !e.Revoked.IsZero() })
	var out []directory.Device
	unknown := d.strangers(ctx, tenant, es)
	for _, e := range es {
		if unknown(e.ID) {
			out = append(out, own(e))
		}
	}
	return out
}

// few is how many devices a directory that is far away is asked for one by one.
const few = 3

// strangers says whether the other directory does not know a device. One that is far away is
// asked for its list, which it has at hand, and not for every device.
func (d *Directory) strangers(ctx context.Context, tenant string, es []store.EnrolledDevice) func(id string) bool {
	if _, far := d.Browser.(directory.Ahead); far && len(es) > few {
		list, _, err := d.Browser.Devices(ctx, tenant, directory.Query{})
		known := make(map[string]bool, len(list))
		for _, x := range list {
			known[x.ID] = true
		}
		return func(id string) bool { return err == nil && !known[id] }
	}
	return func(id string) bool {
		_, err := d.Browser.Device(ctx, tenant, id)
		return errors.Is(err, directory.ErrUnknown)
	}
}

// Ahead implements directory.Ahead for the other directory.
func (d *Directory) Ahead(ctx context.Context, tenant string, people []string, device string) {
	if far, ok := d.Browser.(directory.Ahead); ok {
		far.Ahead(ctx, tenant, people, device)
	}
}

func matches(x directory.Device, q directory.Query) bool {
	if q.Group != "" && !slices.Contains(x.Groups, q.Group) {
		return false
	}
	text := strings.ToLower(strings.TrimSpace(q.Text))
	return text == "" || slices.ContainsFunc([]string{x.Name, x.OS, x.ID}, func(w string) bool { return strings.Contains(strings.ToLower(w), text) })
}

// own describes a device that only this endpoint knows. Nobody says whether it is compliant.
func own(e store.EnrolledDevice) directory.Device {
	return directory.Device{Name: e.Name, OS: e.OS, Device: policy.Device{
		ID: e.ID, Enrolled: true, Registered: true, State: policy.StateUnknown, Owner: e.Owner, Groups: e.Groups, GroupsKnown: true,
	}}
}

// unavailable makes whoever asks deny.
func unavailable(err error) error { return fmt.Errorf("%w: %w", directory.ErrUnavailable, err) }
