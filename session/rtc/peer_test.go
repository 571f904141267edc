package rtc

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pion/sdp/v3"
	"github.com/pion/srtp/v3"
	"github.com/pion/transport/v4/packetio"
	"github.com/pion/webrtc/v4"
)

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"ufrag":"abcd","pwd":"abcdefghijklmnopqrstuv","candidates":[{"f":"1","p":1,"a":"10.0.0.1:5","k":"host"}]}`))
	f.Add([]byte(`{"ufrag":"abcd","pwd":"abcdefghijklmnopqrstuv","candidates":[{"f":"1","p":1,"a":"[2001:db8::1]:5","k":"srflx"},{"f":"2","p":1,"a":"[::ffff:8.8.8.8]:5","k":"relay"}]}`))
	f.Add([]byte(`{"ufrag":"abcd","pwd":"abcdefghijklmnopqrstuv","candidates":[{"f":"1","p":1,"a":"[fe80::1%lo]:5","k":"host","t":true}]}`))
	f.Add([]byte(`{"ufrag":"abcd","pwd":"abcdefghijklmnopqrstuv","candidates":[]} {}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := parse(b, false)
		if err != nil {
			if !errors.Is(err, ErrDescription) {
				t.Errorf("%v does not wrap ErrDescription", err)
			}
			return
		}
		for _, shares := range []bool{true, false} {
			checkSDP(t, shares, d)
		}
		for _, c := range d.Candidates {
			r, err := c.remote()
			if err != nil {
				t.Errorf("parsed %+v, but %v", c, err)
			} else if r.Port == 0 || r.Typ.String() != c.Kind {
				t.Errorf("%+v became %v", c, r)
			}
		}
	})
}

// checkSDP fails when what we write about a peer does not say exactly what we meant.
func checkSDP(t *testing.T, shares bool, d description) {
	t.Helper()
	want := describePeer(shares, description{Ufrag: "uuuu", Pwd: "pppppppppppppppppppppp"}, [32]byte{1})
	got := describePeer(shares, d, [32]byte{1})
	plain := strings.NewReplacer("a=ice-ufrag:"+d.Ufrag+"\r\n", "a=ice-ufrag:uuuu\r\n", "a=ice-pwd:"+d.Pwd+"\r\n", "a=ice-pwd:pppppppppppppppppppppp\r\n")
	if plain.Replace(got.SDP) != want.SDP || strings.Count(got.SDP, "\n") != strings.Count(want.SDP, "\n") {
		t.Errorf("%+v made\n%s", d, got.SDP)
	}
	read, err := got.Unmarshal()
	if err != nil {
		t.Fatalf("%+v made\n%s\n%v", d, got.SDP, err)
	}
	n := 0
	for _, as := range [][]sdp.Attribute{read.Attributes, read.MediaDescriptions[0].Attributes, read.MediaDescriptions[1].Attributes} {
		for _, a := range as {
			switch {
			case a.Key == "fingerprint":
				n++
			case a.Key == "ice-ufrag" && a.Value != d.Ufrag, a.Key == "ice-pwd" && a.Value != d.Pwd, a.IsICECandidate():
				t.Errorf("%+v made\n%s", d, got.SDP)
			}
		}
	}
	if n != 1 || len(read.MediaDescriptions) != 2 {
		t.Errorf("%d fingerprints, %d media", n, len(read.MediaDescriptions))
	}
}

// Nothing that a peer says becomes a line of an SDP.
func TestNoInjectionIntoSDP(t *testing.T) {
	const pwd = "abcdefghijklmnopqrstuv"
	for name, d := range map[string]description{
		"a line in the ufrag":         {Ufrag: "abcd\r\na=fingerprint:sha-256 00", Pwd: pwd},
		"a line in the password":      {Ufrag: "abcd", Pwd: pwd + "\r\na=candidate:1 1 udp 1 10.0.0.1 9 typ host"},
		"a bare newline at the end":   {Ufrag: "abcd", Pwd: pwd + "\n"},
		"a bare return":               {Ufrag: "abcd\r", Pwd: pwd},
		"a blank":                     {Ufrag: "abcd e", Pwd: pwd},
		"a NUL":                       {Ufrag: "abcd\x00", Pwd: pwd},
		"a separator of another kind": {Ufrag: "abcd\u2028a=x", Pwd: pwd},
		"a long one":                  {Ufrag: strings.Repeat("a", 257), Pwd: pwd},
		"a line in a foundation":      {Ufrag: "abcd", Pwd: pwd, Candidates: []candidate{{Foundation: "1\r\na=x", Address: "10.0.0.1:9", Kind: "host"}}},
		"a line in a kind":            {Ufrag: "abcd", Pwd: pwd, Candidates: []candidate{{Foundation: "1", Address: "10.0.0.1:9", Kind: "host\r\na=x"}}},
		"a line in an address":        {Ufrag: "abcd", Pwd: pwd, Candidates: []candidate{{Foundation: "1", Address: "10.0.0.1:9\r\na=x", Kind: "host"}}},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := json.Marshal(d)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parse(b, true); !errors.Is(err, ErrDescription) {
				t.Errorf("got %v, want ErrDescription", err)
			}
		})
	}
	for _, shares := range []bool{true, false} {
		checkSDP(t, shares, description{Ufrag: "ab/+", Pwd: pwd})
	}
}

func TestSieve(t *testing.T) {
	ours, other := "\x80\x60\x00\x01\x00\x00\x00\x00BSD1sealed", "\x80\x60\x00\x01\x00\x00\x00\x00BSD2sealed"
	ourRTCP, otherRTCP := "\x80\xcc\x00\x03BSD1sealedsealed", "\x80\xcc\x00\x03BSD2sealedsealed"
	stun := func(kind, attrs string) string { return kind + "\x00\x00\x21\x12\xa4\x42" + "transactions" + attrs }
	attr := func(kind, body string) string {
		return kind + string([]byte{byte(len(body) >> 8), byte(len(body))}) + body + "\x00\x00\x00"[:(4-len(body)%4)%4]
	}
	channel := func(body string) string {
		return "\x40\x00" + string([]byte{byte(len(body) >> 8), byte(len(body))}) + body
	}
	for name, c := range map[string]struct {
		b              string
		helper, sharer bool
	}{
		"nothing":                      {"", true, true},
		"DTLS":                         {"\x16\xfe\xfd and more of it", true, true},
		"STUN":                         {stun("\x00\x01", attr("\x00\x06", "user")), true, true},
		"our RTP":                      {ours, true, false},
		"other RTP":                    {other, false, false},
		"our RTCP":                     {ourRTCP, true, true},
		"other RTCP":                   {otherRTCP, false, false},
		"too short":                    {ours[:11], false, false},
		"our RTP by channel":           {channel(ours), true, false},
		"other RTP by channel":         {channel(other), false, false},
		"other RTCP by channel":        {channel(otherRTCP) + "\x00\x00", false, false},
		"DTLS by channel":              {channel("\x16\xfe\xfd"), true, true},
		"our RTP by indication":        {stun("\x00\x17", attr("\x00\x12", "address")+attr("\x00\x13", ours)), true, false},
		"other RTP by indication":      {stun("\x00\x17", attr("\x00\x12", "address")+attr("\x00\x13", other)), false, false},
		"an indication without data":   {stun("\x00\x17", attr("\x00\x12", "address")), true, true},
		"an indication that is cut":    {stun("\x00\x17", "\x00\x13\xff\xff"+other), true, true},
		"a channel with a long length": {"\x40\x00\xff\xff" + other, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			var open atomic.Bool
			before := (sieve{pictures: true, open: &open}).passes([]byte(c.b))
			if inner := unwrap([]byte(c.b)); before != (len(inner) == 0 || inner[0] < 128) {
				t.Errorf("before the link is up: %v", before)
			}
			open.Store(true)
			if got := (sieve{pictures: true, open: &open}).passes([]byte(c.b)); got != c.helper {
				t.Errorf("the helper: %v", got)
			}
			if got := (sieve{open: &open}).passes([]byte(c.b)); got != c.sharer {
				t.Errorf("the sharer: %v", got)
			}
		})
	}
}

// What anybody may send from the peer's address does no harm: what is not of our stream does not
// reach pion, and nothing unsealed reaches us.
func FuzzTake(f *testing.F) {
	f.Add([]byte("\x80\x60\x00\x01\x00\x00\x00\x00BSD1evilevilevilevilevil"))
	f.Add([]byte("\x80\xcc\x00\x03BSD1SACKevilevilevilevilevil\x80\x00\x00\x01"))
	f.Add([]byte("\xbf\x60\x00\x01\x00\x00\x00\x00BSD1\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Add([]byte("\x40\x00\x00\x0c\x80\x60\x00\x01\x00\x00\x00\x00BSD2"))
	f.Add([]byte("\x00\x17\x00\x14\x21\x12\xa4\x42transactions\x00\x13\x00\x0c\x80\x60\x00\x01\x00\x00\x00\x00BSD2"))
	key, salt := make([]byte, 32), make([]byte, 12)
	var open atomic.Bool
	open.Store(true)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, pictures := range []bool{true, false} {
			passed, inner := (sieve{pictures: pictures, open: &open}).passes(b), unwrap(b)
			media := len(inner) > 0 && inner[0] >= 128 && inner[0] <= 191
			if !media && !passed {
				t.Error("dropped what is no media")
			}
			if !media || !passed {
				continue
			}
			isRTCP := inner[1] >= 192 && inner[1] <= 223
			if at := map[bool]int{true: 4, false: 8}[isRTCP]; binary.BigEndian.Uint32(inner[at:]) != ssrc || !isRTCP && !pictures {
				t.Errorf("%x passed", inner)
			}
		}
		in, err := remoteContext(key, salt)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.DecryptRTCP(nil, b, nil); err == nil {
			t.Error("opened what was not sealed")
		}
		if _, err := in.DecryptRTP(nil, b, nil); err == nil {
			t.Error("opened what was not sealed")
		}
	})
}

// What a peer with the keys may send does no harm either, and names no other stream than ours.
func FuzzTakeSealed(f *testing.F) {
	f.Add([]byte("\x80\x60\x00\x01\x00\x00\x00\x00BSD1picture"))
	f.Add([]byte("\x84\xcc\x00\x03BSD1SACKacks"))
	f.Add([]byte("\xa1\xcc\x00\x03BSD1OPEN\x01\x00\x00\x09"))
	f.Add([]byte("\x80\xc9\x00\x01BSD1\x80\xcc\x00\x03\x00\x00\x00\x63PEN evil"))
	f.Add([]byte("\xbf\x60\x00\x01\x00\x00\x00\x00BSD1\xff\xff\xff\xff\xff\xff\xff\xff"))
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{}) // answers to OPEN end at it: it is not connected
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = pc.Close() })
	f.Fuzz(func(t *testing.T, b []byte) {
		s, h := newLink(true, [32]byte{}), newLink(false, [32]byte{})
		s.pc, h.pc = pc, pc
		for _, l := range []*Link{s, h} {
			for _, kind := range []packetio.BufferPacketType{packetio.RTPBufferPacket, packetio.RTCPBufferPacket} {
				w := l.buffer(kind, ssrc)
				if n, err := w.Write(b); err != nil || n != len(b) {
					t.Errorf("%d, %v", n, err)
				}
				if err := w.Close(); err != nil {
					t.Error(err)
				}
				if _, err := w.Read(nil); err == nil {
					t.Error("there was something to read")
				}
			}
			for len(l.acks) > 0 {
				if a := <-l.acks; len(a) > maxAck {
					t.Errorf("an acknowledgement of %d bytes", len(a))
				}
			}
		}
		if len(s.pics) > 0 {
			t.Error("the sharer took a picture")
		}
		if len(h.acks) > 0 {
			t.Error("the helper took an acknowledgement")
		}
	})
}

func remoteContext(key, salt []byte) (*srtp.Context, error) {
	return srtp.CreateContext(key, salt, srtp.ProtectionProfileAeadAes256Gcm, srtp.SRTPReplayProtection(replay), srtp.SRTCPReplayProtection(replay))
}
