package servertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"beside/auth"
	"beside/policy/api"
)

// Token is a token that Verifier accepts.
func Token(tenant, object, device string) string { return tenant + "/" + object + "/" + device }

// Verifier accepts the tokens that Token makes, for an hour of real time.
type Verifier struct{}

// Verify implements auth.Verifier.
func (Verifier) Verify(_ context.Context, token string) (auth.Verified, error) {
	p := strings.Split(token, "/")
	if len(p) != 3 {
		return auth.Verified{}, fmt.Errorf("%w: not three parts", auth.ErrToken)
	}
	return auth.Verified{Identity: auth.Identity{Tenant: p[0], Object: p[1]}, Device: p[2], Expires: time.Now().Add(time.Hour)}, nil
}

// App is one end of a WebSocket as an app has it.
type App struct {
	t      testing.TB
	ws     *websocket.Conn
	ctx    context.Context //nolint:containedctx // the test's
	pushes chan api.Frame
	closed chan error

	mu    sync.Mutex
	id    uint64
	waits map[uint64]chan api.Frame
}

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// Dial connects with a token; the test fails if it cannot.
func Dial(t testing.TB, client *http.Client, url, token string) *App {
	t.Helper()
	a, _, err := TryDial(t, client, url, http.Header{"Authorization": {"Bearer " + token}}) //nolint:bodyclose // the socket owns it
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	return a
}

// TryDial connects with any headers.
func TryDial(t testing.TB, client *http.Client, url string, h http.Header) (*App, *http.Response, error) {
	t.Helper()
	ws, resp, err := websocket.Dial(t.Context(), url+"/v1/app", &websocket.DialOptions{HTTPClient: client, HTTPHeader: h})
	if err != nil {
		return nil, resp, err
	}
	ws.SetReadLimit(api.MaxFrame)
	a := &App{
		t: t, ws: ws, ctx: context.WithoutCancel(t.Context()), pushes: make(chan api.Frame, 1000),
		closed: make(chan error, 1), waits: map[uint64]chan api.Frame{},
	}
	go a.read()
	t.Cleanup(func() { _ = ws.CloseNow() })
	return a, resp, nil
}

func (a *App) read() {
	for {
		_, b, err := a.ws.Read(a.ctx)
		if err != nil {
			a.closed <- err
			close(a.pushes)
			return
		}
		var f api.Frame
		if err := json.Unmarshal(b, &f); err != nil {
			a.t.Errorf("frame: %v", err)
			continue
		}
		if f.Re == 0 {
			a.pushes <- f
			continue
		}
		a.mu.Lock()
		w := a.waits[f.Re]
		delete(a.waits, f.Re)
		a.mu.Unlock()
		if w != nil { // what was sent raw is answered too
			w <- f
		}
	}
}

// Raw writes one message as it is.
func (a *App) Raw(typ websocket.MessageType, b []byte) error { return a.ws.Write(a.ctx, typ, b) }

// Ask sends a request, decodes the answer into out (if not nil) and returns the problem, if it is one.
func (a *App) Ask(typ string, body, out any) *api.Problem {
	a.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		a.t.Fatal(err)
	}
	w := make(chan api.Frame, 1)
	a.mu.Lock()
	a.id++
	id := a.id
	a.waits[id] = w
	a.mu.Unlock()
	f, err := json.Marshal(api.Frame{Type: typ, ID: id, Body: b})
	if err != nil {
		a.t.Fatal(err)
	}
	if err := a.Raw(websocket.MessageText, f); err != nil {
		a.t.Fatalf("%s: %v", typ, err)
	}
	select {
	case f := <-w:
		return a.answer(f, out)
	case <-time.After(patience):
		a.t.Fatalf("%s: no answer", typ)
	}
	return nil
}

func (a *App) answer(f api.Frame, out any) *api.Problem {
	a.t.Helper()
	if f.Type == api.TypeError {
		p := &api.Problem{}
		if err := json.Unmarshal(f.Body, p); err != nil {
			a.t.Fatal(err)
		}
		return p
	}
	if f.Type != api.TypeOK {
		a.t.Fatalf("answer of type %q", f.Type)
	}
	if out != nil {
		if err := json.Unmarshal(f.Body, out); err != nil {
			a.t.Fatal(err)
		}
	}
	return nil
}

// Must is Ask that may not be refused.
func (a *App) Must(typ string, body, out any) {
	a.t.Helper()
	if p := a.Ask(typ, body, out); p != nil {
		a.t.Fatalf("%s: refused: %+v", typ, *p)
	}
}

// Next waits for the next push, which must be of that type, and decodes it.
func (a *App) Next(typ string, out any) {
	a.t.Helper()
	select {
	case f, ok := <-a.pushes:
		if !ok {
			a.t.Fatalf("closed while waiting for %s", typ)
		}
		if f.Type != typ {
			a.t.Fatalf("pushed %s %s, want %s", f.Type, f.Body, typ)
		}
		if err := json.Unmarshal(f.Body, out); err != nil {
			a.t.Fatal(err)
		}
	case <-time.After(patience):
		a.t.Fatalf("no %s was pushed", typ)
	}
}

// Pushed says how many pushes wait.
func (a *App) Pushed() int { return len(a.pushes) }

// Closed waits for the end of the socket and returns its close code.
func (a *App) Closed() websocket.StatusCode {
	a.t.Helper()
	select {
	case err := <-a.closed:
		var ce websocket.CloseError
		if errors.As(err, &ce) {
			return ce.Code
		}
		return -1
	case <-time.After(patience):
		a.t.Fatal("the socket stays open")
	}
	return 0
}

// Drop breaks the connection without a word.
func (a *App) Drop() { _ = a.ws.CloseNow() }
