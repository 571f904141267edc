package screens

import (
	"fyne.io/fyne/v2"

	"beside/app/ui"
)

// JoinData is the page where the sharer types the code.
type JoinData struct {
	Code   string // from a link; never goes on by itself
	OnGo   func(code string)
	OnBack func()
}

// Join is that page and what changes on it.
type Join struct {
	Screen
	field *ui.CodeEntry
	under *slot
	goOn  *ui.Button
}

// NewJoin makes it.
func NewJoin(d JoinData) *Join {
	j := &Join{field: ui.NewCodeEntry(), under: newSlot()}
	j.goOn = ui.Btn(ui.Filled, "", "join.go", ui.T("join.go"), func() { d.OnGo(j.field.Value()) })
	j.goOn.SetDisabled(true)
	b := body(ui.Gap(1, 2), ui.VStack(6, title("join.title"), lead("join.body")), ui.Gap(1, 4),
		j.field, j.under.box, ui.Gap(1, 4), j.goOn)
	frame := ui.Frame(head(d.OnBack, 1), b, ui.Hint("shield-alert", ui.Warning, ui.T("join.scam")))
	j.under.in = []fyne.CanvasObject{b, frame}
	j.hint()
	j.field.OnChanged = func(_ string, complete bool) {
		j.goOn.SetDisabled(!complete)
		j.hint()
	}
	j.field.OnWrong = func(r rune) {
		j.under.set(ui.HStack(8, ui.Top, ui.Icon("info", ui.Warning, 20),
			ui.Flex(ui.P(ui.T("join.never", ui.M{"char": ui.Clean(string(r))}), ui.Body, ui.Text1).ID("join.never"))))
	}
	j.field.OnDone = func() { d.OnGo(j.field.Value()) }
	if d.Code != "" {
		j.field.SetText(d.Code)
	}
	j.Screen = Screen{Object: frame, Focus: j.field, Escape: d.OnBack, Size: sizeSharer}
	return j
}

func (j *Join) hint() {
	j.under.set(ui.P(ui.T("join.hint"), ui.Body, ui.Text2).ID("join.hint"))
}

// Checking says that the code is being proven; nothing can be typed meanwhile.
func (j *Join) Checking() {
	j.field.SetDisabled(true)
	j.goOn.SetDisabled(true)
	j.goOn.SetText("", ui.T("join.checking"))
	j.goOn.SetID("join.checking")
}

// Refuse says under the field why the code was not accepted; the next key empties it.
func (j *Join) Refuse(e ErrorText, m ui.M) {
	j.field.SetDisabled(false)
	j.field.SetWrong(true)
	j.goOn.SetDisabled(true)
	j.goOn.SetText("", ui.T("join.go"))
	j.goOn.SetID("join.go")
	j.under.set(ui.HStack(8, ui.Top, ui.Icon("circle-alert", ui.Danger, 20), ui.Flex(ui.VStack(2,
		ui.P(ui.T(e.Title, m), ui.BodyB, ui.Danger).ID(e.Title), ui.P(ui.T(e.Body, m), ui.Body, ui.Text1)))))
}
