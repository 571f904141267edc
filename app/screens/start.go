package screens

import (
	"fyne.io/fyne/v2"

	"beside/app/ui"
)

// StartData is the first page.
type StartData struct {
	SignedIn  bool
	Me        ui.Person // who is signed in
	Username  string    // sign-in name, for display
	MayHelp   bool      // the role allows helping; only looked at when SignedIn
	OnGet     func()
	OnGive    func()
	OnSignOut func()
}

// Start asks what the person wants to do. Help someone stands first for those who may,
// and is hidden from the signed-in who may not.
func Start(d StartData) Screen {
	get := ui.NewChoice("life-buoy", "start.get", ui.T("start.get"), ui.T("start.get.d"), d.OnGet)
	give := ui.NewChoice("headset", "start.give", ui.T("start.give"), ui.T("start.give.d"), d.OnGive)
	ask := fyne.CanvasObject(title("start.title"))
	choices := []fyne.CanvasObject{get, give}
	foot := ui.Hint("key-round", ui.Text3, ui.T("start.signin"))
	if d.SignedIn {
		ask = ui.VStack(4, ui.P(ui.T("start.title.in", ui.M{"name": d.Me.FirstName("")}), ui.Lead, ui.Text2), ask)
		choices = []fyne.CanvasObject{get}
		if d.MayHelp {
			choices = []fyne.CanvasObject{give, get}
		}
		out := ui.BtnM(ui.Quiet, "", "signout", ui.T("signout"), d.OnSignOut)
		foot = ui.VStack(12, ui.Rule(), ui.HStack(10, ui.Middle, d.Me.Avatar(32),
			ui.Flex(ui.VStack(0, ui.P(d.Me.FullName(d.Username), ui.BodyB, ui.Text1).ID("account"), ui.P(ui.Clean(d.Username), ui.Caption, ui.Text3))),
			ui.Pad(0, -12, 0, 0, out)))
	}
	blocks := append([]fyne.CanvasObject{ui.Gap(1, 16), ask}, choices...)
	blocks = append(blocks, ui.Hint("shield-check", ui.Success, ui.T("start.safe")))
	get1, give1 := fyne.KeyG, fyne.KeyH // the first letter of each choice
	if ui.Language() == "nl" {
		get1, give1 = fyne.KeyH, fyne.KeyI
	}
	keys := []Key{combo(get1, fyne.KeyModifierAlt, d.OnGet)}
	if !d.SignedIn || d.MayHelp {
		keys = append(keys, combo(give1, fyne.KeyModifierAlt, d.OnGive))
	}
	return Screen{Object: ui.Frame(head(nil, 0), body(blocks...), foot), Size: sizeStart, Keys: keys}
}
