package screens

import (
	"fyne.io/fyne/v2"

	"beside/app/ui"
)

// SignInData is the page beside the browser.
type SignInData struct {
	OnBrowser func() // open the browser (again)
	OnPhone   func() // sign in with a phone instead
	OnBack    func()
}

// SignInBrowser says that the browser is open; late is for when the person did not come
// back in time.
func SignInBrowser(d SignInData, late bool) Screen {
	again := ui.Btn(ui.Filled, "external-link", "signin.again", ui.T("signin.again"), d.OnBrowser)
	text, chip := fyne.CanvasObject(ui.PC(ui.T("signin.body"), ui.Lead, ui.Text2)), ui.NewChip(ui.Neutral, "ellipsis", "signin.wait", ui.T("signin.wait"))
	tone, icon := ui.Note, "globe"
	blocks := []fyne.CanvasObject{centredTitle("signin.title"), text, ui.Centre(chip)}
	if late {
		again = ui.Btn(ui.Filled, "external-link", "retry", ui.T("retry"), d.OnBrowser)
		tone, icon = ui.Warn, "clock"
		blocks = []fyne.CanvasObject{centredTitle("signin.title"), ui.PC(ui.T("signin.late"), ui.Lead, ui.Text2).ID("signin.late")}
	}
	blocks = append([]fyne.CanvasObject{ui.Flex(), ui.StateIcon(tone, icon)}, blocks...)
	blocks = append(blocks, ui.Flex())
	phone := ui.Btn(ui.Quiet, "", "signin.device", ui.T("signin.device"), d.OnPhone)
	return Screen{
		Object: ui.Frame(head(d.OnBack, 0), body(blocks...), ui.VStack(12, again, phone)),
		Focus:  again, Escape: d.OnBack, Size: sizeStart,
	}
}

// PhoneData is the page for signing in on another device.
type PhoneData struct {
	URL, Code string // "" while they are being fetched
	NoBrowser bool   // shown because no browser could be opened
	OnCopy    func()
	OnBrowser func()
	OnBack    func()
}

// SignInPhone says what to type on a phone.
func SignInPhone(d PhoneData) Screen {
	blocks := []fyne.CanvasObject{ui.Flex(), ui.StateIcon(ui.Note, "key-round"), centredTitle("signin.device.title")}
	if d.NoBrowser {
		blocks = append(blocks, ui.PC(ui.T("signin.none"), ui.Body, ui.Text2))
	}
	var foot []fyne.CanvasObject
	var first fyne.Focusable
	if d.Code == "" {
		blocks = append(blocks, ui.Centre(ui.NewChip(ui.Neutral, "ellipsis", "signin.device.get", ui.T("signin.device.get"))))
	} else {
		blocks = append(blocks, ui.PC(ui.T("signin.device.body", ui.M{"url": d.URL, "code": d.Code}), ui.Lead, ui.Text2).ID("signin.device.body"),
			ui.Card(ui.PC(d.Code, ui.Title, ui.Text1).ID("signin.code")),
			ui.Centre(ui.NewChip(ui.Neutral, "ellipsis", "signin.device.wait", ui.T("signin.device.wait"))))
		b := ui.Btn(ui.Filled, "copy", "code.copy", ui.T("code.copy"), d.OnCopy)
		foot, first = append(foot, b), b
	}
	blocks = append(blocks, ui.Flex())
	foot = append(foot, ui.Btn(ui.Quiet, "", "signin.device.again", ui.T("signin.device.again"), d.OnBrowser))
	return Screen{
		Object: ui.Frame(head(d.OnBack, 0), body(blocks...), ui.VStack(12, foot...)),
		Focus:  first, Escape: d.OnBack, Size: sizeStart,
	}
}
