package rtc_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"beside/session"
	"beside/session/rtc"
	"beside/session/sessiontest"
)

// pair makes two peers that were told each other's fingerprints, or lies.
func pair(t *testing.T, lie func(fp [32]byte, sharer bool) [32]byte) (sharer, helper *rtc.Peer, ds, dh []byte) {
	t.Helper()
	mk := func(isSharer bool) *rtc.Peer {
		p, err := rtc.New(rtc.Config{Sharer: isSharer, Loopback: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = p.Close() })
		return p
	}
	sharer, helper = mk(true), mk(false)
	fs, fh := sharer.Fingerprint(), helper.Fingerprint()
	if lie != nil {
		fs, fh = lie(fs, true), lie(fh, false)
	}
	ctx := context.Background()
	var err error
	if ds, err = sharer.Local(ctx, nil, fh); err != nil {
		t.Fatal(err)
	}
	if dh, err = helper.Local(ctx, nil, fs); err != nil {
		t.Fatal(err)
	}
	return sharer, helper, ds, dh
}

// connect brings both up.
func connect(t *testing.T, sharer, helper *rtc.Peer, ds, dh []byte) (s, h session.Link, es, eh error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	done := make(chan struct{})
	go func() { defer close(done); s, es = sharer.Connect(ctx, dh) }()
	h, eh = helper.Connect(ctx, ds)
	<-done
	return s, h, es, eh
}

func TestLinkContract(t *testing.T) {
	sessiontest.LinkContract(t, func(t *testing.T) (session.Link, session.Link) {
		a, b, ds, dh := pair(t, nil)
		s, h, es, eh := connect(t, a, b, ds, dh)
		if es != nil || eh != nil {
			t.Fatal(es, eh)
		}
		return s, h
	})
}

// A certificate that the pairing did not prove ends the connection on the side that was lied to.
func TestAnotherCertificateIsRefused(t *testing.T) {
	for name, lieAbout := range map[string]bool{"the helper sees another sharer": true, "the sharer sees another helper": false} {
		t.Run(name, func(t *testing.T) {
			a, b, ds, dh := pair(t, func(fp [32]byte, sharer bool) [32]byte {
				if sharer == lieAbout {
					_, _ = rand.Read(fp[:])
				}
				return fp
			})
			_, _, es, eh := connect(t, a, b, ds, dh)
			if es == nil || eh == nil {
				t.Fatalf("connected: sharer %v, helper %v", es, eh)
			}
			if lied := map[bool]error{true: eh, false: es}[lieAbout]; !errors.Is(lied, session.ErrFingerprint) {
				t.Fatalf("the side that was lied to said %v", lied)
			}
		})
	}
}

func TestBadDescriptionsAreRefused(t *testing.T) {
	a, b, ds, _ := pair(t, nil)
	_ = b
	for name, d := range map[string]string{
		"empty": "", "not JSON": "v=0\r\na=fingerprint:sha-256 00", "unknown member": `{"ufrag":"abcd","pwd":"abcdefghijklmnopqrstuv","candidates":[],"fingerprint":"x"}`,
		"short password": `{"ufrag":"abcd","pwd":"x","candidates":[]}`,
		"a name":         `{"ufrag":"abcd","pwd":"abcdefghijklmnopqrstuv","candidates":[{"f":"1","p":1,"a":"evil.local:9","k":"host"}]}`,
		"multicast":      `{"ufrag":"abcd","pwd":"abcdefghijklmnopqrstuv","candidates":[{"f":"1","p":1,"a":"224.0.0.1:9","k":"host"}]}`,
		"metadata":       `{"ufrag":"abcd","pwd":"abcdefghijklmnopqrstuv","candidates":[{"f":"1","p":1,"a":"169.254.169.254:80","k":"host"}]}`,
		"newline":        `{"ufrag":"ab\ncd","pwd":"abcdefghijklmnopqrstuv","candidates":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if l, err := a.Connect(context.Background(), []byte(d)); err == nil {
				_ = l.Close()
				t.Fatal("accepted")
			} else if !errors.Is(err, rtc.ErrDescription) {
				t.Fatalf("%v", err)
			}
		})
	}
	_ = ds
}
