package signal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"beside/auth"
	"beside/policy"
	"beside/policy/api"
	"beside/server/directory/demo"
	"beside/server/directory/file"
	"beside/server/rendezvous"
	"beside/server/signal"
	"beside/server/store/sqlite"
	"beside/server/store/storetest"
)

// pipe keeps what is pushed to a socket.
type pipe struct{ frames []api.Frame }

func (p *pipe) Push(f api.Frame) { p.frames = append(p.frames, f) }
func (p *pipe) Close(string)     {}

type mute struct{}

func (mute) Grant(context.Context, string, signal.Grant) (string, string, error) {
	return "g", "s", nil
}
func (mute) Revoke(context.Context, string, signal.Revocation) (string, error) { return "r", nil }

// FuzzDo gives a hub any request, in the middle of a session: it answers each exactly once
// and never with an internal error.
func FuzzDo(f *testing.F) {
	nonce := strings.Repeat("AQEB", 10) + "AQE="
	for _, s := range [][2]string{
		{api.TypeCodeNew, `{"nh":"` + nonce + `"}`},
		{api.TypeCodeCancel, `{"session":"SESSION"}`},
		{api.TypeCodeClaim, `{"locator":"AAAA","ns":"` + nonce + `","device":{"id":"x","name":"y","os":"z"}}`},
		{api.TypeSignal, `{"session":"SESSION","kind":"sealed","body":"AAAA"}`},
		{api.TypeSignal, `{"session":"SESSION","kind":"p1","body":"AAAA"}`},
		{api.TypePaired, `{"session":"SESSION","digest":"` + nonce + `"}`},
		{api.TypeEvent, `{"session":"SESSION","kind":"started","rights":["view"],"count":1}`},
		{api.TypeGrantRequest, `{"session":"SESSION","gn":"` + nonce + `","seq":1,"th":"","rights":["view"]}`},
		{api.TypeEnd, `{"session":"SESSION","code":"stopped"}`},
		{api.TypeDeviceNonce, `{}`},
		{api.TypeDeviceProve, `{"device":"SESSION","sig":"AAAA"}`},
		{api.TypeWait, `{"device":{"id":"x","name":"y","os":"z"}}`},
		{api.TypeLaunchOpen, `{"ticket":"AAAAAAAAAAAAAAAAAAAAAA"}`},
		{api.TypeLaunchStart, `{"nh":"` + nonce + `"}`},
		{api.TypeLaunchJoin, `{"session":"SESSION","ns":"` + nonce + `","device":{"name":"y"}}`},
		{api.TypeLaunchDecline, `{"session":"SESSION"}`},
		{api.TypeResume, `{"session":"SESSION","token":"t","last":18446744073709551615}`},
		{"", `null`},
		{"met", `[]`},
		{api.TypeEvent, `{"session":"SESSION","kind":"started","rights":["view","view"]}`},
	} {
		f.Add(s[0], []byte(s[1]), true)
		f.Add(s[0], []byte(s[1]), false)
	}
	dir := f.TempDir()
	if err := file.Write(filepath.Join(dir, "d.json"), demo.Data(policy.StateCompliant)); err != nil {
		f.Fatal(err)
	}
	people, err := file.Open(filepath.Join(dir, "d.json"))
	if err != nil {
		f.Fatal(err)
	}
	clock := storetest.NewClock()
	s, err := sqlite.Open(f.Context(), filepath.Join(dir, "x.db"), clock.Now)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	t := s.For(demo.Tenant)
	_, as := demo.Assignments(demo.Tenant)
	for _, err := range []error{t.SetUp(f.Context()), t.PutSettings(f.Context(), "t", policy.Settings{Licence: policy.LicenceActive, Enabled: true}), t.PutAssignment(f.Context(), as[0])} {
		if err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, typ string, body []byte, byHelper bool) {
		var logged bytes.Buffer
		hub := signal.New(signal.Options{
			Store: s, Directory: people, Signer: mute{}, Now: clock.Now, Log: slog.New(slog.NewTextHandler(&logged, nil)),
			Desk: rendezvous.New(rendezvous.Options{Store: s, Now: clock.Now}),
		})
		noa, sam := &pipe{}, &pipe{}
		who := func(o string) signal.Caller {
			return signal.Caller{Verified: auth.Verified{Identity: auth.Identity{Tenant: demo.Tenant, Object: o}, Device: demo.DeviceSam}, Address: "a"}
		}
		ask := func(p *pipe, o, typ string, v any) api.Frame {
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			n := len(p.frames)
			hub.Do(t.Context(), who(o), p, api.Frame{Type: typ, ID: 7, Body: b})
			return p.frames[n]
		}
		var code api.Code
		if err := json.Unmarshal(ask(noa, demo.Noa, api.TypeCodeNew, api.CodeNew{NH: make([]byte, 32)}).Body, &code); err != nil {
			t.Fatal(err)
		}
		if a := ask(sam, demo.Sam, api.TypeCodeClaim, api.Claim{Locator: code.Locator, NS: make([]byte, 32)}); a.Type != api.TypeOK {
			t.Fatalf("%s %s", a.Type, a.Body)
		}
		p, o := sam, demo.Sam
		if byHelper {
			p, o = noa, demo.Noa
		}
		before := len(p.frames)
		hub.Do(t.Context(), who(o), p, api.Frame{Type: typ, ID: 9, Body: bytes.ReplaceAll(body, []byte("SESSION"), []byte(code.Session))})
		answers := 0
		for _, f := range p.frames[before:] {
			if f.Re == 9 {
				answers++
			}
			if f.Type == api.TypeError && bytes.Contains(f.Body, []byte(`"internal"`)) {
				t.Errorf("internal error: %s", &logged)
			}
		}
		if answers != 1 {
			t.Errorf("%d answers", answers)
		}
		_ = hub.Live()
		ask(noa, demo.Noa, api.TypeEnd, api.End{Session: code.Session, Code: "stopped"})
	})
}
