package graph

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// The largest lists that are read.
const (
	MaxList   = 250_000 // people, groups, devices, or members of a group
	maxIn     = 20_000  // groups that one person or device is in
	maxDomain = 10_000
	maxOwn    = 1000 // devices of one person
)

// Organization asks for the tenant itself.
func (c *Client) Organization(ctx context.Context, tenant string) (Organization, error) {
	all, err := list[Organization](ctx, c, "/organization?$select=id,displayName,verifiedDomains", maxDomain)
	if err != nil {
		return Organization{}, present(err)
	}
	for _, o := range all {
		if ID(o.ID) == tenant {
			return o, nil
		}
	}
	return Organization{}, nonsense("the service answers for another organisation")
}

// Users are all accounts.
func (c *Client) Users(ctx context.Context) ([]User, error) {
	return whole[User](ctx, c, "/users?$select="+userFields+"&$top=999")
}

// Groups are all groups.
func (c *Client) Groups(ctx context.Context) ([]Group, error) {
	return whole[Group](ctx, c, "/groups?$select="+groupFields+"&$top=999")
}

// RegisteredDevices are all devices of the directory, without their owners.
func (c *Client) RegisteredDevices(ctx context.Context) ([]Device, error) {
	return whole[Device](ctx, c, "/devices?$select="+deviceFields+"&$top=999")
}

// ManagedDevices are all devices of device management.
func (c *Client) ManagedDevices(ctx context.Context) ([]Managed, error) {
	return whole[Managed](ctx, c, "/deviceManagement/managedDevices?$select="+managedFields+"&$top=999")
}

func whole[T any](ctx context.Context, c *Client, path string) ([]T, error) {
	all, err := list[T](ctx, c, path, MaxList)
	if err != nil {
		return nil, present(err)
	}
	return all, nil
}

// Members are the ids of the users, and the directory ids of the devices, in a group, directly
// or not.
func (c *Client) Members(ctx context.Context, group string) (users, devices []string, err error) {
	if group = ID(group); group == "" {
		return nil, nil, ErrNotFound
	}
	all, err := list[Object](ctx, c, "/groups/"+group+"/transitiveMembers?$select=id&$top=999&$count=true", MaxList)
	if err != nil {
		return nil, nil, err
	}
	if users, err = ids(all, TypeUser); err != nil {
		return nil, nil, err
	}
	devices, err = ids(all, TypeDevice)
	return users, devices, err
}

// Size is how much is in a group, directly or not; both -1 for a group that is not found.
type Size struct{ People, Devices int }

// Sizes asks for the sizes of groups, in their order.
func (c *Client) Sizes(ctx context.Context, groups []string) ([]Size, error) {
	paths := make([]string, 0, 2*len(groups))
	for _, g := range groups {
		if ID(g) == "" {
			return nil, fmt.Errorf("%w: group", ErrNotFound)
		}
		for _, kind := range []string{TypeUser, TypeDevice} {
			paths = append(paths, "/groups/"+ID(g)+"/transitiveMembers/"+strings.TrimPrefix(kind, "#")+"?$select=id&$top=1&$count=true")
		}
	}
	got, err := c.batch(ctx, paths)
	if err != nil {
		return nil, err
	}
	out := make([]Size, len(groups))
	for i := range groups {
		people, err1 := counted(got[2*i])
		devices, err2 := counted(got[2*i+1])
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		out[i] = Size{people, devices}
	}
	return out, nil
}

func counted(a answer) (int, error) {
	if errors.Is(a.err, ErrNotFound) {
		return -1, nil // it was deleted a moment ago
	}
	if a.err != nil {
		return 0, a.err
	}
	var p page[Object]
	if err := decode(a.body, &p); err != nil {
		return 0, err
	}
	if p.Count == nil || *p.Count < 0 {
		return 0, nonsense("a count is missing")
	}
	return *p.Count, nil
}
