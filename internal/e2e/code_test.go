//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"

	"beside/internal/screenbot"
	"beside/internal/stage"
)

// TestCodes: an old code and a wrong one are refused in friendly words and share nothing; a
// wrong one is burnt; and who goes on guessing is kept out, with a right code too.
func TestCodes(t *testing.T) {
	s := open(t, "compliant")
	ctx := t.Context()
	old := s.code()
	s.must(s.helper.Press(ctx, "code.new"))
	code := s.another(old)

	s.join(old)
	s.must(see(s.sharer, "x.burnt"))
	if shows(s.helper, "who.title") {
		t.Fatal("an old code works")
	}
	wrong := code[:len(code)-1] + map[bool]string{true: "3", false: "2"}[strings.HasSuffix(code, "2")]
	s.enter(wrong)
	s.must(see(s.sharer, "x.wrong"))
	s.must(see(s.helper, "code.getnew"))
	if shows(s.helper, "who.title") {
		t.Error("the helper sees somebody who did not know the code")
	}
	s.enter(code) // the right one now, but it is burnt; this app does not even ask
	s.must(see(s.sharer, "x.used", "x.burnt"))

	s.must(s.helper.Press(ctx, "code.getnew"))
	code = s.another(code)
	tries := 0
	for ; !shows(s.sharer, "x.many") && tries < 8; tries++ {
		s.enter(nobodys(code, tries))
		s.must(s.wait(20*time.Second, "an answer", func() error {
			if shows(s.sharer, "join.checking") {
				return screenbot.ErrNotThere
			}
			return nil
		}))
		s.must(see(s.sharer, "x.burnt", "x.many"))
	}
	t.Logf("kept out after %d more tries", tries)
	if tries == 8 {
		t.Fatal("nobody stops the guessing")
	}
	s.enter(code)
	s.must(see(s.sharer, "x.many"))
	if shows(s.helper, "who.title") || !shows(s.helper, "code") {
		t.Error("the code does not stand any more")
	}
}

// nobodys is a code that is not this one, nor any other but by an unlikely chance.
func nobodys(code string, try int) string {
	const some = "23456789"
	first := some[(strings.IndexByte(some, code[0])+1)%len(some)]
	return string(first) + some[try:try+1] + "KK" + "KKKK"
}

// another waits for a code that is not the old one.
func (s *scene) another(old string) string {
	s.t.Helper()
	var code string
	s.must(s.wait(30*time.Second, "another code", func() (err error) {
		if code, err = s.helper.Code(s.t.Context()); err == nil && code == old {
			err = screenbot.ErrNotThere
		}
		return err
	}))
	s.secrets.code(code)
	return code
}

// TestLink: a link fills in its code and does no more; the sharer must go on by hand.
func TestLink(t *testing.T) {
	s := open(t, "compliant")
	ctx := t.Context()
	s.must(s.helper.Press(ctx, "start.give"))
	code, err := s.helper.Code(ctx) // the link stands in the log of processes, so this one is no secret
	s.must(err)
	s.sharer.App.Process.Stop()
	s.startAt(s.sharer, stage.AppOptions{Args: []string{"beside://join#" + code}}, "join.go")
	time.Sleep(time.Second) // nothing must happen, however long one waits
	if shows(s.helper, "who.title") || !shows(s.helper, "code.wait") || !shows(s.sharer, "join.go") {
		t.Error("the link went on by itself")
	}
	s.must(s.sharer.Press(ctx, "join.go"))
	s.must(see(s.helper, "who.title"))
	s.must(see(s.sharer, "wait.title"))
}
