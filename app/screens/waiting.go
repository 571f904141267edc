package screens

import (
	"fyne.io/fyne/v2"

	"beside/app/ui"
)

// WaitingData is the sharer's page between the code and the question.
type WaitingData struct {
	Helper   ui.Person
	OnCancel func()
}

// Waiting shows the helper first, and that nothing is shared.
func Waiting(d WaitingData) Screen {
	first := d.Helper.FirstName(ui.T("someone"))
	b := ui.Btn(ui.Outline, "", "cancel", ui.T("cancel"), d.OnCancel)
	o := ui.Frame(head(d.OnCancel, 2), body(ui.Gap(1, 2),
		ui.VStack(6, title("wait.title"), lead("wait.body", ui.M{"helper": first})),
		ui.PersonCard(d.Helper),
		ui.Start(ui.NewChip(ui.Neutral, "eye", "wait.nothing", ui.T("wait.nothing")))), b)
	return Screen{Object: o, Focus: b, Escape: d.OnCancel, Size: sizeSharer}
}

// BusyData is a short wait with one way out.
type BusyData struct {
	Icon     string
	Title    string // key
	Body     string // key, "" for none
	OnCancel func()
}

// Busy says what is being done. Nothing in it moves.
func Busy(d BusyData) Screen {
	b := ui.Btn(ui.Outline, "", "cancel", ui.T("cancel"), d.OnCancel)
	blocks := []fyne.CanvasObject{ui.Flex(), ui.StateIcon(ui.Note, d.Icon), centredTitle(d.Title)}
	if d.Body != "" {
		blocks = append(blocks, ui.PC(ui.T(d.Body), ui.Lead, ui.Text2))
	}
	blocks = append(blocks, ui.Flex())
	return Screen{Object: ui.Frame(head(d.OnCancel, 0), body(blocks...), b), Focus: b, Escape: d.OnCancel, Size: sizeStart}
}
