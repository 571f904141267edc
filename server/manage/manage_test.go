package manage_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"beside/policy"
	"beside/server/manage"
	"beside/server/store"
	"beside/server/store/sqlite"
	"beside/server/store/storetest"
)

func TestConsole(t *testing.T) {
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.For(storetest.A).SetUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	run := func(line string) (string, error) {
		var b strings.Builder
		err := manage.Run(t.Context(), &b, s, storetest.A, strings.Fields(line))
		return b.String(), err
	}
	for _, step := range []struct {
		line, want string
		err        error
	}{
		{"", "", manage.ErrUsage},
		{"fly", "", manage.ErrUsage},
		{"settings", "", manage.ErrUsage},
		{"settings get", "enabled=false", nil},
		{"settings set enabled=true", "", store.ErrConflict},
		{"settings set licence=gold", "", manage.ErrUsage},
		{"settings set enabled=perhaps", "", manage.ErrUsage},
		{"settings set x=1", "", manage.ErrUsage},
		{"settings set licence=trial enabled=true", "", nil},
		{"settings get", "licence=trial\nenabled=true", nil},
		{"role list", store.HelpDeskName, nil},
		{"role set view-only offer=true view=true", "", nil},
		{"role set view-only control=yes", "", manage.ErrUsage},
		{"role set help-desk-operator view=false", "", store.ErrConflict},
		{"role list", "view-only", nil},
		{"assign set", "", manage.ErrUsage},
		{"assign set x role=view-only", "", manage.ErrUsage},
		{"assign set x role=none admins=g", "", store.ErrNotFound},
		{"assign set x role=view-only admins=G1,g2 users=all devices=d1", "", nil},
		{"assign list", "g1,g2", nil},
		{"audit list", "assign.set", nil},
		{"audit verify", "the chain holds: 3 rows", nil},
		{"sessions", "HELPER", nil},
		{"purge", "removed 0", nil},
		{"scim token", "", manage.ErrUsage},
		{"scim token Entra days=0", "", manage.ErrUsage},
		{"scim token Entra days=30", "beside_scim_", nil},
		{"scim list", "Entra", nil},
		{"scim revoke x", "", store.ErrNotFound},
		{"directory group", "", manage.ErrUsage},
		{"directory group Desk external=desk", "", nil},
		{"directory group Other external=desk", "", store.ErrConflict},
		{"directory groups", "Desk", nil},
		{"directory people", "USERNAME", nil},
		{"directory device x name=y", "", manage.ErrUsage},
		{"directory device 22222222-aaaa-4aaa-8aaa-aaaaaaaaaaaa os=Debian", "", manage.ErrUsage},
		{"directory device 22222222-aaaa-4aaa-8aaa-aaaaaaaaaaaa name=HLD state=unenrolled", "", manage.ErrUsage},
		{"directory device 22222222-aaaa-4aaa-8aaa-aaaaaaaaaaaa name=HLD enrolled=true state=compliant", "", nil},
		{"directory devices", "HLD", nil},
		{"directory drop-device 22222222-aaaa-4aaa-8aaa-aaaaaaaaaaaa", "", nil},
		{"directory drop-group x", "", store.ErrNotFound},
		{"directory import", "", manage.ErrUsage},
		{"directory fly", "", manage.ErrUsage},
		{"device", "", manage.ErrUsage},
		{"device list", "DEVICE", nil},
		{"device token hours=0", "", manage.ErrUsage},
		{"device token hours=169", "", manage.ErrUsage},
		{"device token owner=me", "", manage.ErrUsage},
		{"device token name=Bench device=10000000-0000-4000-8000-00000000D009 hours=2", "as 10000000-0000-4000-8000-00000000d009", nil},
		{"device list", "not yet, until", nil},
		{"device void x", "", store.ErrNotFound},
		{"device revoke 10000000-0000-4000-8000-00000000d009", "", store.ErrNotFound},
		{"audit list", "device.token", nil},
		{"audit verify", "the chain holds: 8 rows", nil},
		{"assign delete x", "", nil},
		{"assign delete x", "", store.ErrNotFound},
		{"role delete view-only", "", nil},
		{"role delete help-desk-operator", "", store.ErrConflict},
	} {
		out, err := run(step.line)
		if !errors.Is(err, step.err) || !strings.Contains(out, step.want) {
			t.Errorf("%q: %q, %v; want %q, %v", step.line, out, err, step.want, step.err)
		}
	}
	out, err := run("device token")
	if err != nil {
		t.Fatal(err)
	}
	token, _, _ := strings.Cut(out, "\n")
	d, err := s.For(storetest.A).Enrol(t.Context(), token, make([]byte, 32), "HLD-1\u202e", "Debian 12")
	if err != nil {
		t.Fatalf("the token that was shown: %v", err)
	}
	if out, err := run("audit list"); err != nil || strings.Contains(out, token) {
		t.Errorf("the token stands in the audit log: %v", err)
	}
	if out, err := run("device list"); err != nil || !strings.Contains(out, `"HLD-1\u202e"`) {
		t.Errorf("%s %v", out, err)
	}
	if _, err := run("device revoke " + d.ID); err != nil {
		t.Error(err)
	}
	if d, err := s.For(storetest.A).EnrolledDevice(t.Context(), d.ID); err != nil || d.Revoked.IsZero() || d.RevokedBy != "console" {
		t.Errorf("%+v %v", d, err)
	}
	if got, _ := s.For(storetest.A).Settings(t.Context()); got != (policy.Settings{Licence: policy.LicenceTrial, Enabled: true}) {
		t.Errorf("%+v", got)
	}
}
