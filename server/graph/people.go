package graph

import (
	"context"
	"encoding/json"
	"errors"
)

// Person is an account with all it is in. Photo is nil without one.
type Person struct {
	User
	Groups []string // ids, nested memberships too
	Photo  []byte   // as the service has it, not checked
}

// PersonQuery asks for a person.
type PersonQuery struct {
	ID    string
	Photo bool // the photo too
}

// PersonAnswer is a Person, or why there is none; Err wraps ErrNotFound or ErrUnavailable.
type PersonAnswer struct {
	Person
	Err error
}

// People asks for people, with their groups, in as few requests as the service allows. The
// answers are in the order of the questions. An id that is no GUID is not found.
func (c *Client) People(ctx context.Context, qs []PersonQuery) ([]PersonAnswer, error) {
	var paths []string
	for _, q := range qs {
		if ID(q.ID) == "" {
			continue
		}
		at := "/users/" + ID(q.ID)
		paths = append(paths, at+"?$select="+userFields, at+memberOf)
		if q.Photo {
			paths = append(paths, at+"/photos/96x96/$value")
		}
	}
	got, err := c.batch(ctx, paths)
	if err != nil {
		return nil, err
	}
	out := make([]PersonAnswer, len(qs))
	for i, q := range qs {
		if ID(q.ID) == "" {
			out[i].Err = ErrNotFound
			continue
		}
		out[i] = c.person(ctx, q, got)
		got = got[2:]
		if q.Photo {
			got = got[1:]
		}
	}
	return out, nil
}

// memberOf are all groups that a person or device is in; the cast needs the search index.
const memberOf = "/transitiveMemberOf/microsoft.graph.group?$select=id&$top=999&$count=true"

func (c *Client) person(ctx context.Context, q PersonQuery, got []answer) (out PersonAnswer) {
	if out.Err = got[0].err; out.Err != nil {
		return out
	}
	if out.Err = decode(got[0].body, &out.User); out.Err != nil {
		return out
	}
	if ID(out.ID) != ID(q.ID) {
		out.Err = nonsense("the service answers about somebody else")
		return out
	}
	out.ID = ID(out.ID)
	if out.Groups, out.Err = c.groups(ctx, got[1]); out.Err != nil {
		return out
	}
	if q.Photo && got[2].err == nil { // somebody without a photo can be helped
		var photo []byte // base64 in a batch
		if json.Unmarshal(got[2].body, &photo) == nil {
			out.Photo = photo
		}
	}
	return out
}

// groups reads an answer to memberOf. Something that was just found is in no unknown number
// of groups: not found is then no answer.
func (c *Client) groups(ctx context.Context, a answer) ([]string, error) {
	if a.err != nil {
		return nil, present(a.err)
	}
	list, err := listFrom[Object](ctx, c, a.body, maxIn)
	if err != nil {
		return nil, present(err)
	}
	return ids(list, "")
}

// present is an error about something that exists: it is never ErrNotFound.
func present(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nonsense("something is there and is not there")
	}
	return err
}

// ids are the ids of a list's things of one kind ("" for all), each once.
func ids(list []Object, kind string) ([]string, error) {
	out := make([]string, 0, len(list))
	seen := make(map[string]bool, len(list))
	for _, o := range list {
		id := ID(o.ID)
		switch {
		case id == "":
			return nil, nonsense("an id is not a GUID")
		case kind != "" && o.Type != kind || seen[id]:
			continue
		}
		seen[id] = true
		out = append(out, id)
	}
	return out, nil
}
