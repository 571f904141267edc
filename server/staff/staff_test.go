package staff_test

import (
	"path/filepath"
	"testing"

	"beside/server/staff"
	"beside/server/store"
	"beside/server/store/sqlite"
	"beside/server/store/storetest"
)

func TestOf(t *testing.T) {
	for in, want := range map[string]staff.Role{
		"": staff.Nobody, "Admin": staff.Admin, "Beside.Operator": staff.Operator, "Auditor": staff.Auditor, "admin": staff.Nobody, "Administrator": staff.Nobody,
	} {
		if got := staff.Of([]string{in}); got != want {
			t.Errorf("%q: %v", in, got)
		}
	}
	if staff.Of([]string{"Auditor", "Beside.Admin"}) != staff.Admin || staff.Of(nil) != staff.Nobody {
		t.Error("the highest role does not count")
	}
}

func TestListed(t *testing.T) {
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, id := range []string{storetest.A, storetest.B} {
		if err := s.For(id).SetUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]staff.Role{store.RoleAuditor: staff.Auditor, store.RoleOperator: staff.Operator, store.RoleAdmin: staff.Admin} {
		if err := s.For(storetest.A).GrantAdmin(t.Context(), "console", "somebody", name); err != nil {
			t.Fatal(err)
		}
		if got, err := staff.Listed(t.Context(), s.For(storetest.A), "somebody"); err != nil || got != want {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	if got, err := staff.Listed(t.Context(), s.For(storetest.B), "somebody"); err != nil || got != staff.Nobody {
		t.Errorf("another organisation's: %v %v", got, err)
	}
}
