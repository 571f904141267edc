//go:build e2e

package e2e

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"beside/internal/stage"
)

// Words by which a person is told that the other side cannot be reached.
const reconnecting = "Reconnecting"

// TestKilledHelper: the sharer is told within five seconds that the helper's app is gone; the
// bar stays, offers no control any more, and Stop works.
func TestKilledHelper(t *testing.T) {
	s := open(t, "compliant")
	s.control()
	s.point()
	s.must(s.helper.Bot.Key('q', true))
	s.must(s.wait(10*time.Second, "the key to be down on the sharer's side", s.held))
	s.killed(s.helper, s.sharer, reconnecting, "e.sharer.title")
	if err := s.lifted(); err != nil {
		t.Error(err)
	}
	if shows(s.sharer, "takeback") {
		t.Error("the bar offers to take back control from nobody")
	}
	if !shows(s.sharer, "e.sharer.title") {
		s.press(s.sharer, "stop")
	}
	s.must(see(s.sharer, "e.sharer.title"))
	if shows(s.sharer, "stop") {
		t.Error("the session bar is still there after the end")
	}
}

// TestKilledSharer: the same the other way round.
func TestKilledSharer(t *testing.T) {
	s := open(t, "compliant")
	s.pair()
	s.ask("mode.view")
	s.allow()
	s.killed(s.sharer, s.helper, "r.title", "e.helper.title")
	if !shows(s.helper, "e.helper.title") {
		s.press(s.helper, "r.end")
	}
	s.must(see(s.helper, "e.helper.title"))
}

// killed kills one app and times how long the other person looks at a session that is gone.
func (s *scene) killed(who, other *stage.Actor, names ...string) {
	s.t.Helper()
	start := time.Now()
	s.must(who.App.Process.Signal(syscall.SIGKILL))
	s.must(see(other, names...))
	s.promised("the "+other.Name+" was told", time.Since(start), 5*time.Second, 8*time.Second)
}

// TestEndpointKilled: a running session does not need the endpoint until its grant must be
// renewed, and does not mind that it is there again.
func TestEndpointKilled(t *testing.T) {
	s := open(t, "compliant")
	s.control()
	s.point()
	s.must(s.types("typed before it went", 15*time.Second))
	port := s.endpoint.Port()
	s.must(s.endpoint.Process.Signal(syscall.SIGKILL))
	<-s.endpoint.Process.Done()
	s.must(s.types("typed without it went", 15*time.Second))
	s.repaint()
	again, err := stage.StartEndpoint(t.Context(), s.g, stage.EndpointOptions{
		Binary: bin(t, "beside-endpoint-dev"), Data: s.data, Port: port, Name: "endpoint-again",
		Page: strings.TrimPrefix(s.endpoint.SignIn, "http://"),
	})
	s.must(err)
	s.endpoint = again
	s.must(s.types("typed after it went", 15*time.Second))
	s.repaint()
	s.over("the sharer pressed Stop", s.press(s.sharer, "stop"))

	// The development identity provider signs with another key now: people are told to sign in.
	s.must(s.helper.Press(t.Context(), "e.again"))
	s.must(see(s.helper, "x.signin"))
	s.must(s.helper.Press(t.Context(), "x.signin.go"))
	s.code()
}

// repaint changes the sharer's desktop and back, and waits until the helper sees both.
func (s *scene) repaint() {
	s.t.Helper()
	for _, colour := range []uint32{0x903050, sharerDesktop} {
		start := time.Now()
		s.must(s.sharer.Bot.Background(colour))
		_, err := s.helper.Shown(s.t.Context(), colour, 20000)
		s.must(err)
		s.t.Logf("the helper saw the desktop in another colour within %v", time.Since(start).Round(time.Millisecond))
	}
}
