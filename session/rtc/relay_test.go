package rtc

import (
	"bytes"
	"context"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/pion/rtp"

	"beside/policy/api"
	"beside/server/relay/relaytest"
	"beside/session"
	"beside/session/sessiontest"
)

const met = "00000000-0000-4000-8000-000000000001"

// relayed is a link that has no other path than a relay, over different transports on the two sides.
func relayed(t *testing.T, r *relaytest.Relay, sharer, helper string) (s, h *Link, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var ps [2]*Peer
	for i := range ps {
		p, err := New(Config{Sharer: i == 0, Loopback: true, RelayOnly: true, Roots: r.Roots})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = p.Close() })
		ps[i] = p
	}
	ds, err := ps[0].Local(ctx, r.Only(sharer, met, "sharer"), ps[1].Fingerprint())
	if err != nil {
		return nil, nil, err
	}
	dh, err := ps[1].Local(ctx, r.Only(helper, met, "helper"), ps[0].Fingerprint())
	if err != nil {
		return nil, nil, err
	}
	for _, d := range [][]byte{ds, dh} {
		if p, err := parse(d, false); err != nil || len(p.Candidates) != 1 || p.Candidates[0].Kind != "relay" {
			t.Fatalf("%s: %v", d, err)
		}
	}
	var ls session.Link
	var es error
	done := make(chan struct{})
	go func() { defer close(done); ls, es = ps[0].Connect(ctx, dh) }()
	lh, err := ps[1].Connect(ctx, ds)
	<-done
	if err != nil || es != nil {
		t.Fatal(es, err)
	}
	return ls.(*Link), lh.(*Link), nil
}

// The whole contract of a link, forced through each of the three.
func TestLinkContractByRelay(t *testing.T) {
	for _, transport := range relaytest.Transports {
		t.Run(transport, func(t *testing.T) {
			r := relaytest.Start(t)
			sessiontest.LinkContract(t, func(t *testing.T) (session.Link, session.Link) {
				r.Release(met) // the one before
				s, h, err := relayed(t, r, transport, transport)
				if err != nil {
					t.Fatal(err)
				}
				if !s.Status().Relay || !h.Status().Relay {
					t.Error("not by relay")
				}
				return s, h
			})
		})
	}
}

// The end of the session at the endpoint ends what the relay carries, whatever the apps do.
func TestRelayEndsWithTheSession(t *testing.T) {
	for i, transport := range relaytest.Transports {
		t.Run(transport, func(t *testing.T) {
			r := relaytest.Start(t)
			s, h, err := relayed(t, r, transport, relaytest.Transports[(i+1)%3])
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := s.Send(session.ChanInput, []byte("before")); err != nil {
				t.Fatal(err)
			}
			if b, err := h.Recv(ctx, session.ChanInput); err != nil || string(b) != "before" {
				t.Fatal(string(b), err)
			}
			r.Release(met)
			for range 20 {
				_ = s.Send(session.ChanInput, []byte("after"))
			}
			soon, stop := context.WithTimeout(ctx, 100*time.Millisecond)
			defer stop()
			if b, err := h.Recv(soon, session.ChanInput); err == nil {
				t.Errorf("%q came after the end", b)
			}
			closes(t, s, h)
		})
	}
}

// The sieve holds on every way: what is not of our stream leaves nothing behind.
func TestStrangeMediaByRelayIsDropped(t *testing.T) {
	for _, transport := range relaytest.Transports {
		t.Run(transport, func(t *testing.T) {
			s, h, err := relayed(t, relaytest.Start(t), transport, transport)
			if err != nil {
				t.Fatal(err)
			}
			for n := range uint32(3 * maxStrangers) {
				s.sendRTP(t, rtp.Header{Version: 2, PayloadType: payload, SSRC: 1000 + n}, []byte("evil"))
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := s.WritePacket([]byte("good")); err != nil {
				t.Fatal(err)
			}
			if b, err := h.ReadPacket(ctx); err != nil || string(b) != "good" {
				t.Errorf("%q, %v", b, err)
			}
			if n := h.strangers.Load(); n > 2 {
				t.Errorf("%d SSRCs got past the sieve", n)
			}
			closes(t, s, h)
		})
	}
}

// What is wrong with a list of servers costs the servers, not the session.
func TestServersThatAreNoUse(t *testing.T) {
	for name, tt := range map[string]struct {
		list []api.ICEServer
		want int // URLs
	}{
		"none":                {nil, 0},
		"no credentials":      {[]api.ICEServer{{URLs: []string{"turn:192.0.2.9:3478"}}}, 0},
		"no password":         {[]api.ICEServer{{URLs: []string{"turn:192.0.2.9:3478"}, Username: "x"}}, 0},
		"STUN needs none":     {[]api.ICEServer{{URLs: []string{"stun:192.0.2.9:3478"}}}, 1},
		"not a URL":           {[]api.ICEServer{{URLs: []string{"", "::", "turn:", "http://192.0.2.9"}, Username: "x", Credential: "y"}}, 0},
		"over DTLS":           {[]api.ICEServer{{URLs: []string{"turns:192.0.2.9?transport=udp"}, Username: "x", Credential: "y"}}, 0},
		"the good of a list":  {[]api.ICEServer{{URLs: []string{"web:", "turn:192.0.2.9", "turns:192.0.2.9"}, Username: "x", Credential: "y"}}, 2},
		"too many":            {[]api.ICEServer{{URLs: slices.Repeat([]string{"stun:192.0.2.9"}, 50)}}, maxURLs},
		"too many of a place": {slices.Repeat([]api.ICEServer{{URLs: []string{"stun:192.0.2.9"}}}, 50), maxURLs},
	} {
		t.Run(name, func(t *testing.T) {
			out, overTLS := servers(tt.list)
			n := 0
			for _, s := range out {
				n += len(s.URLs)
			}
			if n != tt.want || name == "the good of a list" != overTLS["192.0.2.9:5349"] {
				t.Errorf("%d URLs, TLS at %v", n, overTLS)
			}
		})
	}
	p, err := New(Config{Sharer: true, Loopback: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Local(t.Context(), []api.ICEServer{{URLs: []string{"turn:127.0.0.1:1"}}, {URLs: []string{"x"}}}, [32]byte{}); err != nil {
		t.Errorf("Local: %v", err)
	}
}

// A relay with a certificate of an authority that is not trusted is none.
func TestRelayMustProveItself(t *testing.T) {
	r := relaytest.Start(t)
	p, err := New(Config{Sharer: true, Loopback: true, RelayOnly: true}) // the system's authorities
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	d, err := p.Local(t.Context(), r.Only("tls", met, "sharer"), [32]byte{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := parse(d, true); err != nil || len(got.Candidates) != 0 {
		t.Errorf("%s, %v", d, err)
	}
	if _, n := r.Load(); n != 0 {
		t.Error("it was told the credentials")
	}
}

// Closing does not wait for a relay that accepts and says nothing.
func TestCloseWhileARelayIsSilent(t *testing.T) {
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for _, url := range []string{"turn:", "turns:"} {
		p, err := New(Config{Sharer: true, Loopback: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Local(t.Context(), []api.ICEServer{{URLs: []string{url + ln.Addr().String() + "?transport=tcp"}, Username: "x", Credential: "y"}}, [32]byte{}); err != nil {
			t.Fatal(err)
		}
		closes(t, p.link)
	}
}

func TestReadFrame(t *testing.T) {
	stun := append([]byte{0, 1, 0, 4}, make([]byte, 20)...)
	channel := []byte{0x40, 0, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0}
	r := iotest.OneByteReader(bytes.NewReader(append(append(slices.Clone(stun), channel...), 0x90)))
	buf := make([]byte, maxFrame)
	for _, want := range [][]byte{stun, channel} {
		if got, err := readFrame(r, buf); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%x, %v", got, err)
		}
	}
	if _, err := readFrame(r, buf); err == nil {
		t.Fatal("half a frame")
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte{0, 1, 0xff, 0xff, 1})
	f.Add([]byte{0x4f, 0, 0xff, 0xff, 1})
	f.Add([]byte{0x40, 0, 0, 1, 0x80, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var open atomic.Bool
		s := sieve{open: &open}
		r := bytes.NewReader(b)
		buf := make([]byte, maxFrame)
		for {
			frame, err := readFrame(r, buf)
			if err != nil {
				return
			}
			if len(frame) < 4 || frame[0] > 79 {
				t.Fatalf("%x is no frame", frame)
			}
			_ = s.passes(frame)
		}
	})
}
