package rest

import (
	"context"
	"errors"
	"net/http"
	"reflect"

	"beside/server/problem"
	"beside/server/store"
)

// rule is a kind of policy object with an id, T in the store and B on the wire. All kinds are read and
// changed alike, so that none forgets a version, a record or another organisation.
type rule[T, B any] struct {
	s       *Server
	kind    store.Object
	path    string // of the list, below Prefix
	records string // what the audit log calls it: role.set, role.delete

	all      func(*store.Tenant, context.Context) ([]T, error)
	id, name func(T) string
	detail   func(T) string // of a record
	body     func(T) B
	read     func(c *call, id string) (T, error) // reads and checks a body
	put      func(*store.Tenant, context.Context, T) error
	drop     func(*store.Tenant, context.Context, string) error
	needed   func(ctx context.Context, id string) error // why it may not go; nil: it always may
}

func (o rule[T, B]) list(c *call) error {
	all, err := o.all(o.s.t, c.r.Context())
	if err != nil {
		return err
	}
	return slice(c, all, o.body)
}

// find is the object with its version, which is read first: whatever comes between makes a later
// change stale, never lost.
func (o rule[T, B]) find(ctx context.Context, id string) (found T, version int64, err error) {
	version, err = o.s.t.Version(ctx, o.kind, id)
	if err != nil {
		return found, 0, err
	}
	all, err := o.all(o.s.t, ctx)
	if err != nil {
		return found, 0, err
	}
	for _, x := range all {
		if o.id(x) == id {
			return x, version, nil
		}
	}
	return found, 0, problem.New(problem.Unknown)
}

func (o rule[T, B]) show(c *call) error { return o.send(c, http.StatusOK, c.r.PathValue("id")) }

func (o rule[T, B]) send(c *call, code int, id string) error {
	x, v, err := o.find(c.r.Context(), id)
	if err != nil {
		return err
	}
	return c.tagged(code, o.kind, v, o.body(x))
}

func (o rule[T, B]) create(c *call) error {
	id, err := o.s.newID(c, o.kind)
	if err != nil {
		return err
	}
	x, err := o.read(c, id)
	if err != nil {
		return err
	}
	switch err = o.put(o.s.t.If(o.kind, id, 0), c.r.Context(), x); {
	case errors.Is(err, store.ErrStale): // made before, under this key
		if had, _, err := o.find(c.r.Context(), id); err != nil || !reflect.DeepEqual(o.body(had), o.body(x)) {
			return errors.Join(problem.New(problem.Reused), err)
		}
	case errors.Is(err, store.ErrConflict):
		return taken()
	case err != nil:
		return err
	default:
		if err := o.s.note(c, o.records+".set", id, o.detail(x)); err != nil {
			return err
		}
	}
	c.w.Header().Set("Location", Prefix+o.path+"/"+id)
	return o.send(c, http.StatusCreated, id)
}

func (o rule[T, B]) replace(c *call) error {
	id := c.r.PathValue("id")
	if _, _, err := o.find(c.r.Context(), id); err != nil {
		return err
	}
	version, err := c.ifMatch(o.kind)
	if err != nil {
		return err
	}
	x, err := o.read(c, id)
	if err != nil {
		return err
	}
	switch err = o.put(o.s.t.If(o.kind, id, version), c.r.Context(), x); {
	case errors.Is(err, store.ErrStale):
		return o.stale(c, id)
	case errors.Is(err, store.ErrConflict):
		return taken()
	case err != nil:
		return err
	}
	if err := o.s.note(c, o.records+".set", id, o.detail(x)); err != nil {
		return err
	}
	return o.show(c)
}

// stale answers what is there instead of what was to be changed.
func (o rule[T, B]) stale(c *call, id string) error {
	x, v, err := o.find(c.r.Context(), id)
	if err != nil {
		return err
	}
	return c.stale(o.kind, v, o.body(x))
}

func (o rule[T, B]) remove(c *call) error {
	id := c.r.PathValue("id")
	x, _, err := o.find(c.r.Context(), id)
	if err != nil {
		return err
	}
	version, err := c.ifMatch(o.kind)
	if err != nil {
		return err
	}
	if o.needed != nil {
		if err := o.needed(c.r.Context(), id); err != nil {
			return err
		}
	}
	switch err := o.drop(o.s.t.If(o.kind, id, version), c.r.Context(), id); {
	case errors.Is(err, store.ErrStale):
		return o.stale(c, id)
	case err != nil:
		return err
	}
	if err := o.s.note(c, o.records+".delete", id, o.name(x)); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
