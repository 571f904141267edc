package app

import (
	"fyne.io/fyne/v2"

	"beside/app/screens"
	"beside/app/ui"
	"beside/session"
)

// monitors turns the session's words into what is shown, with that number chosen.
func monitors(e session.MonitorsNow, chosen int) screens.Monitors {
	m := screens.Monitors{Chosen: chosen, All: e.All}
	for _, d := range e.List {
		m.List = append(m.List, screens.Monitor{N: d.N, W: d.Bounds.Dx(), H: d.Bounds.Dy()})
	}
	return m
}

// monitorsNow shows the sharer what is shared. A choice that is open would be out of date.
func (x *sharing) monitorsNow(e session.MonitorsNow) {
	x.screens = e
	x.closeLimit()
	if x.bar != nil {
		x.bar.SetMonitors(x.limits())
		x.fitBar()
	}
}

// limits is what the sharer can choose.
func (x *sharing) limits() screens.Monitors {
	m := monitors(x.screens, x.screens.Only)
	m.All = true
	return m
}

// toggleLimit opens the choice of what is shared under the bar, or closes it. Not while a question is up.
func (x *sharing) toggleLimit() {
	if x.limit != nil || x.prompt != nil {
		x.closeLimit()
		return
	}
	x.closeChat()
	s := screens.NewLimit(x.limits(), func(n int) {
		x.closeLimit()
		x.s.ShareOnly(n)
	}, x.closeLimit)
	f, err := x.a.svc.Desk.OpenFloat(FloatOptions{Title: ui.T("ask.which"), Content: s.Object, Size: s.Size, Under: x.barWin, Focus: s.Focus})
	if err != nil {
		return
	}
	x.limit = f
	f.Window().SetCloseIntercept(x.closeLimit)
	f.Window().Canvas().SetOnTypedKey(func(k *fyne.KeyEvent) {
		if k.Name == fyne.KeyEscape {
			x.closeLimit()
		}
	})
	x.a.svc.Desk.Raise(f.Window())
}

func (x *sharing) closeLimit() {
	if x.limit != nil {
		f := x.limit
		x.limit = nil
		f.Close()
	}
}
