package screens

import (
	"strconv"

	"fyne.io/fyne/v2"

	"beside/app/ui"
	"beside/policy"
)

// Sizes of the session bar.
const (
	BarHeight    = 59
	BarWidth     = 640
	BarWidthWide = 740 // with Take back control
)

// BarData is the sharer's bar.
type BarData struct {
	Helper     ui.Person
	Rights     policy.Right
	Chat       bool // the organisation allows it
	OnTakeBack func()
	OnPause    func(on bool)
	OnChat     func()
	OnClear    func() // remove what the helper drew
	OnStop     func()
	OnScreens  func() // choose what is shared
}

// Bar is the bar and what changes on it. It draws only when what it says changes.
type Bar struct {
	Object   fyne.CanvasObject
	data     BarData
	stripe   *ui.Box
	avatar   *ui.AvatarImage
	icon     *ui.IconImage // beside the words
	big      *ui.IconImage // in place of the avatar
	name     *ui.Words
	does     *ui.Words
	takeBack *ui.Button
	pause    *ui.Button
	chat     *ui.Button
	clear    *ui.Button
	screens  *ui.Button
	monitors Monitors
	row      *fyne.Container
	lost     bool
	paused   bool
	drawn    bool
}

// NewBar makes it.
func NewBar(d BarData) *Bar {
	b := &Bar{
		data: d, stripe: ui.NewBox(ui.RightView, "", 0), avatar: d.Helper.Avatar(32),
		icon: ui.Icon("eye", ui.RightView, 14), big: ui.Icon("wifi-off", ui.BarText2, 22),
	}
	b.name = ui.L("", ui.BodyB, ui.BarText).ID("bar.name")
	b.does = ui.L("", ui.Caption, ui.BarText2).ID("bar.does")
	b.takeBack = ui.BtnM(ui.OnBar, "hand", "takeback", ui.T("takeback"), d.OnTakeBack)
	b.pause = ui.BtnM(ui.OnBar, "pause", "pause", ui.T("pause"), func() { b.data.OnPause(!b.paused) })
	b.chat = ui.BtnM(ui.OnBar, "message-square", "chat", ui.T("chat"), func() { b.data.OnChat() })
	b.clear = ui.BtnM(ui.OnBar, "x", "v.clear", ui.T("v.clear"), func() { b.data.OnClear() })
	b.screens = ui.BtnM(ui.OnBar, "monitor", "v.screens", ui.T("v.screens"), func() { b.data.OnScreens() })
	stop := ui.BtnM(ui.Danger1, "stop", "stop", ui.T("stop"), d.OnStop)
	b.row = ui.HStack(8, ui.Middle, ui.Gap(4, 1), b.big, b.avatar,
		ui.Flex(ui.VStack(0, b.name, ui.HStack(6, ui.Middle, b.icon, ui.Flex(b.does)))),
		b.clear, b.takeBack, b.screens, b.pause, b.chat, stop)
	b.Object = ui.VStack(0, ui.Fixed(0, 56, ui.Over(ui.NewBox(ui.BarBg, ui.BarLine, 0), ui.Pad(8, 10, 8, 8, b.row))),
		ui.Fixed(0, 3, b.stripe))
	b.draw()
	return b
}

// Width is what the bar needs for what it says.
func (b *Bar) Width() float32 {
	w := float32(BarWidth)
	if b.data.Rights.Has(policy.Control) && !b.lost && !b.paused {
		w = BarWidthWide
	}
	if b.drawn && !b.lost && !b.paused {
		w += b.clear.MinSize().Width + 8
	}
	if b.monitors.several() && !b.lost {
		w += b.screens.MinSize().Width + 8
	}
	return w
}

// SetRights changes what the helper can do.
func (b *Bar) SetRights(r policy.Right) {
	if b.data.Rights != r {
		b.data.Rights = r
		b.draw()
	}
}

// SetLost says that the helper sees nothing now; Stop stays.
func (b *Bar) SetLost(on bool) {
	if b.lost != on {
		b.lost = on
		b.draw()
	}
}

// SetPaused says that the person has paused; Continue takes the place of Pause.
func (b *Bar) SetPaused(on bool) {
	if b.paused != on {
		b.paused = on
		b.draw()
	}
}

// SetDrawn says that there is something to clear.
func (b *Bar) SetDrawn(on bool) {
	if b.drawn != on {
		b.drawn = on
		b.draw()
	}
}

// SetMonitors says which monitors there are and to which the share is limited.
func (b *Bar) SetMonitors(m Monitors) {
	b.monitors = m
	b.draw()
}

// SetUnread shows how many messages nobody has read.
func (b *Bar) SetUnread(n int) { b.chat.SetBadge(n) }

func (b *Bar) draw() {
	control := b.data.Rights.Has(policy.Control)
	name, does, icon, col := b.data.Helper.FullName(ui.T("someone")), ui.T("bar.view"), "eye", ui.RightView
	if control {
		does, icon, col = ui.T("bar.control"), "mouse-pointer-2", ui.RightControl
	}
	if n := b.monitors.Chosen; n != 0 {
		key := map[bool]string{false: "bar.view.one", true: "bar.control.one"}[control]
		does = ui.T(key, ui.M{"n": strconv.Itoa(n)})
	}
	if b.lost {
		name = ui.T("bar.lost")
		does, col = ui.T("bar.lost.d", ui.M{"helper": b.data.Helper.FirstName(ui.T("someone"))}), ui.BarText2
	}
	big := "wifi-off"
	if b.paused && !b.lost {
		big, name, does, col = "pause", ui.T("bar.paused"), ui.T("bar.paused.d"), ui.BarText2
	}
	if b.paused {
		b.pause.SetText("play", ui.T("continue"))
		b.pause.SetID("continue")
	} else {
		b.pause.SetText("pause", ui.T("pause"))
		b.pause.SetID("pause")
	}
	b.big.Set(big, ui.BarText2)
	b.name.Set(name)
	b.does.Set(does)
	b.icon.Set(icon, col)
	b.stripe.Set(col, "", 0)
	calm := b.lost || b.paused
	visible(b.avatar, !calm)
	visible(b.icon, !calm)
	visible(b.big, calm)
	visible(b.takeBack, control && !calm)
	visible(b.clear, b.drawn && !calm)
	visible(b.pause, !b.lost)
	visible(b.screens, b.monitors.several() && !b.lost)
	visible(b.chat, b.data.Chat && !b.lost)
	b.row.Refresh()
	b.Object.Refresh()
}
