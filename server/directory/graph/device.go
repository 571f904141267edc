package graph

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"beside/policy"
	"beside/server/directory"
	"beside/server/graph"
)

// silentFor is how long a device may say nothing to device management before what is known about
// its state counts as unknown. It is the period after which Intune itself, unless told otherwise,
// no longer counts a device as compliant.
const silentFor = 30 * 24 * time.Hour

// device is a directory.Device with its id in the groups of the directory.
type device struct {
	directory.Device
	object string // "" if it is not registered
}

// Device implements directory.Directory.
func (d *Directory) Device(ctx context.Context, tenant, id string) (directory.Device, error) {
	if tenant != d.tenant || graph.ID(id) != id {
		return directory.Device{}, directory.ErrUnknown
	}
	r := d.known(ctx, []string{id})[0]
	return r.v.Device, r.err
}

// known are devices in the order of their ids, which are in their one spelling.
func (d *Directory) known(ctx context.Context, ids []string) []result[device] {
	return d.devices.get(ctx, ids, func(ctx context.Context, ids []string) ([]result[device], error) {
		got, err := d.c.Devices(ctx, ids)
		if err != nil {
			return nil, unavailable(err)
		}
		out := make([]result[device], len(got))
		for i, a := range got {
			if a.Err != nil {
				out[i].err = unavailable(a.Err)
				continue
			}
			out[i].v = join(ids[i], a.Registered, a.Managed, time.Now())
			out[i].v.Groups, out[i].v.GroupsKnown = a.Groups, true
		}
		return out, nil
	})
}

// join is one device from its two sources, either of which may know nothing of it.
func join(id string, r *graph.Device, managed []graph.Managed, now time.Time) (out device) {
	out.ID = id
	if r != nil {
		out.object, out.Name, out.OS = graph.ID(r.Object), text(r.Name), system(r.OS, r.Version)
		out.Registered = r.Enabled // one that was switched off counts as gone
		if len(r.Owners) > 0 {
			out.Owner = graph.ID(r.Owners[0].ID)
		}
	}
	if len(managed) == 0 {
		return out
	}
	// A device that was enrolled anew leaves its old entry behind for a while.
	m := slices.MaxFunc(managed, func(a, b graph.Managed) int { return a.LastSync.Compare(b.LastSync) })
	out.Enrolled, out.Owner, out.Seen = true, graph.ID(m.User), m.LastSync
	out.Name, out.OS = cmp.Or(text(m.Name), out.Name), cmp.Or(system(m.OS, m.Version), out.OS)
	out.State = state(m, now)
	return out
}

// state reads what device management says. Grace is a time to mend what is wrong, which is wrong
// all the same; whatever is not one of the words for yes and no is unknown.
func state(m graph.Managed, now time.Time) policy.DeviceState {
	switch {
	case m.State == "noncompliant", m.State == "inGracePeriod":
		return policy.StateNotCompliant
	case m.State == "compliant" && now.Sub(m.LastSync) <= silentFor:
		return policy.StateCompliant
	}
	return policy.StateUnknown
}

func system(name, version string) string { return text(strings.TrimSpace(name + " " + version)) }

// longest is how much of a text stands on a card, in characters.
const longest = 128

// text is a text as it may stand on a card: not too long, and without what changes the direction
// of the words around it.
func text(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, strings.TrimSpace(s))
	if r := []rune(s); len(r) > longest {
		return string(r[:longest-1]) + "…"
	}
	return s
}
