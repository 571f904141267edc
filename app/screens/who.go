package screens

import (
	"fyne.io/fyne/v2"

	"beside/app/ui"
	"beside/policy"
)

// Device is what the helper is told of the sharer's device.
type Device struct {
	Name, OS string
	State    policy.DeviceState
	Proof    policy.Proof
}

// label is how a device state looks.
type label struct {
	tone       ui.Tone
	icon, word string // word is a key
	title      string // banner, "" for none
	body       string
}

// labelOf is the table of the four states.
func labelOf(s policy.DeviceState) label {
	switch s {
	case policy.StateCompliant:
		return label{tone: ui.Good, icon: "shield-check", word: "dev.ok"}
	case policy.StateNotCompliant:
		return label{ui.Bad, "shield-alert", "dev.bad", "dev.bad.t", "dev.bad.d"}
	case policy.StateNotEnrolled:
		return label{ui.Warn, "shield-off", "dev.unenrolled", "dev.unenrolled.t", "dev.unenrolled.d"}
	case policy.StateUnknown:
	}
	return label{ui.Neutral, "shield-question-mark", "dev.unknown", "dev.unknown.t", "dev.unknown.d"}
}

// DeviceRow is the device under a person: name, system and state.
func DeviceRow(d Device) fyne.CanvasObject {
	l := labelOf(d.State)
	sub := ui.Clean(d.OS)
	switch {
	case d.State == policy.StateNotEnrolled || d.Proof == policy.ProofNone:
		sub = ui.T("dev.name")
	case d.Proof == policy.ProofReported && sub != "":
		sub = ui.T("dev.reported", ui.M{"os": sub})
	case d.Proof == policy.ProofReported:
		sub = ui.T("dev.name")
	}
	name := ui.Clean(d.Name)
	if name == "" {
		name = "?"
	}
	col := []fyne.CanvasObject{ui.P(name, ui.BodyB, ui.Text1).ID("device.name")}
	if sub != "" {
		col = append(col, ui.P(sub, ui.Caption, ui.Text3))
	}
	return ui.HStack(12, ui.Middle, ui.Icon("laptop", ui.Text2, 22), ui.Flex(ui.VStack(0, col...)),
		ui.NewChip(l.tone, l.icon, l.word, ui.T(l.word)))
}

// WhoData is the helper's page for checking who it is and choosing the right.
type WhoData struct {
	Sharer ui.Person
	Self   ui.Person // how the helper is shown to the sharer
	Device Device
	Offer  policy.Right // what the role allows here
	// OnAsk is called with the right that was chosen, OnCancel takes the request back.
	OnAsk    func(policy.Right)
	OnCancel func()
	OnBack   func()
}

// Who is that page and what changes on it.
type Who struct {
	Screen
	first string
	modes *ui.ModeGroup
	goB   *ui.Button
	note  *slot
	asked bool
	data  WhoData
}

// NewWho makes it.
func NewWho(d WhoData) *Who {
	w := &Who{first: d.Sharer.FirstName(ui.T("someone.s")), note: newSlot(), data: d}
	w.modes = ui.NewModeGroup(
		ui.Mode{
			Icon: "eye", ID: "mode.view", Title: ui.T("mode.view"), Desc: ui.T("mode.view.see"),
			Off: !d.Offer.Has(policy.View), Why: ui.T("mode.norole"),
		},
		ui.Mode{
			Icon: "mouse-pointer-2", ID: "mode.control", Title: ui.T("mode.control"), Desc: ui.T("mode.control.d"),
			Off: !d.Offer.Has(policy.View | policy.Control), Why: ui.T("mode.norole"),
		})
	w.goB = ui.Btn(ui.Filled, "", "mode.go", ui.T("mode.go", ui.M{"first": w.first}), w.press)
	w.goB.SetDisabled(w.modes.Chosen() < 0)
	blocks := []fyne.CanvasObject{ui.Gap(1, 2), title("who.title"), ui.PersonCard(d.Sharer, DeviceRow(d.Device))}
	if l := labelOf(d.Device.State); l.title != "" {
		blocks = append(blocks, ui.Banner(l.tone, l.icon, ui.T(l.title), ui.T(l.body)))
	}
	blocks = append(blocks, ui.VStack(10, append([]fyne.CanvasObject{ui.P(ui.T("mode.title"), ui.BodyB, ui.Text1)}, w.modes.Cards()...)...))
	b := body(blocks...)
	foot := ui.VStack(12, w.note.box, w.goB)
	w.self()
	frame := ui.Frame(head(d.OnBack, 0), b, foot)
	w.note.in = []fyne.CanvasObject{foot, frame}
	w.Screen = Screen{
		Object: frame, Focus: w.goB, Escape: d.OnBack, Size: sizeWho,
		Keys: []Key{combo(fyne.KeyReturn, fyne.KeyModifierControl, w.Ask)},
	}
	return w
}

func (w *Who) press() {
	if w.asked {
		w.data.OnCancel()
		return
	}
	r := policy.View
	if w.modes.Chosen() == 1 {
		r |= policy.Control
	}
	w.data.OnAsk(r)
}

// Ask does what Ctrl+Enter does.
func (w *Who) Ask() {
	if !w.asked && w.modes.Chosen() >= 0 {
		w.press()
	}
}

// Asked says that the sharer is reading; the button then cancels.
func (w *Who) Asked() {
	w.asked = true
	w.modes.Lock(true)
	w.goB.SetKind(ui.Outline)
	w.goB.SetText("", ui.T("cancel"))
	w.goB.SetID("cancel")
	w.note.set(ui.Start(ui.NewChip(ui.Note, "clock", "mode.asked", ui.T("mode.asked", ui.M{"first": w.first}))))
}

// Declined says that the sharer said no; the helper can ask again.
func (w *Who) Declined() {
	w.again()
	w.note.set(ui.HStack(8, ui.Top, ui.Icon("hand", ui.Warning, 20),
		ui.Flex(ui.P(ui.T("mode.declined", ui.M{"first": w.first}), ui.Body, ui.Text1).ID("mode.declined"))))
}

// Cancelled says that the request was taken back.
func (w *Who) Cancelled() {
	w.again()
	w.self()
}

// self says how the sharer sees the helper. It stands where later the answer stands.
func (w *Who) self() {
	if s := w.data.Self.FullName(""); s != "" {
		w.note.set(ui.P(ui.T("mode.self", ui.M{"name": s}), ui.Caption, ui.Text3))
		return
	}
	w.note.set(nil)
}

func (w *Who) again() {
	w.asked = false
	w.modes.Lock(false)
	w.goB.SetKind(ui.Filled)
	w.goB.SetText("", ui.T("mode.go", ui.M{"first": w.first}))
	w.goB.SetID("mode.go")
}
