package node_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"beside/internal/pgtest"
	"beside/policy"
	wire "beside/policy/api"
	"beside/server/directory/demo"
	"beside/server/directory/file"
	"beside/server/keys"
	"beside/server/node"
	"beside/server/servertest"
	"beside/server/store/postgres"
)

var server *pgtest.Server

// The environment that makes this test binary a node.
const (
	envDir = "BESIDE_TEST_NODE_DIR"
	envURL = "BESIDE_TEST_NODE_DATABASE"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(envDir); dir != "" {
		if err := serve(dir, os.Getenv(envURL)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(pgtest.Main(m, &server))
}

type where struct{ Address, CA string }

func config(dir, url string) node.Config {
	return node.Config{
		Dir: dir, Listen: "127.0.0.1:0", Tenant: demo.Tenant, Dev: true, Database: url, Origin: "https://help.example",
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}
}

// serve is what a node process does until it is killed.
func serve(dir, url string) error {
	n, err := node.Open(context.Background(), config(dir, url))
	if err != nil {
		return err
	}
	return n.Serve(context.Background(), node.Front{Verifier: servertest.Verifier{}}, func() {
		_ = json.NewEncoder(os.Stdout).Encode(where{n.Addr().String(), n.CA.File})
	})
}

// process is a node in a process of its own.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	url    string
	client *http.Client
}

func spawn(t *testing.T, dir, url string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.CommandContext(t.Context(), os.Args[0])}
	p.cmd.Env = append(os.Environ(), envDir+"="+dir, envURL+"="+url)
	log := &bytes.Buffer{}
	p.cmd.Stderr = log
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	var w where
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(&w); err != nil {
		p.kill()
		t.Fatalf("no node: %v\n%s", err, log)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	pem, err := os.ReadFile(w.CA)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(pem) {
		t.Fatal(err)
	}
	p.url = "https://" + w.Address
	p.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	return p
}

// kill is SIGKILL: no goodbye, no drain.
func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

func (p *process) dial(object string) *servertest.App {
	p.t.Helper()
	return servertest.Dial(p.t, p.client, p.url, servertest.Token(demo.Tenant, object, ""))
}

// two are data folders of two nodes with the same keys and directory, and their database.
func two(t *testing.T) (a, b, url string) {
	t.Helper()
	a, b, url = t.TempDir(), t.TempDir(), server.Database(t)
	s, err := postgres.Open(t.Context(), url, nil)
	must(t, err)
	defer func() { must(t, s.Close()) }()
	tn := s.For(demo.Tenant)
	must(t, tn.SetUp(t.Context()))
	must(t, tn.PutSettings(t.Context(), "test", policy.Settings{Licence: policy.LicenceActive, Enabled: true}))
	roles, as := demo.Assignments(demo.Tenant)
	for _, r := range roles {
		must(t, tn.PutRole(t.Context(), r))
	}
	for _, as := range as {
		must(t, tn.PutAssignment(t.Context(), as))
	}
	must(t, file.Write(filepath.Join(a, node.DirectoryFile), demo.Data(policy.StateCompliant)))
	_, _, err = keys.Open(keys.Options{Dir: a, Store: s})
	must(t, err)
	for _, name := range []string{node.DirectoryFile, "grant.key", "anchor.key", "anchor.pub"} {
		text, err := os.ReadFile(filepath.Join(a, name))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(b, name), text, 0o600))
	}
	return a, b, url
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func fill(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }

// session is what both apps know.
type session struct {
	t              *testing.T
	helper, sharer *servertest.App
	code           wire.Code
	claimed        wire.Claimed
	met            wire.Met
	pushed         uint64 // to the sharer
	seq            uint64
}

func meet(t *testing.T, helper, sharer *servertest.App) *session {
	t.Helper()
	s := &session{t: t, helper: helper, sharer: sharer}
	helper.Must(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, &s.code)
	sharer.Must(wire.TypeCodeClaim, wire.Claim{
		Locator: s.code.Locator, NS: fill(2, 32), Device: wire.DeviceEvidence{ID: demo.DeviceSam, Name: "HLD-LT-0427", OS: "Debian 12"},
	}, &s.claimed)
	helper.Next(wire.TypeClaimant, &wire.Claimant{})
	digest := sha256.Sum256(fill(3, 64))
	for _, app := range []*servertest.App{helper, sharer} {
		app.Must(wire.TypePaired, wire.Paired{Session: s.code.Session, Digest: digest[:]}, nil)
	}
	helper.Next(wire.TypeMet, &wire.Met{})
	sharer.Next(wire.TypeMet, &s.met)
	s.pushed = 1
	return s
}

func (s *session) grant() (g wire.Granted) {
	s.t.Helper()
	s.seq++
	h, sh := sha256.Sum256(s.met.Helper), sha256.Sum256(s.met.Sharer)
	s.sharer.Must(wire.TypeGrantRequest, wire.GrantRequest{
		Session: s.code.Session, GN: fill(byte(s.seq), 32), Seq: s.seq, TH: fill(3, 64), Rights: []string{"view", "control"},
		HFP: fill(4, 32), SFP: fill(5, 32), CardH: h[:], CardS: sh[:],
	}, &g)
	if g.Grant == "" || g.Statement == "" {
		s.t.Fatal("nothing was granted")
	}
	return g
}

func (s *session) say(text string) {
	s.t.Helper()
	s.helper.Must(wire.TypeSignal, wire.Signal{Session: s.code.Session, Kind: "sealed", Body: []byte(text)}, nil)
}

func (s *session) hear(text string) {
	s.t.Helper()
	var sig wire.Signal
	s.pushed++
	if s.sharer.Next(wire.TypeSignal, &sig); string(sig.Body) != text || sig.Seq != s.pushed {
		s.t.Fatalf("heard %q with number %d, want %q with %d", sig.Body, sig.Seq, text, s.pushed)
	}
}

// TestTwoProcessesOneKilled has a helper on one node and a sharer on another, kills the
// sharer's with SIGKILL, and goes on.
func TestTwoProcessesOneKilled(t *testing.T) {
	dirA, dirB, url := two(t)
	a, b := spawn(t, dirA, url), spawn(t, dirB, url)
	s := meet(t, a.dial(demo.Noa), b.dial(demo.Sam))
	first := s.grant()
	s.say("before")
	s.hear("before")

	b.kill()
	s.sharer.Closed()
	s.say("while away")
	s.sharer = a.dial(demo.Sam)
	var r wire.Resumed
	s.sharer.Must(wire.TypeResume, wire.Resume{Session: s.code.Session, Token: s.claimed.Resume, LastSeq: s.pushed}, &r)
	s.hear("while away")
	if g := s.grant(); g.Grant == first.Grant || g.Statement != first.Statement {
		t.Error("the renewal is not a new grant under the same statement")
	}
	s.say("after")
	s.hear("after")
	s.sharer.Must(wire.TypeEvent, wire.Event{Session: s.code.Session, Kind: wire.EventStarted, Rights: []string{"view"}}, nil)
	s.sharer.Must(wire.TypeEnd, wire.End{Session: s.code.Session, Code: wire.EndStopped}, nil)
	s.helper.Next(wire.TypeEnd, &wire.End{})

	// New sessions are set up, and the node that comes back takes part.
	again := spawn(t, dirB, url)
	next := meet(t, again.dial(demo.Noa), a.dial(demo.Sam))
	next.grant()

	db, err := postgres.Open(t.Context(), url, nil)
	must(t, err)
	defer func() { must(t, db.Close()) }()
	if h, err := db.For(demo.Tenant).VerifyAudit(t.Context()); err != nil || h.Seq < 8 {
		t.Errorf("audit %+v %v", h, err)
	}
	row, err := db.For(demo.Tenant).Session(t.Context(), s.code.Session)
	if err != nil || row.State != "ended" || row.EndReason != wire.EndStopped || row.Used != policy.View {
		t.Errorf("row %+v %v", row, err)
	}
}

// TestLockoutCountsOnAllNodes tries wrong codes on two nodes in turn.
func TestLockoutCountsOnAllNodes(t *testing.T) {
	dirA, dirB, url := two(t)
	apps := []*servertest.App{spawn(t, dirA, url).dial(demo.Sam), spawn(t, dirB, url).dial(demo.Sam)}
	try := func(i int) string {
		pr := apps[i%2].Ask(wire.TypeCodeClaim, wire.Claim{Locator: "2222", NS: fill(2, 32), Device: wire.DeviceEvidence{Name: "x", OS: "y"}}, nil)
		if pr == nil {
			t.Fatal("a code that nobody made")
		}
		return pr.Code
	}
	for i := range 5 {
		if c := try(i); c != wire.CodeInvalid {
			t.Fatalf("attempt %d: %s", i, c)
		}
	}
	for i := range 2 {
		if c := try(i); c != wire.CodeTooMany {
			t.Errorf("node %d lets the account go on: %s", i, c)
		}
	}
}

func TestNodeWithOtherKeysIsRefused(t *testing.T) {
	dirA, dirB, url := two(t)
	s := meetOn(t, dirA, url)
	s.grant()
	must(t, os.Remove(filepath.Join(dirB, "grant.key")))
	if _, err := node.Open(t.Context(), config(dirB, url)); !errors.Is(err, keys.ErrOtherKey) {
		t.Errorf("got %v", err)
	}
}

func meetOn(t *testing.T, dir, url string) *session {
	p := spawn(t, dir, url)
	return meet(t, p.dial(demo.Noa), p.dial(demo.Sam))
}

func TestRotateKeys(t *testing.T) {
	dir, _, url := two(t)
	db, err := postgres.Open(t.Context(), url, nil)
	must(t, err)
	defer func() { must(t, db.Close()) }()
	p := spawn(t, dir, url)
	meet(t, p.dial(demo.Noa), p.dial(demo.Sam)).grant()
	if _, err := node.RotateKeys(t.Context(), dir, demo.Tenant, db); !errors.Is(err, node.ErrInUse) {
		t.Errorf("rotated under a running node: %v", err)
	}
	p.kill()
	before, err := db.For(demo.Tenant).Statement(t.Context())
	must(t, err)
	kid, err := node.RotateKeys(t.Context(), dir, demo.Tenant, db)
	must(t, err)
	after, err := db.For(demo.Tenant).Statement(t.Context())
	if err != nil || after.Seq != before.Seq+1 || len(after.Kids) != 1 || after.Kids[0] != kid || kid == before.Kids[0] {
		t.Errorf("statement %+v after %+v, %v", after, before, err)
	}
	if g := meetOn(t, dir, url).grant(); g.Statement != after.JWS {
		t.Error("the grant comes with another statement")
	}
}
