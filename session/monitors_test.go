package session_test

import (
	"context"
	"image"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"beside/capture"
	"beside/frame"
	"beside/input"
	"beside/policy"
	"beside/policy/api"
	"beside/session"
	"beside/session/wire"
)

// desk is a desktop of several monitors in memory. Its whole is a display of its own.
type desk struct {
	mu     sync.Mutex
	whole  *display
	screen map[string]*display
	at     map[string]image.Point
	open   map[string][]*deskSource
	relaid chan struct{}
}

func newDesk() *desk {
	return &desk{
		whole:  newDisplay(280, 96),
		screen: map[string]*display{"left": newDisplay(160, 96), "right": newDisplay(120, 80)},
		at:     map[string]image.Point{"left": {}, "right": {X: 160}}, open: map[string][]*deskSource{},
		relaid: make(chan struct{}, 1),
	}
}

func (d *desk) Displays(context.Context) (ds []capture.Display, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, at := range d.at {
		ds = append(ds, capture.Display{ID: id, Name: "secret " + id, Bounds: image.Rectangle{Min: at, Max: at.Add(d.screen[id].size)}, Primary: id == "left"})
	}
	return ds, nil
}

func (d *desk) Open(ctx context.Context, id string) (capture.Source, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	of := d.whole
	if id != "" {
		of = d.screen[id]
		if _, there := d.at[id]; !there {
			return nil, capture.ErrDisplayGone
		}
	}
	src, err := of.Open(ctx, id)
	if err != nil {
		return nil, err
	}
	s := &deskSource{Source: src, d: d, origin: d.at[id]}
	d.open[id] = append(d.open[id], s)
	return s, nil
}

// deskSource is one monitor, captured.
type deskSource struct {
	capture.Source
	d      *desk
	origin image.Point
}

func (s *deskSource) Next(ctx context.Context, dst *frame.Frame) error {
	if err := s.Source.Next(ctx, dst); err != nil {
		return err
	}
	dst.Origin = s.origin
	return nil
}

func (s *deskSource) Relaid() <-chan struct{} { return s.d.relaid }

// pull unplugs a monitor, plug brings one back.
func (d *desk) pull(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.at, id)
	for _, s := range d.open[id] {
		_ = s.Close()
	}
	d.news()
}

func (d *desk) plug(id string, at image.Point) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at[id] = at
	d.news()
}

func (d *desk) news() {
	select {
	case d.relaid <- struct{}{}:
	default:
	}
}

// sees says whether the helper's picture is that display.
func (r *rig) sees(d *display) func() bool {
	return func() bool {
		was := r.screen
		r.screen = d
		defer func() { r.screen = was }()
		return r.same()
	}
}

// numbers are those of a list.
func numbers(list []session.Monitor) (n []int) {
	for _, m := range list {
		n = append(n, m.N)
	}
	return n
}

// monitors waits for news of monitors that shows n, in a list of these.
func monitors(t *testing.T, e *events, n int, list ...int) session.MonitorsNow {
	t.Helper()
	for {
		if m := expect[session.MonitorsNow](t, e); m.Shown == n && slices.Equal(numbers(m.List), list) {
			return m
		}
	}
}

// at says where a click lands while n is shown; ok is false if it does not land.
func (r *rig) click(at input.Move) {
	r.helper.Input(input.Button{At: at, Code: 1, Down: true})
	r.helper.Input(input.Button{At: at, Code: 1})
}

// The helper is told which monitors there are, without their names, and sees the one he picks; input
// is for that one.
func TestMonitors(t *testing.T) {
	r, d := newRig(t), newDesk()
	r.desk = d
	r.start(control)
	m := monitors(t, r.he, 0, 1, 2)
	if !m.All || m.Only != 0 || !m.List[0].Primary || m.List[1].Bounds != image.Rect(160, 0, 280, 80) {
		t.Errorf("%+v", m)
	}
	eventually(t, "both", r.sees(d.whole))
	for _, turn := range []struct {
		n    int
		see  *display
		area image.Rectangle
	}{
		{2, d.screen["right"], image.Rect(160, 0, 280, 80)},
		{1, d.screen["left"], image.Rect(0, 0, 160, 96)},
		{0, d.whole, image.Rect(0, 0, 280, 96)},
	} {
		before := len(r.sys.events())
		r.helper.ShowMonitor(turn.n)
		monitors(t, r.he, turn.n, 1, 2)
		monitors(t, r.se, turn.n, 1, 2)
		eventually(t, "the monitor", r.sees(turn.see))
		eventually(t, "input again", func() bool { r.click(input.Move{X: 0.5, Y: 0.5}); return len(r.sys.events()) > before })
		if got := r.area(); got != turn.area {
			t.Errorf("aimed at %v, want %v", got, turn.area)
		}
	}
	for _, n := range []int{3, 255} {
		r.helper.ShowMonitor(n)
	}
	if r.helper.ShowMonitor(-1); !r.sees(d.whole)() {
		t.Error("a monitor that is not there changed something")
	}
	eventually(t, "the audit", func() bool { return r.audited("shown", 2) && r.audited("shown", 0) })
}

// audited says whether the endpoint was told of a turn.
func (r *rig) audited(detail string, n int) (yes bool) {
	r.end.Change(func() {
		yes = slices.ContainsFunc(r.end.Events, func(e api.Event) bool {
			return e.Kind == api.EventMonitors && e.Detail == detail && e.Count == n
		})
	})
	return yes
}

// The sharer limits the share, before and during the session: the helper sees no other and is told of no
// other, until the limit is lifted.
func TestShareOnly(t *testing.T) {
	r, d := newRig(t), newDesk()
	r.desk = d
	r.join(r.help())
	expect[session.MetSharer](t, r.he)
	r.helper.Ask(policy.View)
	c := expect[session.Consent](t, r.se)
	if !slices.Equal(numbers(c.Monitors), []int{1, 2}) {
		t.Fatalf("%+v", c.Monitors)
	}
	r.sharer.ShareOnly(2)
	c.Answer(true)
	expect[session.Started](t, r.he)
	if m := monitors(t, r.he, 2, 2); m.All || m.Only != 2 {
		t.Errorf("%+v", m)
	}
	if m := monitors(t, r.se, 2, 1, 2); m.Only != 2 {
		t.Errorf("%+v", m)
	}
	eventually(t, "the right one", r.sees(d.screen["right"]))
	for _, n := range []int{0, 1} {
		r.helper.ShowMonitor(n)
		monitors(t, r.he, 2, 2) // told again what there is
	}
	if n := len(d.open[""]) + len(d.open["left"]); n != 0 {
		t.Errorf("what is not shared was captured %d times", n)
	}
	r.sharer.ShareOnly(1)
	monitors(t, r.he, 1, 1)
	eventually(t, "the left one", r.sees(d.screen["left"]))
	r.sharer.ShareOnly(0)
	if m := monitors(t, r.he, 0, 1, 2); !m.All {
		t.Errorf("%+v", m)
	}
	eventually(t, "both", r.sees(d.whole))
	r.sharer.ShareOnly(7) // is not there
	eventually(t, "the audit", func() bool { return r.audited("only", 1) && r.audited("all", 0) })
	if r.audited("only", 7) {
		t.Error("limited to what is not there")
	}
}

// When ShareOnly has returned, nothing of another monitor leaves, and nothing lands until the helper has
// seen the new picture, whatever a helper says.
func TestEvilHelperMonitors(t *testing.T) {
	virtual(t, "limit", func(t *testing.T, r *rig) {
		d := newDesk()
		r.desk = d
		p := r.live(t, control)
		was := p.now().Epoch
		p.input(under(was, wire.Input{First: 1, Events: []input.Event{pressA}}))
		synctest.Wait()
		d.whole.paint(image.Rect(0, 0, 280, 96), 5) // on its way when the limit comes
		r.sharer.ShareOnly(2)
		before := p.packets.Load()
		if got := r.sys.events(); len(got) != 2 || got[1] != (input.Key{Usage: 4}) {
			t.Errorf("the key stayed down: %v", got)
		}
		synctest.Wait()
		if m := said[wire.Monitors](p); m.All || m.Shown != 2 || len(m.List) != 1 {
			t.Errorf("%+v", m)
		}
		if n := len(d.open["right"]); n != 1 {
			t.Errorf("opened %d times", n)
		}
		for n := range uint8(4) {
			p.say(wire.Show{Monitor: n})
		}
		for i, epoch := range []uint32{was, was + 1, was + 2, was + 3, p.now().Epoch} {
			p.input(under(epoch, wire.Input{First: uint32(2 + i), Moved: uint32(2 + i), Events: []input.Event{pressA}}))
		}
		time.Sleep(1500 * time.Millisecond)
		if n := len(r.sys.events()); n != 2 {
			t.Errorf("injected %v before the picture was seen", r.sys.events())
		}
		if n := len(d.open[""]) + len(d.open["left"]); n != 1 { // from before
			t.Errorf("what is not shared was captured %d times", n)
		}
		if n := r.refused("monitor"); n != 3 {
			t.Errorf("%d refusals were reported, want 3", n)
		}
		if p.packets.Load() == before {
			t.Error("no picture came")
		}
	})
	virtual(t, "flood", func(t *testing.T, r *rig) {
		r.desk = newDesk()
		p := r.live(t, policy.View)
		for i := range 390 {
			p.say(wire.Show{Monitor: uint8(i % 3)})
		}
		if e := expect[session.Ended](t, r.se); e.Code != api.ProtocolBroken || e.By != session.ByHelper {
			t.Errorf("%+v", e)
		}
	})
	virtual(t, "words of a sharer", func(t *testing.T, r *rig) {
		p := r.live(t, policy.View)
		p.say(wire.Monitors{All: true})
		if e := expect[session.Ended](t, r.se); e.Code != api.ProtocolBroken {
			t.Errorf("%+v", e)
		}
	})
}

// keyboard is on a monitor at that place.
type keyboard struct {
	mu sync.Mutex
	at image.Rectangle
}

func (k *keyboard) OwnAt(image.Point) bool { return false }
func (k *keyboard) OwnFocused() bool       { return false }
func (k *keyboard) move(r image.Rectangle) { k.mu.Lock(); k.at = r; k.mu.Unlock() }
func (k *keyboard) FocusedIn(area image.Rectangle) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.at.Overlaps(area)
}

// While the share is limited, what is typed reaches no window on another monitor.
func TestTypingStaysOnTheSharedMonitor(t *testing.T) {
	left, right := image.Rect(0, 0, 160, 96), image.Rect(160, 0, 280, 80)
	for name, tt := range map[string]struct {
		only   int
		at     image.Rectangle
		events []input.Event
		want   int
	}{
		"shared":     {2, right, []input.Event{pressA, input.Key{Usage: 4}, input.Text{S: "x"}}, 3},
		"not shared": {2, left, []input.Event{pressA, input.Text{S: "x"}}, 0},
		"a press":    {2, left, []input.Event{input.Button{Code: 1, Down: true}, input.Button{Code: 1}}, 2},
		"no limit":   {0, left, []input.Event{pressA, input.Key{Usage: 4}, input.Text{S: "x"}}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			r, k := newRig(t), &keyboard{}
			r.desk, r.own = newDesk(), k
			k.move(tt.at)
			r.start(control)
			if tt.only != 0 {
				r.sharer.ShareOnly(tt.only)
				monitors(t, r.he, tt.only, tt.only)
			}
			sent := func(e input.Event) func() bool {
				return func() bool { r.helper.Input(e); return len(r.sys.events()) > 0 }
			}
			eventually(t, "input", sent(input.Move{X: 0.5, Y: 0.5}))
			before := len(r.sys.events())
			for _, e := range tt.events {
				r.helper.Input(e)
			}
			mark := input.Scroll{DY: 1} // after the others
			r.helper.Input(mark)
			eventually(t, "all", func() bool { return slices.Contains(r.sys.events(), input.Event(mark)) })
			got := slices.DeleteFunc(r.sys.events()[before:], func(e input.Event) bool {
				_, move := e.(input.Move)
				return move || e == mark
			})
			if len(got) != tt.want {
				t.Errorf("injected %v", got)
			}
		})
	}
}

// Once a helper has had input, only a person can show more; to show less is always possible.
func TestWideningMonitorsNeedsAPerson(t *testing.T) {
	virtual(t, "monitors by injected input", func(t *testing.T, r *rig) {
		r.desk = newDesk()
		p := r.live(t, control)
		shown := func() uint8 { synctest.Wait(); return said[wire.Monitors](p).Shown }
		r.sharer.ShareOnly(1)
		if shown() != 1 {
			t.Fatal("not limited")
		}
		for _, n := range []int{0, 2} {
			if r.sharer.ShareOnly(n); shown() != 1 {
				t.Errorf("%d without a person", n)
			}
		}
		time.Sleep(1500 * time.Millisecond)
		if n := r.refused("monitors.injected"); n != 2 {
			t.Errorf("%d refusals", n)
		}
		r.person.touch()
		if r.sharer.ShareOnly(2); shown() != 2 {
			t.Error("a person may")
		}
	})
}

// A monitor that is unplugged: of an unlimited share the rest is shown; a limited one pauses, and goes
// on when the person wants it and the monitor is back.
func TestMonitorUnplugged(t *testing.T) {
	r, d := newRig(t), newDesk()
	r.desk = d
	r.start(policy.View)
	r.helper.ShowMonitor(2)
	monitors(t, r.he, 2, 1, 2)
	eventually(t, "the right one", r.sees(d.screen["right"]))
	d.pull("right")
	monitors(t, r.he, 0, 1)
	eventually(t, "what is left", r.sees(d.whole))
	d.plug("right", image.Pt(160, 0))
	monitors(t, r.he, 2, 1, 2) // his wish still holds
	r.sharer.ShareOnly(2)
	monitors(t, r.he, 2, 2)
	eventually(t, "the right one", r.sees(d.screen["right"]))
	opened := len(d.open[""]) + len(d.open["left"])
	d.pull("right")
	if e := expect[session.PausedNow](t, r.he); !e.On {
		t.Errorf("%+v", e)
	}
	monitors(t, r.he, 0)
	r.person.touch()
	r.sharer.Continue() // with nothing to show
	d.plug("right", image.Pt(160, 0))
	monitors(t, r.he, 2, 2)
	r.sharer.Continue()
	if e := expect[session.PausedNow](t, r.he); e.On {
		t.Errorf("%+v", e)
	}
	eventually(t, "the right one again", r.sees(d.screen["right"]))
	if n := len(d.open[""]) + len(d.open["left"]); n != opened {
		t.Error("what is not shared was captured")
	}
}
