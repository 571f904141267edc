package admin

import (
	"net/http"
	"strings"
	"testing"

	"beside/server/directory/demo"
)

// The list and the review step say how many people and devices an assignment reaches.
func TestReachIsShown(t *testing.T) {
	x := open(t)
	_, as := demo.Assignments(demo.Tenant)
	for path, want := range map[string][]string{
		"/admin/assignments": {"people: 1<", "people: 8<"},
		"/admin/assignments/" + as[0].ID + "/review?name=x&role=view-only&a=" + demo.GroupDesk + "&u=all&d=groups&dg=" + demo.GroupLaptops: {"people: 1<", "people: 9<", "devices: 3<"},
	} {
		code, body := x.do(http.MethodGet, path, nil)
		for _, w := range want {
			if code != http.StatusOK || !strings.Contains(body, w) {
				t.Errorf("%s: %d without %q", path, code, w)
			}
		}
	}
}
