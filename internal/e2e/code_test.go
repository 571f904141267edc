//go:build e2e

package e2e

import (
	"testing"

	"beside/internal/screenbot"
)

// TestWrongCode: a wrong code is refused in friendly words, burns the code, and shares nothing.
func TestWrongCode(t *testing.T) {
	s := open(t, "compliant")
	ctx := t.Context()
	s.must(s.helper.Press(ctx, "start.give"))
	code, err := s.helper.Code(ctx)
	s.must(err)
	s.must(s.sharer.Press(ctx, "start.get"))
	wrong := []byte(code)
	wrong[len(wrong)-1] = map[bool]byte{true: '3', false: '2'}[wrong[len(wrong)-1] == '2']
	s.must(s.sharer.TypeCode(ctx, string(wrong)))
	s.must(s.sharer.Press(ctx, "join.go"))
	s.must(see(s.sharer, "x.wrong"))
	s.must(see(s.helper, "code.getnew"))
	if shows(s.helper, "who.title") {
		t.Error("the helper sees somebody who did not know the code")
	}
	if _, err := screenbot.ReadMap(s.sharer.App.Map); err != nil {
		t.Errorf("the sharer's app: %v", err)
	}
}
