package directorytest

import (
	"slices"
	"testing"

	"beside/server/directory"
	"beside/server/directory/demo"
)

func names(ps []directory.Person) (out []string) {
	for _, p := range ps {
		out = append(out, p.Card.Name)
	}
	return out
}

func lists(t *testing.T, d directory.Browser) {
	for name, tt := range map[string]struct {
		q    directory.Query
		want []string
	}{
		"part of a name":    {directory.Query{Text: "IVER"}, []string{"Sam Rivers"}},
		"part of a title":   {directory.Query{Text: "service desk"}, []string{"Kit Marsh", "Noa Winters"}},
		"an id":             {directory.Query{Text: demo.Lena}, []string{"Lena Fox"}},
		"nobody":            {directory.Query{Text: "%"}, nil},
		"in a group":        {directory.Query{Group: demo.GroupObservers}, []string{"Kit Marsh"}},
		"in a nested group": {directory.Query{Group: demo.GroupStaff, Text: "payroll"}, []string{"Sam Rivers"}},
		"in an empty group": {directory.Query{Group: Empty}, nil},
		"in no such group":  {directory.Query{Group: demo.OtherDesk}, nil},
		"in no group id":    {directory.Query{Group: "x' or 1"}, nil},
		"in devices' group": {directory.Query{Group: demo.GroupLaptops}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			tt.q.Limit = 25
			list, total, err := d.People(t.Context(), demo.Tenant, tt.q)
			if err != nil || total != len(tt.want) || !slices.Equal(names(list), tt.want) {
				t.Errorf("%v of %d, %v", names(list), total, err)
			}
			for _, p := range list {
				if !p.GroupsKnown || p.Tenant != demo.Tenant {
					t.Errorf("%+v", p.Person)
				}
			}
		})
	}
	for name, tt := range map[string]struct {
		q    directory.Query
		want []string
	}{
		"part of a name":   {directory.Query{Text: "hld-"}, []string{demo.DeviceRuth, demo.DeviceInes, demo.DeviceSam, demo.DeviceLena}},
		"part of a system": {directory.Query{Text: "debian"}, []string{demo.DeviceRuth, demo.DeviceInes, demo.DeviceSam}},
		"an owner":         {directory.Query{Text: "okoro"}, []string{demo.DeviceInes}},
		"an id":            {directory.Query{Text: Tablet}, []string{Tablet}},
		"in a group":       {directory.Query{Group: demo.GroupLaptops, Text: "04"}, []string{demo.DeviceSam}},
		"in people's":      {directory.Query{Group: demo.GroupDesk}, nil},
	} {
		t.Run("devices "+name, func(t *testing.T) {
			tt.q.Limit = 25
			list, total, err := d.Devices(t.Context(), demo.Tenant, tt.q)
			var ids []string
			for _, x := range list {
				ids = append(ids, x.ID)
				if !x.GroupsKnown {
					t.Errorf("%+v", x)
				}
			}
			if err != nil || total != len(tt.want) || !slices.Equal(ids, tt.want) {
				t.Errorf("%v of %d, %v", ids, total, err)
			}
		})
	}
}

func pages(t *testing.T, d directory.Browser) {
	all, total, err := d.People(t.Context(), demo.Tenant, directory.Query{})
	if err != nil || total != len(all) || total != 10 {
		t.Fatalf("%d of %d, %v", len(all), total, err)
	}
	var got []string
	for from := 0; from < total; from += 3 {
		page, n, err := d.People(t.Context(), demo.Tenant, directory.Query{Offset: from, Limit: 3})
		if err != nil || n != total || len(page) != min(3, total-from) {
			t.Fatalf("from %d: %d of %d, %v", from, len(page), n, err)
		}
		got = append(got, names(page)...)
	}
	if !slices.Equal(got, names(all)) || !slices.IsSorted(got) {
		t.Errorf("pages %v, whole %v", got, names(all))
	}
	for _, q := range []directory.Query{{Offset: 10, Limit: 3}, {Offset: 1 << 40, Limit: 3}} {
		if page, n, err := d.People(t.Context(), demo.Tenant, q); err != nil || len(page) != 0 || n != total {
			t.Errorf("%+v: %d of %d, %v", q, len(page), n, err)
		}
	}
	if page, _, err := d.People(t.Context(), demo.Tenant, directory.Query{Offset: -1, Limit: 1}); err != nil || len(page) != 1 {
		t.Errorf("before the beginning: %d %v", len(page), err)
	}
	if l, n, err := d.People(t.Context(), demo.OtherTenant, directory.Query{Limit: 3, Text: "Sam"}); len(l) != 0 || n != 0 {
		t.Errorf("Sam in the other tenant: %v %d %v", l, n, err)
	}
	if l, n, err := d.Devices(t.Context(), demo.Tenant, directory.Query{}); err != nil || n != len(l) || n != 6 {
		t.Errorf("devices: %d of %d, %v", len(l), n, err)
	}
}

func groups(t *testing.T, d directory.Browser) {
	list, total, err := d.Groups(t.Context(), demo.Tenant, directory.Query{Limit: 25})
	if err != nil || total != len(list) || total != 9 {
		t.Fatalf("%d of %d, %v", len(list), total, err)
	}
	sizes := map[string][2]int{}
	for _, g := range list {
		sizes[g.Name] = [2]int{g.People, g.Devices}
	}
	for name, want := range map[string][2]int{"All staff": {8, 0}, "Payroll": {1, 0}, "Laptops": {0, 3}, "Deep": {1, 0}, "Deeper": {1, 0}, "Empty": {0, 0}} {
		if sizes[name] != want {
			t.Errorf("%s has %v, want %v", name, sizes[name], want)
		}
	}
	if l, n, err := d.Groups(t.Context(), demo.Tenant, directory.Query{Text: "ROLL", Limit: 1}); err != nil || n != 1 || len(l) != 1 || l[0].ID != demo.GroupPayroll {
		t.Errorf("%v of %d, %v", l, n, err)
	}
	if l, _, err := d.Groups(t.Context(), demo.Tenant, directory.Query{}); err != nil || len(l) != total || l[0].Name != "All staff" {
		t.Errorf("all of them: %v %v", l, err)
	}
}
