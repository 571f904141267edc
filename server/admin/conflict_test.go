package admin

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"beside/policy"
	"beside/server/directory/demo"
	"beside/server/directory/enrolled"
	"beside/server/directory/file"
	"beside/server/store"
	"beside/server/store/sqlite"
)

// site is a Site over the demo organisation, for one administrator.
type site struct {
	t *testing.T
	s *Site
	n *store.Tenant
}

func open(t *testing.T) *site {
	t.Helper()
	path := filepath.Join(t.TempDir(), "directory.json")
	if err := file.Write(path, demo.Data(policy.StateCompliant)); err != nil {
		t.Fatal(err)
	}
	dir, err := file.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	n := db.For(demo.Tenant)
	roles, as := demo.Assignments(demo.Tenant)
	for _, err := range []error{
		n.SetUp(t.Context()), n.PutSettings(t.Context(), "test", policy.Settings{Licence: policy.LicenceActive, Enabled: true}),
		n.PutRole(t.Context(), roles[0]), n.PutRole(t.Context(), policy.Role{ID: "spare", Name: "Spare"}), n.PutAssignment(t.Context(), as[0]),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := New(Options{Store: db, Directory: enrolled.New(dir, db), Tenant: demo.Tenant, Key: make([]byte, 32), Log: slog.New(slog.DiscardHandler), Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	return &site{t, s, n}
}

func (x *site) do(method, path string, form url.Values) (int, string) {
	x.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	value, err := x.s.sealer.seal(cookieWho, person{Object: demo.Noa, Name: "Noa", Role: admin, At: time.Now()})
	if err != nil {
		x.t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: cookieWho, Value: value})
	w := httptest.NewRecorder()
	x.s.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// TestConflicts: who saves or deletes second is refused, sees what the other did, and may then go on.
func TestConflicts(t *testing.T) {
	x := open(t)
	_, as := demo.Assignments(demo.Tenant)
	a := as[0]
	draftForm := url.Values{"name": {"Mine"}, "role": {store.HelpDesk}, "a": {demo.GroupDesk}, "u": {"groups"}, "ug": {demo.GroupStaff}, "d": {"none"}}
	for name, tt := range map[string]struct {
		what   store.Object
		id     string
		path   string
		form   url.Values
		theirs func() error
		action string
		says   []string
	}{
		"settings": {
			store.SettingsObject, "", "/admin/settings",
			url.Values{"enabled": {"on"}, "nochat": {"on"}},
			func() error {
				return x.n.PutSettings(t.Context(), demo.Kit, policy.Settings{Licence: policy.LicenceActive, Enabled: true, Unattended: true})
			},
			"settings.set",
			[]string{"Kit Marsh", "Disable chat", "Allow unattended control"},
		},
		"role": {
			store.RoleObject, "view-only", "/admin/roles/view-only",
			url.Values{"name": {"Mine"}, "perm": {"offer", "view"}},
			func() error {
				return x.n.PutRole(t.Context(), policy.Role{ID: "view-only", Name: "<b>Theirs", Permissions: policy.Permissions{Offer: true, View: true, Control: true}})
			},
			"role.set",
			[]string{"Kit Marsh", "&lt;b&gt;Theirs", "Mine", "control"},
		},
		"assignment": {
			store.AssignmentObject, a.ID, "/admin/assignments/" + a.ID + "/review", draftForm, func() error {
				b := a
				b.UserScope = policy.Scope{All: true}
				return x.n.PutAssignment(t.Context(), b)
			},
			"assign.set",
			[]string{"Kit Marsh", "All users", "All staff", "Mine"},
		},
		"delete a role": {
			store.RoleObject, "spare", "/admin/roles/spare/delete",
			url.Values{},
			func() error {
				return x.n.PutRole(t.Context(), policy.Role{ID: "spare", Name: "Needed"})
			},
			"role.set",
			[]string{"Needed", "a moment ago"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := x.n.Version(t.Context(), tt.what, tt.id)
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.theirs(); err != nil {
				t.Fatal(err)
			}
			if _, err := x.n.Append(t.Context(), store.Entry{Actor: demo.Kit, Action: tt.action, Target: tt.id, Outcome: "ok"}); err != nil {
				t.Fatal(err)
			}
			tt.form.Set("version", strconv.FormatInt(v, 10))
			code, body := x.do(http.MethodPost, tt.path, tt.form)
			for _, s := range tt.says {
				if code != http.StatusPreconditionFailed || !strings.Contains(body, s) {
					t.Errorf("%d does not say %q: %s", code, s, body)
				}
			}
			if now, _ := x.n.Version(t.Context(), tt.what, tt.id); now != v+1 || !strings.Contains(body, `name="version" value="`+strconv.FormatInt(now, 10)+`"`) {
				t.Errorf("version %d after %d; the form has another", now, v)
			}
			tt.form.Set("version", strconv.FormatInt(v+1, 10))
			if code, body = x.do(http.MethodPost, tt.path, tt.form); code != http.StatusSeeOther {
				t.Errorf("knowingly: %d %s", code, body)
			}
		})
	}
	// Without a version nothing is deleted.
	if code, _ := x.do(http.MethodPost, "/admin/assignments/"+a.ID+"/delete", nil); code != http.StatusPreconditionFailed {
		t.Errorf("deleted without a version: %d", code)
	}
}
