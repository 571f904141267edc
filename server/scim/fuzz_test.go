package scim

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"beside/server/store"
)

func FuzzPatch(f *testing.F) {
	f.Add([]byte(patch(`{"op":"Replace","path":"emails[type eq \"work\"].value","value":"x"}`)))
	f.Add([]byte(patch(`{"op":"add","value":{"name.givenName":"x","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"organization":"y"}}}`)))
	f.Add([]byte(patch(`{"op":"remove","path":"members[value eq \"x\"]"}`)))
	f.Add([]byte(noa))
	s := New(Options{Object: func(string) string { return "" }})
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := http.NewRequest(http.MethodPatch, "/", strings.NewReader(string(b))); err == nil {
			r.Header.Set("Content-Type", mediaType)
			if cs, err := readPatch(r); err == nil {
				fuzzApply(t, s, cs)
			}
		}
		var m map[string]any
		if json.Unmarshal(b, &m) == nil {
			if cs, err := changes("add", m); err == nil {
				fuzzApply(t, s, cs)
			}
		}
	})
}

// fuzzApply shows that what is kept is always fit to be shown.
func fuzzApply(t *testing.T, s *Server, cs []change) {
	var p store.DirPerson
	if s.apply(&p, cs) == nil {
		for _, x := range []string{p.Username, p.ExternalID, p.Given, p.Family, p.Job, p.Company, p.Email, p.Name} {
			if strings.ContainsFunc(x, hidden) || len(x) > 8*maxText {
				t.Errorf("kept %q", x)
			}
		}
		if p.Username == "" || p.Name == "" {
			t.Error("nobody was kept")
		}
	}
	var e store.GroupEdit
	if applyGroup(&e, cs) == nil && (e.Name == "" || e.Source != store.SourceSCIM) {
		t.Error("a group of nothing was kept")
	}
}

func FuzzFilter(f *testing.F) {
	f.Add(`userName eq "a" and active eq true`)
	f.Add(`urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq "work"].value eq "x\"y"`)
	f.Add(`urn:x:y:z eq null`)
	f.Fuzz(func(t *testing.T, s string) {
		terms, err := parseFilter(s)
		if err == nil && (len(terms) == 0 || len(terms) > maxTerms) {
			t.Errorf("%q: %d terms", s, len(terms))
		}
		for _, term := range terms {
			var q store.DirQuery
			_, _ = userFilter(&q, term), groupFilter(&q, term)
		}
	})
}
