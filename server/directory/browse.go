package directory

import "context"

// Query chooses from a list. Text is part of a name, a title or an id, not case sensitive;
// Group is the id of a group to be in, directly or not. Empty fields choose everything.
type Query struct {
	Text, Group   string
	Offset, Limit int
}

// Group is a group with how many people and devices are in it, directly or not.
type Group struct {
	ID, Name        string
	People, Devices int
}

// Browser is a Directory that can be looked through. Lists are ordered by name; total counts
// what the query chooses without Offset and Limit.
type Browser interface {
	Directory
	People(ctx context.Context, tenant string, q Query) (list []Person, total int, err error)
	Devices(ctx context.Context, tenant string, q Query) (list []Device, total int, err error)
	Groups(ctx context.Context, tenant string, q Query) (list []Group, total int, err error)
}
