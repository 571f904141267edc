package api_test

import (
	"reflect"
	"sync"
	"testing"
	"time"

	wire "beside/policy/api"
	"beside/server/directory/demo"
)

// ways is a relay that writes down what is asked of it.
type ways struct {
	mu       sync.Mutex
	released []string
	renewed  []string
}

func (w *ways) Renew(session string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.renewed = append(w.renewed, session)
}

func (w *ways) Servers(session, side string) []wire.ICEServer {
	return []wire.ICEServer{{URLs: []string{"turn:relay.example"}, Username: session + ":" + side, Credential: "secret"}}
}

func (w *ways) Release(session string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.released = append(w.released, session)
}

func (w *ways) seen() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.released...)
}

// Each side is told of the relay once both are paired, with credentials of its own, and the end of the
// session, whoever brings it about, is the end of them.
func TestRelayServesASession(t *testing.T) {
	for name, end := range map[string]func(e *endpoint, p *pair){
		"the sharer ends it": func(_ *endpoint, p *pair) {
			p.sharer.Must(wire.TypeEnd, wire.End{Session: p.code.Session, Code: wire.EndStopped}, nil)
		},
		"an administrator ends it": func(e *endpoint, p *pair) {
			if !e.hub.End(e.t.Context(), demo.Tenant, p.code.Session, demo.Noa) {
				e.t.Error("not ended")
			}
		},
		"it runs out": func(e *endpoint, _ *pair) {
			e.clock.Add(11 * time.Minute)
			e.hub.Tick(e.t.Context())
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t)
			w := &ways{}
			e.relay = w
			e.restart()
			p := e.meet()
			for side, met := range map[string]wire.Met{"helper": p.metH, "sharer": p.metS} {
				if want := w.Servers(p.code.Session, side); !reflect.DeepEqual(met.ICE, want) {
					t.Errorf("%s is told %+v", side, met.ICE)
				}
			}
			if got := w.seen(); len(got) != 0 {
				t.Errorf("released too early: %v", got)
			}
			end(e, p)
			if got := w.seen(); !reflect.DeepEqual(got, []string{p.code.Session}) {
				t.Errorf("released %v", got)
			}
		})
	}
}

// A grant lets the relay's credentials serve on: a session that lasts may have to look for another path.
func TestRelayIsRenewedWithTheGrant(t *testing.T) {
	e := start(t)
	w := &ways{}
	e.relay = w
	e.restart()
	p := e.granted("view")
	w.mu.Lock()
	defer w.mu.Unlock()
	if !reflect.DeepEqual(w.renewed, []string{p.code.Session}) {
		t.Errorf("renewed %v", w.renewed)
	}
}
