package app

import (
	"context"
	"time"

	"fyne.io/fyne/v2"

	"beside/app/screens"
	"beside/app/ui"
	"beside/session"
)

// sharing is one attempt or session of the sharer.
type sharing struct {
	a       *App
	s       SharerSession
	join    *screens.Join
	helper  ui.Person
	consent *screens.Consent
	allowed bool // the first question was answered with yes
	timeout *time.Timer
	bar     *screens.Bar
	barWin  Float
	prompt  Float
	chat    *chatting // nil: the organisation has switched it off, or not started
	chatWin Float
	screens session.MonitorsNow
	limit   Float // chooses what is shared; nil: not open
	stopKey func()
}

// join shows the code field; code is filled in, not sent.
func (a *App) join(code string) {
	a.finish()
	var j *screens.Join
	j = screens.NewJoin(screens.JoinData{Code: code, OnBack: a.home, OnGo: func(c string) { a.share(j, c) }})
	a.show(j.Screen)
}

// share proves a code and runs the session that comes of it.
func (a *App) share(j *screens.Join, code string) {
	ctx, alive := a.activity()
	x := &sharing{a: a, s: a.svc.NewSharer(code), join: j}
	j.Checking()
	a.carry(ctx, alive, x.s, x.s.Stop, x.event, x.clear)
}

// runner is what carry needs of a session.
type runner interface {
	Run(ctx context.Context) error
	Events() <-chan session.Event
}

// carry runs a session and brings its events to Fyne's goroutine until it ended. When the
// activity is left earlier, by stops the session in words the other side understands.
// clear removes every window of the session; it is called exactly once.
func (a *App) carry(ctx context.Context, alive func() bool, r runner, stop func(), event func(session.Event), clear func()) {
	done := make(chan struct{})
	a.done = done
	cancel := a.active
	run, kill := context.WithCancel(context.WithoutCancel(ctx))
	cleared := false
	wipe := func() {
		if !cleared {
			cleared = true
			clear()
		}
	}
	a.active = func() {
		cancel()
		wipe()
		stop()
		time.AfterFunc(quitWait, kill) // a session that does not end by itself is ended
	}
	ran := make(chan struct{})
	go func() {
		defer close(ran)
		_ = r.Run(run) // what went wrong is in Ended
	}()
	go func() {
		defer close(done)
		defer kill()
		ended := pump(r.Events(), ran, func(e session.Event) {
			a.do(func() {
				if !alive() {
					refuse(e)
					return
				}
				if _, last := e.(session.Ended); last {
					wipe()
					a.active, a.done = cancel, nil
				}
				event(e)
			})
		})
		if !ended {
			a.do(func() {
				if alive() {
					wipe()
					a.active, a.done = cancel, nil
					event(session.Ended{Code: "internal"})
				}
			})
		}
		defer time.AfterFunc(quitWait, kill).Stop()
		<-ran
	}()
}

// refuse declines a question nobody can see any more.
func refuse(e session.Event) {
	if c, ok := e.(session.Consent); ok {
		c.Answer(false)
	}
}

// pump hands on events until the last one, the end of the channel, or of Run. It says
// whether Ended was among them.
func pump(events <-chan session.Event, ran <-chan struct{}, f func(session.Event)) bool {
	for {
		var e session.Event
		var ok bool
		select {
		case e, ok = <-events:
		case <-ran:
			select { // what Run left behind
			case e, ok = <-events:
			default:
			}
		}
		if !ok {
			return false
		}
		f(e)
		if _, last := e.(session.Ended); last {
			return true
		}
	}
}

func (x *sharing) event(e session.Event) {
	if x.chat != nil && x.chat.event(e) {
		return
	}
	switch e := e.(type) {
	case session.Checking:
	case session.MetHelper:
		x.helper = person(e.Helper)
		x.waiting()
	case session.Consent:
		x.ask(e)
	case session.ConsentOver:
		x.over()
	case session.Started:
		x.started(e)
	case session.RightsNow:
		if x.bar != nil {
			x.bar.SetRights(e.Rights)
			x.fitBar()
		}
	case session.Inked:
		if x.bar != nil {
			x.bar.SetDrawn(e.On)
			x.fitBar()
		}
	case session.MonitorsNow:
		x.monitorsNow(e)
	case session.PausedNow:
		if x.bar != nil {
			x.bar.SetPaused(e.On)
			x.fitBar()
		}
	case session.Unreachable:
		if x.bar != nil {
			x.bar.SetLost(true)
			x.fitBar()
		}
	case session.Back:
		if x.bar != nil {
			x.bar.SetLost(false)
			x.fitBar()
		}
	case session.Ended:
		x.ended(e)
	}
}

func (x *sharing) waiting() {
	x.a.show(screens.Waiting(screens.WaitingData{Helper: x.helper, OnCancel: x.a.home}))
}

// ask puts the question on top of everything: on the main window before the session, in a
// window of its own under the bar later.
func (x *sharing) ask(e session.Consent) {
	x.closePrompt()
	x.closeChat() // nothing may lie beside the question that a helper can fill with words
	x.closeLimit()
	data := screens.ConsentData{Helper: person(e.Helper), Rights: e.Rights, Now: x.a.now, OnOnly: x.s.ShareOnly, Monitors: monitors(session.MonitorsNow{List: e.Monitors, All: true}, 0), OnAnswer: func(allow bool) {
		x.stopTimer()
		x.allowed = allow
		e.Answer(allow)
		if !e.First {
			x.closePrompt()
		}
	}}
	var c *screens.Consent
	if e.First {
		c = screens.NewConsent(data)
		x.a.show(c.Screen)
		x.a.front()
	} else {
		c = screens.NewPrompt(data)
		f, err := x.a.svc.Desk.OpenFloat(FloatOptions{
			Title: ui.T("app"), Content: c.Object, Size: c.Size,
			Under: x.barWin, Focus: c.Focus,
		})
		if err != nil { // a question nobody can see is a no
			e.Answer(false)
			return
		}
		f.Window().Canvas().SetOnTypedKey(func(k *fyne.KeyEvent) {
			if k.Name == fyne.KeyEscape {
				c.Escape()
			}
		})
		x.prompt = f
	}
	c.Guard.Raised()
	x.consent = c
	x.a.raised = []func(){c.Guard.Raised}
	x.a.notify(c.Title, ui.T("ask.private"))
	if wait := e.Until.Sub(x.a.now()); !e.Until.IsZero() {
		x.timeout = time.AfterFunc(max(0, wait), func() { x.a.do(c.Expire) })
	}
}

// over removes a question that can no longer be answered.
func (x *sharing) over() {
	x.stopTimer()
	x.closePrompt()
	if x.consent != nil {
		x.consent.Over()
		x.consent = nil
		if x.bar == nil && !x.allowed {
			x.waiting()
		}
	}
	x.a.raised = nil
}

// started shows the bar, now that a picture was really sent.
func (x *sharing) started(e session.Started) {
	if x.helper.Name == "" {
		x.helper = person(e.Peer)
	}
	x.bar = screens.NewBar(screens.BarData{Helper: x.helper, Rights: e.Rights, Chat: x.s.Chat(), OnTakeBack: x.s.TakeBack, OnPause: x.pause, OnChat: x.toggleChat, OnClear: x.s.ClearInk, OnScreens: x.toggleLimit, OnStop: x.s.Stop})
	if x.s.Chat() {
		x.chat = newChatting(x.a, x.s, x.helper, "someone", x.unread, x.closeChat)
	}
	f, err := x.a.svc.Desk.OpenFloat(FloatOptions{
		Title: ui.T("bar.title"), Content: x.bar.Object,
		Size: fyne.NewSize(x.bar.Width(), screens.BarHeight),
	})
	if err != nil { // nothing is shared without the bar
		x.bar = nil
		x.s.Stop()
		return
	}
	x.barWin = f
	f.Window().SetCloseIntercept(x.s.Stop)
	if release, err := x.a.svc.Desk.StopKey(x.s.Stop); err == nil {
		x.stopKey = release
	}
	x.a.win.Hide()
	x.a.notify(x.helper.FullName(ui.T("someone"))+" "+ui.T("bar.view"), ui.T("stop.key"))
}

func (x *sharing) fitBar() {
	if x.barWin != nil {
		x.barWin.Resize(fyne.NewSize(x.bar.Width(), screens.BarHeight))
	}
}

func (x *sharing) ended(e session.Ended) {
	a := x.a
	peer := person(e.Peer)
	if peer.Name == "" {
		peer = x.helper
	}
	a.front()
	text := screens.ErrorFor(e.Code, screens.Sharer)
	switch {
	case !e.Began.IsZero():
		a.notify(ui.T("e.sharer.title"), ui.T("e.sharer.body"))
		a.show(screens.EndSharer(screens.EndData{Peer: peer, By: endedBy(e, screens.Sharer), Began: e.Began, Lasted: e.Lasted, Used: e.Used, OnDone: a.home}))
	case e.By == session.BySharer:
		a.home()
	case text.Field && x.helper.Name == "":
		var j *screens.Join
		j = screens.NewJoin(screens.JoinData{OnBack: a.home, OnGo: func(c string) { a.share(j, c) }})
		a.show(j.Screen)
		j.Refuse(text, names(peer, screens.Sharer, e.Retry))
	default:
		a.fail(e.Code, screens.Sharer, names(peer, screens.Sharer, e.Retry), e.Problem, func() { a.join("") })
	}
}

// clear removes every window and timer of the session.
func (x *sharing) clear() {
	x.stopTimer()
	x.closePrompt()
	x.closeChat()
	x.closeLimit()
	if x.consent != nil {
		x.consent.Over()
		x.consent = nil
	}
	if x.barWin != nil {
		x.barWin.Close()
		x.barWin, x.bar = nil, nil
	}
	if x.stopKey != nil {
		x.stopKey()
		x.stopKey = nil
	}
}

func (x *sharing) stopTimer() {
	if x.timeout != nil {
		x.timeout.Stop()
		x.timeout = nil
	}
}

func (x *sharing) closePrompt() {
	if x.prompt != nil {
		x.prompt.Close()
		x.prompt = nil
	}
}
