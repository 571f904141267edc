package admin

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"beside/policy"
	"beside/server/directory"
	"beside/server/store"
)

// rung is one step of the ladder in a What-if answer.
type rung struct {
	Right string
	Yes   bool
	Why   string // a code
	By    []string
}

// layer is one thing that may say no.
type layer struct {
	Key    string
	Result string // allows, limits, stops, later
	Why    string // key of the words
}

// considered is an assignment of the helper and why it applies or does not.
type considered struct {
	A       store.Assignment
	Applies bool
	Why     string // key of the words
	Via     string // name of the group that brings the helper in
}

type whatIfData struct {
	Query   map[string]string
	Choices map[string][]choice // for what was typed but is not one id
	Asked   bool
	Helper  directory.Person
	Sharer  directory.Person
	Device  directory.Device
	Known   bool // the device is in the directory
	Best    string
	Code    string
	Ladder  []rung
	Layers  []layer
	Tried   []considered
	Names   map[string]string
}

// choice is a person or device that fits what was typed, with the question that means it.
type choice struct{ ID, Name, Detail, Link string }

// rungs in order, and what each asks for.
var rungs = []struct {
	name string
	ask  policy.Right
}{
	{"view", policy.View},
	{"control", policy.View | policy.Control},
	{"elevation", policy.View | policy.Control | policy.Elevate},
	{"unattended", policy.View | policy.Control | policy.Elevate | policy.Unattended},
}

func (s *Site) whatIf(v *visit) error {
	q := v.r.URL.Query()
	d := whatIfData{Query: map[string]string{"h": q.Get("h"), "s": q.Get("s"), "d": q.Get("d")}, Choices: map[string][]choice{}, Names: s.groupNames(v)}
	var helper, sharer, device bool
	var err error
	if d.Helper, helper, err = s.pick(v, &d, "h"); err != nil {
		return err
	}
	if d.Sharer, sharer, err = s.pick(v, &d, "s"); err != nil {
		return err
	}
	if d.Device, device, err = s.pickDevice(v, &d); err != nil {
		return err
	}
	d.Known = device
	if d.Asked = helper && sharer && (device || q.Get("d") == ""); d.Asked {
		if err := s.answer(v, &d); err != nil {
			return err
		}
	}
	v.show("what-if", "nav.what-if", "what-if", d)
	return nil
}

// pick finds the person that was asked about: an id, or a text that fits only one. Otherwise it
// offers those that fit.
func (s *Site) pick(v *visit, d *whatIfData, field string) (directory.Person, bool, error) {
	text := strings.TrimSpace(d.Query[field])
	if text == "" {
		return directory.Person{}, false, nil
	}
	p, err := s.o.Directory.Person(v.r.Context(), s.o.Tenant, text)
	if err == nil {
		d.Query[field] = p.Card.Name
		return p, true, nil
	}
	if !errors.Is(err, directory.ErrUnknown) {
		return p, false, err
	}
	list, _, err := s.o.Directory.People(v.r.Context(), s.o.Tenant, directory.Query{Text: cut(text, 120), Limit: 8})
	if err != nil {
		return p, false, err
	}
	if i := slices.IndexFunc(list, func(p directory.Person) bool { return strings.EqualFold(p.Card.Name, text) }); i >= 0 || len(list) == 1 {
		return list[max(i, 0)], true, nil
	}
	for _, p := range list {
		d.Choices[field] = append(d.Choices[field], choice{p.Object, p.Card.Name, p.Card.Job, v.ask(field, p.Object)})
	}
	return directory.Person{}, false, nil
}

func (s *Site) pickDevice(v *visit, d *whatIfData) (directory.Device, bool, error) {
	text := strings.TrimSpace(d.Query["d"])
	if text == "" {
		return directory.Device{}, false, nil
	}
	x, err := s.o.Directory.Device(v.r.Context(), s.o.Tenant, text)
	if err == nil {
		d.Query["d"] = x.Name
		return x, true, nil
	}
	if !errors.Is(err, directory.ErrUnknown) {
		return x, false, err
	}
	list, _, err := s.o.Directory.Devices(v.r.Context(), s.o.Tenant, directory.Query{Text: cut(text, 120), Limit: 8})
	if err != nil {
		return x, false, err
	}
	if i := slices.IndexFunc(list, func(x directory.Device) bool { return strings.EqualFold(x.Name, text) }); i >= 0 || len(list) == 1 {
		return list[max(i, 0)], true, nil
	}
	for _, x := range list {
		d.Choices["d"] = append(d.Choices["d"], choice{x.ID, x.Name, x.OS, v.ask("d", x.ID)})
	}
	return directory.Device{}, false, nil
}

// ask is the same question with one field's id.
func (v *visit) ask(field, id string) string {
	q := url.Values{}
	for _, f := range []string{"h", "s", "d"} {
		q.Set(f, v.r.URL.Query().Get(f))
	}
	q.Set(field, id)
	return "?" + q.Encode()
}

// answer decides exactly as a session would be decided, with the best proof the device could give,
// and writes down that it was asked.
func (s *Site) answer(v *visit, d *whatIfData) error {
	settings, rows, err := s.rules(v)
	if err != nil {
		return err
	}
	in := policy.Input{Tenant: s.o.Tenant, Settings: settings, Assignments: store.Policies(rows), Helper: d.Helper.Person, Sharer: d.Sharer.Person}
	if d.Known {
		in.Device = d.Device.Device
		in.Device.Proof = policy.ProofVerified
	} else {
		in.Device.GroupsKnown = true
	}
	names := map[string]string{}
	for _, r := range rows {
		names[r.ID] = r.Name
	}
	for _, r := range rungs {
		in.Request, in.Unattended = r.ask, r.name == "unattended"
		got := policy.Decide(in)
		x := rung{Right: r.name, Yes: got.Code == policy.CodeOK && got.Rights == r.ask, Why: string(got.Code)}
		for _, id := range got.Assignments {
			x.By = append(x.By, names[id])
		}
		if x.Yes {
			d.Best = r.name
		}
		d.Ladder = append(d.Ladder, x)
	}
	in.Request, in.Unattended = policy.View, false
	verdict := policy.Decide(in)
	d.Code = string(verdict.Code)
	d.Layers = layers(in, verdict)
	for _, r := range rows {
		via := slices.IndexFunc(r.AdminGroups, func(g string) bool { return slices.Contains(d.Helper.Groups, g) })
		c := considered{A: r, Applies: slices.Contains(verdict.Assignments, r.ID)}
		switch {
		case via < 0:
			c.Why = "wi.not.admin"
		case !c.Applies:
			c.Why = "wi.not.scope"
		default:
			c.Why = "wi.applies"
		}
		if via >= 0 {
			c.Via = d.Names[r.AdminGroups[via]]
			d.Tried = append(d.Tried, c)
		}
	}
	_, err = s.t.Append(v.r.Context(), store.Entry{
		Actor: v.who.Object, Action: "what-if", Target: d.Sharer.Object, Outcome: string(verdict.Code), Detail: "helper=" + d.Helper.Object,
	})
	return err
}

// layers are what may say no, in the order in which it is asked; after the first that stops the
// rest is not reached.
func layers(in policy.Input, got policy.Decision) []layer {
	code := got.Code
	stops := func(codes ...policy.Code) bool { return slices.Contains(codes, code) }
	out := []layer{}
	stopped := false
	add := func(key string, no bool, yes, why string) {
		l := layer{Key: key, Result: "allows", Why: yes}
		switch {
		case stopped:
			l.Result, l.Why = "unasked", "wi.unasked"
		case no:
			l.Result, l.Why, stopped = "stops", why, true
		}
		out = append(out, l)
	}
	add("wi.l.subscription", stops(policy.CodeLicence), "wi.y.subscription", "code."+string(policy.CodeLicence))
	add("wi.l.settings", stops(policy.CodeDisabled), "wi.y.settings", "code."+string(policy.CodeDisabled))
	add("wi.l.members", stops(policy.CodeAccount, policy.CodeSelf), "wi.y.members", "code."+string(code))
	add("wi.l.directory", stops(policy.CodeDirectory), "wi.y.directory", "code."+string(policy.CodeDirectory))
	add("wi.l.device", stops(policy.CodeUnenrolled, policy.CodeUnverified), "wi.y.device", "code."+string(code))
	add("wi.l.role", stops(policy.CodeNoRole, policy.CodePermission), "wi.y.role", "code."+string(code))
	add("wi.l.scope", stops(policy.CodeScope), "wi.y.scope", "code."+string(policy.CodeScope))
	if !stopped {
		if s := in.Device.Shown(); s == policy.StateNotCompliant || s == policy.StateUnknown {
			out = append(out, layer{"wi.l.compliance", "limits", "wi.warned"})
		}
		out = append(out, layer{"wi.l.consent", "later", "wi.y.consent"})
	}
	return out
}
