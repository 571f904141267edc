package app

import (
	"context"
	"time"

	"fyne.io/fyne/v2"

	"beside/app/screens"
	"beside/app/ui"
	"beside/input"
	"beside/policy"
	"beside/session"
)

// helping is one attempt or session of the helper.
type helping struct {
	a       *App
	ctx     context.Context //nolint:containedctx // of the activity: its tickers end with it
	h       HelperSession
	code    *screens.Code
	text    string // the code
	expires time.Time
	tick    context.CancelFunc // ends the countdown
	copied  *time.Timer
	who     *screens.Who
	sharer  ui.Person
	device  screens.Device
	offer   policy.Right
	win     fyne.Window
	glass   Viewer
	view    *viewing
}

// help makes a code and runs the session that comes of it.
func (a *App) help() {
	ctx, alive := a.activity()
	x := &helping{a: a, ctx: ctx, tick: func() {}}
	if x.win, a.spare = a.spare, nil; x.win == nil {
		x.win = a.fyne.NewWindow(ui.T("app"))
		x.win.SetPadded(false)
	}
	x.glass = a.svc.NewViewer(ViewerOptions{
		Window: x.win,
		Input:  func(e inputEvent) { x.h.Input(e) }, Host: func() { x.host() }, Point: func(at input.Move, down, inside bool) {
			if x.view != nil {
				x.view.point(at, down, inside)
			}
		},
	})
	x.h = a.svc.NewHelper(x.glass.Screen())
	x.code = screens.NewCode(screens.CodeData{
		OnCopyCode: func() { x.copy(false) }, OnCopyLink: func() { x.copy(true) },
		OnNew: x.newCode, OnBack: a.home,
	})
	a.show(x.code.Screen)
	a.carry(ctx, alive, x.h, x.h.End, x.event, x.clear)
}

func (x *helping) host() {
	if x.view != nil {
		x.view.toolbar()
	}
}

func (x *helping) event(e session.Event) {
	switch e := e.(type) {
	case session.CodeReady:
		x.ready(e)
	case session.CodeDead:
		x.tick()
		x.text = ""
		if x.who == nil {
			x.a.win.Canvas().Focus(x.code.Dead(e.Code != "expired"))
		}
	case session.Pairing:
		x.code.Pairing()
	case session.MetSharer:
		x.met(e)
	case session.Asked:
		if x.view != nil {
			x.view.v.SetAsked(true)
		} else if x.who != nil {
			x.who.Asked()
		}
	case session.Declined:
		if x.view != nil {
			x.view.declined()
		} else if x.who != nil {
			x.who.Declined()
		}
	case session.Started:
		x.started(e)
	case session.Ended:
		x.ended(e)
	default:
		if x.view != nil {
			x.view.event(e)
		}
	}
}

// ready shows a code and counts down.
func (x *helping) ready(e session.CodeReady) {
	x.tick()
	x.text, x.expires = e.Code, e.Expires
	x.code.Show(e.Code, e.Expires.Sub(x.a.now()))
	x.a.win.Canvas().Focus(x.code.Focus)
	ctx, cancel := context.WithCancel(x.ctx)
	x.tick = cancel
	x.a.everySecond(ctx, func() { x.code.Left(x.expires.Sub(x.a.now())) })
}

// everySecond calls f on Fyne's goroutine until ctx ends.
func (a *App) everySecond(ctx context.Context, f func()) {
	go func() {
		t := time.NewTicker(time.Second)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				a.do(func() {
					if ctx.Err() == nil {
						f()
					}
				})
			}
		}
	}()
}

// copiedFor is how long a copy button says so.
const copiedFor = 3 * time.Second

func (x *helping) copy(link bool) {
	if x.text == "" {
		return
	}
	s := ui.FormatCode(x.text)
	if link {
		s = ui.LinkPrefix + x.text
	}
	x.a.fyne.Clipboard().SetContent(s)
	x.code.Uncopied()
	x.code.Copied(link)
	x.stopCopied()
	x.copied = time.AfterFunc(copiedFor, func() { x.a.do(x.code.Uncopied) })
}

func (x *helping) stopCopied() {
	if x.copied != nil {
		x.copied.Stop()
	}
}

func (x *helping) newCode() {
	x.tick()
	x.text = ""
	x.code.Getting()
	x.h.NewCode()
}

// met shows who it is before anything can be asked.
func (x *helping) met(e session.MetSharer) {
	x.tick()
	x.stopCopied()
	x.sharer, x.device, x.offer = person(e.Sharer), device(e.Device), e.Offer
	x.who = screens.NewWho(screens.WhoData{
		Sharer: x.sharer, Self: person(e.Self), Device: x.device, Offer: e.Offer,
		OnAsk: x.h.Ask, OnCancel: func() { x.h.CancelAsk(); x.who.Cancelled() }, OnBack: x.a.home,
	})
	x.a.show(x.who.Screen)
	x.a.front()
}

// started opens the viewer, now that a picture was shown.
func (x *helping) started(e session.Started) {
	x.view = newViewing(x, e.Rights)
	x.win.Show()
	x.a.win.Hide()
}

func (x *helping) ended(e session.Ended) {
	a := x.a
	peer := person(e.Peer)
	if peer.Name == "" {
		peer = x.sharer
	}
	a.front()
	switch {
	case !e.Began.IsZero():
		name := e.Device.Name
		if name == "" {
			name = x.device.Name
		}
		a.show(screens.EndHelper(screens.EndData{
			Peer: peer, Device: name, By: endedBy(e, screens.Helper),
			Began: e.Began, Lasted: e.Lasted, Used: e.Used, OnDone: a.home, OnAgain: a.give,
		}))
	case e.By == session.ByHelper:
		a.home()
	default:
		a.fail(e.Code, screens.Helper, names(peer, screens.Helper, e.Retry), e.Problem, a.give)
	}
}

// clear removes every window and timer of the session.
func (x *helping) clear() {
	x.tick()
	x.stopCopied()
	x.glass.SetControl(false)
	if x.view == nil {
		x.glass.Close()
		x.a.spare = x.win // Fyne keeps a window that was never shown for ever
		return
	}
	x.view.close()
	x.view = nil
	x.glass.Close()
	x.win.Close()
}
