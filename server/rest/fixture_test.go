package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"beside/auth"
	"beside/policy"
	"beside/server/directory"
	"beside/server/directory/demo"
	"beside/server/directory/file"
	"beside/server/rest"
	"beside/server/store"
	"beside/server/store/sqlite"
	"beside/server/store/storetest"
)

// verifier accepts tenant/object/role, for an hour.
type verifier struct{}

func (verifier) Verify(_ context.Context, token string) (auth.Verified, error) {
	p := strings.Split(token, "/")
	if len(p) != 3 {
		return auth.Verified{}, auth.ErrToken
	}
	v := auth.Verified{Identity: auth.Identity{Tenant: p[0], Object: p[1], Name: "Noa"}}
	if p[2] != "" {
		v.Roles = []string{"Beside." + p[2]}
	}
	return v, nil
}

func token(role string) string { return demo.Tenant + "/" + demo.Noa + "/" + role }

// Tokens of the three roles, all Noa's.
var (
	admin    = token("Admin")
	operator = token("Operator")
	auditor  = token("Auditor")
)

// trouble is a directory that can be away.
type trouble struct {
	*file.Directory
	away bool
}

func (d *trouble) Person(ctx context.Context, tenant, object string) (directory.Person, error) {
	if d.away {
		return directory.Person{}, directory.ErrUnavailable
	}
	return d.Directory.Person(ctx, tenant, object)
}

func (d *trouble) People(ctx context.Context, tenant string, q directory.Query) ([]directory.Person, int, error) {
	if d.away {
		return nil, 0, directory.ErrUnavailable
	}
	return d.Directory.People(ctx, tenant, q)
}

type env struct {
	t        *testing.T
	api      *rest.Server
	srv      *httptest.Server
	store    *store.Store
	clock    *storetest.Clock
	dir      *trouble
	contract *contract

	mu    sync.Mutex
	ended []string
}

// start is the API over two demo organisations, each with a session that runs, one that ended, and
// an audit log. It serves the first.
func start(t *testing.T) *env {
	t.Helper()
	e := &env{t: t, clock: storetest.NewClock()}
	path := filepath.Join(t.TempDir(), "directory.json")
	must(t, file.Write(path, demo.Data(policy.StateCompliant)))
	dir, err := file.Open(path)
	must(t, err)
	e.dir = &trouble{Directory: dir}
	e.store, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), e.clock.Now)
	must(t, err)
	t.Cleanup(func() { _ = e.store.Close() })
	for id, p := range map[string][2]string{demo.Tenant: {demo.Noa, demo.Sam}, demo.OtherTenant: {demo.OtherHelper, demo.OtherSharer}} {
		tn := e.store.For(id)
		must(t, tn.SetUp(t.Context()))
		must(t, tn.PutSettings(t.Context(), "test", policy.Settings{Licence: policy.LicenceActive, Enabled: true}))
		roles, as := demo.Assignments(id)
		for _, r := range roles {
			must(t, tn.PutRole(t.Context(), r))
		}
		for _, a := range as {
			must(t, tn.PutAssignment(t.Context(), a))
		}
		for i := range 3 {
			s := fmt.Sprintf("%s-session-%d", id[:1], i)
			_, err := tn.NewCode(t.Context(), store.Code{Session: s, Locator: fmt.Sprint("K7Q", i), Helper: p[0], HelperName: "=Noa", Expires: e.clock.Now().Add(time.Minute)})
			must(t, err)
			must(t, tn.SaveSession(t.Context(), store.Session{
				ID: s, State: "met", Sharer: p[1], SharerName: "<script>", Device: demo.DeviceSam, DeviceName: "HLD-LT-0427",
				Granted: policy.View, Used: policy.View, Started: e.clock.Now(),
			}))
			_, err = tn.Append(t.Context(), store.Entry{Actor: p[0], Action: "started", Target: p[1], Session: s, Outcome: "ok", Rights: []string{"view"}})
			must(t, err)
			e.clock.Add(time.Minute)
		}
		must(t, tn.EndSession(t.Context(), id[:1]+"-session-0", "stopped"))
	}
	e.api = rest.New(rest.Options{
		Store: e.store, Directory: e.dir, Tenant: demo.Tenant, Verifier: verifier{}, Version: "test", Now: e.clock.Now,
		Log: slog.New(slog.DiscardHandler), End: e.end,
		Checks: []rest.Check{{Name: "apps", Ask: func(context.Context) (string, error) { return "2", nil }}},
	})
	e.srv = httptest.NewServer(e.api)
	t.Cleanup(e.srv.Close)
	resp, err := e.srv.Client().Get(e.srv.URL + rest.DocumentPath)
	must(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	must(t, err)
	e.contract = readContract(t, text)
	return e
}

func (e *env) end(ctx context.Context, tenant, session, _ string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = append(e.ended, tenant+"/"+session)
	return e.store.For(tenant).EndSession(ctx, session, "admin") == nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// answer is a response that was read.
type answer struct {
	code   int
	header http.Header
	body   []byte
}

func (a answer) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%d %q: %v", a.code, a.body, err)
	}
}

// do sends a request and compares the exchange with the document. headers are name, value pairs; a
// body that is no string is sent as JSON.
func (e *env) do(method, path, token string, body any, headers ...string) answer {
	e.t.Helper()
	var sent []byte
	switch b := body.(type) {
	case nil:
	case string:
		sent = []byte(b)
	default:
		var err error
		sent, err = json.Marshal(b)
		must(e.t, err)
	}
	req, err := http.NewRequestWithContext(e.t.Context(), method, e.srv.URL+path, bytes.NewReader(sent))
	must(e.t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := e.srv.Client().Do(req)
	must(e.t, err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	must(e.t, err)
	e.contract.check(req, sent, resp, got)
	return answer{resp.StatusCode, resp.Header, got}
}

// want is do with the status that must come.
func (e *env) want(code int, method, path, token string, body any, headers ...string) answer {
	e.t.Helper()
	a := e.do(method, path, token, body, headers...)
	if a.code != code {
		e.t.Fatalf("%s %s: %d %s, want %d", method, path, a.code, a.body, code)
	}
	return a
}
