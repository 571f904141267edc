package session_test

import (
	"context"
	"image"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"beside/capture"
	"beside/frame"
	"beside/input"
	"beside/policy"
	"beside/policy/api"
	"beside/session"
	"beside/session/pair"
	"beside/session/sessiontest"
)

// display is a screen in memory, and a capture.Backend that has only it.
type display struct {
	mu      sync.Mutex
	pix     []byte
	size    image.Point
	version int
	changed chan struct{}
	fail    error
}

func newDisplay(w, h int) *display {
	d := &display{size: image.Pt(w, h), pix: make([]byte, w*h*4), changed: make(chan struct{}, 1)}
	d.paint(image.Rect(0, 0, w, h), 7)
	return d
}

// paint fills r with noise of that seed.
func (d *display) paint(r image.Rectangle, seed uint64) {
	d.mu.Lock()
	rnd := rand.New(rand.NewPCG(seed, 0))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			i := (y*d.size.X + x) * 4
			v := rnd.Uint32()
			d.pix[i], d.pix[i+1], d.pix[i+2], d.pix[i+3] = byte(v), byte(v>>8), byte(v>>16), 0xFF
		}
	}
	d.version++
	d.mu.Unlock()
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

func (d *display) copy() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]byte(nil), d.pix...)
}

func (d *display) Displays(context.Context) ([]capture.Display, error) {
	return []capture.Display{{Bounds: image.Rectangle{Max: d.size}}}, nil
}

func (d *display) Open(context.Context, string) (capture.Source, error) {
	if d.fail != nil {
		return nil, d.fail
	}
	return &source{d: d, closed: make(chan struct{})}, nil
}

type source struct {
	d      *display
	last   *frame.Frame // whom the newest picture went to, and which it was
	seen   int
	cursor bool
	once   sync.Once
	closed chan struct{}
}

// differs says whether dst is not the display as it is now: an empty frame always differs.
func (s *source) differs(dst *frame.Frame) bool {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	return dst != s.last || s.seen != s.d.version || dst.Size != s.d.size
}

func (s *source) Next(ctx context.Context, dst *frame.Frame) error {
	for !s.differs(dst) {
		select {
		case <-s.d.changed:
		case <-s.closed:
			return capture.ErrDisplayGone
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.last, s.seen = dst, s.d.version
	dst.Resize(s.d.size)
	copy(dst.Pix, s.d.pix)
	dst.Damage.Add(dst.Bounds())
	return nil
}

func (s *source) Cursor(ctx context.Context) (frame.Cursor, error) {
	if !s.cursor {
		s.cursor = true
		return frame.Cursor{Pos: image.Pt(3, 4), Visible: true}, nil
	}
	select {
	case <-s.closed:
		return frame.Cursor{}, capture.ErrDisplayGone
	case <-ctx.Done():
		return frame.Cursor{}, ctx.Err()
	}
}

func (s *source) Close() error { s.once.Do(func() { close(s.closed) }); return nil }

// glass is a session.Screen in memory. The session's goroutine writes f; what a test may look at
// is a copy made when it is shown.
type glass struct {
	f frame.Frame

	mu     sync.Mutex
	size   image.Point
	seen   []byte
	shows  int
	paused bool
	cur    frame.Cursor
}

func (g *glass) Frame(size image.Point) *frame.Frame {
	g.f.Resize(size)
	return &g.f
}

func (g *glass) Show([]image.Rectangle) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.size, g.seen = g.f.Size, append(g.seen[:0], g.f.Pix...)
	g.shows++
}
func (g *glass) Cursor(c frame.Cursor) { g.mu.Lock(); g.cur = c; g.mu.Unlock() }
func (g *glass) Pause(on bool)         { g.mu.Lock(); g.paused = on; g.mu.Unlock() }
func (g *glass) hidden() bool          { g.mu.Lock(); defer g.mu.Unlock(); return g.paused }
func (g *glass) shown() int            { g.mu.Lock(); defer g.mu.Unlock(); return g.shows }

// person is somebody physically at the machine, or not.
type person struct {
	mu sync.Mutex
	at time.Time
}

func (p *person) touch() { p.mu.Lock(); p.at = time.Now(); p.mu.Unlock() }
func (p *person) Since() (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Since(p.at), !p.at.IsZero()
}

// rig is one helper and one sharer with everything between them in memory.
type rig struct {
	t       *testing.T
	end     *sessiontest.Endpoint
	net     *sessiontest.Network
	screen  *display
	glass   *glass
	sys     *sink
	person  *person
	sleep   func(time.Duration) // the sharer's machine sleeps
	clock   session.Clock       // the sharer's
	ceiling policy.Right
	spent   *pair.Spent
	own     input.Windows
	desk    capture.Backend                      // nil: screen is all there is
	sheet   *sheet                               // what the helper draws on; nil: nothing
	tweak   func(c *session.Common, sharer bool) // one side's own idea of the world

	area   func() image.Rectangle // where the shared picture lies, once the session is live
	helper *session.Helper
	sharer *session.Sharer
	conns  [2]*sessiontest.Conn
	wg     sync.WaitGroup
	cancel context.CancelFunc
	ctx    context.Context
	he, se *events
}

// newRig makes one; change its fields before help.
func newRig(t *testing.T) *rig {
	t.Helper()
	spent, err := pair.NewSpent()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{
		t: t, end: sessiontest.NewEndpoint(), net: &sessiontest.Network{}, screen: newDisplay(160, 96), glass: &glass{},
		sys: &sink{}, person: &person{}, ceiling: policy.View | policy.Control, spent: spent,
	}
	base := time.Now()
	var mu sync.Mutex
	var extra time.Duration
	r.clock = func() time.Duration { mu.Lock(); defer mu.Unlock(); return time.Since(base) + extra }
	r.sleep = func(d time.Duration) { mu.Lock(); extra += d; mu.Unlock() }
	r.ctx, r.cancel = context.WithCancel(context.Background())
	t.Cleanup(func() { r.cancel(); r.wg.Wait() })
	return r
}

func (r *rig) common(oid string, c *sessiontest.Conn, sharer bool) session.Common {
	clock := r.clock
	if !sharer {
		clock = nil
	}
	common := session.Common{
		Endpoint: c, Account: session.Account{Tenant: sessiontest.Tenant, Object: oid}, Origin: sessiontest.Origin,
		AnchorID: r.end.AnchorID(), AppVersion: "1.0.0", Clock: clock, Statement: r.end.Statement,
		NewWire: func() (session.Wire, error) { return r.net.New(sharer) },
	}
	if r.tweak != nil {
		r.tweak(&common, sharer)
	}
	return common
}

// help starts the helper and waits for its code.
func (r *rig) help() string {
	r.t.Helper()
	r.conns[0] = r.end.Connect(sessiontest.Noa)
	r.helper = session.NewHelper(session.HelperConfig{Common: r.common(sessiontest.Noa, r.conns[0], false), Screen: r.glass})
	r.he = collect(r.helper.Events())
	h := r.helper
	r.wg.Go(func() { _ = h.Run(r.ctx) })
	return expect[session.CodeReady](r.t, r.he).Code
}

// join starts the sharer with a code.
func (r *rig) join(code string) {
	r.t.Helper()
	r.conns[1] = r.end.Connect(sessiontest.Sam)
	r.share(session.SharerConfig{Code: code})
}

// share starts the sharer with what is set and everything else.
func (r *rig) share(cfg session.SharerConfig) {
	r.t.Helper()
	var overlay func() (session.Overlay, error)
	if r.sheet != nil {
		overlay = r.sheet.open
	}
	displays := r.desk
	if displays == nil {
		displays = r.screen
	}
	cfg.Overlay, cfg.Common, cfg.Displays, cfg.Ceiling = overlay, r.common(sessiontest.Sam, r.conns[1], true), displays, r.ceiling
	cfg.Device, cfg.Local, cfg.Spent, cfg.Own = api.DeviceEvidence{Name: "HLD-LT-0427", OS: "Debian 12"}, r.person, r.spent, r.own
	cfg.Injector = func(area func() image.Rectangle) (input.Injector, error) { r.area = area; return r.sys, nil }
	r.sharer = session.NewSharer(cfg)
	r.se = collect(r.sharer.Events())
	s := r.sharer
	r.wg.Go(func() { _ = s.Run(r.ctx) })
}

// start runs everything up to a session with these rights.
func (r *rig) start(want policy.Right) {
	r.t.Helper()
	r.join(r.help())
	expect[session.MetSharer](r.t, r.he)
	r.helper.Ask(want)
	expect[session.Consent](r.t, r.se).Answer(true)
	expect[session.Started](r.t, r.se)
	expect[session.Started](r.t, r.he)
}

// patience is long because some tests run in virtual time; elsewhere the test's own timeout is shorter.
const patience = 20 * time.Minute

// events keeps what came, so that tests may look for one kind and pass over others.
type events struct {
	c   <-chan session.Event
	all []session.Event
}

func collect(c <-chan session.Event) *events { return &events{c: c} }

// expect waits for the next event of a kind and passes over others.
func expect[T session.Event](t *testing.T, e *events) T {
	t.Helper()
	limit := time.After(patience)
	for {
		select {
		case ev, ok := <-e.c:
			if !ok {
				t.Fatalf("the session ended without a %T; it said %#v", *new(T), e.all)
			}
			e.all = append(e.all, ev)
			if v, ok := ev.(T); ok {
				return v
			}
		case <-limit:
			t.Fatalf("no %T came; it said %#v", *new(T), e.all)
		}
	}
}

// eventually waits until ok says yes.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(limit) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// same says whether the helper's picture equals the sharer's screen.
func (r *rig) same() bool {
	want := r.screen.copy()
	r.glass.mu.Lock()
	defer r.glass.mu.Unlock()
	if len(r.glass.seen) != len(want) {
		return false
	}
	for i := 0; i < len(want); i += 4 {
		if [3]byte(want[i:]) != [3]byte(r.glass.seen[i:]) {
			return false
		}
	}
	return true
}
