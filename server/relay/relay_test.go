package relay

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

var transports = []string{"udp", "tcp", "tls"}

func TestTwoSidesMeet(t *testing.T) {
	g := newRig(t, Limits{})
	for i, a := range transports {
		for j, b := range transports {
			t.Run(a+" to "+b, func(t *testing.T) {
				id := sessionID(10*i + j)
				h, s := g.allocate(t, a, id, "helper"), g.allocate(t, b, id, "sharer")
				if !passes(t, h, s) || !passes(t, s, h) {
					t.Fatal("nothing arrives")
				}
				if ip := h.LocalAddr().(*net.UDPAddr).IP; !ip.Equal(here()) {
					t.Errorf("the relayed address is %v: somebody may be there", ip)
				}
			})
		}
	}
}

// What attack 33 tries: nothing outside, no other session, not through a permission of somebody else's.
func TestReachesNobodyElse(t *testing.T) {
	g := newRig(t, Limits{})
	mine := g.allocate(t, "udp", sessionID(1), "helper")
	foreign := g.allocate(t, "udp", sessionID(2), "sharer")
	if passes(t, mine, foreign) || passes(t, foreign, mine) {
		t.Fatal("reached another session")
	}
	victim, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer victim.Close()
	port := portOf(victim.LocalAddr())
	for _, ip := range []string{"127.0.0.1", "0.0.0.0", "::1", "::ffff:127.0.0.1", "169.254.169.254", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "224.0.0.1", "255.255.255.255", "8.8.8.8", "192.0.2.2", "fe80::1", "fd00::1"} {
		if _, err := mine.WriteTo([]byte("x"), &net.UDPAddr{IP: net.ParseIP(ip), Port: port}); err == nil {
			t.Errorf("%s: permission was given", ip)
		}
	}
	_ = victim.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if _, _, err := victim.ReadFrom(make([]byte, 10)); err == nil {
		t.Fatal("a packet left the relay")
	}
	if !permits(nil, here()) || permits(nil, net.IPv4(127, 0, 0, 1)) || permits(nil, nil) {
		t.Error("permission")
	}
}

// A port answers for itself, whatever pion permits.
func TestPortChecksEachPacket(t *testing.T) {
	g := newRig(t, Limits{PerSide: 3})
	g.issue("a", "helper")
	g.issue("b", "helper")
	open := func(user string) *port {
		p, err := g.open(user, 0)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	h, s, other := open("a:helper"), open("a:sharer"), open("b:helper")
	for name, tt := range map[string]struct {
		to net.Addr
		ok bool
	}{
		"other side":         {s.addr, true},
		"itself":             {h.addr, false},
		"another session":    {other.addr, false},
		"nobody":             {&net.UDPAddr{IP: here(), Port: 1}, false},
		"loopback":           {&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: s.addr.Port}, false},
		"not UDP":            {&net.TCPAddr{IP: here(), Port: s.addr.Port}, false},
		"nil":                {nil, false},
		"address without IP": {&net.UDPAddr{Port: s.addr.Port}, false},
	} {
		if _, err := h.WriteTo([]byte("x"), tt.to); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	g.Release("a")
	if _, err := h.WriteTo([]byte("x"), s.addr); err == nil {
		t.Error("after the end")
	}
}

func TestCredentials(t *testing.T) {
	g := newRig(t, Limits{})
	id := sessionID(1)
	good := server(g.Servers(id, "helper"))
	if _, err := g.client(t, "udp", good.Username, good.Credential).Allocate(); err != nil {
		t.Fatalf("good: %v", err)
	}
	part := strings.Split(good.Username, ":")
	for name, c := range map[string][2]string{
		"wrong password":      {good.Username, good.Credential[1:] + "x"},
		"other side":          {part[0] + ":" + id + ":sharer", good.Credential},
		"later expiry":        {"9" + good.Username[1:], good.Credential},
		"unknown session":     {part[0] + ":" + sessionID(9) + ":helper", good.Credential},
		"no such side":        {part[0] + ":" + id + ":admin", good.Credential},
		"two parts":           {part[0] + ":" + id, good.Credential},
		"leading zero":        {"0" + good.Username, good.Credential},
		"the other's session": {good.Username, server(g.Servers(sessionID(2), "helper")).Credential},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := g.client(t, "udp", c[0], c[1]).Allocate(); err == nil {
				t.Error("allocated")
			}
		})
	}
	t.Run("expired", func(t *testing.T) {
		c := server(g.Servers(id, "sharer"))
		g.clock.add(Life + time.Second)
		if _, err := g.client(t, "udp", c.Username, c.Credential).Allocate(); err == nil {
			t.Error("allocated")
		}
	})
	t.Run("granted again", func(t *testing.T) {
		c := server(g.Servers(id, "sharer"))
		g.clock.add(Life - time.Minute)
		g.Renew(id)
		g.clock.add(2 * time.Minute)
		g.sweep()
		if _, err := g.client(t, "udp", c.Username, c.Credential).Allocate(); err != nil {
			t.Errorf("a live session cannot look for another path: %v", err)
		}
	})
	t.Run("after the end", func(t *testing.T) {
		c := server(g.Servers(id, "sharer"))
		g.Release(id)
		if _, err := g.client(t, "udp", c.Username, c.Credential).Allocate(); err == nil {
			t.Error("allocated")
		}
	})
}

// An allocation stands longer than its credential, but not longer than its session.
func TestStandsUntilTheSessionEnds(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			g := newRig(t, Limits{})
			h, s := g.allocate(t, transport, sessionID(1), "helper"), g.allocate(t, transport, sessionID(1), "sharer")
			g.clock.add(2 * Life)
			g.sweep()
			if !passes(t, h, s) { // permissions are asked for now, with the old credential
				t.Fatal("ended with its credential")
			}
			g.Release(sessionID(1))
			if passes(t, h, s) {
				t.Fatal("outlives the session")
			}
			until(t, "nothing left", func() bool {
				sessions, ports := g.Load()
				g.mu.RLock()
				defer g.mu.RUnlock()
				return sessions == 0 && ports == 0 && len(g.streams) == 0
			})
		})
	}
}

func TestQuotas(t *testing.T) {
	t.Run("of a side", func(t *testing.T) {
		g := newRig(t, Limits{})
		c := server(g.Servers(sessionID(1), "helper"))
		for i, transport := range []string{"udp", "tls", "tcp"} {
			_, err := g.client(t, transport, c.Username, c.Credential).Allocate()
			if (err == nil) != (i < 2) {
				t.Errorf("allocation %d: %v", i+1, err)
			}
		}
		g.allocate(t, "udp", sessionID(1), "sharer") // has its own
	})
	t.Run("of all", func(t *testing.T) {
		g := newRig(t, Limits{Allocations: 1})
		g.allocate(t, "udp", sessionID(1), "helper")
		c := server(g.Servers(sessionID(2), "helper"))
		if _, err := g.client(t, "udp", c.Username, c.Credential).Allocate(); err == nil {
			t.Error("allocated")
		}
	})
	t.Run("bytes of a session", func(t *testing.T) {
		g := newRig(t, Limits{SessionRate: 40_000}) // 10 kB at once
		g.issue("a", "helper")
		g.issue("b", "helper")
		sent := func(session string) int64 {
			h, err := g.open(session+":helper", 0)
			if err != nil {
				t.Fatal(err)
			}
			s, err := g.open(session+":sharer", 0)
			if err != nil {
				t.Fatal(err)
			}
			before := g.Stats.Bytes.Load()
			for range 100 {
				_, _ = h.WriteTo(make([]byte, 1000), s.addr)
			}
			return g.Stats.Bytes.Load() - before
		}
		for _, session := range []string{"a", "b"} {
			if n := sent(session); n < 10_000 || n > 20_000 {
				t.Errorf("%s: %d bytes of 100000", session, n)
			}
		}
		if g.Stats.Dropped.Load() < 150 {
			t.Error("not counted")
		}
	})
	t.Run("a slow client", func(t *testing.T) {
		g := newRig(t, Limits{})
		g.issue("a", "helper")
		h, _ := g.open("a:helper", 0)
		s, _ := g.open("a:sharer", 0)
		for range 2 * queueLen {
			_, _ = h.WriteTo([]byte("x"), s.addr) // never waits
		}
		if len(s.in) != queueLen || g.Stats.Dropped.Load() != queueLen {
			t.Errorf("%d wait, %d dropped", len(s.in), g.Stats.Dropped.Load())
		}
	})
	t.Run("streams of an address", func(t *testing.T) {
		g := newRig(t, Limits{StreamsPerIP: 2})
		for i := range 3 {
			c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", g.tcp)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if i < 2 {
				until(t, "admitted", func() bool { g.mu.RLock(); defer g.mu.RUnlock(); return len(g.streams) == i+1 })
				continue
			}
			_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the third: %v", err)
			}
		}
	})
	t.Run("streams without an allocation", func(t *testing.T) {
		g := newRig(t, Limits{Unestablished: 100 * time.Millisecond})
		h := g.allocate(t, "tcp", sessionID(1), "helper")
		s := g.allocate(t, "tls", sessionID(1), "sharer")
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", g.tcp)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("idle: %v", err)
		}
		if !passes(t, h, s) {
			t.Error("the ones in use ended, too")
		}
	})
}

func TestOnePortForBoth(t *testing.T) {
	g := newRig(t, Limits{})
	web := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: g.ca.Pool()}}}
	defer web.CloseIdleConnections()
	h, s := g.allocate(t, "tls", sessionID(1), "helper"), g.allocate(t, "tls", sessionID(1), "sharer")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+g.tls, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := web.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if string(b) != "https" || !passes(t, h, s) {
		t.Errorf("%q", b)
	}
	for _, alpn := range [][]string{nil, {"http/1.1"}, {ALPN}, {"h2", "http/1.1"}} {
		c, err := (&tls.Dialer{Config: &tls.Config{RootCAs: g.ca.Pool(), NextProtos: alpn}}).DialContext(t.Context(), "tcp", g.tls)
		if err != nil {
			t.Errorf("%q: %v", alpn, err)
			continue
		}
		_ = c.Close()
	}
}

func TestServers(t *testing.T) {
	g := newRig(t, Limits{})
	out := g.Servers(sessionID(1), "sharer")
	want := []string{"turn:" + g.udp + "?transport=udp", "turns:" + g.tls + "?transport=tcp"}
	if len(out) != 2 || strings.Join(out[0].URLs, " ") != strings.Join(want, " ") || out[1].URLs[0] != "stun:"+g.udp || out[1].Credential != "" {
		t.Errorf("%+v", out)
	}
	if _, err := New(Options{}); err == nil {
		t.Error("a relay of nothing")
	}
}

func TestExternalRefuses(t *testing.T) {
	secret := "0123456789abcdef"
	for name, tt := range map[string]struct {
		urls   []string
		secret string
		ok     bool
	}{
		"good":         {[]string{"turn:turn.example.com:3478?transport=udp", "turns:turn.example.com", "stun:turn.example.com"}, secret, true},
		"short secret": {[]string{"turn:turn.example.com"}, "secret", false},
		"a newline":    {[]string{"turn:turn.example.com"}, secret + "\n", false},
		"only STUN":    {[]string{"stun:turn.example.com"}, secret, false},
		"not a URL":    {[]string{"turn.example.com"}, secret, false},
		"web":          {[]string{"https://turn.example.com"}, secret, false},
		"none":         {nil, secret, false},
		"too many":     {strings.Split(strings.Repeat("turn:turn.example.com ", 9)[:9*22-1], " "), secret, false},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewExternal(tt.urls, tt.secret, nil); (err == nil) != tt.ok {
				t.Errorf("%v", err)
			}
		})
	}
}

func FuzzUser(f *testing.F) {
	f.Add("1764000000:00000000-0000-4000-8000-000000000000:helper")
	f.Add("::")
	f.Add("-1:a:sharer")
	f.Fuzz(func(t *testing.T, user string) {
		expiry, id, side, ok := parseUser(user)
		if ok && userName(expiry, id, side) != user {
			t.Errorf("%q has two spellings", user)
		}
	})
}
