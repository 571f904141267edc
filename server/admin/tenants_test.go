package admin

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"beside/policy"
	"beside/server/directory/demo"
	"beside/server/store"
)

// TestTenantsAreStrangers names what belongs to another organisation in every path, query and form of
// the site. It is not found, it is not shown, and nothing of it changes.
func TestTenantsAreStrangers(t *testing.T) {
	x := open(t)
	other := x.s.o.Store.For(demo.OtherTenant)
	_, as := demo.Assignments(demo.OtherTenant)
	for _, err := range []error{
		other.SetUp(t.Context()), other.PutSettings(t.Context(), "test", policy.Settings{Licence: policy.LicenceActive, Enabled: true}),
		other.PutRole(t.Context(), policy.Role{ID: "theirs", Name: "Their role"}), other.PutAssignment(t.Context(), as[0]),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := other.NewCode(t.Context(), store.Code{Session: "their-session", Locator: "K7QX", Helper: demo.OtherHelper, HelperName: "Ada Quill", Expires: x.s.o.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := other.SaveSession(t.Context(), store.Session{ID: "their-session", State: "met", Sharer: demo.OtherSharer, SharerName: "Jon Pike", Started: x.s.o.Now()}); err != nil {
		t.Fatal(err)
	}
	later := x.s.o.Now().Add(time.Hour)
	_, secret, err := other.NewEnrolToken(t.Context(), store.EnrolToken{By: demo.OtherHelper, Owner: demo.OtherSharer, Expires: later})
	if err != nil {
		t.Fatal(err)
	}
	device, err := other.Enrol(t.Context(), secret, make([]byte, 65), "Their laptop", "Debian 12")
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := other.NewEnrolToken(t.Context(), store.EnrolToken{By: demo.OtherHelper, Name: "Their next laptop", Expires: later})
	if err != nil {
		t.Fatal(err)
	}
	all := func() string {
		s, err1 := other.Settings(t.Context())
		rs, err2 := other.Roles(t.Context())
		list, err3 := other.Assignments(t.Context())
		ss, _, err4 := other.FindSessions(t.Context(), store.SessionQuery{Limit: 9})
		h, err5 := other.Head(t.Context())
		ds, err6 := other.EnrolledDevices(t.Context(), "")
		ts, err7 := other.EnrolTokens(t.Context())
		return fmt.Sprint(s, rs, list, ss, h, ds, ts, err1, err2, err3, err4, err5, err6, err7)
	}
	before := all()
	ids := []string{"theirs", as[0].ID, "their-session", demo.OtherHelper, demo.OtherSharer, demo.OtherDesk, demo.OtherTenant, device.ID, token.ID}
	shown := regexp.MustCompile(`Their role|Their laptop|Their next|Ada Quill|Jon Pike|Orla|IT helps everybody`)
	form := url.Values{"name": {"x"}, "role": {store.HelpDesk}, "a": {demo.GroupDesk}, "u": {"all"}, "d": {"none"}, "version": {"1"}, "perm": {"view"}}
	params := []string{"q", "h", "s", "d", "group", "helper", "sharer", "device", "session", "role", "from", "before", "a", "ug", "dg", "tenant"}
	for _, r := range patterns(t) {
		method, path := r[0], strings.ReplaceAll(r[1], "{step}", "basics")
		if strings.Contains(path, "{") {
			for _, id := range ids {
				at := strings.NewReplacer("{id}", id, "{token}", id).Replace(path)
				code, body := x.do(method, at, form)
				if code != http.StatusNotFound || shown.MatchString(body) {
					t.Errorf("%s %s of %s: %d", method, path, id, code)
				}
			}
		}
		if method != http.MethodGet || strings.HasSuffix(path, "/events") { // it does not end
			continue
		}
		look := func(q url.Values) {
			at := strings.ReplaceAll(path, "{id}", demo.Sam) + "?" + q.Encode()
			if code, body := x.do(method, at, nil); code >= 500 || shown.MatchString(body) {
				t.Errorf("%s: %d, shows %q", at, code, shown.FindString(body))
			}
		}
		for i, name := range params {
			if strings.Contains(path, "{") { // all at once is enough where the path decides
				break
			}
			q := url.Values{"h": {demo.Noa}, "s": {demo.Sam}}
			q.Set(name, ids[i%len(ids)])
			look(q)
		}
		for _, id := range ids {
			q := url.Values{}
			for _, name := range params {
				q.Set(name, id)
			}
			look(q)
		}
	}
	for name, groups := range map[string]string{"admins": "a", "people": "ug", "devices": "dg"} {
		f := url.Values{"name": {"x"}, "role": {store.HelpDesk}, "a": {demo.GroupDesk}, "u": {"groups"}, "ug": {demo.GroupStaff}, "d": {"groups"}, "dg": {demo.GroupLaptops}}
		f.Set(groups, demo.OtherDesk)
		if code, _ := x.do(http.MethodPost, "/admin/assignments/new/review", f); code != http.StatusNotFound {
			t.Errorf("another organisation's group as %s: %d", name, code)
		}
	}
	f := url.Values{"name": {"x"}, "role": {"theirs"}, "a": {demo.GroupDesk}, "u": {"all"}, "d": {"none"}}
	if code, _ := x.do(http.MethodPost, "/admin/assignments/new/review", f); code != http.StatusNotFound {
		t.Errorf("another organisation's role: %d", code)
	}
	if after := all(); after != before {
		t.Errorf("the other organisation was\n%s\nand is\n%s", before, after)
	}
}

// patterns are the methods and paths of the map in routes, as they stand in the source.
func patterns(t *testing.T) (out [][]string) {
	t.Helper()
	b, err := os.ReadFile("admin.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`page\("(GET|POST) ([^"]+)"`).FindAllStringSubmatch(string(b), -1) {
		out = append(out, m[1:])
	}
	if len(out) < 30 {
		t.Fatalf("only %d routes found", len(out))
	}
	return out
}
