package screens

import (
	"time"

	"fyne.io/fyne/v2"

	"beside/app/ui"
	"beside/policy"
)

// ConsentData is the question to the sharer. OnAnswer is called at most once.
type ConsentData struct {
	Helper   ui.Person
	Rights   policy.Right // everything the helper will have if allowed
	Now      func() time.Time
	OnAnswer func(allow bool)
	Monitors Monitors    // where there are several, what is shared can be chosen
	OnOnly   func(n int) // only that one, or 0: all
}

// Consent is the question, first on the sharer's own page, later in a prompt under the bar.
type Consent struct {
	Screen
	Title    string // the question, for a notification
	Guard    *Guard
	Decline  *ui.Button
	Allow    *ui.Button
	answered bool
	onAnswer func(bool)
}

func newConsent(d ConsentData) *Consent {
	c := &Consent{Guard: NewGuard(d.Now), onAnswer: d.OnAnswer}
	c.Decline = ui.Btn(ui.Outline, "", "decline", ui.T("decline"), func() { c.answer(false) })
	c.Allow = ui.Btn(ui.Filled, "", "allow", ui.T("allow"), func() { c.answer(true) })
	c.Decline.Guard, c.Allow.Guard = c.Guard.Open, c.Guard.Open
	c.Focus = c.Decline
	c.Escape = func() {
		if c.Guard.Open() {
			c.answer(false)
		}
	}
	return c
}

// answer takes the first answer only.
func (c *Consent) answer(allow bool) {
	if c.answered {
		return
	}
	c.answered = true
	c.Decline.SetDisabled(true)
	c.Allow.SetDisabled(true)
	if allow {
		c.Allow.SetText("", ui.T("allow.wait"))
		c.Allow.SetID("allow.wait")
	}
	if c.onAnswer != nil {
		c.onAnswer(allow)
	}
}

// Expire declines a question that nobody answered in time.
func (c *Consent) Expire() { c.answer(false) }

// Over makes the question unanswerable: it timed out or was withdrawn.
func (c *Consent) Over() {
	c.answered = true
	c.Decline.SetDisabled(true)
	c.Allow.SetDisabled(true)
}

// NewConsent is the first question of a session: who, what they can and cannot do. It has
// no way back; Decline has the keyboard and Esc declines.
func NewConsent(d ConsentData) *Consent {
	c := newConsent(d)
	first := ui.M{"first": d.Helper.FirstName(ui.T("someone"))}
	ask, can, cannot := "ask.view", []string{"can.see"}, []string{"cannot.input", "cannot.hear"}
	if d.Rights.Has(policy.Control) {
		ask, can, cannot = "ask.control", []string{"can.see", "can.input", "can.open"}, []string{"cannot.hear", "cannot.admin"}
	}
	list := func(key string, yes bool, points []string) fyne.CanvasObject {
		rows := []fyne.CanvasObject{ui.P(ui.T(key, first), ui.LeadB, ui.Text1)}
		for _, p := range points {
			rows = append(rows, ui.Point(yes, ui.T(p)))
		}
		return ui.VStack(6, rows...)
	}
	c.Title = ui.T(ask, ui.M{"helper": d.Helper.FullName(ui.T("someone"))})
	blocks := []fyne.CanvasObject{title(ask, ui.M{"helper": d.Helper.FullName(ui.T("someone"))}), ui.PersonCard(d.Helper)}
	more := float32(0) // height for what not everybody is asked
	if d.Monitors.several() {
		g := monitorChoice(d.Monitors, "ask.one", d.OnOnly)
		rows := append([]fyne.CanvasObject{ui.P(ui.T("ask.which"), ui.LeadB, ui.Text1)}, g.Cards()...)
		which := ui.VStack(6, rows...)
		blocks = append(blocks, which)
		more = min(ui.HeightOf(which, sizeConsent.Width-40)+24, monitorsMost)
	}
	b := body(append(blocks, list("can", true, can), list("cannot", false, cannot))...)
	foot := ui.VStack(14, ui.Hint("info", ui.Text3, ui.T("ask.private")), two(c.Decline, c.Allow))
	c.Object, c.Size = ui.Frame(head(nil, 3), b, foot), sizeConsent.AddWidthHeight(0, more)
	return c
}

// monitorsMost is how much higher the question is for a choice of monitors; more of them scroll.
const monitorsMost = 240

// PromptWidth is the width of a prompt; its height is that of its content.
const PromptWidth = 440

// NewPrompt is a later question, for its own window under the session bar.
func NewPrompt(d ConsentData) *Consent {
	c := newConsent(d)
	first, full := d.Helper.FirstName(ui.T("someone")), d.Helper.FullName(ui.T("someone"))
	ask, what, stripe := "ask.view", "", ui.RightView
	if d.Rights.Has(policy.Control) {
		ask, what, stripe = "more.control", "more.control.d", ui.RightControl
	}
	c.Title = ui.T(ask, ui.M{"helper": full})
	rows := []fyne.CanvasObject{ui.HStack(14, ui.Middle, d.Helper.Avatar(44),
		ui.Flex(ui.P(c.Title, ui.Heading, ui.Text1).ID(ask)))}
	if what != "" {
		rows = append(rows, ui.P(ui.T(what, ui.M{"first": first}), ui.Lead, ui.Text2),
			ui.Hint("eye", ui.Text3, ui.T("more.keep", ui.M{"first": first})))
	}
	rows = append(rows, ui.Gap(1, 2), two(c.Decline, c.Allow))
	c.Object = ui.Over(ui.NewBox(ui.Bg, ui.LineStrong, 0), ui.VStack(0,
		ui.Fixed(0, 3, ui.NewBox(stripe, "", 0)), ui.Pad(18, 24, 20, 24, ui.VStack(14, rows...))))
	// A constant least size: Fyne lays a new window out narrow first, and what wraps there is
	// higher than the window shall ever be.
	c.Size = fyne.NewSize(PromptWidth, ui.HeightOf(c.Object, PromptWidth))
	c.Object = ui.Fixed(c.Size.Width, c.Size.Height, c.Object)
	return c
}
