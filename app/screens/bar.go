package screens

import (
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
	OnTakeBack func()
	OnStop     func()
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
	row      *fyne.Container
	lost     bool
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
	stop := ui.BtnM(ui.Danger1, "stop", "stop", ui.T("stop"), d.OnStop)
	b.row = ui.HStack(8, ui.Middle, ui.Gap(4, 1), b.big, b.avatar,
		ui.Flex(ui.VStack(0, b.name, ui.HStack(6, ui.Middle, b.icon, ui.Flex(b.does)))),
		b.takeBack, stop)
	b.Object = ui.VStack(0, ui.Fixed(0, 56, ui.Over(ui.NewBox(ui.BarBg, ui.BarLine, 0), ui.Pad(8, 10, 8, 8, b.row))),
		ui.Fixed(0, 3, b.stripe))
	b.draw()
	return b
}

// Width is what the bar needs for what it says.
func (b *Bar) Width() float32 {
	if b.data.Rights.Has(policy.Control) && !b.lost {
		return BarWidthWide
	}
	return BarWidth
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

func (b *Bar) draw() {
	control := b.data.Rights.Has(policy.Control)
	name, does, icon, col := b.data.Helper.FullName(ui.T("someone")), ui.T("bar.view"), "eye", ui.RightView
	if control {
		does, icon, col = ui.T("bar.control"), "mouse-pointer-2", ui.RightControl
	}
	if b.lost {
		name = ui.T("bar.lost")
		does, col = ui.T("bar.lost.d", ui.M{"helper": b.data.Helper.FirstName(ui.T("someone"))}), ui.BarText2
	}
	b.name.Set(name)
	b.does.Set(does)
	b.icon.Set(icon, col)
	b.stripe.Set(col, "", 0)
	visible(b.avatar, !b.lost)
	visible(b.icon, !b.lost)
	visible(b.big, b.lost)
	visible(b.takeBack, control && !b.lost)
	b.row.Refresh()
	b.Object.Refresh()
}
