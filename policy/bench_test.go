package policy_test

import (
	"strconv"
	"testing"

	"beside/policy"
)

// BenchmarkDecide decides in an organisation with many assignments and people in many groups.
func BenchmarkDecide(b *testing.B) {
	in := all()
	for i := range 200 {
		in.Helper.Groups = append(in.Helper.Groups, "g"+strconv.Itoa(i))
	}
	for i := range 1000 {
		in.Assignments = append(in.Assignments, policy.Assignment{
			ID: "x" + strconv.Itoa(i), Role: policy.Role{ID: "r", Permissions: policy.Everything()},
			AdminGroups: []string{"none" + strconv.Itoa(i)}, UserScope: policy.Scope{All: true},
		})
	}
	b.ReportAllocs()
	for b.Loop() {
		if d := policy.Decide(in); d.Code != policy.CodeOK {
			b.Fatal(d.Code)
		}
	}
}
