package main

import (
	"context"
	"fmt"
	"net/url"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"

	"beside/app"
	"beside/app/desk"
	"beside/app/glass"
	"beside/app/ui"
	"beside/input/x11watch"
	"beside/session"
)

// window runs the app with its windows.
func (p *parts) window(ctx context.Context) error {
	f := fyneapp.NewWithID("example.beside")
	d, err := desk.Open()
	if err != nil {
		p.log.Warn("windows cannot be placed here", "err", err)
	}
	defer d.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	loop := glass.NewLoop()
	go func() {
		if err := loop.Run(ctx); err != nil {
			p.log.Warn("the windows' loop does not wait for events", "err", err)
		}
	}()
	go desk.Unstick(ctx, loop.Do, loop.Seen)
	a, err := app.New(f, app.Services{
		SignIn: p.signIn, Me: p.me, OpenURL: p.open(f),
		NewHelper: func(s session.Screen) app.HelperSession { return p.newHelper(s) },
		NewSharer: func(code string) app.SharerSession { return p.newSharer(code) },
		NewViewer: func(o app.ViewerOptions) app.Viewer { return newViewer(o, loop) }, Do: loop.Do, Desk: &floats{desk: d, app: f},
		Notify: func(title, body string) { f.SendNotification(fyne.NewNotification(title, body)) },
		Room: func() (int, int, bool) {
			m, err := d.MonitorAtPointer()
			return m.Dx(), m.Dy(), err == nil
		},
		WindowOrigin: func(w fyne.Window) (int, int, bool) {
			o, ok := d.Origin(w)
			return o.X, o.Y, ok
		},
	}, app.Options{Lang: p.set.lang, Look: look(p.set.look), Join: p.set.join})
	if err != nil {
		return err
	}
	defer p.goodbyes()
	return a.Run(ctx)
}

func look(name string) ui.Look {
	switch name {
	case "light":
		return ui.LookLight
	case "dark":
		return ui.LookDark
	}
	return ui.LookSystem
}

// open opens an address in the person's browser, or with the command that a development build was given.
func (p *parts) open(f fyne.App) func(string) error {
	return func(address string) error {
		u, err := url.Parse(address)
		if err != nil {
			return fmt.Errorf("opening the browser: %w", err)
		}
		if done, err := p.set.dev.open(u); done {
			return err
		}
		return f.OpenURL(u)
	}
}

// viewer is app/glass as app wants it.
type viewer struct{ *glass.Glass }

func newViewer(o app.ViewerOptions, loop *glass.Loop) app.Viewer {
	return viewer{glass.New(glass.Options{Window: o.Window, Input: o.Input, Point: o.Point, Host: o.Host, Do: loop.Do})}
}

// Object is the widget itself.
func (v viewer) Object() fyne.CanvasObject { return v.Glass }

// SetFit picks the mode.
func (v viewer) SetFit(fit bool) {
	if fit {
		v.SetMode(glass.Fit)
		return
	}
	v.SetMode(glass.Actual)
}

// floats is app/desk as app wants it.
type floats struct {
	desk *desk.Desk
	app  fyne.App
}

// float is one small window.
type float struct {
	f     *floats
	w     fyne.Window
	under *float
}

// OpenFloat shows a small window at the top of the screen, or under another.
func (f *floats) OpenFloat(o app.FloatOptions) (app.Float, error) {
	w := desk.Frameless(f.app)
	w.SetTitle(o.Title)
	w.SetPadded(false)
	kind := desk.Prompt
	content := o.Content
	if o.Under == nil && o.Focus == nil {
		kind = desk.Bar
		content = desk.NewGrip(f.desk, w, content)
	}
	w.SetContent(content)
	w.Resize(o.Size)
	w.SetFixedSize(true)
	x := &float{f: f, w: w}
	if u, ok := o.Under.(*float); ok {
		x.under = u
	}
	if err := f.desk.Show(w, kind); err != nil {
		w.Close()
		return nil, err
	}
	if o.Focus != nil {
		w.Canvas().Focus(o.Focus)
	}
	x.place()
	return x, nil
}

// gap is how far a prompt hangs under the bar, in pixels.
const gap = 12

// place puts it where it belongs; a window that cannot be placed is still there.
func (x *float) place() {
	if x.under != nil {
		_ = x.f.desk.Below(x.w, x.under.w, gap)
		return
	}
	_ = x.f.desk.PlaceTopCentre(x.w)
}

// Window is the Fyne window.
func (x *float) Window() fyne.Window { return x.w }

// Resize keeps it centred.
func (x *float) Resize(s fyne.Size) {
	x.w.Resize(s)
	x.place()
}

// Close removes it.
func (x *float) Close() { x.w.Close() }

// StopKey watches the stop key until release.
func (f *floats) StopKey(pressed func()) (release func(), err error) {
	ctx, cancel := context.WithCancel(context.Background())
	c, err := x11watch.StopKey(ctx, "")
	if err != nil {
		cancel()
		return nil, err
	}
	go func() {
		for range c {
			pressed()
		}
	}()
	return cancel, nil
}

// Raise brings a window to the front.
func (f *floats) Raise(w fyne.Window) {
	if f.desk.Raise(w) != nil {
		w.RequestFocus()
		return
	}
	w.RequestFocus()
}
