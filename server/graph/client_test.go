package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"beside/auth/devidp/graphtest"
	"beside/server/graph"
)

func TestPeople(t *testing.T) {
	s, c, _ := open(t, graphtest.Options{Data: small()})
	got, err := c.People(t.Context(), []graph.PersonQuery{{ID: sam, Photo: true}, {ID: "x' or 1 eq 1"}, {ID: strings.ToUpper(ines)}, {ID: laptop}, {ID: ines, Photo: true}})
	if err != nil {
		t.Fatal(err)
	}
	if p := got[0]; p.Err != nil || p.Name != "Sam Rivers" || p.Surname != "Rivers" || p.UserType != "Member" || !p.Enabled || string(p.Photo) != "\xff\xd8\xffphoto" {
		t.Errorf("Sam: %+v", p)
	}
	if g := slices.Sorted(slices.Values(got[0].Groups)); !slices.Equal(g, []string{staff, pay, circle}) {
		t.Errorf("groups %v", g)
	}
	for _, i := range []int{1, 3} {
		if !errors.Is(got[i].Err, graph.ErrNotFound) {
			t.Errorf("%d: %v", i, got[i].Err)
		}
	}
	for _, i := range []int{2, 4} {
		if p := got[i]; p.Err != nil || p.ID != ines || p.UserType != "Guest" || p.Enabled || p.Photo != nil {
			t.Errorf("Ines: %+v", p)
		}
	}
	if n := s.Asked.Load(); n != 10 {
		t.Errorf("asked %d questions", n)
	}
}

func TestDevices(t *testing.T) {
	_, c, _ := open(t, graphtest.Options{Data: small()})
	got, err := c.Devices(t.Context(), []string{laptop, phone, sam, "../users"})
	if err != nil {
		t.Fatal(err)
	}
	if d := got[0]; d.Err != nil || d.Registered.Object != object || len(d.Registered.Owners) != 1 || d.Registered.Owners[0].ID != sam ||
		len(d.Managed) != 1 || d.Managed[0].State != "compliant" || time.Since(d.Managed[0].LastSync) > time.Minute || len(d.Groups) != 3 {
		t.Errorf("laptop %+v", d)
	}
	if d := got[1]; d.Err != nil || d.Registered != nil || len(d.Managed) != 1 {
		t.Errorf("phone %+v", d)
	}
	for i := 2; i < 4; i++ {
		if !errors.Is(got[i].Err, graph.ErrNotFound) {
			t.Errorf("%d: %v", i, got[i].Err)
		}
	}
	if ids, err := c.DevicesOf(t.Context(), sam); err != nil || !slices.Equal(ids, []string{laptop, phone}) {
		t.Errorf("of Sam %v %v", ids, err)
	}
	if _, err := c.DevicesOf(t.Context(), laptop); !errors.Is(err, graph.ErrNotFound) {
		t.Errorf("of nobody: %v", err)
	}
}

func TestLists(t *testing.T) {
	_, c, _ := open(t, graphtest.Options{Data: small(), PageSize: 1})
	users, err1 := c.Users(t.Context())
	groups, err2 := c.Groups(t.Context())
	registered, err3 := c.RegisteredDevices(t.Context())
	managed, err4 := c.ManagedDevices(t.Context())
	if err := errors.Join(err1, err2, err3, err4); err != nil || len(users) != 2 || len(groups) != 3 || len(registered) != 1 || len(managed) != 2 {
		t.Errorf("%v %v %v %v %v", users, groups, registered, managed, err)
	}
	if o, err := c.Organization(t.Context(), tid); err != nil || o.Name != "Halden Group" || !o.Domains[1].Default {
		t.Errorf("%+v %v", o, err)
	}
	if _, err := c.Organization(t.Context(), sam); !errors.Is(err, graph.ErrUnavailable) {
		t.Errorf("another organisation: %v", err)
	}
	if u, d, err := c.Members(t.Context(), staff); err != nil || !slices.Equal(u, []string{sam}) || !slices.Equal(d, []string{object}) {
		t.Errorf("members %v %v %v", u, d, err)
	}
	if _, _, err := c.Members(t.Context(), sam); !errors.Is(err, graph.ErrNotFound) {
		t.Errorf("no group: %v", err)
	}
	if n, err := c.Sizes(t.Context(), []string{staff, sam}); err != nil || n[0] != (graph.Size{People: 1, Devices: 1}) || n[1] != (graph.Size{People: -1, Devices: -1}) {
		t.Errorf("sizes %v %v", n, err)
	}
}

// TestTrouble has the service misbehave for the first n answers of a path and says what comes of it.
func TestTrouble(t *testing.T) {
	busy := func(status int, after string) func(*graphtest.Answer) {
		return func(a *graphtest.Answer) { a.Busy(status, after) }
	}
	set := func(key string, v any) func(*graphtest.Answer) {
		return func(a *graphtest.Answer) { a.JSON[key] = v }
	}
	plain := func(s string) func(*graphtest.Answer) {
		return func(a *graphtest.Answer) { a.JSON, a.Bytes = nil, []byte(s) }
	}
	const user, groups, batch = "/users/" + sam, "/users/" + sam + "/transitiveMemberOf/microsoft.graph.group", "/$batch"
	for name, tt := range map[string]struct {
		path   string
		first  int
		change func(*graphtest.Answer)
		ok     bool
		within time.Duration // of the clock
	}{
		"throttled in the batch":      {user, 1, busy(429, "2"), true, 3 * time.Second},
		"throttled batch":             {batch, 1, busy(429, "1"), true, 2 * time.Second},
		"throttled twice":             {batch, 2, busy(503, "1"), true, 3 * time.Second},
		"throttled until a date":      {batch, 1, busy(429, time.Date(2000, 1, 1, 0, 0, 2, 0, time.UTC).Format(http.TimeFormat)), true, 3 * time.Second},
		"throttled for long":          {batch, 1, busy(429, "30"), false, time.Second},
		"throttled in batch for long": {groups, 1, busy(429, "30"), false, time.Second},
		"throttled for ever":          {batch, 99, busy(429, ""), false, time.Second},
		"negative wait":               {batch, 1, busy(503, "-1"), true, time.Second},
		"strange wait":                {batch, 1, busy(503, "soon"), true, time.Second},
		"failed once":                 {groups, 1, busy(500, ""), true, time.Second},
		"gateway":                     {batch, 2, busy(502, ""), true, time.Second},
		"failed for ever":             {user, 99, busy(500, ""), false, 2 * time.Second},
		"slow":                        {batch, 99, func(a *graphtest.Answer) { a.Delay = time.Hour }, false, 31 * time.Second},
		"forbidden":                   {user, 1, busy(403, ""), false, 0},
		"forbidden groups":            {groups, 1, busy(403, ""), false, 0},
		"groups not found":            {groups, 1, busy(404, ""), false, 0},
		"moved":                       {batch, 1, busy(302, ""), false, 0},
		"no JSON":                     {batch, 1, plain("<html>"), false, 0},
		"nothing":                     {batch, 1, plain(""), false, 0},
		"too large": {batch, 1, func(a *graphtest.Answer) { // nothing else is wrong with it
			b, err := json.Marshal(a.JSON)
			if err != nil {
				t.Error(err)
			}
			a.JSON, a.Bytes = nil, append(b, bytes.Repeat([]byte(" "), 17<<20)...)
		}, false, 0},
		"wrong type":        {user, 1, set("accountEnabled", "true"), false, 0},
		"somebody else":     {user, 1, set("id", ines), false, 0},
		"no id":             {user, 1, set("id", nil), false, 0},
		"list is null":      {groups, 1, set("value", nil), false, 0},
		"list is an object": {groups, 1, set("value", map[string]any{}), false, 0},
		"group is no GUID":  {groups, 1, set("value", []any{map[string]any{"id": "desk"}}), false, 0},
		"more groups than anybody is in": {groups, 1, func(a *graphtest.Answer) {
			all := make([]any, 20_001)
			for i := range all {
				all[i] = map[string]any{"id": numbered(9, i)}
			}
			a.JSON["value"] = all
		}, false, 0},
		"next page elsewhere":           {groups, 1, set("@odata.nextLink", "https://graph.test.evil.example/v1.0/users"), false, 0},
		"next page in plain":            {groups, 1, set("@odata.nextLink", "http://graph.test/v1.0/users"), false, 0},
		"next page of another port":     {groups, 1, set("@odata.nextLink", "https://graph.test:8443/v1.0/users"), false, 0},
		"next page with a password":     {groups, 1, set("@odata.nextLink", "https://u:p@graph.test/v1.0/users"), false, 0},
		"next page of another version":  {groups, 1, set("@odata.nextLink", "https://graph.test/beta/users"), false, 0},
		"next page out of the version":  {groups, 1, set("@odata.nextLink", "https://graph.test/v1.0/../beta/users"), false, 0},
		"next page that is no address":  {groups, 1, set("@odata.nextLink", "https://graph.test/v1.0/%zz"), false, 0},
		"next page that is a number":    {groups, 1, set("@odata.nextLink", 7), false, 0},
		"next page is longer than long": {groups, 1, set("@odata.nextLink", graphtest.Base+"/v1.0/"+strings.Repeat("x", 9000)), false, 0},
		"batch answers nothing":         {batch, 1, set("responses", []any{}), false, 0},
		"batch answers twice": {batch, 1, func(a *graphtest.Answer) {
			r, _ := a.JSON["responses"].([]any)
			a.JSON["responses"] = append(r, r[0])
		}, false, 0},
		"batch answers another": {batch, 1, set("responses", []any{map[string]any{"id": "77", "status": 200}}), false, 0},
		"token refused":         {"/token", 1, busy(401, ""), false, 0},
		"token of no kind":      {"/token", 1, set("token_type", "mac"), false, 0},
		"token is empty":        {"/token", 1, set("access_token", ""), false, 0},
		"token without an end":  {"/token", 1, set("expires_in", nil), false, 0},
		"token end in words":    {"/token", 1, set("expires_in", "3599"), true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, c, _ := open(t, graphtest.Options{Data: small()})
				left := tt.first
				s.Meddle(func(path string, a *graphtest.Answer) {
					if path == tt.path && left > 0 {
						left--
						tt.change(a)
					}
				})
				began := time.Now()
				got, err := c.People(t.Context(), []graph.PersonQuery{{ID: sam}})
				if err == nil {
					err = got[0].Err
				}
				if took := time.Since(began); took > tt.within {
					t.Errorf("took %v", took)
				}
				if tt.ok && (err != nil || len(got[0].Groups) != 3) || !tt.ok && !errors.Is(err, graph.ErrUnavailable) {
					t.Errorf("got %+v %v", got, err)
				}
				if errors.Is(err, graph.ErrNotFound) {
					t.Error("trouble looks like somebody who does not exist")
				}
				secrets(t, err)
			})
		})
	}
}

// secrets fails if an error holds what nobody may read.
func secrets(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, s := range []string{"hunter2", "graph-", "sentence", sam} {
		if strings.Contains(err.Error(), s) {
			t.Errorf("the error holds %q: %v", s, err)
		}
	}
}

func TestCircleOfPages(t *testing.T) {
	for name, tt := range map[string]struct {
		link func(n int) string
		most int // pages that are asked for
	}{
		"the same again": {func(int) string { return graphtest.Base + "/v1.0/users?x=1" }, 2},
		"two in turn":    {func(n int) string { return graphtest.Base + "/v1.0/users?x=" + string(rune('a'+n%2)) }, 3},
		"always new":     {func(n int) string { return graphtest.Base + "/v1.0/users?x=" + strings.Repeat("x", n) }, 2001},
	} {
		t.Run(name, func(t *testing.T) {
			s, c, _ := open(t, graphtest.Options{Data: small()})
			n := 0
			s.Meddle(func(path string, a *graphtest.Answer) {
				if path == "/users" {
					n++
					*a = graphtest.Answer{Status: http.StatusOK, JSON: map[string]any{"value": []any{}, "@odata.nextLink": tt.link(n)}}
				}
			})
			if _, err := c.Users(t.Context()); !errors.Is(err, graph.ErrUnavailable) || n != tt.most {
				t.Errorf("%v after %d pages", err, n)
			}
		})
	}
}

// TestRests: while there is no answer everybody is told at once, and later it is asked again.
func TestRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, _ := open(t, graphtest.Options{Data: small()})
		s.Meddle(func(_ string, a *graphtest.Answer) { a.Busy(http.StatusServiceUnavailable, "") })
		tokenless := func() error { _, err := c.Users(t.Context()); return err }
		if err := tokenless(); !errors.Is(err, graph.ErrUnavailable) {
			t.Fatal(err)
		}
		s.Meddle(func(_ string, a *graphtest.Answer) {
			if a.JSON["access_token"] == nil {
				a.Busy(http.StatusServiceUnavailable, "")
			}
		})
		if err := tokenless(); !errors.Is(err, graph.ErrUnavailable) {
			t.Fatal(err)
		}
		s.Meddle(nil)
		began, asked := time.Now(), s.Asked.Load()
		if err := tokenless(); !errors.Is(err, graph.ErrUnavailable) || time.Since(began) != 0 || s.Asked.Load() != asked {
			t.Errorf("at rest: %v after %v", err, time.Since(began))
		}
		<-time.After(3 * time.Second)
		if err := tokenless(); err != nil {
			t.Errorf("after the rest: %v", err)
		}
	})
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, _ := open(t, graphtest.Options{Data: small()})
		s.Meddle(func(_ string, a *graphtest.Answer) { a.Busy(http.StatusServiceUnavailable, "2") })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Users(ctx); !errors.Is(err, graph.ErrUnavailable) {
			t.Error(err)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	d := small()
	var qs []graph.PersonQuery
	for i := range 50 {
		id := numbered(1, i)
		d.Users = append(d.Users, graphtest.User{ID: id, Name: id, Groups: []string{staff}})
		qs = append(qs, graph.PersonQuery{ID: id, Photo: i%2 == 0})
	}
	_, c, _ := open(t, graphtest.Options{Data: d})
	got, err := c.People(t.Context(), qs)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range got {
		if p.Err != nil || p.ID != qs[i].ID || len(p.Groups) != 3 {
			t.Errorf("%d: %+v", i, p)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, base := range []string{"", "http://graph.test", "https://", "https://graph.test/v1.0", "https://u@graph.test", "https://graph.test?x"} {
		if _, err := graph.New(graph.Options{Base: base}); !errors.Is(err, graph.ErrConfig) {
			t.Errorf("%q: %v", base, err)
		}
	}
}
