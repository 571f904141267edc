package signal_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"beside/auth"
	"beside/internal/pgtest"
	"beside/policy"
	"beside/policy/api"
	"beside/server/directory/demo"
	"beside/server/directory/file"
	"beside/server/keys"
	"beside/server/rendezvous"
	"beside/server/signal"
	"beside/server/store"
	"beside/server/store/postgres"
	"beside/server/store/sqlite"
)

var server *pgtest.Server

func TestMain(m *testing.M) {
	if pgtest.Asked("bench") {
		os.Exit(pgtest.Main(m, &server))
	}
	os.Exit(m.Run())
}

const benchPeople = 5000 // helpers, and as many sharers

func person(kind string, n int) string {
	return fmt.Sprintf("%08d-%s-4000-8000-000000000000", n, kind)
}

func helperID(n int) string { return person("aaaa", n%benchPeople) }
func sharerID(n int) string { return person("bbbb", n%benchPeople) }

// wire is a socket that hands on what is pushed.
type wire chan api.Frame

func (w wire) Push(f api.Frame) { w <- f }
func (w wire) Close(string)     {}

// benchHub is a running hub with real signatures.
func benchHub(b *testing.B, s *store.Store, dir *file.Directory, k *keys.Keys, shared bool) *signal.Hub {
	b.Helper()
	h := signal.New(signal.Options{
		Store: s, Directory: dir, Signer: k, Log: slog.New(slog.DiscardHandler), Shared: shared,
		Desk: rendezvous.New(rendezvous.Options{Store: s, Shared: shared}),
	})
	ctx, cancel := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = h.Run(ctx) })
	b.Cleanup(func() { cancel(); wg.Wait() })
	return h
}

// benchHubs are n nodes; shared is false for the one that is alone.
func benchHubs(b *testing.B, n int, shared bool) []*signal.Hub {
	b.Helper()
	var url string
	if shared {
		url = server.Database(b)
	}
	data := file.Data{Tenants: []file.Tenant{{ID: demo.Tenant, Company: "Halden Group", Domain: "halden.example", Groups: []file.Group{{ID: demo.GroupDesk, Name: "Desk"}}}}}
	for i := range benchPeople {
		data.Tenants[0].People = append(data.Tenants[0].People,
			file.Person{OID: helperID(i), Name: "Helper", Groups: []string{demo.GroupDesk}}, file.Person{OID: sharerID(i), Name: "Sharer"})
	}
	path := filepath.Join(b.TempDir(), "directory.json")
	must(b, file.Write(path, data))
	dir, err := file.Open(path)
	must(b, err)
	keyDir := b.TempDir()
	var hubs []*signal.Hub
	for i := range n {
		var s *store.Store
		if shared {
			s, err = postgres.Open(b.Context(), url, nil)
		} else {
			s, err = sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "x.db"), nil)
		}
		must(b, err)
		b.Cleanup(func() { _ = s.Close() })
		t := s.For(demo.Tenant)
		if i == 0 {
			must(b, t.SetUp(b.Context()))
			must(b, t.PutSettings(b.Context(), "bench", policy.Settings{Licence: policy.LicenceActive, Enabled: true, AllowUnenrolled: true}))
			must(b, t.PutAssignment(b.Context(), store.Assignment{Name: "Desk", Assignment: policy.Assignment{
				ID: "1", Role: policy.Role{ID: store.HelpDesk}, AdminGroups: []string{demo.GroupDesk}, UserScope: policy.Scope{All: true},
			}}))
		}
		k, _, err := keys.Open(keys.Options{Dir: keyDir, Origin: "https://help.example", Store: s})
		must(b, err)
		hubs = append(hubs, benchHub(b, s, dir, k, shared))
	}
	return hubs
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// app is one side: its requests are answered before it goes on, as an app's are.
type app struct {
	b      *testing.B
	hub    *signal.Hub
	caller signal.Caller
	sock   wire
	id     uint64
	pushes []api.Frame
}

func newApp(b *testing.B, h *signal.Hub, object string, n int) *app {
	return &app{b: b, hub: h, sock: make(wire, 300), caller: signal.Caller{
		Verified: auth.Verified{Identity: auth.Identity{Tenant: demo.Tenant, Object: object}}, Address: fmt.Sprint(n),
	}}
}

func (a *app) ask(typ string, body, out any) {
	a.id++
	raw, err := json.Marshal(body)
	must(a.b, err)
	a.hub.Do(a.b.Context(), a.caller, a.sock, api.Frame{Type: typ, ID: a.id, Body: raw})
	for {
		f := <-a.sock
		if f.Re != a.id {
			a.pushes = append(a.pushes, f)
			continue
		}
		if f.Type != api.TypeOK {
			a.b.Fatalf("%s: %s", typ, f.Body)
		}
		if out != nil {
			must(a.b, json.Unmarshal(f.Body, out))
		}
		return
	}
}

func (a *app) next(typ string, out any) {
	var f api.Frame
	if len(a.pushes) > 0 {
		f, a.pushes = a.pushes[0], a.pushes[1:]
	} else {
		f = <-a.sock
	}
	if f.Type != typ {
		a.b.Fatalf("%s %s, want %s", f.Type, f.Body, typ)
	}
	if out != nil {
		must(a.b, json.Unmarshal(f.Body, out))
	}
}

// pairUp goes from a code to the cards.
func pairUp(b *testing.B, h, s *app) (code api.Code, met api.Met) {
	nonce := make([]byte, 32)
	h.ask(api.TypeCodeNew, api.CodeNew{NH: nonce}, &code)
	s.ask(api.TypeCodeClaim, api.Claim{Locator: code.Locator, NS: nonce, Device: api.DeviceEvidence{Name: "laptop", OS: "Debian 12"}}, nil)
	h.next(api.TypeClaimant, nil)
	for _, step := range []struct {
		from, to *app
		kind     string
	}{{h, s, "p1"}, {s, h, "p2"}, {h, s, "ta"}, {s, h, "tb"}} {
		step.from.ask(api.TypeSignal, api.Signal{Session: code.Session, Kind: step.kind, Body: make([]byte, 100)}, nil)
		step.to.next(api.TypeSignal, nil)
	}
	digest := sha256.Sum256(make([]byte, 64))
	h.ask(api.TypePaired, api.Paired{Session: code.Session, Digest: digest[:]}, nil)
	s.ask(api.TypePaired, api.Paired{Session: code.Session, Digest: digest[:]}, nil)
	h.next(api.TypeMet, nil)
	s.next(api.TypeMet, &met)
	return code, met
}

func wholeSession(b *testing.B, hubs []*signal.Hub, n int) {
	h, s := newApp(b, hubs[0], helperID(n), n), newApp(b, hubs[len(hubs)-1], sharerID(n), n)
	code, met := pairUp(b, h, s)
	ch, cs := sha256.Sum256(met.Helper), sha256.Sum256(met.Sharer)
	s.ask(api.TypeGrantRequest, api.GrantRequest{
		Session: code.Session, GN: make([]byte, 32), Seq: 1, TH: make([]byte, 64), Rights: []string{"view"},
		HFP: make([]byte, 32), SFP: make([]byte, 32), CardH: ch[:], CardS: cs[:],
	}, nil)
	s.ask(api.TypeEvent, api.Event{Session: code.Session, Kind: api.EventStarted, Rights: []string{"view"}}, nil)
	s.ask(api.TypeEnd, api.End{Session: code.Session, Code: api.EndStopped}, nil)
	h.next(api.TypeEnd, nil)
	h.hub.Gone(h.sock)
	s.hub.Gone(s.sock)
}

// BenchmarkSession is a complete session with all its records, many at once: code, claim,
// four pairing messages, cards, grant, start, end.
func BenchmarkSession(b *testing.B) {
	for name, shared := range map[string]bool{"sqlite": false, "postgres": true} {
		for _, nodes := range []int{1, 2} {
			if nodes == 2 && !shared {
				continue
			}
			b.Run(fmt.Sprintf("%s/nodes=%d", name, nodes), func(b *testing.B) {
				hubs := benchHubs(b, nodes, shared)
				var n atomic.Int64
				b.SetParallelism(8)
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						wholeSession(b, hubs, int(n.Add(1)))
					}
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sessions/s")
			})
		}
	}
}

// BenchmarkSignal is one sealed word from a helper until it is pushed to the sharer.
func BenchmarkSignal(b *testing.B) {
	for _, c := range []struct {
		name   string
		nodes  int
		shared bool
		size   int
	}{{"sqlite/alone", 1, false, 300}, {"postgres/same-node", 1, true, 300}, {"postgres/two-nodes", 2, true, 300}, {"postgres/two-nodes-12KB", 2, true, 12_000}} {
		b.Run(c.name, func(b *testing.B) {
			hubs := benchHubs(b, c.nodes, c.shared)
			var h, s *app
			var code api.Code
			took := make([]time.Duration, 0, b.N)
			b.ResetTimer()
			for i := range b.N {
				if i%60 == 0 { // the limit of signals: a new session takes over
					b.StopTimer()
					h, s = newApp(b, hubs[0], helperID(i/60), i/60), newApp(b, hubs[len(hubs)-1], sharerID(i/60), i/60)
					code, _ = pairUp(b, h, s)
					b.StartTimer()
				}
				body, err := json.Marshal(api.Signal{Session: code.Session, Kind: "sealed", Body: make([]byte, c.size)})
				must(b, err)
				h.id++
				start := time.Now()
				go h.hub.Do(b.Context(), h.caller, h.sock, api.Frame{Type: api.TypeSignal, ID: h.id, Body: body})
				if f := <-s.sock; f.Type != api.TypeSignal {
					b.Fatal(f.Type)
				}
				took = append(took, time.Since(start))
				<-h.sock
			}
			b.StopTimer()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
