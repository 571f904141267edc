package rest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"beside/policy"
	"beside/server/directory/demo"
	"beside/server/rest"
	"beside/server/store"
)

func TestWhoMay(t *testing.T) {
	e := start(t)
	for _, r := range e.api.Routes() {
		path := fill(r.Path, "nothing")
		for name, tt := range map[string]struct {
			token string
			code  int // 0: not refused for the role
		}{
			"nobody":       {"", 401},
			"no token":     {"x", 401},
			"no role":      {token(""), 403},
			"unknown role": {token("Owner"), 403},
			"stranger":     {demo.Tenant + "/99999999-0000-4000-8000-000000000000/Admin", 403},
			"guest":        {demo.Tenant + "/" + demo.Gwen + "/Admin", 403},
			"other tenant": {demo.OtherTenant + "/" + demo.OtherHelper + "/Admin", 403},
			"no tenant":    {"/" + demo.Noa + "/Admin", 401},
			"auditor":      {auditor, map[bool]int{true: 403}[r.May > 1]},
			"operator":     {operator, map[bool]int{true: 403}[r.May > 2]},
			"admin":        {admin, 0},
		} {
			e.clock.Add(2 * time.Minute) // the limits are another test's
			a := e.do(r.Method, path, tt.token, nil)
			if tt.code != 0 && a.code != tt.code || tt.code == 0 && (a.code == 403 || a.code == 401 || a.code >= 500) {
				t.Errorf("%s: %s %s: %d %s", name, r.Method, path, a.code, a.body)
			}
		}
	}
	// The endpoint's own list counts, too.
	must(t, e.store.For(demo.Tenant).GrantAdmin(t.Context(), "console", demo.Sam, store.RoleOperator))
	e.want(200, "GET", p+"roles", demo.Tenant+"/"+demo.Sam+"/", nil)
	e.want(403, "GET", p+"settings", demo.Tenant+"/"+demo.Sam+"/Auditor", nil)
}

func TestTenantsAreStrangers(t *testing.T) {
	e := start(t)
	other := e.store.For(demo.OtherTenant)
	must(t, other.PutRole(t.Context(), policy.Role{ID: "theirs", Name: "Theirs", Permissions: policy.Everything()}))
	before := snapshot(t, e)
	theirs := []string{"theirs", "it", "2-session-1", demo.OtherHelper, demo.OtherSharer, demo.OtherDesk, demo.OtherTenant, "..", "%2e%2e", "%00", "%ff", strings.Repeat("x", 5000)}
	for _, r := range e.api.Routes() {
		if !strings.Contains(r.Path, "{id}") {
			continue
		}
		for _, id := range theirs {
			e.clock.Add(time.Minute)
			a := e.do(r.Method, fill(r.Path, id), admin, assignment("x"), "If-Match", `"a1"`, "X-Tenant", demo.OtherTenant, "Host", demo.OtherTenant)
			if redirected := id == ".." && a.code >= 300; a.code != 404 && !redirected {
				t.Errorf("%s %s: %d %s", r.Method, fill(r.Path, id), a.code, a.body)
			}
		}
	}
	for _, r := range e.api.Routes() { // in every parameter
		for _, q := range r.Query {
			for _, id := range theirs[:7] {
				if q == "text" && id == "it" { // it is in words of ours
					continue
				}
				e.clock.Add(time.Minute)
				a := e.do(r.Method, fill(r.Path, "1-session-1")+"?"+q+"="+id, admin, nil)
				var l struct{ Items []json.RawMessage }
				if a.code == 200 && !strings.Contains(r.Path, "exports") {
					a.into(t, &l)
				}
				if a.code >= 500 || strings.Contains(string(a.body), "Theirs") || strings.Contains(string(a.body), "2-session") || len(l.Items) > 0 && q != "limit" {
					t.Errorf("%s?%s=%s: %d %s", r.Path, q, id, a.code, a.body)
				}
			}
		}
	}
	for name, body := range map[string]object{ // in every body
		"role":    {"name": "x", "role": "theirs", "admin_groups": []string{demo.GroupDesk}, "users": object{"all": true}, "devices": nil},
		"admins":  {"name": "x", "role": store.HelpDesk, "admin_groups": []string{demo.OtherDesk}, "users": object{"all": true}, "devices": nil},
		"users":   {"name": "x", "role": store.HelpDesk, "admin_groups": []string{demo.GroupDesk}, "users": object{"groups": []string{demo.OtherDesk}}, "devices": nil},
		"devices": {"name": "x", "role": store.HelpDesk, "admin_groups": []string{demo.GroupDesk}, "users": nil, "devices": object{"groups": []string{demo.OtherDesk}}},
	} {
		if a := e.do("POST", p+"assignments", admin, body); a.code != 422 {
			t.Errorf("%s: %d %s", name, a.code, a.body)
		}
	}
	for _, body := range []object{{"helper": demo.OtherHelper, "sharer": demo.Sam}, {"helper": demo.Noa, "sharer": demo.OtherSharer}, {"helper": demo.Noa, "sharer": demo.Sam, "device": demo.OtherTenant}} {
		e.want(404, "POST", p+"what-if", admin, body)
	}
	if after := snapshot(t, e); after != before {
		t.Errorf("the other organisation was\n%s\nand is\n%s", before, after)
	}
	if len(e.ended) > 0 {
		t.Errorf("ended %v", e.ended)
	}
}

// snapshot is everything that the other organisation has.
func snapshot(t *testing.T, e *env) string {
	t.Helper()
	o := e.store.For(demo.OtherTenant)
	s, err := o.Settings(t.Context())
	must(t, err)
	rs, err := o.Roles(t.Context())
	must(t, err)
	as, err := o.Assignments(t.Context())
	must(t, err)
	ss, _, err := o.FindSessions(t.Context(), store.SessionQuery{Limit: 99})
	must(t, err)
	h, err := o.Head(t.Context())
	must(t, err)
	return fmt.Sprintf("%+v\n%+v\n%+v\n%+v\n%+v", s, rs, as, ss, h)
}

// TestNothingIsOverwritten: the second of two is refused and told what is there.
func TestRateLimit(t *testing.T) {
	e := start(t)
	for i := range rest.Quota {
		if a := e.do("GET", p+"me", auditor, nil); a.code != 200 {
			t.Fatalf("request %d: %d", i, a.code)
		}
	}
	a := e.want(429, "GET", p+"me", auditor, nil)
	if a.header.Get("Retry-After") != "1" || a.header.Get("RateLimit") != `"account";r=0;t=60` || a.header.Get("RateLimit-Policy") != `"account";q=300;w=60` {
		t.Errorf("%v", a.header)
	}
	e.want(429, "GET", p+"nothing", auditor, nil)
	e.want(200, "GET", p+"me", demo.Tenant+"/"+demo.Kit+"/Auditor", nil) // another account
	e.clock.Add(time.Second)
	e.want(429, "GET", p+"exports/audit.csv", auditor, nil) // it costs more
	for range 5 {
		e.want(200, "GET", p+"me", auditor, nil)
	}
	e.want(429, "GET", p+"me", auditor, nil)
	e.clock.Add(-time.Hour) // a clock that jumps back gives nothing
	e.want(429, "GET", p+"me", auditor, nil)
}
