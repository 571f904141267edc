package graph

import (
	"context"
	"errors"
)

// DeviceAnswer is what is known about a device. Err wraps ErrUnavailable, or ErrNotFound if
// nobody knows it. Owners of Registered are filled in.
type DeviceAnswer struct {
	Registered *Device   // nil: the directory does not know it
	Managed    []Managed // empty: device management does not know it. Old entries may stay
	Groups     []string
	Err        error
}

// Devices asks for devices by the ids they call themselves. The answers are in the order of
// the ids. An id that is no GUID is not found.
func (c *Client) Devices(ctx context.Context, deviceIDs []string) ([]DeviceAnswer, error) {
	var paths []string
	for _, id := range deviceIDs {
		if id = ID(id); id != "" {
			at := "/devices(deviceId='" + id + "')"
			paths = append(paths, at+"?$select="+deviceFields+"&$expand=registeredOwners($select=id)", at+memberOf,
				"/deviceManagement/managedDevices?$filter=azureADDeviceId%20eq%20'"+id+"'&$select="+managedFields)
		}
	}
	got, err := c.batch(ctx, paths)
	if err != nil {
		return nil, err
	}
	out := make([]DeviceAnswer, len(deviceIDs))
	for i, id := range deviceIDs {
		if id = ID(id); id == "" {
			out[i].Err = ErrNotFound
			continue
		}
		out[i] = c.device(ctx, id, got)
		got = got[3:]
	}
	return out, nil
}

func (c *Client) device(ctx context.Context, id string, got []answer) (out DeviceAnswer) {
	fail := func(err error) DeviceAnswer { return DeviceAnswer{Err: err} }
	if got[2].err != nil {
		return fail(present(got[2].err))
	}
	managed, err := listFrom[Managed](ctx, c, got[2].body, maxOwn)
	if err != nil {
		return fail(present(err))
	}
	for _, m := range managed {
		if ID(m.ID) != id {
			return fail(nonsense("device management answers about another device"))
		}
	}
	out.Managed = managed
	switch {
	case errors.Is(got[0].err, ErrNotFound) && len(managed) == 0:
		return fail(ErrNotFound)
	case errors.Is(got[0].err, ErrNotFound):
		return out
	case got[0].err != nil:
		return fail(got[0].err)
	}
	var d Device
	if err := decode(got[0].body, &d); err != nil {
		return fail(err)
	}
	if ID(d.ID) != id {
		return fail(nonsense("the service answers about another device"))
	}
	d.ID, out.Registered = id, &d
	if out.Groups, err = c.groups(ctx, got[1]); err != nil {
		return fail(err)
	}
	return out
}

// DevicesOf are the ids of the devices that belong to a person, managed or registered. It is
// ErrNotFound for nobody.
func (c *Client) DevicesOf(ctx context.Context, user string) ([]string, error) {
	if user = ID(user); user == "" {
		return nil, ErrNotFound
	}
	got, err := c.batch(ctx, []string{
		"/users/" + user + "/managedDevices?$select=" + managedFields, "/users/" + user + "/ownedDevices?$select=" + deviceFields,
	})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(got[0].err, got[1].err); err != nil {
		return nil, err
	}
	managed, err := listFrom[Managed](ctx, c, got[0].body, maxOwn)
	if err != nil {
		return nil, err
	}
	owned, err := listFrom[Device](ctx, c, got[1].body, maxOwn)
	if err != nil {
		return nil, err
	}
	all := make([]Object, 0, len(managed)+len(owned))
	for _, m := range managed {
		all = append(all, Object{ID: m.ID})
	}
	for _, d := range owned {
		all = append(all, Object{ID: d.ID})
	}
	var named []Object
	for _, o := range all { // a managed device may have no id in the directory
		if ID(o.ID) != "" {
			named = append(named, o)
		}
	}
	return ids(named, "")
}
