package admin

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"beside/server/directory"
	"beside/server/store"
	"beside/server/whatif"
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
	Result string // allows, limits, stops, later, unasked
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

// answer decides exactly as a session would be decided, and writes down that it was asked.
func (s *Site) answer(v *visit, d *whatIfData) error {
	settings, rows, err := s.rules(v)
	if err != nil {
		return err
	}
	q := whatif.Question{Helper: d.Helper, Sharer: d.Sharer}
	if d.Known {
		q.Device = &d.Device
	}
	a := whatif.Ask(s.o.Tenant, settings, rows, q)
	d.Best, d.Code = a.Best, string(a.Code)
	names := map[string]string{}
	for _, r := range rows {
		names[r.ID] = r.Name
	}
	for _, r := range a.Ladder {
		x := rung{Right: r.Right, Yes: r.Yes, Why: string(r.Code)}
		for _, id := range r.By {
			x.By = append(x.By, names[id])
		}
		d.Ladder = append(d.Ladder, x)
	}
	for _, l := range a.Layers {
		d.Layers = append(d.Layers, layer{"wi.l." + l.Name, l.Result, layerWords(l)})
	}
	for _, c := range a.Tried {
		d.Tried = append(d.Tried, considered{c.Assignment, c.Why == whatif.Applies, "wi." + c.Why, d.Names[c.Via]})
	}
	_, err = s.t.Append(v.r.Context(), store.Entry{
		Actor: v.who.Object, Action: "what-if", Target: d.Sharer.Object, Outcome: string(a.Code), Detail: "helper=" + d.Helper.Object,
	})
	return err
}

// layerWords is the key of what is said of a layer.
func layerWords(l whatif.Layer) string {
	switch l.Result {
	case whatif.Stops:
		return "code." + string(l.Code)
	case whatif.Limits:
		return "wi.warned"
	case whatif.Unasked:
		return "wi.unasked"
	}
	return "wi.y." + l.Name
}
