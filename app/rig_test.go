package app

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"beside/app/ui"
	"beside/policy/api"
	"beside/session"
)

// rig is an App with everything around it faked, driven on the test's goroutine.
type rig struct {
	t        *testing.T
	a        *App
	queue    chan func()
	now      time.Time
	in       *fakeSignIn
	me       api.Me
	meErr    error
	helper   *fakeSession
	sharer   *fakeSession
	codes    []string
	floats   []*fakeFloat
	viewer   *fakeViewer
	viewOpts ViewerOptions
	mu       sync.Mutex // guards urls: sign-in opens them on a goroutine of its own
	urls     []string
	urlErr   error
	stopKey  func()
	notes    []string
}

func newRig(t *testing.T, o Options) *rig {
	t.Helper()
	r := &rig{
		t: t, queue: make(chan func(), 256), now: time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC),
		in: &fakeSignIn{}, me: api.Me{Enabled: true, MayHelp: true, Card: json.RawMessage(`{"oid":"n","name":"Noa Winters","given":"Noa"}`)},
	}
	if o.Lang == "" {
		o.Lang = "en"
	}
	fa := test.NewTempApp(t)
	a, err := New(fa, Services{
		SignIn: r.in, Me: func(context.Context) (api.Me, error) { return r.me, r.meErr },
		NewHelper: func(session.Screen) HelperSession { r.helper = newFake(); return r.helper },
		NewSharer: func(c string) SharerSession { r.codes = append(r.codes, c); r.sharer = newFake(); return r.sharer },
		OpenURL:   r.openURL,
		NewViewer: func(o ViewerOptions) Viewer {
			r.viewOpts = o
			r.viewer = &fakeViewer{box: canvas.NewRectangle(nil)}
			return r.viewer
		},
		Desk: r, Notify: func(a, _ string) { r.notes = append(r.notes, a) },
	}, o)
	if err != nil {
		t.Fatal(err)
	}
	a.now = func() time.Time { return r.now }
	a.do = func(f func()) { r.queue <- f }
	r.a = a
	ctx, cancel := context.WithCancel(t.Context())
	a.open(ctx)
	t.Cleanup(func() {
		done := a.done
		a.finish()
		cancel()
		if done == nil {
			return
		}
		for { // a session's last words
			select {
			case f := <-r.queue:
				f()
			case <-done:
				return
			case <-time.After(10 * time.Second):
				t.Error("the session does not end")
				return
			}
		}
	})
	return r
}

func (r *rig) openURL(u string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.urls = append(r.urls, u)
	return r.urlErr
}

func (r *rig) opened() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.urls)
}

// until runs what comes for Fyne's goroutine until ok.
func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	limit := time.After(10 * time.Second)
	for !ok() {
		select {
		case f := <-r.queue:
			f()
		case <-limit:
			r.t.Fatalf("%s: never happened; the page says %v", what, r.texts())
		}
	}
}

func elements(o fyne.CanvasObject) []ui.Element {
	if o == nil || !o.Visible() {
		return nil
	}
	var out []ui.Element
	if e, ok := o.(ui.Element); ok {
		out = append(out, e)
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, c := range o.Objects {
			out = append(out, elements(c)...)
		}
	case *container.Scroll:
		out = append(out, elements(o.Content)...)
	}
	return out
}

func find(o fyne.CanvasObject, id string) ui.Element {
	for _, e := range elements(o) {
		if e.Info().ID == id {
			return e
		}
	}
	return nil
}

func (r *rig) texts() (out []string) {
	for _, e := range elements(r.a.win.Content()) {
		out = append(out, e.Info().ID+"="+e.Info().Label)
	}
	return out
}

func (r *rig) has(id string) bool { return find(r.a.win.Content(), id) != nil }

// see waits for something on the main window.
func (r *rig) see(id string) {
	r.t.Helper()
	r.until(id, func() bool { return r.has(id) })
}

// press waits for a button on a content and presses it.
func (r *rig) press(id string) {
	r.t.Helper()
	r.see(id)
	r.pressOn(r.a.win.Content(), id)
}

func (r *rig) pressOn(o fyne.CanvasObject, id string) {
	r.t.Helper()
	e := find(o, id)
	if e == nil {
		r.t.Fatalf("no %s", id)
	}
	if e.Info().Disabled {
		r.t.Fatalf("%s is disabled", id)
	}
	e.(fyne.Tappable).Tapped(nil)
}

func (r *rig) typeCode(s string) {
	r.t.Helper()
	r.see("join.field")
	for _, c := range s {
		find(r.a.win.Content(), "join.field").(fyne.Focusable).TypedRune(c)
	}
}
