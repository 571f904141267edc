package rest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"beside/policy"
	"beside/server/directory/demo"
	"beside/server/problem"
	"beside/server/rest"
	"beside/server/store"
)

type object = map[string]any

func role(name string) object {
	return object{"name": name, "permissions": object{"offer": true, "elevation": true}}
}

func assignment(name string) object {
	return object{
		"name": name, "role": store.HelpDesk, "admin_groups": []string{demo.GroupDesk}, "users": object{"groups": []string{demo.GroupPayroll, demo.GroupStaff}}, "devices": nil,
	}
}

const p = "/api/v1/"

// TestEveryOperation does everything there is once, against the document.
func TestEveryOperation(t *testing.T) {
	e := start(t)
	for _, path := range []string{
		"me", "health", "roles", "assignments", "assignments/desk-staff/reach", "sessions", "sessions/1-session-1", "sessions/1-session-1/events", "audit", "audit/verification",
		"people", "people/" + demo.Sam, "groups", "devices", "devices/" + demo.DeviceSam,
		"exports/sessions.csv", "exports/sessions.jsonl", "exports/audit.csv", "exports/audit.jsonl",
	} {
		if a := e.want(200, "GET", p+path, auditor, nil); len(a.body) < 20 || strings.Contains(string(a.body), demo.OtherHelper) {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	s := e.want(200, "GET", p+"settings", admin, nil)
	e.want(200, "PUT", p+"settings", admin, object{
		"enabled": true, "allow_unenrolled": true, "disable_chat": true, "unattended": false, "elevation_on_unverified": false,
	}, "If-Match", s.header.Get("ETag"))
	if got, err := e.store.For(demo.Tenant).Settings(t.Context()); err != nil || got != (policy.Settings{Licence: policy.LicenceActive, Enabled: true, AllowUnenrolled: true, DisableChat: true}) {
		t.Errorf("settings %+v %v", got, err)
	}
	for kind, made := range map[string]object{"roles": role("R"), "assignments": assignment("A")} {
		a := e.want(201, "POST", p+kind, admin, made)
		at := a.header.Get("Location")
		if got := e.want(200, "GET", at, auditor, nil); string(got.body) != string(a.body) {
			t.Errorf("made %s, found %s", a.body, got.body)
		}
		made["name"] = "Other"
		put := e.want(200, "PUT", at, admin, made, "If-Match", a.header.Get("ETag"))
		if !strings.Contains(string(put.body), "Other") || put.header.Get("ETag") == a.header.Get("ETag") {
			t.Errorf("%s %s", put.header.Get("ETag"), put.body)
		}
		e.want(304, "GET", at, auditor, nil, "If-None-Match", put.header.Get("ETag"))
		e.want(204, "DELETE", at, admin, nil, "If-Match", put.header.Get("ETag"))
		e.want(404, "GET", at, auditor, nil)
	}
	var ended struct {
		EndedNow bool `json:"ended_now"`
	}
	for _, now := range []bool{true, false} {
		if e.want(200, "POST", p+"sessions/1-session-1/end", operator, nil).into(t, &ended); ended.EndedNow != now {
			t.Errorf("ended %v, want %v", ended.EndedNow, now)
		}
	}
	var wi struct{ Best, Code string }
	if e.want(200, "POST", p+"what-if", auditor, object{"helper": demo.Noa, "sharer": demo.Sam, "device": demo.DeviceSam}).into(t, &wi); wi.Best != "elevation" || wi.Code != "ok" {
		t.Errorf("%+v", wi)
	}
	for _, methods := range e.contract.doc.Paths {
		for _, o := range methods {
			ok := false
			for code := range e.contract.seen[o.ID] {
				ok = ok || code[0] == '2'
			}
			if !ok {
				t.Errorf("%s was never done", o.ID)
			}
		}
	}
	var reach struct {
		Helpers, People struct {
			Count int
			Exact bool
		}
		Devices *int
	}
	if e.want(200, "GET", p+"assignments/desk-staff/reach", auditor, nil).into(t, &reach); reach.Helpers.Count != 1 || reach.People.Count != 8 || !reach.People.Exact || reach.Devices != nil {
		t.Errorf("reach %+v", reach)
	}
	// What was changed is in the audit log, under the name of who did it.
	var log struct {
		Items []struct{ Actor, Action string }
	}
	e.want(200, "GET", p+"audit?actor="+demo.Noa+"&limit=100", auditor, nil).into(t, &log)
	for _, action := range []string{"settings.set", "role.set", "role.delete", "assign.set", "assign.delete", "what-if"} {
		if !slices.ContainsFunc(log.Items, func(x struct{ Actor, Action string }) bool { return x.Action == action && x.Actor == demo.Noa }) {
			t.Errorf("%s is not in the audit log", action)
		}
	}
}

// fill is a path with its id.
func fill(path, id string) string { return strings.ReplaceAll(path, "{id}", id) }

// TestWhoMay tries every route as everybody.
// TestTenantsAreStrangers names what belongs to another organisation wherever something can be named.
func TestNothingIsOverwritten(t *testing.T) {
	e := start(t)
	settings := object{"enabled": true, "allow_unenrolled": false, "disable_chat": false, "unattended": false, "elevation_on_unverified": false}
	for path, body := range map[string]object{
		"settings": settings, "roles/" + e.make("roles", role("Mine")): role("Changed"), "assignments/" + e.make("assignments", assignment("Mine")): assignment("Changed"),
	} {
		tag := e.want(200, "GET", p+path, admin, nil).header.Get("ETag")
		for _, none := range []string{"", "*"} {
			a := e.do("PUT", p+path, admin, body, "If-Match", none)
			if a.code != 428 {
				t.Errorf("%s with If-Match %q: %d", path, none, a.code)
			}
		}
		e.want(200, "PUT", p+path, admin, body, "If-Match", tag)
		for _, old := range []string{tag, `"x1"`, `W/` + tag, "1", `"r-1"`, `"s99999999999999999999"`} {
			a := e.do("PUT", p+path, admin, body, "If-Match", old)
			var d struct{ Current, Code any }
			if a.into(t, &d); a.code != 412 || d.Current == nil || d.Code != problem.Stale {
				t.Errorf("%s with %s: %d %s", path, old, a.code, a.body)
			}
			now := e.want(200, "GET", p+path, admin, nil)
			if a.header.Get("ETag") != now.header.Get("ETag") {
				t.Errorf("%s: tag %s, is %s", path, a.header.Get("ETag"), now.header.Get("ETag"))
			}
			if path != "settings" {
				if a := e.do("DELETE", p+path, admin, nil, "If-Match", old); a.code != 412 {
					t.Errorf("delete %s: %d", path, a.code)
				}
			}
		}
	}
	// Of many at once one wins.
	id := e.make("roles", role("Raced"))
	tag := e.want(200, "GET", p+"roles/"+id, admin, nil).header.Get("ETag")
	codes := make(chan int, 8)
	var wg sync.WaitGroup
	for i := range cap(codes) {
		wg.Go(func() { codes <- e.do("PUT", p+"roles/"+id, admin, role(fmt.Sprint("R", i)), "If-Match", tag).code })
	}
	wg.Wait()
	won := 0
	for range cap(codes) {
		if c := <-codes; c == 200 {
			won++
		} else if c != 412 {
			t.Errorf("code %d", c)
		}
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
}

func (e *env) make(kind string, body object) string {
	e.t.Helper()
	return strings.TrimPrefix(e.want(201, "POST", p+kind, admin, body).header.Get("Location"), p+kind+"/")
}

func TestIdempotencyKey(t *testing.T) {
	e := start(t)
	for kind, body := range map[string]object{"roles": role("Once"), "assignments": assignment("Once")} {
		a := e.want(201, "POST", p+kind, admin, body, "Idempotency-Key", "k1")
		b := e.want(201, "POST", p+kind, admin, body, "Idempotency-Key", "k1")
		if string(a.body) != string(b.body) || a.header.Get("Location") != b.header.Get("Location") {
			t.Errorf("%s then %s", a.body, b.body)
		}
		body["name"] = "Twice"
		e.want(409, "POST", p+kind, admin, body, "Idempotency-Key", "k1")
		e.want(201, "POST", p+kind, admin, body, "Idempotency-Key", "k2")
		body["name"] = "Third"
		if c := e.want(201, "POST", p+kind, token("Admin"), body); c.header.Get("Location") == a.header.Get("Location") {
			t.Error("without a key the same id")
		}
		e.want(409, "POST", p+kind, admin, body)
		e.want(400, "POST", p+kind, admin, body, "Idempotency-Key", strings.Repeat("k", 201))
	}
	// Somebody else's key is another one.
	must(t, e.store.For(demo.Tenant).GrantAdmin(t.Context(), "console", demo.Sam, store.RoleAdmin))
	e.want(409, "POST", p+"roles", demo.Tenant+"/"+demo.Sam+"/", role("Once"), "Idempotency-Key", "k1") // the name is taken
	// Many tries at once make one.
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if a := e.do("POST", p+"roles", admin, role("Raced"), "Idempotency-Key", "race"); a.code != 201 {
				t.Errorf("%d %s", a.code, a.body)
			}
		})
	}
	wg.Wait()
}

func TestBodies(t *testing.T) {
	e := start(t)
	long := strings.Repeat("x", 81)
	with := func(o object, k string, v any) object { o[k] = v; return o }
	for name, tt := range map[string]struct {
		path string
		body any
		code int
	}{
		"no body":           {"roles", nil, 415},
		"no JSON":           {"roles", "x", 400},
		"a list":            {"roles", "[]", 400},
		"null":              {"roles", "null", 400},
		"two values":        {"roles", `{"name":"x","permissions":{}} {}`, 400},
		"unknown member":    {"roles", with(role("x"), "tenant", demo.OtherTenant), 400},
		"unknown inside":    {"roles", object{"name": "x", "permissions": object{"root": true}}, 400},
		"wrong type":        {"roles", object{"name": 1, "permissions": object{}}, 400},
		"NUL":               {"roles", role("a\x00b"), 400},
		"no name":           {"roles", role(" "), 422},
		"no permissions":    {"roles", object{"name": "x"}, 422},
		"long name":         {"roles", role(long), 422},
		"large":             {"roles", role(strings.Repeat("x", 300<<10)), 413},
		"deep":              {"roles", strings.Repeat("[", 100_000), 400},
		"no groups":         {"assignments", with(assignment("x"), "admin_groups", []string{}), 422},
		"unknown group":     {"assignments", with(assignment("x"), "admin_groups", []string{"g"}), 422},
		"unknown role":      {"assignments", with(assignment("x"), "role", "none"), 422},
		"for nothing":       {"assignments", with(assignment("x"), "users", nil), 422},
		"all and groups":    {"assignments", with(assignment("x"), "users", object{"all": true, "groups": []string{demo.GroupStaff}}), 422},
		"neither":           {"assignments", with(assignment("x"), "devices", object{"all": false}), 422},
		"long description":  {"assignments", with(assignment("x"), "description", strings.Repeat("x", 201)), 422},
		"question: nobody":  {"what-if", object{"helper": "", "sharer": ""}, 404},
		"question: no JSON": {"what-if", "{", 400},
	} {
		t.Run(name, func(t *testing.T) {
			if a := e.do("POST", p+tt.path, admin, tt.body); a.code != tt.code {
				t.Errorf("%d %.300s, want %d", a.code, a.body, tt.code)
			}
		})
	}
	e.want(409, "PUT", p+"roles/"+store.HelpDesk, admin, role("x"), "If-Match", `"r1"`)
	e.want(409, "DELETE", p+"roles/"+store.HelpDesk, admin, nil, "If-Match", `"r1"`)
	e.want(409, "DELETE", p+"roles/view-only", admin, nil, "If-Match", `"r1"`) // it is given
	must(t, e.store.For(demo.Tenant).PutSettings(t.Context(), "x", policy.Settings{}))
	tag := e.want(200, "GET", p+"settings", admin, nil).header.Get("ETag")
	e.want(422, "PUT", p+"settings", admin, object{
		"licence": "active", "enabled": true, "allow_unenrolled": false, "disable_chat": false, "unattended": false, "elevation_on_unverified": false,
	}, "If-Match", tag)
}

// TestPages goes through every list in pages of one and finds each item once.
func TestPages(t *testing.T) {
	e := start(t)
	for path, n := range map[string]int{
		"roles": 2, "assignments": 2, "sessions": 3, "sessions?state=running": 2, "sessions?state=ended&reason=stopped": 1, "sessions?used=view&text=hld": 3, "sessions?used=control": 0,
		"audit": 3, "audit?session=1-session-1": 1, "audit?actor=" + demo.Noa: 3, "audit?action=none": 0, "people": 9, "people?text=fox": 1,
		"people?group=" + demo.GroupBoard: 1, "groups": 6, "devices": 5, "devices?group=" + demo.GroupLaptops: 3, "sessions/1-session-1/events": 1,
		"sessions?since=2026-11-24T09:00:00Z": 3, "audit?since=2030-01-01T00:00:00Z": 0,
	} {
		seen, next := map[string]bool{}, ""
		for range 20 {
			sep := "?"
			if strings.Contains(path, "?") {
				sep = "&"
			}
			at := p + path + sep + "limit=1"
			if next != "" {
				at += "&cursor=" + next
			}
			var l struct {
				Items []struct {
					ID  string
					Seq int
				}
				Next string
			}
			e.want(200, "GET", at, auditor, nil).into(t, &l)
			for _, x := range l.Items {
				k := fmt.Sprint(x.ID, x.Seq)
				if seen[k] {
					t.Fatalf("%s: %s twice", path, k)
				}
				seen[k] = true
			}
			if next = l.Next; next == "" {
				break
			}
		}
		if len(seen) != n || next != "" {
			t.Errorf("%s: %d, want %d", path, len(seen), n)
		}
		e.clock.Add(time.Minute)
	}
	var l struct{ Next string }
	e.want(200, "GET", p+"roles?limit=1", auditor, nil).into(t, &l)
	for _, bad := range []string{"assignments?cursor=" + l.Next, "roles?cursor=x", "roles?limit=0", "roles?limit=101", "roles?limit=x", "roles?x=1", "roles?limit=1&limit=1", "sessions?since=today", "sessions?used=all", "sessions?state=on", "audit?since=1", "exports/audit.csv?since=1", "exports/sessions.csv?state=x"} {
		e.want(400, "GET", p+bad, auditor, nil)
	}
}

func FuzzCursor(f *testing.F) {
	for _, s := range []string{"", "e30", "eyJsIjoiIn0", "!", "bnVsbA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rest.TryCursor(s) // must not panic
	})
}

func TestTrouble(t *testing.T) {
	e := start(t)
	if a := e.want(405, "PATCH", p+"roles", admin, nil); a.header.Get("Allow") != "GET, POST" {
		t.Errorf("Allow: %q", a.header.Get("Allow"))
	}
	e.want(404, "GET", p+"nothing/here", admin, nil)
	e.dir.away = true

	a := e.want(503, "GET", p+"people", admin, nil)
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	var h struct {
		OK         bool
		Components []struct {
			Name string
			OK   bool
		}
	}
	e.want(200, "GET", p+"health", auditor, nil).into(t, &h)
	if h.OK || !slices.ContainsFunc(h.Components, func(c struct {
		Name string
		OK   bool
	},
	) bool {
		return c.Name == "directory" && !c.OK
	}) {
		t.Errorf("%+v", h)
	}
	e.dir.away = false
	must(t, e.store.Close())
	for _, r := range e.api.Routes() {
		e.clock.Add(time.Minute)
		if name := strings.TrimPrefix(r.Path, p); r.Method != "GET" && r.Path != p+"assignments" || slices.Contains([]string{"me", "health", "groups", "devices", "devices/{id}"}, name) {
			continue // what needs another body, or only the directory
		}
		id := "1-session-1"
		if strings.Contains(r.Path, "people") {
			id = demo.Sam
		}
		a := e.do(r.Method, fill(r.Path, id), admin, assignment("x"), "If-Match", `"a1"`)
		if a.code != http.StatusServiceUnavailable {
			t.Errorf("%s %s without a database: %d %s", r.Method, r.Path, a.code, a.body)
		}
	}
}

// TestHostileCells: what is written by devices stays text in a spreadsheet.
func TestHostileCells(t *testing.T) {
	e := start(t)
	if a := e.want(200, "GET", p+"exports/sessions.csv", auditor, nil); strings.Contains(string(a.body), ",=Noa") || !strings.Contains(string(a.body), ",'=Noa") {
		t.Errorf("%s", a.body)
	}
}
