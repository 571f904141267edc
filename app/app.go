package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fyne.io/fyne/v2"

	"beside/app/screens"
	"beside/app/ui"
	"beside/auth"
	"beside/policy/api"
)

// ErrServices means that a required service is missing.
var ErrServices = errors.New("app: service missing")

// Options are what the command line decides.
type Options struct {
	Lang string  // "en", "nl", or "" for the desktop's
	Look ui.Look // light, dark or the desktop's
	Join string  // code from a link: filled in, never acted upon without a press
}

// An App is the desktop app. Make it with New, then call Run once, on the main goroutine.
type App struct {
	fyne fyne.App
	svc  Services
	opt  Options

	ctx    context.Context //nolint:containedctx // ends with Run; every activity hangs from it
	win    fyne.Window
	spare  fyne.Window  // a viewer's window that was never shown, for the next attempt
	do     func(func()) // runs on Fyne's goroutine, later
	now    func() time.Time
	shown  screens.Screen
	active func()        // ends what is going on, nil if nothing is
	done   chan struct{} // closed when what is going on has ended, nil if nothing is
	turn   int           // counts activities, so that a late answer of an old one is dropped
	raised []func()      // told when a window of ours comes to the top

	account auth.Identity
	me      api.Me
	card    api.Card
	known   bool // account, me and card hold
}

// New makes an App. It sets language and theme of a.
func New(a fyne.App, s Services, o Options) (*App, error) {
	if s.SignIn == nil || s.Me == nil || s.NewHelper == nil || s.NewSharer == nil || s.OpenURL == nil || s.NewViewer == nil || s.Desk == nil {
		return nil, ErrServices
	}
	if err := ui.SetLanguage(o.Lang); err != nil {
		return nil, err
	}
	th, err := ui.NewTheme(o.Look)
	if err != nil {
		return nil, fmt.Errorf("app: theme: %w", err)
	}
	a.Settings().SetTheme(th)
	do := s.Do
	if do == nil {
		do = fyne.Do
	}
	return &App{fyne: a, svc: s, opt: o, now: time.Now, do: do}, nil
}

// Run shows the app until its window is closed or ctx ends. A session that is running is
// ended first.
func (a *App) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a.open(ctx)
	stop := context.AfterFunc(ctx, func() { a.do(a.quit) })
	defer stop()
	a.win.Show()
	a.fyne.Run()
	return nil
}

// open makes the main window and shows the first page.
func (a *App) open(ctx context.Context) {
	a.ctx = ctx
	a.win = a.fyne.NewWindow(ui.T("app"))
	a.win.SetPadded(false)
	a.win.SetMaster()
	a.win.SetCloseIntercept(a.quit)
	a.win.Canvas().SetOnTypedKey(func(e *fyne.KeyEvent) {
		if e.Name == fyne.KeyEscape && a.shown.Escape != nil {
			a.shown.Escape()
		}
	})
	a.fyne.Lifecycle().SetOnEnteredForeground(func() {
		for _, f := range a.raised {
			f()
		}
	})
	serveMap(ctx, a)
	a.begin()
}

// show puts a page into the main window and the keyboard where it belongs.
func (a *App) show(s screens.Screen) {
	for _, k := range a.shown.Keys {
		a.win.Canvas().RemoveShortcut(k.Shortcut)
	}
	a.shown = s
	a.win.SetContent(s.Object)
	size := a.fit(s.Size)
	if c := a.win.Canvas().Size(); c.Width >= size.Width && c.Height >= size.Height && c.Width < size.Width+200 && c.Height < size.Height+200 {
		size = c // big enough: a window that changes its size at every step is not calm
	}
	a.win.Resize(size)
	for _, k := range s.Keys {
		a.win.Canvas().AddShortcut(k.Shortcut, func(fyne.Shortcut) { k.Do() })
	}
	if s.Focus != nil {
		a.win.Canvas().Focus(s.Focus)
	} else {
		a.win.Canvas().Unfocus()
	}
}

// windowFrame is what a title bar and a panel take of a monitor's height, in Fyne's units.
const windowFrame = 72

// fit keeps a window as small as the monitor, so that its buttons can be reached; what is
// higher scrolls.
func (a *App) fit(s fyne.Size) fyne.Size {
	if a.svc.Room == nil {
		return s
	}
	w, h, ok := a.svc.Room()
	scale := a.win.Canvas().Scale()
	if !ok || scale <= 0 {
		return s
	}
	return fyne.NewSize(min(s.Width, float32(w)/scale), min(s.Height, float32(h)/scale-windowFrame))
}

// front shows the main window above all others.
func (a *App) front() {
	a.win.Show()
	a.svc.Desk.Raise(a.win)
}

// activity begins something that can be ended: it ends what went on before and answers a
// context for the new, and alive, which says whether it is still the current one.
func (a *App) activity() (ctx context.Context, alive func() bool) {
	a.finish()
	ctx, cancel := context.WithCancel(a.ctx)
	a.turn++
	mine := a.turn
	a.active = cancel
	return ctx, func() bool { return a.turn == mine && ctx.Err() == nil }
}

// finish ends what is going on, without words.
func (a *App) finish() {
	if a.active != nil {
		a.active()
	}
	a.active, a.done, a.raised = nil, nil, nil
	a.turn++
}

// quitWait is how long closing the app waits for the other side to be told.
const quitWait = 2 * time.Second

// quit ends what is going on, waits until the other side was told, and leaves.
func (a *App) quit() {
	done := a.done
	a.finish()
	a.win.Hide()
	if done == nil {
		a.fyne.Quit()
		return
	}
	go func() {
		select {
		case <-done:
		case <-time.After(quitWait):
		}
		a.do(a.fyne.Quit)
	}()
}

func (a *App) notify(title, body string) {
	if a.svc.Notify != nil {
		a.svc.Notify(title, body)
	}
}

// fail shows an error page that leads back to the start page.
func (a *App) fail(code string, r screens.Role, names ui.M, ref string, again func()) {
	e := screens.ErrorFor(code, r)
	if e.Action == screens.ActionSignIn {
		again = func() { a.signOut() }
	}
	if e.Action == screens.ActionPrivacy {
		again = nil // Linux has no such page; other systems bring their own
	}
	a.show(screens.ErrorPage(screens.ErrorData{
		Text: e, Role: r, Names: names, Ref: ref, At: a.now(),
		OnAction: again, OnClose: a.home,
	}))
}

// problem is the code of an error of the endpoint or of sign-in.
func problem(err error) string {
	var p *api.Problem
	switch {
	case errors.As(err, &p):
		return p.Code
	case errors.Is(err, auth.ErrSignInNeeded), errors.Is(err, auth.ErrToken):
		return api.TokenRefused
	case errors.Is(err, auth.ErrWrongAccount):
		return api.AccountRefused
	}
	return screens.LocalOffline
}
