package app

import (
	"fyne.io/fyne/v2"

	"beside/app/screens"
	"beside/app/ui"
)

// pause hides the screen from the helper, or shows it again; the bar says so once it is so.
func (x *sharing) pause(on bool) {
	if on {
		x.s.Pause()
	} else {
		x.s.Continue()
	}
}

// toggleChat opens the chat under the bar, or closes it. Not while a question is up.
func (x *sharing) toggleChat() {
	switch {
	case x.chat == nil || x.prompt != nil:
	case x.chatWin != nil:
		x.closeChat()
	default:
		x.closeLimit()
		x.openChat()
	}
}

func (x *sharing) openChat() {
	f, err := x.a.svc.Desk.OpenFloat(FloatOptions{
		Title: ui.T("c.title", ui.M{"first": x.helper.FirstName(ui.T("someone"))}), Content: x.chat.panel.Object,
		Size: fyne.NewSize(screens.ChatWidth, screens.ChatHeight), Under: x.barWin, Focus: x.chat.panel.Focus,
	})
	if err != nil {
		return
	}
	x.chatWin = f
	f.Window().SetCloseIntercept(x.closeChat)
	x.a.svc.Desk.Raise(f.Window())
	x.chat.setOpen(true)
}

// closeChat removes its window; what was said stays until the session ends.
func (x *sharing) closeChat() {
	if x.chatWin != nil {
		f := x.chatWin
		x.chatWin = nil
		f.Close()
		x.chat.setOpen(false)
	}
}

// unread shows how many messages nobody has read, and says so once, also to screen readers. What
// was written is not in a notification: that would be kept by the desktop.
func (x *sharing) unread(n int) {
	if x.bar == nil {
		return
	}
	x.bar.SetUnread(n)
	if n == 1 {
		x.a.notify(ui.T("c.new", ui.M{"first": x.helper.FirstName(ui.T("someone"))}), "")
	}
}
