package scim

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"beside/server/store"
	"beside/server/store/sqlite"
	"beside/server/store/storetest"
)

// env is a service with two tenants and a token for each.
type env struct {
	t     *testing.T
	s     *store.Store
	srv   *Server
	clock *storetest.Clock
	log   *strings.Builder
	mu    *sync.Mutex
	token map[string]string // by tenant
	file  string
}

func start(t *testing.T) *env {
	t.Helper()
	e := &env{t: t, clock: storetest.NewClock(), log: &strings.Builder{}, mu: &sync.Mutex{}, token: map[string]string{}, file: filepath.Join(t.TempDir(), "x.db")}
	var err error
	if e.s, err = sqlite.Open(t.Context(), e.file, e.clock.Now); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.s.Close() })
	for _, id := range []string{storetest.A, storetest.B} {
		if err := e.s.For(id).SetUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, e.token[id], err = NewToken(t.Context(), e.s.For(id), "test", e.clock.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	e.srv = New(Options{
		Store: e.s, Base: "https://help.example" + Path, Log: slog.New(slog.NewTextHandler(e, nil)), Now: e.clock.Now,
		Object: func(x string) string {
			if x == "" {
				return ""
			}
			return "object-" + x
		},
	})
	return e
}

// Write takes the log.
func (e *env) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.log.Write(b)
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

// at reads a member of the body: "name.givenName", "Resources.0.id".
func (a answer) at(path string) any {
	var v any = a.body
	for k := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[k]
		case []any:
			if len(k) != 1 || int(k[0]-'0') >= len(x) {
				return nil
			}
			v = x[k[0]-'0']
		default:
			return nil
		}
	}
	return v
}

func (a answer) id() string { s, _ := a.at("id").(string); return s }

// do sends a request as a tenant; header is name, value, name, value …
func (e *env) do(tenant, method, path, body string, header ...string) answer {
	e.t.Helper()
	r := httptest.NewRequest(method, "https://help.example"+Path+path, strings.NewReader(body)).WithContext(e.t.Context())
	r.Header.Set("Authorization", "Bearer "+e.token[tenant])
	if body != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	e.srv.ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Header(), text: w.Body.String()}
	if b, _ := io.ReadAll(w.Body); len(b) > 0 && w.Header().Get("Content-Type") == mediaType {
		if err := json.Unmarshal(b, &a.body); err != nil {
			e.t.Fatalf("%s %s: %v in %s", method, path, err, b)
		}
	}
	if a.status >= 400 && (a.at("schemas.0") != errorSchema || a.at("status") == nil || a.at("detail") == "") {
		e.t.Errorf("%s %s: an error of another form: %d %s", method, path, a.status, a.text)
	}
	return a
}

// want is do that must answer with a status.
func (e *env) want(status int, method, path, body string, header ...string) answer {
	e.t.Helper()
	a := e.do(storetest.A, method, path, body, header...)
	if a.status != status {
		e.t.Fatalf("%s %s: %d %s, want %d", method, path, a.status, a.text, status)
	}
	return a
}

const noa = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
	"userName":"noa@halden.example","externalId":"x-noa","displayName":"Noa Winters","name":{"givenName":"Noa","familyName":"Winters","formatted":"Noa W."},
	"title":"Service desk engineer","emails":[{"type":"home","value":"noa@home.example"},{"type":"work","value":"noa@halden.example"}],"active":true,
	"password":"hunter2hunter2","locale":"nl-NL","addresses":[{"type":"work","country":"NL"}],
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"organization":"Halden Group","department":"IT"},
	"urn:ietf:params:scim:schemas:extension:Other:2.0:User":{"x":1}}`

func (e *env) user(name string) string {
	e.t.Helper()
	return e.want(201, "POST", "/Users", `{"userName":"`+name+`","externalId":"x-`+name+`"}`).id()
}

func patch(ops string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + ops + `]}`
}
