package directory

import "context"

// Query chooses from a list. Text is part of a name, a title or an id, not case sensitive;
// Group is the id of a group to be in, directly or not. Empty fields choose everything.
type Query struct {
	Text, Group   string
	Offset, Limit int
}

// MaxPage is the largest Limit of a list that is complete in every directory.
const MaxPage = 100

// Group is a group with how many people and devices are in it, directly or not; both are -1 if
// that is not known.
type Group struct {
	ID, Name        string
	People, Devices int
}

// Browser is a Directory that can be looked through. Lists are ordered by name; total counts
// what the query chooses without Offset and Limit.
//
// A directory that has to ask somebody else may leave out what a page is too long for: with a
// Limit of 0, or above MaxPage, the groups of people and devices (GroupsKnown is then false) and
// the counts of groups. Its lists may be some minutes old; Directory's answers may not.
type Browser interface {
	Directory
	People(ctx context.Context, tenant string, q Query) (list []Person, total int, err error)
	Devices(ctx context.Context, tenant string, q Query) (list []Device, total int, err error)
	Groups(ctx context.Context, tenant string, q Query) (list []Group, total int, err error)
}
