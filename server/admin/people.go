package admin

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"beside/policy"
	"beside/server/directory"
	"beside/server/store"
)

// system is windows, macos, linux, ios, android or other.
func system(os string) string {
	os = strings.ToLower(os)
	for _, s := range []struct{ word, name string }{
		{"windows", "windows"},
		{"mac", "macos"},
		{"os x", "macos"},
		{"ios", "ios"},
		{"android", "android"},
		{"linux", "linux"},
		{"debian", "linux"},
		{"ubuntu", "linux"},
		{"fedora", "linux"},
		{"red hat", "linux"},
		{"suse", "linux"},
	} {
		if strings.Contains(os, s.word) {
			return s.name
		}
	}
	return "other"
}

// paging reads the offset of an address and makes its pager.
func (v *visit) paging(shown, total, offset int) pager {
	q := v.r.URL.Query()
	p := pager{Text: v.t("pager.range", "from", min(offset+1, total), "to", offset+shown, "total", total)}
	if offset > 0 {
		p.First = "?" + without(q, "from").Encode()
	}
	if offset+shown < total {
		p.Next = "?" + with(q, "from", strconv.Itoa(offset+shown)).Encode()
	}
	return p
}

func (v *visit) listQuery() directory.Query {
	q := v.r.URL.Query()
	from, _ := strconv.Atoi(q.Get("from"))
	return directory.Query{Text: cut(q.Get("q"), 120), Group: q.Get("group"), Offset: min(max(from, 0), 1_000_000), Limit: perPage}
}

type peopleData struct {
	Query map[string]string
	Group string
	List  []personRow
	Names map[string]string
	Pager pager
}

type personRow struct {
	directory.Person
	May policy.Right // at most, through any assignment
}

func (s *Site) people(v *visit) error {
	q := v.listQuery()
	list, total, err := s.o.Directory.People(v.r.Context(), s.o.Tenant, q)
	if err != nil {
		return err
	}
	settings, rows, err := s.rules(v)
	if err != nil {
		return err
	}
	as := store.Policies(rows)
	d := peopleData{Query: map[string]string{"q": q.Text}, Names: s.groupNames(v), Pager: v.paging(len(list), total, q.Offset)}
	d.Group = d.Names[q.Group]
	for _, p := range list {
		d.List = append(d.List, personRow{p, policy.MayHelp(s.o.Tenant, settings, as, p.Person).Offer})
	}
	v.show("people", "nav.people", "people", d)
	return nil
}

// rules are the settings and assignments as they are now.
func (s *Site) rules(v *visit) (policy.Settings, []store.Assignment, error) {
	settings, err := s.t.Settings(v.r.Context())
	if err != nil {
		return settings, nil, err
	}
	rows, err := s.t.Assignments(v.r.Context())
	return settings, rows, err
}

type onePerson struct {
	P               personRow
	Names           map[string]string
	Devices         []directory.Device
	Helped, Helping []store.Session
	Assignments     []store.Assignment
}

func (s *Site) person(v *visit) error {
	id := v.r.PathValue("id")
	p, err := s.o.Directory.Person(v.r.Context(), s.o.Tenant, id)
	if err != nil {
		return err
	}
	settings, rows, err := s.rules(v)
	if err != nil {
		return err
	}
	d := onePerson{P: personRow{p, policy.MayHelp(s.o.Tenant, settings, store.Policies(rows), p.Person).Offer}, Names: s.groupNames(v)}
	if d.Devices, err = s.o.Directory.DevicesOf(v.r.Context(), s.o.Tenant, id); err != nil {
		return err
	}
	if d.Helping, _, err = s.t.FindSessions(v.r.Context(), store.SessionQuery{Helper: id, Limit: 5}); err != nil {
		return err
	}
	if d.Helped, _, err = s.t.FindSessions(v.r.Context(), store.SessionQuery{Sharer: id, Limit: 5}); err != nil {
		return err
	}
	for _, a := range rows {
		if slices.ContainsFunc(a.AdminGroups, func(g string) bool { return slices.Contains(p.Groups, g) }) {
			d.Assignments = append(d.Assignments, a)
		}
	}
	v.show("person", "people.one", "people", d)
	return nil
}

type groupsData struct {
	Query map[string]string
	List  []directory.Group
	Pager pager
}

func (s *Site) groups(v *visit) error {
	q := v.listQuery()
	list, total, err := s.o.Directory.Groups(v.r.Context(), s.o.Tenant, q)
	if err != nil {
		return err
	}
	v.show("groups", "groups.title", "people", groupsData{map[string]string{"q": q.Text}, list, v.paging(len(list), total, q.Offset)})
	return nil
}

type devicesData struct {
	Query map[string]string
	Group string
	List  []deviceRow
	Pager pager
	State []option
}

type deviceRow struct {
	directory.Device
	OwnerName, OwnerJob string
}

var deviceStates = []option{{"", "any", ""}, {"compliant", "comp.ok", ""}, {"noncompliant", "comp.no", ""}, {"unenrolled", "comp.none", ""}, {"unknown", "comp.unknown", ""}}

func (s *Site) devices(v *visit) error {
	q := v.listQuery()
	state := v.r.URL.Query().Get("state")
	filtered := slices.ContainsFunc(deviceStates[1:], func(o option) bool { return o.Value == state })
	ask := q
	if filtered {
		ask.Offset, ask.Limit = 0, 0
	}
	list, total, err := s.o.Directory.Devices(v.r.Context(), s.o.Tenant, ask)
	if err != nil {
		return err
	}
	if filtered {
		list = slices.DeleteFunc(list, func(d directory.Device) bool { return d.Shown() != policy.ParseDeviceState(state) })
		total = len(list)
		list = list[min(q.Offset, total):]
		list = list[:min(q.Limit, len(list))]
	}
	d := devicesData{
		Query: map[string]string{"q": q.Text, "state": state}, Group: s.groupNames(v)[q.Group], State: deviceStates,
		Pager: v.paging(len(list), total, q.Offset),
	}
	for _, x := range list {
		d.List = append(d.List, s.deviceRow(v, x))
	}
	v.show("devices", "nav.devices", "devices", d)
	return nil
}

func (s *Site) deviceRow(v *visit, x directory.Device) deviceRow {
	row := deviceRow{Device: x}
	if x.Owner != "" {
		if p, err := s.o.Directory.Person(v.r.Context(), s.o.Tenant, x.Owner); err == nil {
			row.OwnerName, row.OwnerJob = p.Card.Name, p.Card.Job
		}
	}
	return row
}

type oneDevice struct {
	X     deviceRow
	Names map[string]string
	Last  []store.Session
	Ask   string // the question for What-if
	Key   store.EnrolledDevice
}

func (s *Site) device(v *visit) error {
	x, err := s.o.Directory.Device(v.r.Context(), s.o.Tenant, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	d := oneDevice{X: s.deviceRow(v, x), Names: s.groupNames(v), Ask: url.Values{"d": {x.ID}, "s": {x.Owner}}.Encode()}
	if d.Last, _, err = s.t.FindSessions(v.r.Context(), store.SessionQuery{Device: x.ID, Limit: 5}); err != nil {
		return err
	}
	if d.Key, err = s.t.EnrolledDevice(v.r.Context(), x.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	v.show("device", "device.title", "devices", d)
	return nil
}
