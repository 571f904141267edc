package graph_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"beside/auth/devidp/graphtest"
	"beside/server/directory"
	"beside/server/directory/demo"
)

// TestRun reads the lists again, says when it cannot, and shows nothing that is too old.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := open(t, graphtest.Options{})
		ctx, stop := context.WithCancel(t.Context())
		said, ended := make(chan error, 10), make(chan error, 1)
		go func() { ended <- d.Run(ctx, func(err error) { said <- err }) }()
		count := func() (int, error) {
			_, n, err := d.People(t.Context(), demo.Tenant, directory.Query{})
			return n, err
		}
		if n, err := count(); err != nil || n != 10 {
			t.Fatal(n, err)
		}
		x := data()
		x.Users = x.Users[:5]
		s.Replace(x)
		if n, _ := count(); n != 10 {
			t.Errorf("at once %d", n)
		}
		later(6 * time.Minute)
		if n, err := count(); err != nil || n != 5 || len(said) != 0 {
			t.Errorf("later %d %v", n, err)
		}
		s.Meddle(func(_ string, a *graphtest.Answer) { a.Busy(http.StatusInternalServerError, "") })
		later(10 * time.Minute)
		if n, err := count(); err != nil || n != 5 {
			t.Errorf("away for a while: %d %v", n, err)
		}
		later(30 * time.Minute)
		if _, err := count(); !errors.Is(err, directory.ErrUnavailable) {
			t.Errorf("away for long: %v", err)
		}
		s.Meddle(nil)
		later(2 * time.Minute)
		if n, err := count(); err != nil || n != 5 {
			t.Errorf("back: %d %v", n, err)
		}
		if err := <-said; !errors.Is(err, directory.ErrUnavailable) {
			t.Errorf("said %v", err)
		}
		if err := <-said; err != nil || len(said) != 0 {
			t.Errorf("said %v, and more", err)
		}
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
}

// TestGoneMeanwhile: a page shows somebody who was deleted as the lists know them.
func TestGoneMeanwhile(t *testing.T) {
	s, d := open(t, graphtest.Options{})
	if _, _, err := d.People(t.Context(), demo.Tenant, directory.Query{Limit: 1}); err != nil {
		t.Fatal(err)
	}
	x := data()
	x.Users, x.Devices, x.Groups = x.Users[:2], x.Devices[1:], x.Groups[1:]
	s.Replace(x)
	people, _, err := d.People(t.Context(), demo.Tenant, directory.Query{Text: "Sam Rivers", Limit: 5})
	if err != nil || len(people) != 1 || people[0].GroupsKnown || people[0].Card.Name != "Sam Rivers" {
		t.Errorf("%+v %v", people, err)
	}
	devices, _, err := d.Devices(t.Context(), demo.Tenant, directory.Query{Text: demo.DeviceSam, Limit: 5})
	if err != nil || len(devices) != 1 || devices[0].GroupsKnown {
		t.Errorf("%+v %v", devices, err)
	}
	groups, _, err := d.Groups(t.Context(), demo.Tenant, directory.Query{Text: "Service desk", Limit: 5})
	if err != nil || len(groups) != 2 || groups[0].People != -1 || groups[1].People != 1 {
		t.Errorf("%+v %v", groups, err)
	}
}

// TestAPageIsFewRequests: a page of devices costs batches, not a request for each row.
func TestAPageIsFewRequests(t *testing.T) {
	x := data()
	for i := range 100 {
		user := numbered(0xa, i)
		x.Users = append(x.Users, graphtest.User{ID: user, Name: fmt.Sprintf("Person %03d", i)})
		x.Devices = append(x.Devices, graphtest.Device{Object: numbered(0xb, i), ID: numbered(0xc, i), Name: fmt.Sprintf("PC-%03d", i), Owner: user, Registered: true, Enrolled: true, State: "compliant", LastSync: time.Now()})
	}
	s, d := open(t, graphtest.Options{Data: x, PageSize: 999})
	if _, _, err := d.Devices(t.Context(), demo.Tenant, directory.Query{}); err != nil {
		t.Fatal(err)
	}
	requests := 0
	s.Meddle(func(path string, _ *graphtest.Answer) {
		if path == "/$batch" {
			requests++
		}
	})
	list, _, err := d.Devices(t.Context(), demo.Tenant, directory.Query{Text: "PC-", Limit: 25})
	if err != nil || len(list) != 25 {
		t.Fatal(len(list), err)
	}
	for _, v := range list {
		if p, err := d.Person(t.Context(), demo.Tenant, v.Owner); err != nil || p.Card.Name == "" {
			t.Errorf("%+v %v", p, err)
		}
	}
	if requests != 8 { // 25 devices and 25 owners, 3 questions each
		t.Errorf("%d requests", requests)
	}
}

// TestEnormous is an organisation of 100,000 people in one group, with 50,000 devices.
func TestEnormous(t *testing.T) {
	const people, devices = 100_000, 50_000
	x := graphtest.Data{Tenant: demo.Tenant, Name: "Large", Domain: "large.example", Groups: []graphtest.Group{{ID: demo.GroupStaff, Name: "All"}}}
	for i := range people {
		x.Users = append(x.Users, graphtest.User{ID: numbered(0xa, i), Name: fmt.Sprintf("Person %06d", i), Groups: []string{demo.GroupStaff}})
	}
	for i := range devices {
		x.Devices = append(x.Devices, graphtest.Device{Object: numbered(0xb, i), ID: numbered(0xc, i), Name: fmt.Sprintf("PC-%06d", i), Owner: numbered(0xa, i), Registered: true, Enrolled: i%2 == 0, State: "compliant", LastSync: time.Now(), Groups: []string{demo.GroupStaff}})
	}
	_, d := open(t, graphtest.Options{Data: x, PageSize: 999})
	list, total, err := d.People(t.Context(), demo.Tenant, directory.Query{Group: demo.GroupStaff, Text: "person 0999", Limit: 25})
	if err != nil || total != 100 || len(list) != 25 || !list[0].GroupsKnown {
		t.Errorf("people: %d of %d %v", len(list), total, err)
	}
	found, total, err := d.Devices(t.Context(), demo.Tenant, directory.Query{Group: demo.GroupStaff, Offset: devices - 5, Limit: 25})
	if err != nil || total != devices || len(found) != 5 {
		t.Errorf("devices: %d of %d %v", len(found), total, err)
	}
	groups, _, err := d.Groups(t.Context(), demo.Tenant, directory.Query{Limit: 25})
	if err != nil || groups[0].People != people || groups[0].Devices != devices {
		t.Errorf("groups: %+v %v", groups, err)
	}
}

// TestTooMuch: a list without an end is no list.
func TestTooMuch(t *testing.T) {
	s, d := open(t, graphtest.Options{})
	n := 0
	s.Meddle(func(path string, a *graphtest.Answer) {
		if path == "/groups" {
			n++
			a.JSON["@odata.nextLink"] = fmt.Sprintf("%s/v1.0/groups?$select=id,displayName&$top=999&x=%d", graphtest.Base, n)
		}
	})
	if _, _, err := d.Groups(t.Context(), demo.Tenant, directory.Query{Limit: 5}); !errors.Is(err, directory.ErrUnavailable) {
		t.Errorf("%v after %d pages", err, n)
	}
}

// numbered is a GUID of a kind.
func numbered(kind, n int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", kind, n) }

// TestAhead: what was asked for ahead, in one request for both people and one for the device, is at hand.
func TestAhead(t *testing.T) {
	for name, device := range map[string]string{"device": demo.DeviceSam, "upper case": strings.ToUpper(demo.DeviceSam), "none": "", "no id": "x"} {
		t.Run(name, func(t *testing.T) {
			s, d := open(t, graphtest.Options{})
			requests := 0
			s.Meddle(func(path string, _ *graphtest.Answer) {
				if path == "/$batch" {
					requests++
				}
			})
			d.Ahead(t.Context(), demo.Tenant, []string{demo.Noa, demo.Sam}, device)
			if most := map[bool]int{true: 2, false: 3}[len(device) > 1]; requests != most {
				t.Errorf("%d requests", requests)
			}
			asked := s.Asked.Load()
			for _, id := range []string{demo.Noa, demo.Sam} {
				if _, err := d.Person(t.Context(), demo.Tenant, id); err != nil {
					t.Error(err)
				}
			}
			if _, err := d.Device(t.Context(), demo.Tenant, demo.DeviceSam); err != nil || s.Asked.Load() != asked {
				t.Errorf("asked again, %v", err)
			}
			d.Ahead(t.Context(), demo.OtherTenant, []string{demo.Ines}, demo.DeviceInes)
			if s.Asked.Load() != asked {
				t.Error("another tenant is asked for")
			}
		})
	}
}
