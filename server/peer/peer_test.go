package peer_test

import (
	"net/http"
	"testing"
	"time"

	"beside/server/peer"
)

func TestAddress(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.7:4431": "192.0.2.7", "[2001:db8:1:2:3:4:5:6]:1": "2001:db8:1:2::", "[::ffff:192.0.2.7]:1": "::ffff:192.0.2.7", "odd": "odd",
	} {
		if got := peer.Address(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("%s: %s, want %s", remote, got, want)
		}
	}
}

func TestStrikes(t *testing.T) {
	now := time.Unix(1, 0)
	s := peer.Strikes{Max: 2, Now: func() time.Time { return now }}
	s.Count("a")
	if s.Out("a") {
		t.Error("out after one")
	}
	s.Count("a")
	if !s.Out("a") || s.Out("b") {
		t.Error("in after two, or somebody else is out")
	}
	now = now.Add(time.Minute)
	if s.Out("a") {
		t.Error("out for ever")
	}
	s.Count("a")
	if s.Out("a") {
		t.Error("the old minute counts")
	}
}
