package api_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"beside/policy"
	wire "beside/policy/api"
	"beside/server/directory/demo"
	"beside/server/servertest"
	"beside/server/signal"
	"beside/server/store"
)

// node is one of the nodes on a database, running.
type node struct {
	*endpoint
	kill func() // at once: sockets break, nothing is finished
}

// nodes starts a first node on a new database and n-1 more beside it.
func nodes(t *testing.T, n int) []*node {
	t.Helper()
	first := start(t)
	out := []*node{running(first)}
	for range n - 1 {
		out = append(out, another(first, nil))
	}
	return out
}

// another is a node more on the database of the first.
func another(first *endpoint, relay signal.Relay) *node {
	e := &endpoint{t: first.t, clock: first.clock, signer: &words{}, log: &bytes.Buffer{}, path: first.path, dir: first.dir, url: first.url, relay: relay}
	e.open()
	e.boot()
	return running(e)
}

func running(e *endpoint) *node {
	ctx, cancel := context.WithCancel(e.t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = e.hub.Run(ctx) })
	stop := func() { cancel(); wg.Wait() }
	e.t.Cleanup(stop)
	return &node{endpoint: e, kill: func() {
		_ = e.store.Close() // whatever it still tries comes to nothing
		stop()
		e.face.Drain()
	}}
}

// across is a session with the helper on one node and the sharer on another.
func across(a, b *node) *pair {
	p := &pair{e: a.endpoint, helper: a.dial(demo.Noa), sharer: b.dial(demo.Sam)}
	p.meet()
	return p
}

// meet goes from nothing until both have seen the cards.
func (p *pair) meet() {
	p.helper.Must(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, &p.code)
	p.sharer.Must(wire.TypeCodeClaim, wire.Claim{Locator: p.code.Locator, NS: fill(2, 32), Device: samsDevice}, &p.claimed)
	var c wire.Claimant
	p.helper.Next(wire.TypeClaimant, &c)
	var s wire.Signal
	for _, step := range []struct {
		from, to *servertest.App
		kind     string
	}{{p.helper, p.sharer, "p1"}, {p.sharer, p.helper, "p2"}, {p.helper, p.sharer, "ta"}, {p.sharer, p.helper, "tb"}} {
		step.from.Must(wire.TypeSignal, wire.Signal{Session: p.code.Session, Kind: step.kind, Body: []byte(step.kind)}, nil)
		if step.to.Next(wire.TypeSignal, &s); s.Kind != step.kind {
			p.e.t.Fatalf("got %q, want %q", s.Kind, step.kind)
		}
	}
	p.helper.Must(wire.TypePaired, wire.Paired{Session: p.code.Session, Digest: digest}, nil)
	p.sharer.Must(wire.TypePaired, wire.Paired{Session: p.code.Session, Digest: digest}, nil)
	p.helper.Next(wire.TypeMet, &p.metH)
	p.sharer.Next(wire.TypeMet, &p.metS)
}

func TestTwoNodes(t *testing.T) {
	if !shared {
		return // one that is alone has no other
	}
	ns := nodes(t, 2)
	a, b := ns[0], ns[1]
	p := across(a, b)
	// Words of every size arrive as they are, in order, in both directions.
	for i, size := range []int{1, 100, 5000, 6000, 16_000, 3, 16_000, 2} {
		body := bytes.Repeat([]byte{byte(i), 0}, size/2+1)
		for _, d := range [][2]*servertest.App{{p.helper, p.sharer}, {p.sharer, p.helper}} {
			d[0].Must(wire.TypeSignal, wire.Signal{Session: p.code.Session, Kind: "sealed", Body: body}, nil)
			var s wire.Signal
			if d[1].Next(wire.TypeSignal, &s); !bytes.Equal(s.Body, body) {
				t.Fatalf("signal %d of %d bytes arrived with %d", i, len(body), len(s.Body))
			}
		}
		a.clock.Add(time.Second) // the limit of signals
	}
	var g wire.Granted
	p.sharer.Must(wire.TypeGrantRequest, p.request("view", "control"), &g)
	p.sharer.Must(wire.TypeEvent, wire.Event{Session: p.code.Session, Kind: wire.EventStarted, Rights: []string{"view"}}, nil)

	// A rule that changes anywhere reaches both, once.
	as, err := a.store.For(demo.Tenant).Assignments(t.Context())
	a.must(err)
	for _, as := range as {
		a.must(a.store.For(demo.Tenant).DeleteAssignment(t.Context(), as.ID))
	}
	for _, app := range []*servertest.App{p.helper, p.sharer} {
		app.Next(wire.TypeRevoke, &wire.Revoke{})
		app.Next(wire.TypeEnd, &wire.End{})
	}
	row, err := b.store.For(demo.Tenant).Session(t.Context(), p.code.Session)
	a.must(err)
	if row.State != "ended" || row.Used != policy.View || row.Started.IsZero() {
		t.Errorf("row %+v", row)
	}
	audit := a.audit(demo.Tenant)
	for _, action := range []string{"code.new", "code.claim", "joined", "granted", "started", "ended"} {
		if audit[action+" ok"] != 1 {
			t.Errorf("%d rows of %s: %v", audit[action+" ok"], action, audit)
		}
	}
}

// The node whose relay a session uses hears of its end on another node.
func TestRelayOfAnotherNode(t *testing.T) {
	if !shared {
		return
	}
	w := &ways{}
	ns := nodes(t, 1)
	ns = append(ns, another(ns[0].endpoint, w))
	p := across(ns[0], ns[1])
	if len(p.metH.ICE) != 1 || len(p.metS.ICE) != 1 || p.metH.ICE[0].Username != p.code.Session+":helper" {
		t.Fatalf("told %+v and %+v", p.metH.ICE, p.metS.ICE)
	}
	if !ns[0].hub.End(t.Context(), demo.Tenant, p.code.Session, demo.Noa) {
		t.Fatal("not ended")
	}
	for i := 0; i < 10 && len(w.seen()) == 0; i++ { // its own tick may be the one that looks
		ns[1].clock.Add(10 * time.Second)
		ns[1].hub.Tick(t.Context())
	}
	if got := w.seen(); len(got) != 1 || got[0] != p.code.Session {
		t.Errorf("released %v", got)
	}
}

// TestNodeDies kills the sharer's node in the middle of a session.
func TestNodeDies(t *testing.T) {
	if !shared {
		return
	}
	ns := nodes(t, 2)
	a, b := ns[0], ns[1]
	p := across(a, b)
	var g wire.Granted
	p.sharer.Must(wire.TypeGrantRequest, p.request("view"), &g)
	say := func(text string) {
		t.Helper()
		p.helper.Must(wire.TypeSignal, wire.Signal{Session: p.code.Session, Kind: "sealed", Body: []byte(text)}, nil)
	}
	var s wire.Signal
	say("before")
	p.sharer.Next(wire.TypeSignal, &s)
	b.kill()
	p.sharer.Closed()
	say("while away 1")
	say("while away 2")
	p.sharer = a.dial(demo.Sam)
	var r wire.Resumed
	p.sharer.Must(wire.TypeResume, wire.Resume{Session: p.code.Session, Token: p.claimed.Resume, LastSeq: s.Seq}, &r)
	say("after")
	for i, want := range []string{"while away 1", "while away 2", "after"} {
		last := s.Seq
		if p.sharer.Next(wire.TypeSignal, &s); string(s.Body) != want || s.Seq != last+1 {
			t.Fatalf("push %d is %q with number %d after %d", i, s.Body, s.Seq, last)
		}
	}
	p.sharer.Must(wire.TypeGrantRequest, p.request("view"), &g) // renewal goes on
	// The transcript is known on the other node too: a narrowing is signed.
	a.must(a.store.For(demo.Tenant).PutSettings(t.Context(), "test", policy.Settings{Licence: policy.LicenceActive}))
	p.sharer.Next(wire.TypeRevoke, &wire.Revoke{})
	p.helper.Next(wire.TypeRevoke, &wire.Revoke{})
}

// TestNodeDiesWhilePairing kills the helper's node between the two words "paired".
func TestNodeDiesWhilePairing(t *testing.T) {
	if !shared {
		return
	}
	ns := nodes(t, 2)
	a, b := ns[0], ns[1]
	p := &pair{helper: a.dial(demo.Noa), sharer: b.dial(demo.Sam)}
	p.helper.Must(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, &p.code)
	p.sharer.Must(wire.TypeCodeClaim, wire.Claim{Locator: p.code.Locator, NS: fill(2, 32), Device: samsDevice}, &p.claimed)
	p.helper.Next(wire.TypeClaimant, &wire.Claimant{})
	p.helper.Must(wire.TypeSignal, wire.Signal{Session: p.code.Session, Kind: "p1", Body: []byte("x")}, nil)
	p.helper.Must(wire.TypePaired, wire.Paired{Session: p.code.Session, Digest: digest}, nil)
	a.kill()
	p.helper.Closed()
	p.sharer.Must(wire.TypePaired, wire.Paired{Session: p.code.Session, Digest: digest}, nil)
	p.helper = b.dial(demo.Noa)
	p.helper.Must(wire.TypeResume, wire.Resume{Session: p.code.Session, Token: p.code.Resume, LastSeq: 1}, nil)
	p.helper.Next(wire.TypeMet, &p.metH)
	if pr := p.helper.Ask(wire.TypeSignal, wire.Signal{Session: p.code.Session, Kind: "p1", Body: []byte("x")}, nil); code(pr) != wire.ProtocolBroken {
		t.Errorf("a second pairing run on another node: %v", pr)
	}
}

func TestResumeOnAnotherNodeClosesTheOlder(t *testing.T) {
	if !shared {
		return
	}
	ns := nodes(t, 2)
	a, b := ns[0], ns[1]
	p := across(a, b)
	again := a.dial(demo.Sam)
	again.Must(wire.TypeResume, wire.Resume{Session: p.code.Session, Token: p.claimed.Resume, LastSeq: 3}, nil)
	if status := p.sharer.Closed(); status != 4409 {
		t.Errorf("closed with %v", status)
	}
	p.helper.Must(wire.TypeSignal, wire.Signal{Session: p.code.Session, Kind: "sealed", Body: []byte("x")}, nil)
	var s wire.Signal
	if again.Next(wire.TypeSignal, &s); string(s.Body) != "x" {
		t.Errorf("got %q", s.Body)
	}
}

// TestNothingIsLostOrDoubled sends numbered words while both sides change nodes and
// listeners lose their connections.
func TestNothingIsLostOrDoubled(t *testing.T) {
	if !shared {
		return
	}
	ns := nodes(t, 2)
	p := across(ns[0], ns[1])
	c, err := pgx.Connect(t.Context(), ns[0].url)
	ns[0].must(err)
	defer func() { _ = c.Close(context.WithoutCancel(t.Context())) }()
	rng := rand.New(rand.NewPCG(1, 2))
	token, last := p.claimed.Resume, uint64(3)
	got := 0
	for sent := range 100 { // the burst of frames that a socket may send
		ns[0].clock.Add(time.Second)
		p.helper.Must(wire.TypeSignal, wire.Signal{Session: p.code.Session, Kind: "sealed", Body: []byte(fmt.Sprint(sent, strings.Repeat("x", rng.IntN(2)*9000)))}, nil)
		switch rng.IntN(25) {
		case 0: // the sharer goes to some node, with or without a word
			if rng.IntN(2) == 0 {
				p.sharer.Drop()
			}
			next := ns[rng.IntN(2)].dial(demo.Sam)
			var r wire.Resumed
			next.Must(wire.TypeResume, wire.Resume{Session: p.code.Session, Token: token, LastSeq: last}, &r)
			p.sharer, token = next, r.Resume
		case 1:
			_, err := c.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()`)
			ns[0].must(err)
		}
		for rng.IntN(3) > 0 && got <= sent {
			var s wire.Signal
			if p.sharer.Next(wire.TypeSignal, &s); !strings.HasPrefix(string(s.Body), fmt.Sprint(got)) || s.Seq != last+1 {
				t.Fatalf("word %.9q with number %d, want %d with %d", s.Body, s.Seq, got, last+1)
			}
			got, last = got+1, s.Seq
		}
	}
	if got == 0 || p.sharer.Pushed() > 100-got {
		t.Errorf("%d got, %d waiting", got, p.sharer.Pushed())
	}
}

// TestDatabaseAway stops the database under a session and starts it again.
func TestDatabaseAway(t *testing.T) {
	if !shared {
		return
	}
	ns := nodes(t, 2)
	a, b := ns[0], ns[1]
	p := across(a, b)
	var g wire.Granted
	p.sharer.Must(wire.TypeGrantRequest, p.request("view"), &g)
	server.Down()
	up := sync.OnceFunc(func() {
		if err := server.Up(); err != nil {
			t.Fatal(err)
		}
	})
	defer up()
	for name, pr := range map[string]*wire.Problem{
		"signal": p.helper.Ask(wire.TypeSignal, wire.Signal{Session: p.code.Session, Kind: "sealed", Body: []byte("x")}, nil),
		"grant":  p.sharer.Ask(wire.TypeGrantRequest, p.request("view"), nil),
		"code":   p.helper.Ask(wire.TypeCodeNew, wire.CodeNew{NH: fill(1, 32)}, nil),
	} {
		if pr == nil || pr.Status != http.StatusServiceUnavailable || pr.Retry == 0 {
			t.Errorf("%s: %+v", name, pr)
		}
	}
	if status, _ := a.get("/readyz", ""); status != http.StatusServiceUnavailable {
		t.Errorf("ready: %d", status)
	}
	// What happens meanwhile is not refused and not forgotten.
	p.sharer.Must(wire.TypeEvent, wire.Event{Session: p.code.Session, Kind: wire.EventStarted, Rights: []string{"view"}}, nil)
	p.sharer.Must(wire.TypeEvent, wire.Event{Session: p.code.Session, Kind: wire.EventRefused, Detail: "input.key", Count: 7}, nil)
	p.sharer.Must(wire.TypeEvent, wire.Event{Session: p.code.Session, Kind: wire.EventConsent, Rights: []string{"view"}}, nil)
	if pr := p.sharer.Ask(wire.TypeEvent, wire.Event{Session: store.NewID(), Kind: wire.EventStarted}, nil); pr == nil {
		t.Error("an event of a foreign session is kept")
	}
	up()
	p.sharer.Must(wire.TypeGrantRequest, p.request("view"), &g) // the same sockets, the same session
	p.helper.Must(wire.TypeSignal, wire.Signal{Session: p.code.Session, Kind: "sealed", Body: []byte("back")}, nil)
	var s wire.Signal
	if p.sharer.Next(wire.TypeSignal, &s); string(s.Body) != "back" {
		t.Errorf("got %q", s.Body)
	}
	a.until(func() bool {
		n := a.audit(demo.Tenant)
		return n["started ok"] == 1 && n["refused ok"] == 7 && n["consent.given ok"] == 1
	})
	a.until(func() bool {
		row, err := a.store.For(demo.Tenant).Session(t.Context(), p.code.Session)
		return err == nil && row.Used == policy.View && !row.Started.IsZero()
	})

	// An end is kept too.
	server.Down()
	p.helper.Must(wire.TypeEnd, wire.End{Session: p.code.Session, Code: wire.EndStopped}, nil)
	if err := server.Up(); err != nil {
		t.Fatal(err)
	}
	var end wire.End
	if p.sharer.Next(wire.TypeEnd, &end); end.Code != wire.EndStopped || end.Who != "helper" {
		t.Errorf("end %+v", end)
	}
}
