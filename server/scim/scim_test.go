package scim

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"beside/server/store"
	"beside/server/store/storetest"
)

func TestUserLives(t *testing.T) {
	e := start(t)
	made := e.want(201, "POST", "/Users", noa)
	id := made.id()
	for path, want := range map[string]any{
		"userName": "noa@halden.example", "externalId": "x-noa", "displayName": "Noa Winters", "name.givenName": "Noa", "title": "Service desk engineer",
		"emails.0.value": "noa@halden.example", "active": true, "userType": "Member", "meta.resourceType": "User", "meta.version": `W/"1"`,
		"meta.location": "https://help.example/scim/v2/Users/" + id, "password": nil,
	} {
		if got := made.at(path); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	if made.header.Get("Location") != made.at("meta.location") || made.header.Get("ETag") != `W/"1"` {
		t.Errorf("headers %v", made.header)
	}
	p, err := e.s.For(storetest.A).DirPerson(t.Context(), id)
	if err != nil || p.Object != "object-x-noa" || p.Company != "Halden Group" || p.Source != store.SourceSCIM {
		t.Errorf("%+v %v", p, err)
	}
	if b, err := os.ReadFile(e.file + "-wal"); err != nil || strings.Contains(string(b), "hunter2") {
		t.Errorf("the password is in the database (%v)", err)
	}
	e.want(304, "GET", "/Users/"+id, "", "If-None-Match", `W/"1"`)
	if a := e.want(409, "POST", "/Users", `{"userName":"NOA@halden.example"}`); a.at("scimType") != "uniqueness" {
		t.Errorf("conflict: %s", a.text)
	}
	e.want(412, "PATCH", "/Users/"+id, patch(`{"op":"replace","path":"title","value":"x"}`), "If-Match", `W/"7"`)
	if a := e.want(200, "PATCH", "/Users/"+id, patch(`{"op":"replace","path":"title","value":"Lead"}`), "If-Match", `W/"1"`); a.at("title") != "Lead" || a.header.Get("ETag") != `W/"2"` {
		t.Errorf("patched: %s", a.text)
	}
	put := e.want(200, "PUT", "/Users/"+id, `{"userName":"noa@halden.example","active":false}`)
	if put.at("title") != nil || put.at("active") != false || put.at("externalId") != nil || put.at("meta.created") != made.at("meta.created") {
		t.Errorf("replaced: %s", put.text)
	}
	e.want(204, "DELETE", "/Users/"+id, "")
	e.want(404, "GET", "/Users/"+id, "")
	e.want(404, "DELETE", "/Users/"+id, "")
	rows, err := e.s.For(storetest.A).Audit(t.Context(), 10)
	if err != nil || len(rows) != 4 || rows[0].Entry.Action != "directory.user.delete" || rows[0].Entry.Target != id || !strings.HasPrefix(rows[0].Entry.Actor, "scim:") {
		t.Errorf("audit: %+v %v", rows, err)
	}
}

// TestPatchUser has what RFC 7644 and what Microsoft Entra ID send.
func TestPatchUser(t *testing.T) {
	e := start(t)
	id := e.want(201, "POST", "/Users", noa).id()
	for name, c := range map[string]struct {
		ops, at string
		want    any
	}{
		"op in another case":       {`{"op":"Replace","path":"displayName","value":"Noa W"}`, "displayName", "Noa W"},
		"path in another case":     {`{"op":"replace","path":"TITLE","value":"Lead"}`, "title", "Lead"},
		"boolean as text":          {`{"op":"Replace","path":"active","value":"False"}`, "active", false},
		"boolean":                  {`{"op":"replace","path":"active","value":true}`, "active", true},
		"no path":                  {`{"op":"replace","value":{"displayName":"N","name":{"familyName":"W"}}}`, "name.familyName", "W"},
		"paths as names":           {`{"op":"Add","value":{"name.givenName":"Nora","active":"True"}}`, "name.givenName", "Nora"},
		"schema in the path":       {`{"op":"add","path":"urn:ietf:params:scim:schemas:core:2.0:User:name.givenName","value":"Nor"}`, "name.givenName", "Nor"},
		"one of several":           {`{"op":"Replace","path":"emails[type eq \"work\"].value","value":"n@x.example"}`, "emails.0.value", "n@x.example"},
		"one that is not kept":     {`{"op":"Replace","path":"emails[type eq \"home\"].value","value":"z@x.example"}`, "emails.0.value", "n@x.example"},
		"list of addresses":        {`{"op":"replace","path":"emails","value":[{"value":"a@x.example"},{"value":"b@x.example","primary":true}]}`, "emails.0.value", "b@x.example"},
		"guest":                    {`{"op":"Add","path":"userType","value":"guest"}`, "userType", "Guest"},
		"removal":                  {`{"op":"Remove","path":"title"}`, "title", nil},
		"not kept":                 {`{"op":"Add","path":"addresses[type eq \"work\"].country","value":"NL"},{"op":"add","path":"urn:ietf:params:scim:schemas:extension:Mine:2.0:User:tag","value":"x"}`, "userName", "noa@halden.example"},
		"read only":                {`{"op":"replace","value":{"id":"other","groups":[]}}`, "id", id},
		"markup stays text":        {`{"op":"replace","path":"displayName","value":"<script>alert(1)</script>"}`, "displayName", "<script>alert(1)</script>"},
		"name from what there is":  {`{"op":"remove","path":"displayName"},{"op":"replace","path":"name","value":{"givenName":"A","familyName":"B"}}`, "displayName", "A B"},
		"several, the last counts": {`{"op":"replace","path":"title","value":"1"},{"op":"replace","path":"title","value":"2"}`, "title", "2"},
	} {
		// One after the other in any order: each sets what it asks for.
		if name == "one that is not kept" {
			e.want(200, "PATCH", "/Users/"+id, patch(`{"op":"Replace","path":"emails[type eq \"work\"].value","value":"n@x.example"}`))
		}
		if a := e.want(200, "PATCH", "/Users/"+id, patch(c.ops)); a.at(c.at) != c.want {
			t.Errorf("%s: %v, want %v", name, a.at(c.at), c.want)
		}
	}
	ext := schemaEnterprise
	a := e.want(200, "PATCH", "/Users/"+id, patch(`{"op":"Replace","path":"`+ext+`:organization","value":"Other"}`))
	if m, _ := a.body[ext].(map[string]any); m["organization"] != "Other" {
		t.Errorf("extension: %s", a.text)
	}
	if a := e.want(200, "PATCH", "/Users/"+id, patch(`{"op":"remove","path":"`+ext+`"}`)); a.body[ext] != nil {
		t.Errorf("extension removed: %s", a.text)
	}
	p, err := e.s.For(storetest.A).DirPerson(t.Context(), id)
	if err != nil || p.Object != "object-x-noa" {
		t.Errorf("object %q %v", p.Object, err)
	}
	e.want(200, "PATCH", "/Users/"+id, patch(`{"op":"replace","path":"externalId","value":"x-2"}`))
	if p, _ := e.s.For(storetest.A).DirPerson(t.Context(), id); p.Object != "object-x-2" {
		t.Errorf("tokens still name the person %q", p.Object)
	}
}

func TestGroups(t *testing.T) {
	e := start(t)
	a, b, c := e.user("a"), e.user("b"), e.user("c")
	id := e.want(201, "POST", "/Groups", `{"displayName":"Desk","externalId":"g1","members":[{"value":"`+a+`","display":"A","type":"User"}]}`).id()
	e.want(409, "POST", "/Groups", `{"displayName":"Other","externalId":"g1"}`)
	have := func(what string, want ...string) {
		t.Helper()
		ms, err := e.s.For(storetest.A).Members(t.Context(), id)
		got := map[string]bool{}
		for _, m := range ms {
			got[m.ID] = true
		}
		ok := err == nil && len(got) == len(want)
		for _, w := range want {
			ok = ok && got[w]
		}
		if !ok {
			t.Errorf("%s: %v %v, want %v", what, ms, err, want)
		}
	}
	have("made", a)
	for _, s := range []struct {
		what, ops string
		want      []string
	}{
		{"add", `{"op":"Add","path":"members","value":[{"$ref":null,"value":"` + b + `"},{"value":"` + c + `"}]}`, []string{a, b, c}},
		{"add again", `{"op":"add","value":{"members":[{"value":"` + b + `"}]}}`, []string{a, b, c}},
		{"one by path", `{"op":"remove","path":"members[value eq \"` + a + `\"]"}`, []string{b, c}},
		{"one by value, as Entra does", `{"op":"Remove","path":"members","value":[{"value":"` + b + `"}]}`, []string{c}},
		{"who is none", `{"op":"remove","path":"members[value eq \"nobody\"]"}`, []string{c}},
		{"replace", `{"op":"replace","path":"members","value":[{"value":"` + a + `"}]}`, []string{a}},
		{"all", `{"op":"remove","path":"members"}`, nil},
		{"several", `{"op":"add","path":"members","value":{"value":"` + a + `"}},{"op":"replace","path":"displayName","value":"Service desk"}`, []string{a}},
	} {
		e.want(204, "PATCH", "/Groups/"+id, patch(s.ops))
		have(s.what, s.want...)
	}
	e.want(400, "PATCH", "/Groups/"+id, patch(`{"op":"replace","path":"displayName","value":"Half"},{"op":"add","path":"members","value":[{"value":"nobody"}]}`))
	if g := e.want(200, "GET", "/Groups/"+id, ""); g.at("displayName") != "Service desk" || g.at("members.0.value") != a || g.at("members.0.type") != "User" {
		t.Errorf("half of a change was done: %s", g.text)
	}
	if g := e.want(200, "GET", "/Groups/"+id+"?excludedAttributes=members", ""); g.at("members") != nil || g.at("displayName") == nil {
		t.Errorf("members excluded: %s", g.text)
	}
	if u := e.want(200, "GET", "/Users/"+a, ""); u.at("groups.0.value") != id {
		t.Errorf("groups of the user: %s", u.text)
	}
	inner := e.want(201, "POST", "/Groups", `{"displayName":"Inner","members":[{"value":"`+id+`"}]}`).id()
	e.want(204, "PATCH", "/Groups/"+id, patch(`{"op":"add","path":"members","value":[{"value":"`+inner+`"}]}`)) // a circle
	have("a circle", a, inner)
	e.want(200, "PUT", "/Groups/"+id, `{"displayName":"Desk"}`)
	have("replaced without members")
	e.want(204, "DELETE", "/Groups/"+inner, "")
	e.want(404, "PATCH", "/Groups/"+inner, patch(`{"op":"replace","path":"displayName","value":"x"}`))
}

func TestListAndFilter(t *testing.T) {
	e := start(t)
	var ids []string
	for i := range 5 {
		e.clock.Add(time.Second)
		ids = append(ids, e.user(fmt.Sprint("u", i)))
	}
	e.want(200, "PATCH", "/Users/"+ids[2], patch(`{"op":"replace","value":{"displayName":"Kim \"K\" Åberg","active":false,"emails":[{"value":"kim@x.example"}]}}`))
	desk := e.want(201, "POST", "/Groups", `{"displayName":"Desk","externalId":"g","members":[{"value":"`+ids[1]+`"}]}`).id()
	for _, c := range []struct {
		path, query string
		want        string // ids
		total       float64
	}{
		{"/Users", "", ids[0] + ids[1] + ids[2] + ids[3] + ids[4], 5},
		{"/Users", "startIndex=2&count=2", ids[1] + ids[2], 5},
		{"/Users", "startIndex=0&count=1", ids[0], 5},
		{"/Users", "startIndex=9", "", 5},
		{"/Users", "count=0", "", 5},
		{"/Users", "count=-3", "", 5},
		{"/Users", `filter=userName eq "U3"`, ids[3], 1},
		{"/Users", `filter=USERNAME EQ "u3"`, ids[3], 1},
		{"/Users", `filter=externalId eq "x-u3"`, ids[3], 1},
		{"/Users", `filter=externalId eq "X-u3"`, "", 0},
		{"/Users", `filter=id eq "` + ids[0] + `"`, ids[0], 1},
		{"/Users", `filter=displayName eq "kim \"K\" åberg"`, ids[2], 1},
		{"/Users", `filter=active eq false`, ids[2], 1},
		{"/Users", `filter=active eq "False" and userName eq "u2"`, ids[2], 1},
		{"/Users", `filter=emails[type eq "work"].value eq "kim@x.example"`, ids[2], 1},
		{"/Users", `filter=userName eq "u1" and userName eq "u2"`, "", 0},
		{"/Users", `filter=userName eq ""`, "", 0},
		{"/Users", `filter=urn:ietf:params:scim:schemas:core:2.0:User:userName eq "u1"`, ids[1], 1},
		{"/Groups", `filter=displayName eq "desk"`, desk, 1},
		{"/Groups", `excludedAttributes=members&filter=id eq "` + desk + `" and members eq "` + ids[1] + `"`, desk, 1},
		{"/Groups", `filter=id eq "` + desk + `" and members[value eq "x"].value eq "` + ids[2] + `"`, "", 0},
	} {
		a := e.want(200, "GET", c.path+"?"+strings.NewReplacer(" ", "%20", `"`, "%22", "å", "%C3%A5", `\`, "%5C").Replace(c.query), "")
		got := ""
		list, _ := a.at("Resources").([]any)
		for _, r := range list {
			m, _ := r.(map[string]any)
			got += fmt.Sprint(m["id"])
		}
		if got != c.want || a.at("totalResults") != c.total || a.at("itemsPerPage") != float64(len(list)) {
			t.Errorf("%s?%s: %s", c.path, c.query, a.text)
		}
	}
	a := e.want(200, "GET", "/Users?attributes=userName,name.givenName&count=1", "")
	if a.at("Resources.0.userName") != "u0" || a.at("Resources.0.name") == nil || a.at("Resources.0.displayName") != nil || a.at("Resources.0.id") == nil {
		t.Errorf("attributes: %s", a.text)
	}
}

func TestRefuses(t *testing.T) {
	e := start(t)
	id := e.user("a")
	long := strings.Repeat("x", maxText+1)
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		kind               any
	}{
		"no JSON":             {"POST", "/Users", `{`, 400, "invalidSyntax"},
		"a list":              {"POST", "/Users", `[]`, 400, "invalidSyntax"},
		"null":                {"POST", "/Users", `null`, 400, "invalidValue"},
		"more behind":         {"POST", "/Users", `{"userName":"b"}{}`, 400, "invalidSyntax"},
		"no userName":         {"POST", "/Users", `{"displayName":"b"}`, 400, "invalidValue"},
		"userName of spaces":  {"POST", "/Users", `{"userName":"  "}`, 400, "invalidValue"},
		"a number":            {"POST", "/Users", `{"userName":7}`, 400, "invalidValue"},
		"too long":            {"POST", "/Users", `{"userName":"` + long + `"}`, 400, "invalidValue"},
		"a zero byte":         {"POST", "/Users", `{"userName":"b\u0000"}`, 400, "invalidValue"},
		"text turned around":  {"POST", "/Users", `{"userName":"b","displayName":"\u202egro"}`, 400, "invalidValue"},
		"half a surrogate":    {"POST", "/Users", `{"userName":"b\ud800"}`, 400, "invalidValue"},
		"one name twice":      {"POST", "/Users", `{"userName":"b","USERNAME":"c"}`, 400, "invalidSyntax"},
		"active perhaps":      {"POST", "/Users", `{"userName":"b","active":"perhaps"}`, 400, "invalidValue"},
		"group without name":  {"POST", "/Groups", `{"members":[]}`, 400, "invalidValue"},
		"unknown member":      {"POST", "/Groups", `{"displayName":"g","members":[{"value":"nobody"}]}`, 400, "invalidValue"},
		"member without id":   {"POST", "/Groups", `{"displayName":"g","members":[{"display":"x"}]}`, 400, "invalidValue"},
		"no such operation":   {"PATCH", "/Users/" + id, patch(`{"op":"move","path":"title"}`), 400, "invalidSyntax"},
		"no operations":       {"PATCH", "/Users/" + id, patch(``), 400, "invalidSyntax"},
		"no schema":           {"PATCH", "/Users/" + id, `{"Operations":[{"op":"add","path":"title","value":"x"}]}`, 400, "invalidSyntax"},
		"removal of nothing":  {"PATCH", "/Users/" + id, patch(`{"op":"remove"}`), 400, "noTarget"},
		"bad path":            {"PATCH", "/Users/" + id, patch(`{"op":"add","path":"emails[","value":"x"}`), 400, "invalidPath"},
		"path behind":         {"PATCH", "/Users/" + id, patch(`{"op":"add","path":"title x","value":"x"}`), 400, "invalidPath"},
		"no userName left":    {"PATCH", "/Users/" + id, patch(`{"op":"remove","path":"userName"}`), 400, "invalidValue"},
		"filter with or":      {"GET", `/Users?filter=userName+eq+%22a%22+or+userName+eq+%22b%22`, "", 400, "invalidFilter"},
		"filter with co":      {"GET", `/Users?filter=userName+co+%22a%22`, "", 400, "invalidFilter"},
		"filter of a secret":  {"GET", `/Users?filter=password+eq+%22a%22`, "", 400, "invalidFilter"},
		"empty filter":        {"GET", `/Users?filter=`, "", 400, "invalidFilter"},
		"filter without end":  {"GET", `/Users?filter=userName+eq+%22a`, "", 400, "invalidFilter"},
		"startIndex of words": {"GET", `/Users?startIndex=first`, "", 400, "invalidValue"},
		"bulk":                {"POST", "/Bulk", `{}`, 404, nil},
		"search by POST":      {"POST", "/Users/.search", `{}`, 404, nil},
		"nobody":              {"GET", "/Users/nobody", "", 404, nil},
		"no such schema":      {"GET", "/Schemas/x", "", 404, nil},
	} {
		if a := e.do(storetest.A, c.method, c.path, c.body); a.status != c.status || a.at("scimType") != c.kind {
			t.Errorf("%s: %d %s, want %d %v", name, a.status, a.text, c.status, c.kind)
		}
	}
	if a := e.do(storetest.A, "POST", "/Users", `{"userName":"b"}`, "Content-Type", "text/plain"); a.status != 415 {
		t.Errorf("another type: %d", a.status)
	}
	if a := e.do(storetest.A, "POST", "/Users", `{"userName":"`+strings.Repeat("x", maxBody)+`"}`); a.status != 413 {
		t.Errorf("too large: %d", a.status)
	}
	if _, n, err := e.s.For(storetest.A).FindPeople(t.Context(), store.DirQuery{}); err != nil || n != 1 {
		t.Errorf("%d people, %v: something that was refused was made", n, err)
	}
}

// TestTenantsAreApart asks every route as B for what is A's.
// TestEnormousGroup sends a group of 100,000 members, and one more and one less.
func TestEnormousGroup(t *testing.T) {
	const n = enormous
	e := start(t)
	db, err := sql.Open("sqlite", "file:"+e.file+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < %d)
		INSERT INTO dir_people (tenant_id, id, object, username, username_key, name, name_key, active, source, created_at, changed_at)
		SELECT '%s', 'person-'||i, 'o'||i, 'u'||i, 'u'||i, 'P'||i, 'p'||i, 1, 'scim', i, i FROM n`, n, storetest.A)); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(`{"displayName":"Everybody","members":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"value":"person-%d","type":"User","display":"P%d"}`, i, i)
	}
	b.WriteString(`]}`)
	at := time.Now()
	id := e.want(201, "POST", "/Groups?excludedAttributes=members", b.String()).id()
	t.Log("made in ", time.Since(at))
	at = time.Now()
	e.want(204, "PATCH", "/Groups/"+id, patch(fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":"person-%d"}]},{"op":"remove","path":"members[value eq \"person-7\"]"}`, n)))
	t.Log("changed in ", time.Since(at))
	e.want(200, "PUT", "/Groups/"+id+"?excludedAttributes=members", b.String()) // person-7 again, the last one not
	g := e.want(200, "GET", "/Groups/"+id, "")
	members, _ := g.at("members").([]any)
	if len(members) != n || !strings.Contains(g.text, `"person-7"`) || strings.Contains(g.text, fmt.Sprintf(`"person-%d"`, n)) {
		t.Errorf("%d members", len(members))
	}
	e.want(201, "POST", "/Groups", `{"displayName":"Two","members":[{"value":"person-1"}]}`)
	if a := e.do(storetest.A, "GET", "/Groups", ""); n >= maxListed && a.at("scimType") != "tooMany" {
		t.Errorf("a list of too many members: %.200s", a.text)
	}
	e.want(200, "GET", "/Groups?excludedAttributes=members", "")
}

func TestDiscovery(t *testing.T) {
	e := start(t)
	if a := e.want(200, "GET", "/ServiceProviderConfig", ""); a.at("patch.supported") != true || a.at("bulk.supported") != false {
		t.Errorf("%s", a.text)
	}
	for path, n := range map[string]float64{"/Schemas": 3, "/ResourceTypes": 2} {
		if a := e.want(200, "GET", path, ""); a.at("totalResults") != n {
			t.Errorf("%s: %s", path, a.text)
		}
	}
	for _, id := range []string{schemaUser, schemaGroup, schemaEnterprise} {
		if a := e.want(200, "GET", "/Schemas/"+id, ""); a.id() != id || a.at("attributes.0.name") == nil {
			t.Errorf("%s: %s", id, a.text)
		}
	}
	e.want(200, "GET", "/ResourceTypes/User", "")
}
