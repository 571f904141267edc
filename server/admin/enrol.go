package admin

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"beside/server/directory"
	"beside/server/store"
)

// enrolHours are the lives to choose from for a token.
var enrolHours = []option{{"1", "enrol.1h", ""}, {"24", "enrol.24h", ""}, {"168", "enrol.168h", ""}}

type enrolData struct {
	Name, Owner, Hours string
	Device             directory.Device // that the token is for; without an id: a new one
	Lives              []option
	Problems           []problem
	Token              string // shown once
	Made               store.EnrolToken
	Open               []store.EnrolToken
	Names              map[string]string // of owners
}

func (s *Site) enrolPage(v *visit) (enrolData, error) {
	q := v.r.URL.Query()
	d := enrolData{Hours: "24", Lives: enrolHours, Names: map[string]string{}}
	var err error
	if id := q.Get("device"); id != "" {
		if d.Device, err = s.o.Directory.Device(v.r.Context(), s.o.Tenant, id); err != nil {
			return d, err
		}
		d.Owner = s.deviceRow(v, d.Device).OwnerName
	}
	if d.Open, err = s.t.EnrolTokens(v.r.Context()); err != nil {
		return d, err
	}
	for _, e := range d.Open {
		if p, err := s.o.Directory.Person(v.r.Context(), s.o.Tenant, e.Owner); err == nil {
			d.Names[e.Owner] = p.Card.Name
		}
	}
	return d, nil
}

func (s *Site) enrol(v *visit) error {
	d, err := s.enrolPage(v)
	if err != nil {
		return err
	}
	v.show("enrol", "enrol.title", "devices", d)
	return nil
}

// enrolDo makes a token and shows it; it stands in no address, so that no history keeps it.
func (s *Site) enrolDo(v *visit) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	d, err := s.enrolPage(v)
	if err != nil {
		return err
	}
	d.Name, d.Owner, d.Hours = strings.TrimSpace(f.Get("name")), strings.TrimSpace(f.Get("owner")), f.Get("hours")
	if len([]rune(d.Name)) > 64 {
		d.Problems = append(d.Problems, problem{"name", "form.long64"})
	}
	owner, ok, err := s.onePerson(v, d.Owner)
	if err != nil {
		return err
	}
	if !ok {
		d.Problems = append(d.Problems, problem{"owner", "form.owner"})
	}
	hours, err := strconv.Atoi(d.Hours)
	if err != nil || !slices.ContainsFunc(enrolHours, func(o option) bool { return o.Value == d.Hours }) {
		d.Problems = append(d.Problems, problem{"hours", "form.hours"})
	}
	if len(d.Problems) > 0 {
		v.status(http.StatusUnprocessableEntity, "enrol", "enrol.title", "devices", d)
		return nil
	}
	d.Made, d.Token, err = s.t.NewEnrolToken(v.r.Context(), store.EnrolToken{
		Device: d.Device.ID, Name: d.Name, Owner: owner, By: v.who.Object, Expires: s.o.Now().Add(time.Duration(hours) * time.Hour),
	})
	if err != nil {
		return err
	}
	if err := v.note("device.token", d.Made.Device, "token "+d.Made.ID); err != nil {
		return err
	}
	v.show("enrol", "enrol.title", "devices", d)
	return nil
}

// onePerson is whom a text means: an id, or a name that only one person has. No text means nobody.
func (s *Site) onePerson(v *visit, text string) (object string, ok bool, err error) {
	if text == "" {
		return "", true, nil
	}
	var d whatIfData
	d.Query, d.Choices = map[string]string{"s": text}, map[string][]choice{}
	p, ok, err := s.pick(v, &d, "s")
	return p.Object, ok, err
}

func (s *Site) enrolVoid(v *visit) error {
	id := v.r.PathValue("token")
	if err := s.t.VoidEnrolToken(v.r.Context(), id); err != nil {
		return err
	}
	if err := v.note("device.token.void", id, ""); err != nil {
		return err
	}
	seeOther(v.w, v.r, "/admin/devices/enrol")
	return nil
}

// deviceToRevoke is what to ask before a device's key is revoked.
func (s *Site) deviceToRevoke(v *visit) (store.EnrolledDevice, confirmation, error) {
	e, err := s.t.EnrolledDevice(v.r.Context(), v.r.PathValue("id"))
	if err == nil && !e.Revoked.IsZero() {
		err = errNotFound
	}
	return e, confirmation{Name: e.Name, Key: "dev.revoke", Do: "dev.revoke", Action: v.r.URL.EscapedPath(), Back: "/admin/devices/" + url.PathEscape(e.ID)}, err
}

func (s *Site) deviceRevokeAsk(v *visit) error {
	_, ask, err := s.deviceToRevoke(v)
	if err != nil {
		return err
	}
	v.show("confirm", "dev.revoke", "devices", ask)
	return nil
}

func (s *Site) deviceRevoke(v *visit) error {
	e, _, err := s.deviceToRevoke(v)
	if err != nil {
		return err
	}
	if err := s.t.RevokeDevice(v.r.Context(), v.who.Object, e.ID); err != nil {
		return err
	}
	if err := v.note("device.revoke", e.ID, ""); err != nil {
		return err
	}
	seeOther(v.w, v.r, "/admin/devices")
	return nil
}
