package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beside/auth/devidp/devidptest"
	"beside/policy"
	wire "beside/policy/api"
	"beside/policy/grant"
	"beside/server/directory/demo"
	"beside/server/node"
	"beside/server/servertest"
	"beside/server/store/sqlite"
)

// program is the command running in this process.
type program struct {
	t      *testing.T
	line   ready
	dir    string
	client *http.Client
	stop   func() error
}

func launch(t *testing.T, dir string, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(ctx, append([]string{"-data", dir, "-json"}, args...), w, io.Discard)
		_ = w.CloseWithError(io.EOF)
		done <- err
	}()
	p := &program{t: t, dir: dir}
	stopped := false
	p.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-done
	}
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	})
	if err := json.NewDecoder(r).Decode(&p.line); err != nil {
		t.Fatalf("no line: %v; %v", err, p.stop())
	}
	pem, err := os.ReadFile(p.line.CA)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	p.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	t.Cleanup(p.client.CloseIdleConnections)
	return p
}

// post posts a form to the token side and decodes the answer.
func (p *program) post(ctx context.Context, path string, form url.Values, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.line.Authority+"/oauth2/v2.0/"+path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %d %s %w", path, resp.StatusCode, b, err)
	}
	return json.Unmarshal(b, out)
}

// signIn signs a demo person in, by device code. It may be called on any goroutine.
func (p *program) signIn(ctx context.Context, username string) (string, error) {
	var code struct {
		UserCode   string `json:"user_code"`
		DeviceCode string `json:"device_code"`
		URL        string `json:"verification_uri"`
	}
	scopes := p.line.API + "/" + scope + " openid profile"
	if err := p.post(ctx, "devicecode", url.Values{"client_id": {p.line.ClientID}, "scope": {scopes}}, &code); err != nil {
		return "", err
	}
	if err := devidptest.EnterCode(ctx, http.DefaultClient, code.URL, code.UserCode, username); err != nil {
		return "", err
	}
	var tok struct {
		Access string `json:"access_token"`
	}
	err := p.post(ctx, "token", url.Values{"client_id": {p.line.ClientID}, "grant_type": {"device_code"}, "device_code": {code.DeviceCode}, "scope": {scopes}}, &tok)
	return tok.Access, err
}

// token is signIn for the test's own goroutine.
func (p *program) token(username string) string {
	p.t.Helper()
	token, err := p.signIn(p.t.Context(), username)
	if err != nil {
		p.t.Fatal(err)
	}
	return token
}

func (p *program) dial(username string) *servertest.App {
	p.t.Helper()
	return servertest.Dial(p.t, p.client, p.line.Endpoint, p.token(username))
}

func (p *program) console(words ...string) {
	p.t.Helper()
	if err := run(p.t.Context(), append([]string{"-data", p.dir}, words...), io.Discard, io.Discard); err != nil {
		p.t.Fatal(err)
	}
}

func fill(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }

// TestFromSignInToEnd is everything but the apps: a real sign-in, a real token check, codes,
// signals, a grant that verifies from the anchor up, and a setting that ends it.
func TestFromSignInToEnd(t *testing.T) {
	p := launch(t, t.TempDir())
	noa, sam := p.dial("noa.winters@halden.example"), p.dial("sam.rivers@halden.example")
	var code wire.Code
	noa.Must(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, &code)
	var claimed wire.Claimed
	sam.Must(wire.TypeCodeClaim, wire.Claim{Locator: code.Locator, NS: fill(2, 32), Device: wire.DeviceEvidence{Name: "some-host", OS: "Debian"}}, &claimed)
	var claimant wire.Claimant
	noa.Next(wire.TypeClaimant, &claimant)
	for _, s := range []struct {
		from, to *servertest.App
		kind     string
	}{{noa, sam, "p1"}, {sam, noa, "p2"}, {noa, sam, "ta"}, {sam, noa, "tb"}, {noa, sam, "sealed"}, {sam, noa, "sealed"}} {
		s.from.Must(wire.TypeSignal, wire.Signal{Session: code.Session, Kind: s.kind, Body: []byte(s.kind)}, nil)
		var got wire.Signal
		if s.to.Next(wire.TypeSignal, &got); got.Kind != s.kind || string(got.Body) != s.kind {
			t.Errorf("%s: %+v", s.kind, got)
		}
	}
	th := fill(3, 64)
	digest := sha256.Sum256(th)
	noa.Must(wire.TypePaired, wire.Paired{Session: code.Session, Digest: digest[:]}, nil)
	sam.Must(wire.TypePaired, wire.Paired{Session: code.Session, Digest: digest[:]}, nil)
	var met wire.Met
	noa.Next(wire.TypeMet, &met)
	sam.Next(wire.TypeMet, &met)
	if want := (wire.DeviceCard{ID: demo.DeviceSam, Name: "HLD-LT-0427", OS: "Debian 12", State: "compliant", Proof: "own"}); met.Device != want {
		t.Errorf("device %+v", met.Device)
	}

	conf := p.config()
	trust, err := grant.NewTrust(p.line.Tenant, nil, grant.FilePins(filepath.Join(t.TempDir(), "pin")), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := trust.First(conf.Anchor); err != nil || !conf.Dev {
		t.Fatalf("%+v %v", conf, err)
	}
	cardH, cardS := sha256.Sum256(met.Helper), sha256.Sum256(met.Sharer)
	req := wire.GrantRequest{
		Session: code.Session, GN: fill(4, 32), Seq: 1, TH: th, Rights: []string{"view", "control"},
		HFP: fill(5, 32), SFP: fill(6, 32), CardH: cardH[:], CardS: cardS[:],
	}
	var granted wire.Granted
	sam.Must(wire.TypeGrantRequest, req, &granted)
	st, err := trust.Statement(granted.Statement)
	if err != nil {
		t.Fatal(err)
	}
	sid := sha512.Sum512(bytes.Join([][]byte{{12}, []byte("beside-sid/1"), {36}, []byte(code.Session), {32}, fill(1, 32), {32}, fill(2, 32)}, nil))
	g, err := grant.Verify(granted.Grant, st, grant.Expect{
		Issuer: p.line.Endpoint, Tenant: demo.Tenant, SID: [32]byte(sid[:32]), TH: [64]byte(th),
		GN: [32]byte(req.GN), Seq: 1, Mode: "code", Helper: claimed.Helper, Sharer: claimant.Sharer, Device: met.Device.ID,
		HelperFP: [32]byte(req.HFP), SharerFP: [32]byte(req.SFP), Requested: policy.View | policy.Control, CardH: cardH, CardS: cardS, AppVersion: "1.0.0",
	})
	if err != nil || g.Rights != policy.View|policy.Control || g.RunFor != 600*time.Second || g.Audit.Hash == "" {
		t.Fatalf("grant: %+v %v", g, err)
	}

	// An administrator at the console, in what could be another process.
	changed := time.Now()
	p.console("role", "set", "desk-view", "offer=true", "view=true")
	p.console("assign", "set", "desk-staff", "role=desk-view", "admins="+demo.GroupDesk, "users="+demo.GroupStaff)
	p.revoked(sam, st, [32]byte(sid[:32]), [64]byte(th), policy.View)
	p.console("settings", "set", "enabled=false")
	p.revoked(sam, st, [32]byte(sid[:32]), [64]byte(th), 0)
	if took := time.Since(changed); took > 10*time.Second {
		t.Errorf("two changes took %v to arrive", took)
	}
	var end wire.End
	if sam.Next(wire.TypeEnd, &end); end.Code != wire.TenantOff {
		t.Errorf("end %+v", end)
	}
}

func (p *program) revoked(app *servertest.App, st grant.Statement, sid [32]byte, th [64]byte, want policy.Right) {
	p.t.Helper()
	var r wire.Revoke
	app.Next(wire.TypeRevoke, &r)
	left, err := grant.VerifyRevoke(r.JWS, st, grant.RevokeExpect{Issuer: p.line.Endpoint, Tenant: demo.Tenant, SID: sid, TH: th, MinSeq: 1})
	if err != nil || left != want {
		p.t.Errorf("revocation leaves %v, %v; want %v", left, err, want)
	}
}

func (p *program) config() (c wire.Config) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.line.Endpoint+"/v1/config", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&c); err != nil {
		p.t.Fatal(err)
	}
	return c
}

func TestWhoIsLetIn(t *testing.T) {
	p := launch(t, t.TempDir(), "-state", "unenrolled")
	for name, want := range map[string]int{"sam.rivers@halden.example": 0, "gwen.porter_porterlowe.example#EXT#@halden.example": 403} {
		h := http.Header{"Authorization": {"Bearer " + p.token(name)}}
		_, resp, err := servertest.TryDial(t, p.client, p.line.Endpoint, h)
		if (err == nil) != (want == 0) || want != 0 && resp.StatusCode != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(p.line.People) < 8 || p.line.People[0] != "noa.winters@halden.example" {
		t.Errorf("people %v", p.line.People)
	}
}

func TestRestartKeepsTheOrganisation(t *testing.T) {
	dir := t.TempDir()
	p := launch(t, dir)
	before := p.config()
	p.console("settings", "set", "disable-chat=true")
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	p = launch(t, dir, "-state", "noncompliant")
	if after := p.config(); !bytes.Equal(after.Anchor, before.Anchor) || after.Statement != before.Statement {
		t.Error("the keys are others after a restart")
	}
	s, err := node.OpenStore(t.Context(), dir, "", true)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got, err := s.For(demo.Tenant).Settings(t.Context()); err != nil || !got.DisableChat {
		t.Errorf("settings %+v %v", got, err)
	}
}

func TestRefusesForeignFolders(t *testing.T) {
	dir := t.TempDir()
	s, err := sqlite.Open(t.Context(), filepath.Join(dir, "beside.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	if err := run(t.Context(), []string{"-data", dir}, io.Discard, io.Discard); !errors.Is(err, node.ErrDevelopment) {
		t.Errorf("a production folder: %v", err)
	}
	for _, args := range [][]string{{}, {"-data", dir, "-state", "fine"}, {"-data", t.TempDir(), "fly"}} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%v is accepted", args)
		}
	}
}
