package scim

import (
	"database/sql"
	"net/http"
	"strings"
	"testing"
	"time"

	"beside/server/store"
	"beside/server/store/storetest"
)

func TestTokens(t *testing.T) {
	e := start(t)
	good := e.token[storetest.A]
	for name, h := range map[string]string{
		"none": "", "another scheme": "Basic " + good, "another token": "Bearer " + TokenPrefix + "x", "not ours": "Bearer ey.ey.ey",
		"cut short": "Bearer " + good[:len(good)-1], "longer": "Bearer " + good + "x",
	} {
		if a := e.do(storetest.A, "GET", "/Users", "", "Authorization", h); a.status != 401 || !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	if a := e.do(storetest.A, "GET", "/Users", "", "Origin", "https://evil.example"); a.status != 401 {
		t.Errorf("from a web page: %d", a.status)
	}
	for range badTokens {
		e.do(storetest.A, "GET", "/Users", "", "Authorization", "Bearer "+TokenPrefix+"x")
	}
	if a := e.do(storetest.A, "GET", "/Users", ""); a.status != 429 || a.header.Get("Retry-After") == "" {
		t.Errorf("after many bad tokens: %d", a.status)
	}
	e.clock.Add(time.Minute)
	e.want(200, "GET", "/Users", "")
	limited := 0
	for range burst + 50 {
		if a := e.do(storetest.A, "GET", "/ResourceTypes", ""); a.status == 429 && a.header.Get("Retry-After") == "1" {
			limited++
		}
	}
	if limited == 0 {
		t.Error("no limit")
	}
	if a := e.do(storetest.B, "GET", "/ResourceTypes", ""); a.status != 200 {
		t.Errorf("the limit of A is B's: %d", a.status)
	}
	e.clock.Add(time.Hour)
	e.want(401, "GET", "/Users", "")
	if strings.Contains(e.log.String(), good) {
		t.Error("a token in the log")
	}
	db, err := sql.Open("sqlite", "file:"+e.file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM scim_tokens WHERE hash LIKE '%' || ? || '%' OR id || name LIKE '%' || ? || '%'`, good, good).Scan(&n); err != nil || n != 0 {
		t.Errorf("the token itself is in the database: %d %v", n, err)
	}
}

func TestTenantsAreApart(t *testing.T) {
	e := start(t)
	user := e.want(201, "POST", "/Users", noa).id()
	group := e.want(201, "POST", "/Groups", `{"displayName":"Desk of A","externalId":"g-a","members":[{"value":"`+user+`"}]}`).id()
	state := func() string {
		a := e.want(200, "GET", "/Users/"+user, "").text + e.want(200, "GET", "/Groups/"+group, "").text
		return a
	}
	before := state()
	bodies := map[string]string{
		"POST /Users": `{"userName":"b"}`, "PUT /Users/{id}": `{"userName":"b"}`, "PATCH /Users/{id}": patch(`{"op":"replace","path":"title","value":"B"}`),
		"POST /Groups": `{"displayName":"B","members":[{"value":"` + user + `"}]}`, "PUT /Groups/{id}": `{"displayName":"B"}`,
		"PATCH /Groups/{id}": patch(`{"op":"add","path":"members","value":[{"value":"` + user + `"}]}`),
	}
	for pattern := range e.srv.routes() {
		method, path, _ := strings.Cut(pattern, " ")
		for _, id := range []string{user, group} {
			for _, query := range []string{"", "?filter=id%20eq%20%22" + id + "%22", "?filter=externalId%20eq%20%22x-noa%22", "?tenant=" + storetest.A} {
				a := e.do(storetest.B, method, strings.ReplaceAll(path, "{id}", id)+query, bodies[pattern], "X-Tenant", storetest.A)
				if strings.Contains(path, "{id}") && a.status != http.StatusNotFound {
					t.Errorf("%s %s: %d %s", pattern, query, a.status, a.text)
				}
				for _, secret := range []string{user, group, "Noa", "noa@", "Desk of A", storetest.A} {
					if strings.Contains(a.text, secret) {
						t.Errorf("%s %s: B reads %q in %s", pattern, query, secret, a.text)
					}
				}
			}
		}
	}
	if after := state(); after != before {
		t.Errorf("B changed A:\n%s\n%s", before, after)
	}
	// What tokens and the console made is not SCIM's either.
	if err := e.s.For(storetest.A).Claim(t.Context(), store.Claim{Person: store.DirPerson{Object: "o", Username: "claimed"}, Groups: []string{"c"}, GroupsKnown: true, Issued: e.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	p, err := e.s.For(storetest.A).PersonByObject(t.Context(), "o")
	if err != nil {
		t.Fatal(err)
	}
	gs, _, err := e.s.For(storetest.A).FindGroups(t.Context(), store.DirQuery{ExternalID: "c"})
	if err != nil || len(gs) != 1 {
		t.Fatal(gs, err)
	}
	for _, path := range []string{"/Users/" + p.ID, "/Groups/" + gs[0].ID} {
		e.want(404, "GET", path, "")
		e.want(404, "DELETE", path, "")
		e.want(404, "PATCH", path, patch(`{"op":"replace","path":"displayName","value":"x"}`))
	}
}

func TestDatabaseGone(t *testing.T) {
	e := start(t)
	id := e.user("a")
	if err := e.s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][3]string{{"GET", "/Users", ""}, {"GET", "/Users/" + id, ""}, {"POST", "/Users", noa}, {"DELETE", "/Users/" + id, ""}, {"GET", "/ServiceProviderConfig", ""}} {
		if a := e.do(storetest.A, c[0], c[1], c[2]); a.status != 503 || a.header.Get("Retry-After") == "" || strings.Contains(a.text, "sql") {
			t.Errorf("%s %s: %d %s", c[0], c[1], a.status, a.text)
		}
	}
}
