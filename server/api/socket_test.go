package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	wire "beside/policy/api"
	"beside/server/api"
	"beside/server/directory/demo"
	"beside/server/servertest"
)

func writeFile(path, content string) error { return os.WriteFile(path, []byte(content), 0o600) }

func TestDoor(t *testing.T) {
	e := start(t)
	good := servertest.Token(demo.Tenant, demo.Sam, "")
	for name, tt := range map[string]struct {
		header http.Header
		status int
		code   string
	}{
		"no token":       {http.Header{}, 401, wire.TokenRefused},
		"bad token":      {http.Header{"Authorization": {"Bearer x"}}, 401, wire.TokenRefused},
		"basic":          {http.Header{"Authorization": {"Basic " + good}}, 401, wire.TokenRefused},
		"huge token":     {http.Header{"Authorization": {"Bearer " + strings.Repeat("x", 17<<10)}}, 401, wire.TokenRefused},
		"nobody":         {http.Header{"Authorization": {"Bearer //"}}, 401, wire.TokenRefused},
		"own origin":     {http.Header{"Authorization": {"Bearer " + good}, "Origin": {e.srv.URL}}, 403, wire.ProtocolBroken},
		"null origin":    {http.Header{"Authorization": {"Bearer " + good}, "Origin": {"null"}}, 403, wire.ProtocolBroken},
		"empty origin":   {http.Header{"Authorization": {"Bearer " + good}, "Origin": {""}}, 403, wire.ProtocolBroken},
		"guest":          {http.Header{"Authorization": {"Bearer " + servertest.Token(demo.Tenant, demo.Gwen, "")}}, 403, wire.AccountRefused},
		"unknown person": {http.Header{"Authorization": {"Bearer " + servertest.Token(demo.OtherTenant, demo.Sam, "")}}, 403, wire.AccountRefused},
	} {
		_, resp, err := servertest.TryDial(t, e.srv.Client(), e.srv.URL, tt.header)
		if err == nil || resp == nil || resp.StatusCode != tt.status {
			t.Errorf("%s: %v %v", name, resp, err)
			continue
		}
		var p wire.Problem
		if err := json.NewDecoder(resp.Body).Decode(&p); err != nil || p.Code != tt.code || resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %+v %v", name, p, err)
		}
	}
	if _, resp, err := servertest.TryDial(t, e.srv.Client(), e.srv.URL+"/v1/app?access_token="+good+"#", http.Header{}); err == nil || resp == nil || resp.StatusCode == 101 {
		t.Error("a token in the address opens the door")
	}
}

func TestBadTokensAreCounted(t *testing.T) {
	e := start(t)
	for range 60 {
		if status, _ := e.get("/v1/me", "x"); status != 401 {
			t.Fatal(status)
		}
	}
	if status, b := e.get("/v1/me", servertest.Token(demo.Tenant, demo.Sam, "")); status != 429 {
		t.Errorf("%d %s", status, b)
	}
}

func TestSocketsPerAccount(t *testing.T) {
	e := start(t)
	var last *servertest.App
	for range api.SocketsPerAccount {
		last = e.dial(demo.Sam)
	}
	h := http.Header{"Authorization": {"Bearer " + servertest.Token(demo.Tenant, demo.Sam, "")}}
	if _, resp, err := servertest.TryDial(t, e.srv.Client(), e.srv.URL, h); err == nil || resp.StatusCode != 429 {
		t.Errorf("one more: %v", err)
	}
	e.dial(demo.Noa)
	last.Drop()
	e.until(func() bool { return e.face.Sockets() <= api.SocketsPerAccount })
	e.dial(demo.Sam)
}

func TestHostileFrames(t *testing.T) {
	e := start(t)
	for name, tt := range map[string]struct {
		typ  websocket.MessageType
		b    string
		want websocket.StatusCode
	}{
		"binary":      {websocket.MessageBinary, `{"t":"end","id":1}`, websocket.StatusPolicyViolation},
		"no json":     {websocket.MessageText, `{`, websocket.StatusPolicyViolation},
		"array":       {websocket.MessageText, `[]`, websocket.StatusPolicyViolation},
		"no id":       {websocket.MessageText, `{"t":"end"}`, websocket.StatusPolicyViolation},
		"negative id": {websocket.MessageText, `{"t":"end","id":-1}`, websocket.StatusPolicyViolation},
		"answer":      {websocket.MessageText, `{"t":"ok","id":1,"re":1}`, websocket.StatusPolicyViolation},
		"no type":     {websocket.MessageText, `{"id":1}`, websocket.StatusPolicyViolation},
		"bad utf-8":   {websocket.MessageText, "\xff\xfe", websocket.StatusPolicyViolation},
		"oversize":    {websocket.MessageText, strings.Repeat(" ", wire.MaxFrame+1), websocket.StatusMessageTooBig},
	} {
		t.Run(name, func(t *testing.T) {
			a := servertest.Dial(t, e.srv.Client(), e.srv.URL, servertest.Token(demo.Tenant, demo.Ines, ""))
			if err := a.Raw(tt.typ, []byte(tt.b)); err != nil {
				t.Fatal(err)
			}
			if got := a.Closed(); got != tt.want {
				t.Errorf("closed with %v, want %v", got, tt.want)
			}
			a.Drop()
		})
	}
	a := e.dial(demo.Noa)
	for name, f := range map[string][2]string{
		"unknown type":  {"fly", `{}`},
		"push as ask":   {wire.TypeMet, `{}`},
		"no body":       {wire.TypeCodeNew, `null`},
		"wrong body":    {wire.TypeCodeNew, `{"nh":5}`},
		"short nonce":   {wire.TypeCodeNew, `{"nh":"AAAA"}`},
		"long locator":  {wire.TypeCodeClaim, `{"locator":"` + strings.Repeat("A", 1000) + `","ns":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="}`},
		"control chars": {wire.TypeCodeClaim, `{"locator":"AAAA","ns":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=","device":{"name":"a\u0007b"}}`},
		"event kind":    {wire.TypeEvent, `{"kind":"no such"}`},
		"event detail":  {wire.TypeEvent, `{"kind":"started","detail":"My Document.docx"}`},
		"end code":      {wire.TypeEnd, `{"code":"<script>"}`},
		"empty signal":  {wire.TypeSignal, `{"kind":"sealed"}`},
	} {
		if p := a.Ask(f[0], json.RawMessage(f[1]), nil); code(p) != wire.ProtocolBroken {
			t.Errorf("%s: %v", name, p)
		}
	}
	if p := a.Ask(wire.TypeSignal, wire.Signal{Kind: "sealed", Body: make([]byte, wire.MaxBody+1)}, nil); code(p) != wire.ProtocolBroken {
		t.Errorf("big body: %v", p)
	}
}

func TestFramesCountUp(t *testing.T) {
	e := start(t)
	a := e.dial(demo.Sam)
	a.Ask(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, nil) // refused or not is no matter
	if err := a.Raw(websocket.MessageText, []byte(`{"t":"end","id":1}`)); err != nil {
		t.Fatal(err)
	}
	if got := a.Closed(); got != websocket.StatusPolicyViolation {
		t.Errorf("closed with %v", got)
	}
}

func TestSignalsAreLimited(t *testing.T) {
	e := start(t)
	p := e.meet()
	sig := wire.Signal{Session: p.code.Session, Kind: "sealed", Body: []byte("x")}
	for i := range 64 {
		if pr := p.helper.Ask(wire.TypeSignal, sig, nil); pr != nil {
			t.Fatalf("signal %d: %v", i, pr)
		}
	}
	if pr := p.helper.Ask(wire.TypeSignal, sig, nil); code(pr) != wire.RateLimited {
		t.Errorf("signal 65: %v", pr)
	}
	p.sharer.Must(wire.TypeSignal, sig, nil) // the other side has its own measure
	e.clock.Add(10 * time.Second)
	p.helper.Must(wire.TypeSignal, sig, nil)
}

func TestFloodEndsTheSocket(t *testing.T) {
	e := start(t)
	a := e.dial(demo.Sam)
	for i := range 1000 {
		if a.Raw(websocket.MessageText, fmt.Appendf(nil, `{"t":"x","id":%d}`, i+1)) != nil {
			break
		}
	}
	if got := a.Closed(); got != websocket.StatusPolicyViolation && got != -1 {
		t.Errorf("closed with %v", got)
	}
}

func TestResume(t *testing.T) {
	e := start(t)
	p := e.meet()
	sig := func(n byte) wire.Signal {
		return wire.Signal{Session: p.code.Session, Kind: "sealed", Body: []byte{n}}
	}
	p.helper.Must(wire.TypeSignal, sig(1), nil)
	var got wire.Signal
	p.sharer.Next(wire.TypeSignal, &got)
	p.sharer.Drop()
	p.helper.Must(wire.TypeSignal, sig(2), nil)
	p.helper.Must(wire.TypeSignal, sig(3), nil)

	again := e.dial(demo.Sam)
	if pr := again.Ask(wire.TypeSignal, sig(9), nil); code(pr) != wire.NotFound {
		t.Errorf("without resume: %v", pr)
	}
	if pr := again.Ask(wire.TypeResume, wire.Resume{Session: p.code.Session, Token: p.code.Resume, LastSeq: got.Seq}, nil); code(pr) != wire.NotFound {
		t.Errorf("with the helper's token: %v", pr)
	}
	var r wire.Resumed
	again.Must(wire.TypeResume, wire.Resume{Session: p.code.Session, Token: p.claimed.Resume, LastSeq: got.Seq}, &r)
	for n := byte(2); n <= 3; n++ {
		again.Next(wire.TypeSignal, &got)
		if got.Body[0] != n || got.Seq != uint64(n)+1 { // the cards were number 1
			t.Errorf("missed push %+v, want %d", got, n)
		}
	}
	again.Must(wire.TypeSignal, sig(4), nil)
	p.helper.Next(wire.TypeSignal, &got)

	// The next token resumes and closes the older socket; the old token is void.
	third := e.dial(demo.Sam)
	if pr := third.Ask(wire.TypeResume, wire.Resume{Session: p.code.Session, Token: p.claimed.Resume, LastSeq: 4}, nil); code(pr) != wire.NotFound {
		t.Errorf("used token: %v", pr)
	}
	third.Must(wire.TypeResume, wire.Resume{Session: p.code.Session, Token: r.Resume, LastSeq: 4}, &r)
	if got := again.Closed(); got != 4409 {
		t.Errorf("older socket closed with %v", got)
	}
	p.sharer = third
	p.sharer.Must(wire.TypeGrantRequest, p.request("view"), nil)

	// The end waits for who is away.
	third.Drop()
	e.until(func() bool { return e.face.Sockets() <= 1 })
	p.helper.Must(wire.TypeEnd, wire.End{Session: p.code.Session, Code: wire.EndStopped}, nil)
	fourth := e.dial(demo.Sam)
	fourth.Must(wire.TypeResume, wire.Resume{Session: p.code.Session, Token: r.Resume, LastSeq: 4}, nil)
	var end wire.End
	if fourth.Next(wire.TypeEnd, &end); end.Code != wire.EndStopped || end.Who != "helper" {
		t.Errorf("end %+v", end)
	}
}

func TestRestart(t *testing.T) {
	e := start(t)
	p := e.granted("view")
	hello := wire.Signal{Session: p.code.Session, Kind: "sealed", Body: []byte("x")}
	p.helper.Must(wire.TypeSignal, hello, nil)
	var got wire.Signal
	p.sharer.Next(wire.TypeSignal, &got)
	e.restart()
	if s := p.sharer.Closed(); s != websocket.StatusGoingAway {
		t.Errorf("closed with %v", s)
	}
	p.helper, p.sharer = e.dial(demo.Noa), e.dial(demo.Sam)
	p.helper.Must(wire.TypeResume, wire.Resume{Session: p.code.Session, Token: p.code.Resume, LastSeq: 2}, nil)
	p.helper.Must(wire.TypeSignal, hello, nil)
	p.sharer.Must(wire.TypeResume, wire.Resume{Session: p.code.Session, Token: p.claimed.Resume, LastSeq: got.Seq}, nil)
	seq := got.Seq
	if p.sharer.Next(wire.TypeSignal, &got); got.Seq != seq+1 {
		t.Errorf("after the restart number %d follows %d", got.Seq, seq)
	}
	bad := p.request("view")
	bad.HFP = fill(9, 32)
	if pr := p.sharer.Ask(wire.TypeGrantRequest, bad, nil); code(pr) != wire.GrantInvalid {
		t.Errorf("another link after the restart: %v", pr)
	}
	p.sharer.Must(wire.TypeGrantRequest, p.request("view"), nil)
	e.hub.Tick(t.Context())
	if n := p.sharer.Pushed(); n != 0 {
		t.Errorf("%d pushes", n)
	}
}

func TestPages(t *testing.T) {
	e := start(t)
	for path, want := range map[string]int{"/v1/config": 200, "/healthz": 200, "/readyz": 200, "/v1/me": 401, "/metrics": 404, "/": 404, "/v1/app/": 404} {
		if status, b := e.get(path, ""); status != want {
			t.Errorf("%s: %d %s", path, status, b)
		}
	}
	e.face.Drain()
	if status, _ := e.get("/readyz", ""); status != 503 {
		t.Errorf("draining: %d", status)
	}
}
