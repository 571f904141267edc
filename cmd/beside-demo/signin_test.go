package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"beside/internal/proc"
	"beside/internal/stage"
)

// signInServer is a sign-in page in the shape of the development identity provider's, and the
// loopback listener that gets the answer: code counts what arrived.
func signInServer(t *testing.T, user string) (address string, arrived *atomic.Int32) {
	t.Helper()
	arrived = new(atomic.Int32)
	loopback := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.FormValue("code") == "the code & more" && r.FormValue("state") == "s1" {
			arrived.Add(1)
		}
		fmt.Fprint(w, "<!doctype html><title>Done</title>You may close this window.")
	}))
	t.Cleanup(loopback.Close)
	back := strings.Replace(loopback.URL, "127.0.0.1", "localhost", 1)
	idp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.Method == http.MethodGet {
			fmt.Fprintf(w, `<!doctype html><title>Development sign-in</title><h1>DEVELOPMENT</h1><form method=post>
<input type=hidden name="state" value="s1"><p><button name=user value="other@halden.example">Other</button>
<p><button class="x" name="user" value="%s">Noa Winters (%s)</button></form>`, user, user)
			return
		}
		if r.PostFormValue("user") != user || r.PostFormValue("state") != "s1" {
			http.Error(w, "who?", http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, `<!doctype html><title>Working...</title><body onload="document.forms[0].submit()">
<form method="post" action="%s/"><input type="hidden" name="state" value="s1"><input type="hidden" name="code" value="the code &amp; more"></form>`, back)
	}))
	t.Cleanup(idp.Close)
	return idp.URL + "/tenant/oauth2/v2.0/authorize?state=s1", arrived
}

func TestSignInRobot(t *testing.T) {
	const user = "noa.winters@halden.example"
	address, arrived := signInServer(t, user)
	client, err := browserClient("")
	if err != nil {
		t.Fatal(err)
	}
	if err := signIn(t.Context(), client, user, address); err != nil {
		t.Fatal(err)
	}
	if arrived.Load() != 1 {
		t.Errorf("the app got %d answers, want 1", arrived.Load())
	}
	if err := signIn(t.Context(), client, "nobody@halden.example", address); !errors.Is(err, errPage) {
		t.Errorf("signing in as nobody: %v, want errPage", err)
	}
	if err := signIn(t.Context(), client, user, strings.Replace(address, "http://", "http://x", 1)); err == nil {
		t.Error("signing in at a host that does not exist worked")
	}
}

func TestFindForm(t *testing.T) {
	for name, tt := range map[string]struct {
		page, press, want string
		ok                bool
	}{
		"empty":            {"", "", "", false},
		"no form":          {"<p>hello", "", "", false},
		"first":            {"<form action='/a'><input name=x value=1></form><form></form>", "", "x=1", true},
		"unquoted":         {"<FORM><INPUT NAME=x VALUE=y></FORM>", "", "x=y", true},
		"entities":         {`<form><input name="x" value="a&amp;b&#34;"></form>`, "", "x=a%26b%22", true},
		"button":           {"<form><button name=user value=me>Me</button></form>", "ME", "user=me", true},
		"second form":      {"<form><button value=a></form><form><input name=f value=2><button name=u value=b></form>", "b", "f=2&u=b", true},
		"submit input":     {"<form><input type=submit name=u value=b></form>", "b", "u=b", true},
		"no such button":   {"<form><button value=a></form>", "b", "", false},
		"not ended":        {"<form><input name=x value=1>", "", "", false},
		"other case in it": {"<form><input NAME=x value='1 2'></form>", "", "x=1+2", true},
	} {
		t.Run(name, func(t *testing.T) {
			f, ok := findForm(tt.page, tt.press)
			if ok != tt.ok || f.fields.Encode() != tt.want {
				t.Errorf("got %q, %v; want %q, %v", f.fields.Encode(), ok, tt.want, tt.ok)
			}
		})
	}
}

func FuzzFindForm(f *testing.F) {
	f.Add(`<form action="/x"><input name="a" value="b"><button name=user value=me></form>`, "me")
	f.Add("<form", "")
	f.Fuzz(func(_ *testing.T, page, press string) { findForm(page, press) })
}

// TestSignInByHand signs in in a real browser on a display of its own: the page is found, the
// button is clicked with the mouse, and the browser is closed afterwards.
func TestSignInByHand(t *testing.T) {
	const user = "noa.winters@halden.example"
	address, arrived := signInServer(t, user)
	g, err := proc.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	work := t.TempDir()
	a, err := stage.Enter(t.Context(), g, "helper", user, work, image.Pt(1280, 900), 0x4a4f63)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Leave()
	browser, err := g.Start(proc.Spec{
		Name: "browser", Argv: []string{self(t), "browser", "-profile", filepath.Join(work, "helper", "browser"), address},
		Env: []string{"DISPLAY=" + a.Display, "DBUS_SESSION_BUS_ADDRESS=unix:path=" + work + "/no-bus", "HOME=" + work},
	})
	if err != nil {
		t.Fatal(err)
	}
	looked := false
	if err := a.SignIn(t.Context(), func() error { looked = true; return nil }); err != nil {
		t.Fatal(err)
	}
	if !looked || arrived.Load() != 1 {
		t.Errorf("looked %v; the app got %d answers, want 1", looked, arrived.Load())
	}
	<-browser.Done()
}

// self builds this program once for the tests that need it as a browser command.
func self(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "beside-demo")
	g, err := proc.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	build, err := g.Start(proc.Spec{Name: "build", Argv: []string{"go", "build", "-buildvcs=false", "-o", out, "."}})
	if err != nil {
		t.Fatal(err)
	}
	<-build.Done()
	if build.Err() != nil {
		t.Fatalf("building beside-demo: %v", build.Err())
	}
	return out
}

func TestParse(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		ok   bool
	}{
		"version":      {[]string{"-version"}, true},
		"dutch":        {[]string{"-version", "-lang", "nl", "-dark"}, true},
		"german":       {[]string{"-version", "-lang", "de"}, false},
		"mode":         {[]string{"-version", "-hold", "-mode", "own"}, false},
		"stray":        {[]string{"-version", "now"}, false},
		"unknown flag": {[]string{"-nothing"}, false},
		"no programs":  {[]string{"-bin", t.TempDir()}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parse(tt.args); (err == nil) != tt.ok {
				t.Errorf("parse %q: %v", tt.args, err)
			}
		})
	}
	o, err := parse([]string{"-version", "-exec-sharer", "ip netns exec ga", "-exec-endpoint", ""})
	if err != nil || len(o.execSharer) != 4 || len(o.execEndpoint) != 0 {
		t.Errorf("prefixes %q %q, %v", o.execSharer, o.execEndpoint, err)
	}
}

func TestBrowserRefuses(t *testing.T) {
	for _, args := range [][]string{{}, {"http://x"}, {"-profile", "p"}, {"-profile", "p", "file:///etc/passwd"}, {"-profile", "p", "--renderer-cmd-prefix=x"}} {
		if err := browserCommand(args); err == nil {
			t.Errorf("browser %q: no error", args)
		}
	}
	if err := signInCommand(context.Background(), []string{"-user", "x"}); err == nil {
		t.Error("sign-in without an address: no error")
	}
}
