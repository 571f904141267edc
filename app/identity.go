package app

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"beside/app/screens"
	"beside/app/ui"
	"beside/auth"
	"beside/policy/api"
)

// Waits of the sign-in.
const (
	identityWait = 15 * time.Second // for the endpoint to say who we are
	signInWait   = 3 * time.Minute  // for the person to come back from the browser
	busyAfter    = 400 * time.Millisecond
)

// begin finds out who is signed in and shows the first page.
func (a *App) begin() { a.identify(a.entry) }

// entry is the first page for who is signed in: with a code from a link, the code page.
func (a *App) entry() {
	if a.opt.Join == "" {
		a.home()
		return
	}
	if !a.known {
		a.signIn(a.entry)
		return
	}
	code := a.opt.Join
	a.opt.Join = ""
	a.join(code)
}

// identify asks who is signed in and what they may do, then goes on.
func (a *App) identify(then func()) {
	ctx, alive := a.activity()
	ctx, cancel := context.WithTimeout(ctx, identityWait)
	answered := false
	if a.shown.Object == nil {
		a.show(screens.Blank())
	}
	busy := time.AfterFunc(busyAfter, func() {
		a.do(func() {
			if alive() && !answered {
				a.show(screens.Busy(screens.BusyData{Icon: "clock", Title: "start.wait", OnCancel: a.quit}))
			}
		})
	})
	go func() {
		defer cancel()
		id, err := a.svc.SignIn.Account(ctx)
		var me api.Me
		if err == nil {
			me, err = a.svc.Me(ctx)
		}
		var card api.Card
		if err == nil && len(me.Card) > 0 {
			err = json.Unmarshal(me.Card, &card)
		}
		busy.Stop()
		a.do(func() {
			if !alive() {
				return
			}
			answered = true
			a.account, a.me, a.card, a.known = id, me, card, err == nil
			switch {
			case errors.Is(err, auth.ErrSignInNeeded):
				a.account, a.me, a.card = auth.Identity{}, api.Me{}, api.Card{}
				then()
			case err != nil:
				a.fail(problem(err), screens.Sharer, a.accountName(id), "", a.begin)
			case !me.Enabled:
				a.known = true
				a.fail(api.TenantOff, screens.Sharer, nil, "", nil)
			default:
				then()
			}
		})
	}()
}

func (a *App) accountName(id auth.Identity) ui.M { return ui.M{"account": ui.Clean(id.Username)} }

// self is the signed-in person as the directory says.
func (a *App) self() ui.Person {
	p := personOfCard(a.card)
	if p.Name == "" {
		p.Name = a.account.Name
	}
	if p.Object == "" {
		p.Object = a.account.Object
	}
	return p
}

func personOfCard(c api.Card) ui.Person {
	return ui.Person{Object: c.Object, Name: c.Name, First: c.Given, Job: c.Job, Company: c.Company, Domain: c.Domain, Photo: c.Photo}
}

// home shows the start page and ends what goes on.
func (a *App) home() {
	a.finish()
	a.win.Show()
	a.show(screens.Start(screens.StartData{
		SignedIn: a.known, Me: a.self(), Username: a.account.Username,
		MayHelp: a.me.MayHelp, OnGet: a.get, OnGive: a.give, OnSignOut: a.signOut,
	}))
}

// get leads to the code field.
func (a *App) get() {
	if !a.known {
		a.signIn(a.get)
		return
	}
	a.join("")
}

// give leads to a code to read out.
func (a *App) give() {
	switch {
	case !a.known:
		a.signIn(a.give)
	case !a.me.MayHelp:
		code := a.me.Why
		if code == "" {
			code = api.OfferMissing
		}
		a.fail(code, screens.Helper, nil, "", nil)
	default:
		a.help()
	}
}

// signOut forgets the account.
func (a *App) signOut() {
	ctx, alive := a.activity()
	go func() {
		err := a.svc.SignIn.SignOut(ctx)
		a.do(func() {
			if !alive() {
				return
			}
			if err != nil {
				a.fail(api.Internal, screens.Sharer, nil, "", nil)
				return
			}
			a.account, a.me, a.card, a.known = auth.Identity{}, api.Me{}, api.Card{}, false
			a.home()
		})
	}()
}

// signIn signs in through the browser, then goes on by itself.
func (a *App) signIn(then func()) {
	ctx, alive := a.activity()
	ctx, cancel := context.WithTimeout(ctx, signInWait)
	var address string
	data := screens.SignInData{OnPhone: func() { a.phone(then, false) }, OnBack: a.home}
	data.OnBrowser = func() {
		if address == "" || a.svc.OpenURL(address) != nil {
			a.signIn(then)
		}
	}
	a.show(screens.SignInBrowser(data, false))
	noBrowser := errors.New("app: no browser")
	open := func(url string) error {
		if err := a.svc.OpenURL(url); err != nil {
			return errors.Join(noBrowser, err)
		}
		a.do(func() { address = url })
		return nil
	}
	go func() {
		defer cancel()
		id, err := a.svc.SignIn.Interactive(ctx, open)
		late := errors.Is(ctx.Err(), context.DeadlineExceeded)
		a.do(func() {
			switch {
			case late && err != nil && alive():
				data.OnBrowser = func() { a.signIn(then) }
				a.show(screens.SignInBrowser(data, true))
			case !alive():
			case errors.Is(err, noBrowser):
				a.phone(then, true)
			default:
				a.signedIn(id, err, then)
			}
		})
	}()
}

// phone signs in on another device.
func (a *App) phone(then func(), noBrowser bool) {
	ctx, alive := a.activity()
	data := screens.PhoneData{NoBrowser: noBrowser, OnBrowser: func() { a.signIn(then) }, OnBack: a.home}
	a.show(screens.SignInPhone(data))
	go func() {
		id, err := a.svc.SignIn.DeviceCode(ctx, func(c auth.DeviceCode) {
			a.do(func() {
				if !alive() {
					return
				}
				data.URL, data.Code = c.URL, c.Code
				data.OnCopy = func() { a.fyne.Clipboard().SetContent(c.Code) }
				a.show(screens.SignInPhone(data))
			})
		})
		a.do(func() {
			if alive() {
				a.signedIn(id, err, then)
			}
		})
	}()
}

// signedIn is the end of either way.
func (a *App) signedIn(id auth.Identity, err error, then func()) {
	switch {
	case err == nil:
		a.svc.Desk.Raise(a.win)
		a.identify(then)
	case errors.Is(err, auth.ErrCancelled):
		a.home()
	default:
		a.fail(problem(err), screens.Sharer, a.accountName(id), "", func() { a.signIn(then) })
	}
}
