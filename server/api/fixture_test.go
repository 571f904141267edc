package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"beside/auth"
	"beside/internal/pgtest"
	"beside/policy"
	wire "beside/policy/api"
	"beside/server/api"
	"beside/server/directory"
	"beside/server/directory/demo"
	"beside/server/directory/enrolled"
	"beside/server/directory/file"
	"beside/server/rendezvous"
	"beside/server/servertest"
	"beside/server/signal"
	"beside/server/store"
	"beside/server/store/postgres"
	"beside/server/store/sqlite"
	"beside/server/store/storetest"
)

var (
	server *pgtest.Server
	shared bool // nodes share a PostgreSQL; else one is alone with SQLite
)

// TestMain runs every test twice: alone on SQLite, and sharing on PostgreSQL.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && !pgtest.Asked("fuzz") {
		shared = true
		code = pgtest.Main(m, &server)
	}
	os.Exit(code)
}

func (e *endpoint) open() {
	e.t.Helper()
	var err error
	if shared {
		if e.url == "" {
			e.url = server.Database(e.t)
		}
		e.store, err = postgres.Open(e.t.Context(), e.url, e.clock.Now)
	} else {
		e.store, err = sqlite.Open(e.t.Context(), filepath.Join(e.t.TempDir(), "x.db"), e.clock.Now)
	}
	e.must(err)
	s := e.store
	e.t.Cleanup(func() { _ = s.Close() })
}

// endpoint is a whole endpoint over TLS with the demo directory and a clock of its own.
type endpoint struct {
	t      *testing.T
	clock  *storetest.Clock
	store  *store.Store
	hub    *signal.Hub
	face   *api.Server
	srv    *httptest.Server
	signer *words
	dir    *file.Directory
	log    *bytes.Buffer
	path   string
	url    string // of the database, when nodes share
	relay  signal.Relay

	directory directory.Directory                        // instead of dir, whose revision then means nothing
	verifier  auth.Verifier                              // instead of one whose tokens are words
	token     func(tenant, object, device string) string // instead of servertest.Token
}

// words keeps what it was asked to sign and signs by encoding it.
type words struct {
	mu      sync.Mutex
	grants  []signal.Grant
	revokes []signal.Revocation
}

func (w *words) Grant(_ context.Context, _ string, g signal.Grant) (string, string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.grants = append(w.grants, g)
	return "grant", "statement", nil
}

func (w *words) Revoke(_ context.Context, _ string, r signal.Revocation) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.revokes = append(w.revokes, r)
	return "revoke", nil
}

func (w *words) last() signal.Grant {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.grants[len(w.grants)-1]
}

func start(t *testing.T) *endpoint {
	t.Helper()
	e := &endpoint{t: t, clock: storetest.NewClock(), signer: &words{}, log: &bytes.Buffer{}, path: filepath.Join(t.TempDir(), "directory.json")}
	if err := file.Write(e.path, demo.Data(policy.StateCompliant)); err != nil {
		t.Fatal(err)
	}
	var err error
	if e.dir, err = file.Open(e.path); err != nil {
		t.Fatal(err)
	}
	e.open()
	for _, id := range []string{demo.Tenant, demo.OtherTenant} {
		tn := e.store.For(id)
		e.must(tn.SetUp(t.Context()))
		e.must(tn.PutSettings(t.Context(), "test", policy.Settings{Licence: policy.LicenceActive, Enabled: true}))
		roles, as := demo.Assignments(id)
		for _, r := range roles {
			e.must(tn.PutRole(t.Context(), r))
		}
		for _, a := range as {
			e.must(tn.PutAssignment(t.Context(), a))
		}
	}
	e.boot()
	return e
}

// boot starts the process part, which a test may do again.
func (e *endpoint) boot() {
	log := slog.New(slog.NewTextHandler(&lockedWriter{w: e.log}, nil))
	var people directory.Directory = enrolled.New(e.dir, e.store)
	if e.directory != nil {
		people = e.directory
	}
	var verifier auth.Verifier = servertest.Verifier{}
	if e.verifier != nil {
		verifier = e.verifier
	}
	e.hub = signal.New(signal.Options{
		Store: e.store, Directory: people, Signer: e.signer, Origin: origin, Log: log, Now: e.clock.Now, Revision: e.dir.Revision, Shared: shared, Relay: e.relay,
		Desk: rendezvous.New(rendezvous.Options{Store: e.store, Now: e.clock.Now, Shared: shared}),
	})
	e.face = api.New(api.Options{
		Hub: e.hub, Verifier: verifier, Log: log,
		Config: func(context.Context) (wire.Config, error) { return wire.Config{Tenant: demo.Tenant}, nil },
		Ready:  e.store.Ping,
	})
	srv := httptest.NewTLSServer(e.face)
	e.srv = srv
	e.t.Cleanup(func() { e.face.Drain(); srv.Close() })
}

// origin is what the endpoint calls itself.
const origin = "https://help.example"

// restart is what a new process sees: the same store, nothing in memory.
func (e *endpoint) restart() {
	e.face.Drain()
	e.srv.Close()
	e.boot()
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

func (e *endpoint) must(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

func (e *endpoint) dial(object string) *servertest.App { return e.dialAt(demo.Tenant, object, "") }

func (e *endpoint) dialAt(tenant, object, device string) *servertest.App {
	e.t.Helper()
	token := servertest.Token
	if e.token != nil {
		token = e.token
	}
	return servertest.Dial(e.t, e.srv.Client(), e.srv.URL, token(tenant, object, device))
}

func (e *endpoint) get(path, token string) (int, []byte) {
	e.t.Helper()
	req, err := http.NewRequestWithContext(e.t.Context(), http.MethodGet, e.srv.URL+path, nil)
	e.must(err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := e.srv.Client().Do(req)
	e.must(err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	e.must(err)
	return resp.StatusCode, b
}

func (e *endpoint) audit(tenant string) map[string]int {
	e.t.Helper()
	e.hub.FlushAudit(e.t.Context())
	rs, err := e.store.For(tenant).Audit(e.t.Context(), 1000)
	e.must(err)
	if _, err := e.store.For(tenant).VerifyAudit(e.t.Context()); err != nil {
		e.t.Error(err)
	}
	out := map[string]int{}
	for _, r := range rs {
		out[r.Entry.Action+" "+r.Entry.Outcome] += max(1, r.Entry.Count)
	}
	return out
}

// until waits for what another goroutine does.
func (e *endpoint) until(ok func() bool) {
	e.t.Helper()
	tick, end := time.NewTicker(time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			e.t.Fatal("it does not happen")
		}
	}
}

// fill is n bytes of b.
func fill(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }

// samsDevice is what Sam's app says.
var samsDevice = wire.DeviceEvidence{ID: demo.DeviceSam, Name: "HLD-LT-0427", OS: "Debian 12"}

// pair is a session with both its apps.
type pair struct {
	e              *endpoint
	helper, sharer *servertest.App
	code           wire.Code
	claimed        wire.Claimed
	metH, metS     wire.Met
	seq            uint64
}

// claim opens a code as Noa and claims it as Sam.
func (e *endpoint) claim() *pair {
	e.t.Helper()
	p := &pair{e: e, helper: e.dial(demo.Noa), sharer: e.dial(demo.Sam)}
	p.helper.Must(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, &p.code)
	p.sharer.Must(wire.TypeCodeClaim, wire.Claim{Locator: p.code.Locator, NS: fill(2, 32), Device: samsDevice}, &p.claimed)
	var c wire.Claimant
	p.helper.Next(wire.TypeClaimant, &c)
	if c.Session != p.code.Session || c.Sharer != demo.Sam || !bytes.Equal(c.NS, fill(2, 32)) {
		e.t.Fatalf("claimant %+v", c)
	}
	return p
}

// digest is what both sides say of their transcript.
var digest = func() []byte { d := sha256.Sum256(fill(3, 64)); return d[:] }()

// meet goes on until both have seen the cards.
func (e *endpoint) meet() *pair {
	e.t.Helper()
	p := e.claim()
	p.helper.Must(wire.TypePaired, wire.Paired{Session: p.code.Session, Digest: digest}, nil)
	p.sharer.Must(wire.TypePaired, wire.Paired{Session: p.code.Session, Digest: digest}, nil)
	p.helper.Next(wire.TypeMet, &p.metH)
	p.sharer.Next(wire.TypeMet, &p.metS)
	return p
}

func (p *pair) request(rights ...string) wire.GrantRequest {
	p.seq++
	h, s := sha256.Sum256(p.metS.Helper), sha256.Sum256(p.metS.Sharer)
	return wire.GrantRequest{
		Session: p.code.Session, GN: fill(byte(p.seq), 32), Seq: p.seq, TH: fill(3, 64), Rights: rights,
		HFP: fill(4, 32), SFP: fill(5, 32), CardH: h[:], CardS: s[:],
	}
}

// granted goes on until the rights are granted.
func (e *endpoint) granted(rights ...string) *pair {
	e.t.Helper()
	p := e.meet()
	var g wire.Granted
	p.sharer.Must(wire.TypeGrantRequest, p.request(rights...), &g)
	return p
}

func card(t *testing.T, raw json.RawMessage) wire.Card {
	t.Helper()
	var c wire.Card
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	return c
}
