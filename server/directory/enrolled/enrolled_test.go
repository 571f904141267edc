package enrolled_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"beside/policy"
	"beside/server/directory"
	"beside/server/directory/demo"
	"beside/server/directory/enrolled"
	"beside/server/directory/file"
	"beside/server/store"
	"beside/server/store/sqlite"
)

// own enrols a device. id is "" for one that only the endpoint knows.
func own(t *testing.T, s *store.Store, id, name, owner string) string {
	t.Helper()
	tn := s.For(demo.Tenant)
	made, token, err := tn.NewEnrolToken(t.Context(), store.EnrolToken{
		Device: id, Name: name, Owner: owner, Groups: []string{demo.GroupLaptops}, Expires: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tn.Enrol(t.Context(), token, make([]byte, 32), "x", "Debian 12"); err != nil {
		t.Fatal(err)
	}
	return made.Device
}

// open is the demo's directory file and an empty store.
func open(t *testing.T) (*file.Directory, *store.Store) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "directory.json")
	if err := file.Write(path, demo.Data(policy.StateCompliant)); err != nil {
		t.Fatal(err)
	}
	base, err := file.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, id := range []string{demo.Tenant, demo.OtherTenant} {
		if err := s.For(id).SetUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return base, s
}

func TestDirectory(t *testing.T) {
	base, s := open(t)
	d := enrolled.New(base, s)
	bench := own(t, s, "", "Bench 7", demo.Paul)
	kiosk := own(t, s, "", "a kiosk", "")
	gone := own(t, s, "", "gone", demo.Paul)
	own(t, s, demo.DeviceSam, "its name in the directory stays", demo.Sam)
	if err := s.For(demo.Tenant).RevokeDevice(t.Context(), "x", gone); err != nil {
		t.Fatal(err)
	}

	x, err := d.Device(t.Context(), demo.Tenant, bench)
	if err != nil || x.Name != "Bench 7" || !x.Managed() || x.State != policy.StateUnknown || x.Owner != demo.Paul || x.Proof != policy.ProofNone {
		t.Errorf("%+v %v", x, err)
	}
	if x, err := d.Device(t.Context(), demo.Tenant, demo.DeviceSam); err != nil || x.Name != "HLD-LT-0427" || x.State != policy.StateCompliant {
		t.Errorf("Sam's: %+v %v", x, err)
	}
	for name, ask := range map[string][2]string{"revoked": {demo.Tenant, gone}, "other tenant": {demo.OtherTenant, bench}, "nobody's": {demo.Tenant, "?"}} {
		if _, err := d.Device(t.Context(), ask[0], ask[1]); !errors.Is(err, directory.ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, err := d.DevicesOf(t.Context(), demo.Tenant, demo.Paul); err != nil || len(list) != 1 || list[0].ID != bench {
		t.Errorf("Paul's: %+v %v", list, err)
	}
	if list, err := d.DevicesOf(t.Context(), demo.Tenant, demo.Sam); err != nil || len(list) != 1 {
		t.Errorf("Sam's: %+v %v", list, err)
	}

	for name, tt := range map[string]struct {
		q     directory.Query
		want  string
		total int
	}{
		"all":           {directory.Query{}, "[a kiosk Bench 7 HLD-LT-0001 HLD-LT-0311 HLD-LT-0427 HLD-WS-0088 tomas-home]", 7},
		"first page":    {directory.Query{Limit: 2}, "[a kiosk Bench 7]", 7},
		"middle":        {directory.Query{Offset: 1, Limit: 3}, "[Bench 7 HLD-LT-0001 HLD-LT-0311]", 7},
		"behind":        {directory.Query{Offset: 9, Limit: 3}, "[]", 7},
		"by group":      {directory.Query{Group: demo.GroupLaptops, Limit: 9}, "[a kiosk Bench 7 HLD-LT-0001 HLD-LT-0311 HLD-LT-0427]", 5},
		"by text":       {directory.Query{Text: " BENCH "}, "[Bench 7]", 1},
		"by id":         {directory.Query{Text: kiosk}, "[a kiosk]", 1},
		"nothing added": {directory.Query{Text: "tomas"}, "[tomas-home]", 1},
	} {
		list, total, err := d.Devices(t.Context(), demo.Tenant, tt.q)
		names := []string{}
		for _, x := range list {
			names = append(names, x.Name)
		}
		if got := fmt.Sprint(names); err != nil || got != tt.want || total != tt.total {
			t.Errorf("%s: %v of %d, %v", name, got, total, err)
		}
	}

	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Device(t.Context(), demo.Tenant, kiosk); !errors.Is(err, directory.ErrUnavailable) {
		t.Errorf("without the store: %v", err)
	}
}

// far is a directory that is asked over a network.
type far struct {
	directory.Browser
	asked, ahead int
}

func (f *far) Device(ctx context.Context, tenant, id string) (directory.Device, error) {
	f.asked++
	return f.Browser.Device(ctx, tenant, id)
}

func (f *far) Ahead(context.Context, string, []string, string) { f.ahead++ }

// TestFar: a list asks a directory that is far away once and not for every enrolled device, and
// what is about to be needed is asked for ahead.
func TestFar(t *testing.T) {
	base, s := open(t)
	for i := range 10 {
		own(t, s, "", fmt.Sprintf("Bench %d", i), "")
	}
	own(t, s, demo.DeviceSam, "", demo.Sam)
	_, before, err := base.Devices(t.Context(), demo.Tenant, directory.Query{})
	if err != nil {
		t.Fatal(err)
	}
	f := &far{Browser: base}
	d := enrolled.New(f, s)
	list, total, err := d.Devices(t.Context(), demo.Tenant, directory.Query{Limit: 100})
	if err != nil || total != before+10 || len(list) != total || f.asked != 0 {
		t.Errorf("%d of %d, asked %d times, %v", len(list), total, f.asked, err)
	}
	if d.Ahead(t.Context(), demo.Tenant, []string{demo.Noa}, ""); f.ahead != 1 {
		t.Error("nothing is asked for ahead")
	}
	enrolled.New(base, s).Ahead(t.Context(), demo.Tenant, []string{demo.Noa}, "") // nothing to do
}
