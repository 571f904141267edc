package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"beside/auth/devidp"
	"beside/auth/devidp/devidptest"
	"beside/auth/oidc"
	"beside/policy/api"
	"beside/policy/client"
	"beside/server/node"
	"beside/server/servertest"
)

// quickstart reads the commands of docs/quickstart.md, one each, continuation lines joined.
func quickstart(t *testing.T) (cmds []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "docs", "quickstart.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(b), -1) {
		for line := range strings.Lines(strings.ReplaceAll(block[1], "\\\n", " ")) {
			cmds = append(cmds, strings.TrimSpace(line))
		}
	}
	return cmds
}

// shell runs commands as far as the quick start needs one: variables, $(…) and double quotes.
type shell struct {
	vars map[string]string
	run  func(args []string) string
}

func (s *shell) words(line string) (out []string) {
	for name, v := range s.vars {
		line = strings.ReplaceAll(line, "$"+name, v)
	}
	for _, m := range regexp.MustCompile(`"([^"]*)"|(\S+)`).FindAllStringSubmatch(line, -1) {
		out = append(out, m[1]+m[2])
	}
	return out
}

func (s *shell) do(line string) {
	if m := regexp.MustCompile(`^([A-Z]+)=(?:\$\((.*)\)|(\S+))$`).FindStringSubmatch(line); m != nil {
		s.vars[m[1]] = m[3]
		if m[2] != "" {
			s.vars[m[1]] = strings.TrimSpace(s.run(s.words(m[2])))
		}
		return
	}
	s.run(s.words(line))
}

// flagOf is the value of a flag among words.
func flagOf(words []string, name string) string {
	for i, w := range words {
		if w == "-"+name && i+1 < len(words) {
			return words[i+1]
		}
	}
	return ""
}

// somewhere is a client for which every host is at one of two addresses.
func somewhere(trust *tls.Config, at map[string]string) *http.Client {
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		TLSClientConfig: trust, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(addr)
			if err != nil || at[host] == "" {
				return nil, errors.New("no such host in the test: " + addr)
			}
			return (&net.Dialer{}).DialContext(ctx, network, at[host])
		},
	}}
}

const (
	helper = "noa@halden.example"
	sharer = "sam@halden.example"
)

// TestQuickStart follows docs/quickstart.md, with the development provider as sso.example.com.
func TestQuickStart(t *testing.T) {
	dir, cmds := t.TempDir(), quickstart(t)
	tenant := strings.TrimPrefix(cmds[0], "TENANT=")
	const realm = "https://sso.example.com/realms/acme"
	issuer := "https://sso.example.com/" + tenant + "/v2.0" // where the development provider has its one realm

	var idp, page http.Handler
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { idp.ServeHTTP(w, r) }))
	defer srv.Close()
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { page.ServeHTTP(w, r) }))
	defer pages.Close()
	p, err := devidp.New(devidp.Options{
		Base: "https://sso.example.com", AuthBase: pages.URL,
		Users: []devidp.User{
			{Tenant: tenant, Object: "aaaaaaaa-0000-4000-8000-000000000001", Username: helper, Name: "Noa Winters", Groups: []string{"service-desk", "staff"}, Roles: []string{"Beside.Auditor"}},
			{Tenant: tenant, Object: "aaaaaaaa-0000-4000-8000-000000000002", Username: sharer, Name: "Sam Rivers", Groups: []string{"staff"}},
		},
		Apps: []devidp.App{{ID: "beside-app"}, {ID: "beside-admin", Redirects: []string{"https://help.example.com:8443" + node.AdminReturn}, Secret: "secret"}, {ID: "beside", URI: "api://beside", Scopes: []string{"use"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	idp, page = p.Handler(), p.PageHandler()
	trust := srv.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	trust.ServerName = "example.com"
	sso := somewhere(trust, map[string]string{"sso.example.com": srv.Listener.Addr().String()})

	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen := ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	running := false
	var app []string
	sh := shell{vars: map[string]string{}, run: func(args []string) string {
		for i := range args {
			args[i] = strings.NewReplacer("beside-data", filepath.Join(dir, "data"), realm, issuer).Replace(args[i])
			if args[i] == ":8443" {
				args[i] = listen
			}
		}
		var out strings.Builder
		switch {
		case args[0] == "beside":
			app = args
		case running:
			if err := run(ctx, args[1:], &out, io.Discard); err != nil {
				t.Fatalf("%v: %v", args, err)
			}
		default:
			// Besides what the quick start says there are the admin site and no relay.
			o, words, err := parse(append(args[1:], "-relay", "", "-admin-client-id", "beside-admin", "-admin-secret-file", writeSecret(t, dir),
				"-claim-roles", "roles"), io.Discard)
			if err != nil || len(words) > 0 {
				t.Fatalf("%v: %v %v", args, words, err)
			}
			o.signIn.web, o.Log = sso, slog.New(slog.NewTextHandler(io.Discard, nil))
			running = true
			go func() { served <- serve(ctx, o) }()
			awaitListening(t, listen, served)
		}
		return out.String()
	}}
	for _, c := range cmds {
		sh.do(c)
	}
	defer func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()

	help := somewhere(ownTrust(t, filepath.Join(dir, "data", "ca.pem")), map[string]string{"help.example.com": listen})
	token := func(username string) string {
		in, err := oidc.NewSignIn(oidc.SignInConfig{
			Issuer: flagOf(app, "issuer"), Tenant: flagOf(app, "tenant"), ClientID: flagOf(app, "client-id"), Audience: flagOf(app, "api"),
			HTTP: sso, Development: true, // the page is on this machine
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.Interactive(ctx, devidptest.Open(ctx, pages.Client(), username)); err != nil {
			t.Fatal(err)
		}
		at, err := in.Token(ctx)
		if err != nil {
			t.Fatal(err)
		}
		c, err := client.New(client.Config{Endpoint: flagOf(app, "endpoint"), HTTP: help, Token: in.Token})
		if err != nil {
			t.Fatal(err)
		}
		me, err := c.Me(ctx)
		if err != nil || me.MayHelp != (username == helper) || !strings.Contains(string(me.Card), "Halden Group") {
			t.Errorf("%s: %+v %v", username, me, err)
		}
		return at
	}
	origin := flagOf(app, "endpoint")
	noa := servertest.Dial(t, help, origin, token(helper))
	sam := servertest.Dial(t, help, origin, token(sharer))
	var code api.Code
	noa.Must(api.TypeCodeNew, api.CodeNew{NH: make([]byte, 32)}, &code)
	var claimed api.Claimed
	sam.Must(api.TypeCodeClaim, api.Claim{Locator: code.Locator, NS: make([]byte, 32)}, &claimed)
	if claimed.Helper == "" || claimed.Session != code.Session {
		t.Errorf("the code led to %+v", claimed)
	}
	t.Run("admin site", func(t *testing.T) {
		site := somewhere(ownTrust(t, filepath.Join(dir, "data", "ca.pem")), map[string]string{"help.example.com": listen, "127.0.0.1": pages.Listener.Addr().String()})
		signInToSite(t, site, origin)
	})
	t.Run("SCIM", func(t *testing.T) {
		provisioned(t, help, origin, sh.run(sh.words("beside-endpoint scim token Test -data beside-data")))
	})
	if p := sam.Ask(api.TypeCodeNew, api.CodeNew{NH: make([]byte, 32)}, nil); p == nil {
		t.Error("who is not at the service desk may help")
	}
}

func awaitListening(t *testing.T, at string, served <-chan error) {
	t.Helper()
	for {
		select {
		case err := <-served:
			t.Fatal("the endpoint ended: ", err)
		default:
		}
		if c, err := net.Dial("tcp", at); err == nil {
			_ = c.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// ownTrust trusts the authority in a file.
func ownTrust(t *testing.T, file string) *tls.Config {
	t.Helper()
	pem, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in ca.pem")
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

func writeSecret(t *testing.T, dir string) string {
	t.Helper()
	file := filepath.Join(dir, "secret")
	if err := os.WriteFile(file, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// ask does a request as a browser or a program would and reads the answer.
func ask(t *testing.T, c *http.Client, r *http.Request) (int, *url.URL, string) {
	t.Helper()
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Request.URL, string(b)
}

func request(t *testing.T, method, at, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, at, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// signInToSite has the helper, an auditor by the claim, sign in to the admin site.
func signInToSite(t *testing.T, site *http.Client, origin string) {
	t.Helper()
	var err error
	if site.Jar, err = cookiejar.New(nil); err != nil {
		t.Fatal(err)
	}
	_, at, page := ask(t, site, request(t, http.MethodGet, origin+"/admin/sign-in/start?to=/admin/people", ""))
	form := url.Values{"user": {helper}}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`).FindAllStringSubmatch(page, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	r := request(t, http.MethodPost, at.Scheme+"://"+at.Host+at.Path, form.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if status, at, page := ask(t, site, r); status != http.StatusOK || at.Path != "/admin/people" || !strings.Contains(page, "Sam Rivers") {
		t.Errorf("%d at %s", status, at)
	}
	if status, _, _ := ask(t, site, request(t, http.MethodGet, origin+"/admin/settings", "")); status != http.StatusForbidden {
		t.Errorf("an auditor's settings: %d", status)
	}
}

// provisioned adds somebody by SCIM.
func provisioned(t *testing.T, c *http.Client, origin, token string) {
	t.Helper()
	do := func(method, path, body string) (int, string) {
		r := request(t, method, origin+"/scim/v2"+path, body)
		r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(token))
		r.Header.Set("Content-Type", "application/scim+json")
		status, _, text := ask(t, c, r)
		return status, text
	}
	if status, text := do(http.MethodPost, "/Users", `{"userName":"kim@halden.example","externalId":"kim","displayName":"Kim"}`); status != http.StatusCreated ||
		!strings.Contains(text, origin+"/scim/v2/Users/") {
		t.Errorf("%d %s", status, text)
	}
	if status, text := do(http.MethodGet, "/Users", ""); status != http.StatusOK || !strings.Contains(text, "Kim") || strings.Contains(text, "Sam Rivers") {
		t.Errorf("%d %s", status, text)
	}
}
