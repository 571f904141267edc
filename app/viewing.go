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

type inputEvent = input.Event

// viewing is the helper's window while pictures flow.
type viewing struct {
	x      *helping
	v      *screens.Viewer
	rights policy.Right
	lost   time.Time // zero while the other side is heard
	floats []screens.Floating
	stop   context.CancelFunc // ends the calls of second; nil: there are none
	full   bool
	paused bool
	tool   screens.Tool
	line   bool      // a line is being drawn
	chat   *chatting // nil: the organisation has switched it off
	fit    bool
}

// newViewing fills the viewer's window.
func newViewing(x *helping, r policy.Right) *viewing {
	w := &viewing{x: x, rights: r, fit: true}
	var panel fyne.CanvasObject
	if x.h.Chat() {
		w.chat = newChatting(x.a, x.h, x.sharer, "someone.s", func(n int) { w.v.SetUnread(n) }, w.toggleChat)
		panel = w.chat.panel.Object
	}
	w.v = screens.NewViewer(screens.ViewerData{
		Chat: panel, OnChat: w.toggleChat, OnTool: w.setTool, OnClear: x.h.ClearInk,
		Sharer: x.sharer, Device: x.device, Rights: r, Offer: x.offer,
		Picture: x.glass.Object(), OnRequest: x.h.RequestControl,
		OnScreen:   x.h.ShowMonitor,
		OnCancel:   func() { x.h.CancelAsk(); w.v.SetAsked(false) },
		OnGiveBack: x.h.GiveBack, OnFit: w.setFit, OnFull: w.toggleFull, OnEnd: x.h.End,
		OnCopy: func(s string) { x.a.fyne.Clipboard().SetContent(s) }, OnFloat: w.float, OnEdge: w.edge,
	})
	x.win.SetTitle(ui.T("v.title", ui.M{"name": x.sharer.FullName(ui.T("someone.s"))}))
	x.win.SetContent(w.v.Object)
	x.win.Resize(x.a.fit(screens.ViewerSize))
	x.win.SetCloseIntercept(x.h.End)
	x.win.Canvas().SetOnTypedKey(w.key)
	x.glass.SetFit(true)
	w.control()
	if !r.Has(policy.Control) {
		x.win.Canvas().Focus(w.v.Focus)
	}
	w.follow()
	return w
}

// follow calls second now and every second while there is something for it to do. In full screen
// there mostly is not, and a session in which nothing happens then wakes nobody.
func (w *viewing) follow() {
	w.second()
	if w.stop == nil && w.changes() {
		ctx, cancel := context.WithCancel(w.x.ctx)
		w.stop = cancel
		w.x.a.everySecond(ctx, w.second)
	}
}

// changes says whether something is shown that may change every second.
func (w *viewing) changes() bool { return !w.lost.IsZero() || w.v.ShowsFigures() }

// second redraws what changed, at most once a second.
func (w *viewing) second() {
	switch {
	case !w.lost.IsZero():
		w.v.Lost(true, w.x.a.now().Sub(w.lost))
	case w.v.ShowsFigures():
		w.v.SetFigures(figures(w.x.h.Meter()))
	case w.stop != nil:
		w.stop()
		w.stop = nil
	}
}

func (w *viewing) event(e session.Event) {
	if w.chat != nil && w.chat.event(e) {
		return
	}
	switch e := e.(type) {
	case session.PausedNow:
		w.paused = e.On
		w.v.SetPaused(e.On)
		w.setTool(screens.ToolNone)
		w.control()
	case session.RightsNow:
		w.rightsNow(e)
	case session.Unreachable:
		w.lost = e.Since
		w.setTool(screens.ToolNone)
		w.control()
		w.follow()
	case session.Back:
		w.lost = time.Time{}
		w.v.Lost(false, 0)
		w.control()
	case session.LocalInput:
		w.v.Local(e.Active)
	case session.MonitorsNow:
		w.v.SetMonitors(monitors(e, e.Shown))
	case session.Expiring:
		w.v.Say(ui.Warn, "timer", ui.T("v.expiring"))
	}
}

func (w *viewing) rightsNow(e session.RightsNow) {
	had := w.rights.Has(policy.Control)
	w.rights = e.Rights
	w.v.SetAsked(false)
	w.v.SetRights(e.Rights)
	w.control()
	if !had || e.Rights.Has(policy.Control) {
		return
	}
	first := ui.M{"first": w.x.sharer.FirstName(ui.T("someone.s"))}
	if e.By == session.ByHelper {
		w.v.Say(ui.Neutral, "undo-2", ui.T("v.given"))
	} else {
		w.v.Say(ui.Warn, "hand", ui.T("v.taken", first))
	}
}

func (w *viewing) declined() {
	w.v.SetAsked(false)
	w.v.Say(ui.Warn, "hand", ui.T("v.declined", ui.M{"first": w.x.sharer.FirstName(ui.T("someone.s"))}))
}

// control lets input through exactly while it may and can be sent.
func (w *viewing) control() {
	w.x.glass.SetControl(w.rights.Has(policy.Control) && w.lost.IsZero() && !w.paused && w.tool == screens.ToolNone)
}

func (w *viewing) setFit(fit bool) {
	w.fit = fit
	w.x.glass.SetFit(fit)
	w.v.SetFit(fit)
}

func (w *viewing) toggleFull() {
	w.full = !w.full
	w.x.win.SetFullScreen(w.full)
	w.v.SetFull(w.full)
	w.follow()
	if w.full && w.rights.Has(policy.Control) {
		if f, ok := w.x.glass.Object().(fyne.Focusable); ok {
			w.x.win.Canvas().Focus(f)
		}
	}
}

// edgeRest is how long the pointer rests at the top edge before the toolbar comes.
const edgeRest = 300 * time.Millisecond

func (w *viewing) edge() {
	time.AfterFunc(edgeRest, func() {
		w.x.a.do(func() {
			if w.x.view == w && w.full && w.v.AtEdge() {
				w.v.SetBar(true)
				w.follow()
			}
		})
	})
}

// toolbar gives the keyboard to the toolbar, and in full screen brings it out or hides it.
func (w *viewing) toolbar() {
	if w.full && w.v.BarShown() {
		w.v.SetBar(false)
		return
	}
	w.v.SetBar(true)
	w.follow()
	w.x.win.Canvas().Focus(w.v.Focus)
}

// key is for when the picture has not the keyboard.
func (w *viewing) key(e *fyne.KeyEvent) {
	switch e.Name { //nolint:exhaustive // the others do nothing
	case fyne.KeyF11, fyne.KeyF:
		w.toggleFull()
	case fyne.Key1:
		w.setFit(!w.fit)
	case fyne.KeyS:
		w.v.ToggleScreens()
	case fyne.KeyN:
		w.v.NextScreen()
	case fyne.KeyM:
		w.v.ToggleMeter()
		w.follow()
	case fyne.KeyL:
		w.toggleTool(screens.ToolLaser)
	case fyne.KeyP:
		w.toggleTool(screens.ToolPen)
	case fyne.KeyEscape:
		if w.v.CloseScreens() {
			return
		}
		w.setTool(screens.ToolNone)
	case fyne.KeyT:
		w.toggleChat()
	case fyne.KeyE:
		w.x.h.End()
	}
}

// float tells the picture what lies over it now.
func (w *viewing) float(over []screens.Floating) {
	for _, f := range w.floats {
		w.x.glass.Unfloat(f.Object)
	}
	for _, f := range over {
		w.x.glass.Float(f.Object, f.Corner)
	}
	w.floats = over
}

func (w *viewing) close() {
	if w.stop != nil {
		w.stop()
	}
	w.float(nil)
}
