package reach_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"beside/policy"
	"beside/server/directory/demo"
	"beside/server/directory/file"
	"beside/server/reach"
	"beside/server/store"
)

func open(t *testing.T, d file.Data) *file.Directory {
	t.Helper()
	path := filepath.Join(t.TempDir(), "directory.json")
	if err := file.Write(path, d); err != nil {
		t.Fatal(err)
	}
	dir, err := file.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func assign(admins []string, users, devices policy.Scope) store.Assignment {
	return store.Assignment{Assignment: policy.Assignment{AdminGroups: admins, UserScope: users, DeviceScope: devices}}
}

func TestOf(t *testing.T) {
	dir := open(t, demo.Data(policy.StateCompliant))
	groups := func(ids ...string) policy.Scope { return policy.Scope{Groups: ids} }
	exact := func(n int) reach.Count { return reach.Count{N: n, Exact: true, Known: true} }
	for name, tt := range map[string]struct {
		a    store.Assignment
		want reach.Reach
	}{
		"one group":    {assign([]string{demo.GroupDesk}, groups(demo.GroupStaff), policy.Scope{}), reach.Reach{Helpers: exact(1), People: exact(8)}},
		"twice in":     {assign([]string{demo.GroupDesk, demo.GroupObservers}, groups(demo.GroupStaff, demo.GroupPayroll), policy.Scope{}), reach.Reach{Helpers: exact(2), People: exact(8)}},
		"everything":   {assign([]string{demo.GroupBoard}, policy.Scope{All: true}, policy.Scope{All: true}), reach.Reach{Helpers: exact(1), People: exact(9), Devices: exact(5)}},
		"devices":      {assign([]string{demo.GroupBoard}, policy.Scope{}, groups(demo.GroupLaptops)), reach.Reach{Helpers: exact(1), Devices: exact(3)}},
		"unknown":      {assign([]string{"none"}, groups("none", demo.OtherDesk), policy.Scope{}), reach.Reach{Helpers: exact(0), People: exact(0)}},
		"nothing said": {store.Assignment{}, reach.Reach{}},
	} {
		c := reach.Counter{Directory: dir, Tenant: demo.Tenant, Most: 10}
		if got := c.Of(t.Context(), tt.a); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
	c := reach.Counter{Directory: dir, Tenant: demo.Tenant, Most: 1}
	if got := c.Of(t.Context(), assign([]string{demo.GroupDesk}, groups(demo.GroupStaff), policy.Scope{})); !got.Helpers.Known || got.People.Known {
		t.Errorf("asked more than it may: %+v", got)
	}
	c = reach.Counter{Directory: dir, Tenant: "20000000-0000-4000-8000-00000000ffff", Most: 10}
	if got := c.Of(t.Context(), assign([]string{demo.GroupDesk}, groups(demo.GroupStaff), policy.Scope{All: true})); got != (reach.Reach{}) {
		t.Errorf("of an unknown tenant: %+v", got)
	}
}

// TestLarge: of large groups only an upper bound is known.
func TestLarge(t *testing.T) {
	tn := file.Tenant{ID: demo.Tenant, Company: "x", Domain: "x.example", Groups: []file.Group{{ID: demo.GroupStaff, Name: "Big"}, {ID: demo.GroupBoard, Name: "Small"}}}
	for i := range 250 {
		p := file.Person{OID: fmt.Sprintf("10000000-0000-4000-8000-%012d", i), Name: fmt.Sprint("P", i), Groups: []string{demo.GroupStaff}}
		if i < 10 {
			p.Groups = append(p.Groups, demo.GroupBoard)
		}
		tn.People = append(tn.People, p)
	}
	c := reach.Counter{Directory: open(t, file.Data{Tenants: []file.Tenant{tn}}), Tenant: demo.Tenant, Most: 10}
	got := c.Of(t.Context(), assign([]string{demo.GroupBoard}, policy.Scope{Groups: []string{demo.GroupStaff, demo.GroupBoard}}, policy.Scope{}))
	if want := (reach.Count{N: 260, Known: true}); got.People != want || got.Helpers.N != 10 {
		t.Errorf("%+v, want %+v", got, want)
	}
}
