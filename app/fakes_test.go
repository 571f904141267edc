package app

import (
	"context"
	"fmt"
	"image"
	"slices"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"beside/auth"
	"beside/frame"
	"beside/input"
	"beside/policy"
	"beside/policy/api"
	"beside/session"
)

// The desk.
func (r *rig) OpenFloat(o FloatOptions) (Float, error) {
	f := &fakeFloat{o: o, w: test.NewWindow(o.Content)}
	r.floats = append(r.floats, f)
	return f, nil
}

func (r *rig) StopKey(f func()) (func(), error) {
	r.stopKey = f
	return func() { r.stopKey = nil }, nil
}
func (r *rig) Raise(fyne.Window) {}

func (r *rig) open() (out []*fakeFloat) {
	for _, f := range r.floats {
		if !f.closed {
			out = append(out, f)
		}
	}
	return out
}

type fakeFloat struct {
	o      FloatOptions
	w      fyne.Window
	size   fyne.Size
	closed bool
}

func (f *fakeFloat) Window() fyne.Window { return f.w }
func (f *fakeFloat) Resize(s fyne.Size)  { f.size = s }
func (f *fakeFloat) Close()              { f.closed = true; f.w.Close() }

type fakeViewer struct {
	box     fyne.CanvasObject
	control bool
	fit     bool
	points  bool
	closed  bool
	floats  int
}

func (v *fakeViewer) Object() fyne.CanvasObject        { return v.box }
func (v *fakeViewer) Screen() session.Screen           { return v }
func (v *fakeViewer) SetControl(on bool)               { v.control = on }
func (v *fakeViewer) SetPointing(on bool)              { v.points = on }
func (v *fakeViewer) SetFit(fit bool)                  { v.fit = fit }
func (v *fakeViewer) Float(fyne.CanvasObject, float32) { v.floats++ }
func (v *fakeViewer) Unfloat(fyne.CanvasObject)        { v.floats-- }
func (v *fakeViewer) Close()                           { v.closed = true }
func (v *fakeViewer) Frame(image.Point) *frame.Frame   { return nil }
func (v *fakeViewer) Show([]image.Rectangle)           {}
func (v *fakeViewer) Cursor(frame.Cursor)              {}
func (v *fakeViewer) Pause(bool)                       {}

// fakeSession is either side: it says what it is told to and remembers what it was asked.
type fakeSession struct {
	events chan session.Event
	mu     sync.Mutex
	did    []string
	gone   chan struct{}
	once   sync.Once
	last   uint32
	noChat bool // switched off
	mute   bool // nothing can be sent
}

func newFake() *fakeSession {
	return &fakeSession{events: make(chan session.Event, 16), gone: make(chan struct{})}
}

func (f *fakeSession) Run(ctx context.Context) error {
	select {
	case <-ctx.Done():
	case <-f.gone:
	}
	return ctx.Err()
}
func (f *fakeSession) Events() <-chan session.Event { return f.events }
func (f *fakeSession) note(s string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.did = append(f.did, s)
}

func (f *fakeSession) asked(s string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Contains(f.did, s)
}

func (f *fakeSession) end(e session.Ended) {
	f.once.Do(func() { f.events <- e; close(f.gone) })
}
func (f *fakeSession) NewCode()                       { f.note("new") }
func (f *fakeSession) Ask(r policy.Right)             { f.note("ask " + r.String()) }
func (f *fakeSession) CancelAsk()                     { f.note("cancel") }
func (f *fakeSession) RequestControl()                { f.note("request") }
func (f *fakeSession) GiveBack()                      { f.note("giveback") }
func (f *fakeSession) Input(input.Event)              { f.note("input") }
func (f *fakeSession) ReleaseInput()                  { f.note("release") }
func (f *fakeSession) Meter() session.Meter           { return session.Meter{Network: 12, Exact: true} }
func (f *fakeSession) TakeBack()                      { f.note("takeback") }
func (f *fakeSession) Pause()                         { f.note("pause") }
func (f *fakeSession) Continue()                      { f.note("continue") }
func (f *fakeSession) Laser(at input.Move, on bool)   { f.note(fmt.Sprint("laser ", at, on)) }
func (f *fakeSession) Draw(at input.Move, begin bool) { f.note(fmt.Sprint("draw ", at, begin)) }
func (f *fakeSession) ShowMonitor(n int)              { f.note(fmt.Sprint("show ", n)) }
func (f *fakeSession) ShareOnly(n int)                { f.note(fmt.Sprint("only ", n)) }
func (f *fakeSession) ClearInk()                      { f.note("clear") }
func (f *fakeSession) Chat() bool                     { return !f.noChat }
func (f *fakeSession) Say(s string) (uint32, bool) {
	f.note("say " + s)
	f.last++
	return f.last, !f.mute
}

func (f *fakeSession) SayAgain(id uint32, s string) bool {
	f.note(fmt.Sprintf("again %d %s", id, s))
	return true
}

func (f *fakeSession) End() {
	f.note("end")
	f.end(session.Ended{By: session.ByHelper, Code: api.EndStopped})
}

func (f *fakeSession) Stop() {
	f.note("stop")
	f.end(session.Ended{By: session.BySharer, Code: api.EndStopped})
}

type fakeSignIn struct {
	id  auth.Identity
	err error // of Interactive
}

func (s *fakeSignIn) Interactive(ctx context.Context, open func(string) error) (auth.Identity, error) {
	if err := open("https://login.example/authorize"); err != nil {
		return auth.Identity{}, err
	}
	if s.err != nil {
		return auth.Identity{}, s.err
	}
	s.id = auth.Identity{Object: "n", Name: "Noa Winters", Username: "noa@halden.example"}
	return s.id, nil
}

func (s *fakeSignIn) DeviceCode(ctx context.Context, show func(auth.DeviceCode)) (auth.Identity, error) {
	show(auth.DeviceCode{URL: "https://login.example/device", Code: "F7K29QWX"})
	<-ctx.Done()
	return auth.Identity{}, ctx.Err()
}

func (s *fakeSignIn) Account(context.Context) (auth.Identity, error) {
	if s.id.Object == "" {
		return s.id, auth.ErrSignInNeeded
	}
	return s.id, nil
}
func (s *fakeSignIn) Token(context.Context) (string, error) { return "", auth.ErrSignInNeeded }
func (s *fakeSignIn) SignOut(context.Context) error         { s.id = auth.Identity{}; return nil }

var (
	noaPerson = session.Person{Object: "n", Name: "Noa Winters", Given: "Noa", Domain: "halden.example"}
	samPerson = session.Person{Object: "s", Name: "Sam Rivers", Given: "Sam", Domain: "halden.example"}
	began     = time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC)
)
