package problem_test

import (
	"testing"
	"time"

	"beside/policy"
	"beside/policy/api"
	"beside/server/problem"
)

func TestEveryReasonHasWords(t *testing.T) {
	for _, c := range []policy.Code{
		policy.CodeDisabled, policy.CodeLicence, policy.CodeAccount, policy.CodeSelf, policy.CodeDirectory,
		policy.CodeUnenrolled, policy.CodeUnverified, policy.CodeNoRole, policy.CodeScope, policy.CodePermission,
	} {
		if p := problem.Of(c); p.Status == 500 || p.Title == "" || p.Code != string(c) {
			t.Errorf("%s: %+v", c, p)
		}
	}
	if p := problem.New("strange"); p.Status != 500 {
		t.Errorf("%+v", p)
	}
	if p := problem.Later(api.CodeTooMany, 1500*time.Millisecond); p.Retry != 2 {
		t.Errorf("retry %d", p.Retry)
	}
}
