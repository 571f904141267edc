package rtc_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"beside/session"
)

// both returns a link that is up, as what can be mended.
func both(t *testing.T) (s, h session.Link, ms, mh session.Mender) {
	t.Helper()
	a, b, ds, dh := pair(t, nil)
	s, h, es, eh := connect(t, a, b, ds, dh)
	if es != nil || eh != nil {
		t.Fatal(es, eh)
	}
	return s, h, s.(session.Mender), h.(session.Mender)
}

// carries fails unless what is sent arrives, on every kind of channel, each way. What may be lost is
// repeated until then.
func carries(t *testing.T, s, h session.Link, word string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for name, to := range map[string][2]session.Link{"to the helper": {s, h}, "to the sharer": {h, s}} {
		if err := to[0].Send(session.ChanControl, []byte(word)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if b, err := to[1].Recv(ctx, session.ChanControl); err != nil || string(b) != word {
			t.Fatalf("%s: %q, %v", name, b, err)
		}
	}
	repeat(ctx, t, word, s.WritePacket, h.ReadPacket)
	repeat(ctx, t, word, h.WriteAck, s.ReadAck)
	send := func(b []byte) error { return h.Send(session.ChanInput, b) }
	repeat(ctx, t, word, send, func(ctx context.Context) ([]byte, error) { return s.Recv(ctx, session.ChanInput) })
}

func repeat(ctx context.Context, t *testing.T, word string, send func([]byte) error, recv func(context.Context) ([]byte, error)) {
	t.Helper()
	for len(word)%4 != 0 { // RTCP counts in words
		word += "."
	}
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			_ = send([]byte(word))
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	defer func() { close(stop); <-done }()
	for {
		b, err := recv(ctx)
		if err != nil {
			t.Fatalf("%q does not arrive: %v", word, err)
		}
		if bytes.Equal(b, []byte(word)) {
			return
		}
	}
}

// A restart finds a new path, several times, for the channels that there are.
func TestRestart(t *testing.T) {
	s, h, ms, mh := both(t)
	carries(t, s, h, "word")
	seen := map[string]bool{}
	for i := range 3 {
		offer, err := ms.Restart(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// What is sent meanwhile and may not be lost arrives afterwards.
		if err := s.Send(session.ChanChat, fmt.Append(nil, "meanwhile ", i)); err != nil {
			t.Fatal(err)
		}
		answer, err := mh.Rejoin(t.Context(), offer)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range [][]byte{offer, answer} {
			cred, _, _ := strings.Cut(string(d), `"candidates"`)
			if seen[cred] {
				t.Errorf("the credentials are the old ones: %s", cred)
			}
			seen[cred] = true
		}
		if err := ms.Finish(answer); err != nil {
			t.Fatal(err)
		}
		if b, err := h.Recv(t.Context(), session.ChanChat); err != nil || string(b) != fmt.Sprint("meanwhile ", i) {
			t.Fatalf("%q, %v", b, err)
		}
		carries(t, s, h, fmt.Sprint("after", i))
	}
	if ms.Moved() || mh.Moved() {
		t.Error("nobody moved")
	}
}

// What comes out of order, twice or garbled changes nothing.
func TestRestartRefused(t *testing.T) {
	s, h, ms, mh := both(t)
	if _, err := mh.Restart(t.Context()); err == nil {
		t.Error("the helper restarts")
	}
	for name, d := range map[string]string{
		"nothing": "", "garbage": "\x00\x01", "an SDP": "v=0\r\na=fingerprint:sha-256 00",
		"a fingerprint": `{"ufrag":"abcdefgh","pwd":"abcdefghijklmnopqrstuvwx","candidates":[],"fingerprint":"00"}`,
		"a name":        `{"ufrag":"abcdefgh","pwd":"abcdefghijklmnopqrstuvwx","candidates":[{"f":"1","p":1,"a":"evil.local:9","k":"host"}]}`,
	} {
		if _, err := mh.Rejoin(t.Context(), []byte(d)); err == nil {
			t.Errorf("Rejoin took %s", name)
		}
		if err := ms.Finish([]byte(d)); err == nil {
			t.Errorf("Finish took %s", name)
		}
	}
	good := []byte(`{"ufrag":"abcdefgh","pwd":"abcdefghijklmnopqrstuvwx","candidates":[]}`)
	if ms.Finish(good) == nil {
		t.Error("Finish without a Restart")
	}
	if _, err := ms.Rejoin(t.Context(), good); err == nil {
		t.Error("the sharer rejoins")
	}
	carries(t, s, h, "word")

	// A restart that nobody answers is followed by one that somebody does.
	if _, err := ms.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	// And one that was answered by a stranger.
	if _, err := ms.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := ms.Finish(good); err != nil {
		t.Fatal(err)
	}
	if ms.Finish(good) == nil {
		t.Error("Finish a second time")
	}
	offer, err := ms.Restart(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	answer, err := mh.Rejoin(t.Context(), offer)
	if err != nil {
		t.Fatal(err)
	}
	if err := ms.Finish(answer); err != nil {
		t.Fatal(err)
	}
	carries(t, s, h, "again")
}

// Close does not wait for a restart.
func TestCloseDuringRestart(t *testing.T) {
	s, _, ms, _ := both(t)
	if _, err := ms.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_ = s.Close()
	if took := time.Since(start); took > time.Second {
		t.Errorf("closing took %v", took)
	}
	if _, err := ms.Restart(t.Context()); err == nil {
		t.Error("restarted after Close")
	}
}
