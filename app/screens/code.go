package screens

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"

	"beside/app/ui"
)

// CodeData is the helper's page with the code to read out.
type CodeData struct {
	OnCopyCode func()
	OnCopyLink func()
	OnNew      func()
	OnBack     func()
}

// Code is that page and what changes on it.
type Code struct {
	Screen
	cells          *ui.CodeDisplay
	bar            *ui.Progress
	clock          *ui.IconImage
	left           *ui.Words
	copyB, linkB   *ui.Button
	newB           *ui.Button
	live, dead     *fyne.Container
	deadText       *slot
	status         *ui.Chip
	whole          time.Duration
	layoutAll      []fyne.CanvasObject
	getNew         *ui.Button
	shown, deadNow bool
}

// NewCode makes it, still without a code.
func NewCode(d CodeData) *Code {
	c := &Code{cells: ui.NewCodeDisplay(""), bar: ui.NewProgress(), clock: ui.Icon("clock", ui.Text2, 16), deadText: newSlot()}
	c.left = ui.P(ui.T("code.getting"), ui.Body, ui.Text2).ID("code.valid")
	c.copyB = ui.Btn(ui.Filled, "copy", "code.copy", ui.T("code.copy"), d.OnCopyCode)
	c.linkB = ui.Btn(ui.Outline, "link", "code.link", ui.T("code.link"), d.OnCopyLink)
	c.newB = ui.BtnS(ui.Quiet, "refresh-cw", "code.new", ui.T("code.new"), d.OnNew)
	c.getNew = ui.BtnM(ui.Filled, "refresh-cw", "code.getnew", ui.T("code.getnew"), d.OnNew)
	c.status = ui.NewChip(ui.Neutral, "ellipsis", "code.wait", ui.T("code.wait"))
	c.live = ui.VStack(14, c.bar, ui.HStack(6, ui.Middle, c.clock, ui.Flex(c.left), ui.Pad(0, -12, 0, 0, c.newB)), two(c.copyB, c.linkB))
	c.dead = ui.VStack(0, c.deadText.box)
	c.dead.Hide()
	for _, b := range []*ui.Button{c.copyB, c.linkB, c.newB} {
		b.SetDisabled(true)
	}
	step := func(n, key string) fyne.CanvasObject {
		return ui.HStack(10, ui.Top, ui.Number(n), ui.Flex(ui.P(ui.T(key), ui.Body, ui.Text1)))
	}
	card := ui.CardPad(20, ui.VStack(14, c.cells, c.live, c.dead))
	b := body(ui.Gap(1, 4), title("code.title"), card, ui.Gap(1, 2), ui.P(ui.T("code.how"), ui.BodyB, ui.Text1),
		ui.VStack(8, step("1", "code.s1"), step("2", "code.s2"), step("3", "code.s3")))
	frame := ui.Frame(head(d.OnBack, 0), b, ui.Start(c.status))
	c.layoutAll = []fyne.CanvasObject{card, b, frame}
	c.Screen = Screen{
		Object: frame, Focus: c.copyB, Escape: d.OnBack, Size: sizeHelper,
		Keys: []Key{{&fyne.ShortcutCopy{}, d.OnCopyCode}},
	}
	return c
}

// Show shows a code that is good for whole from now on.
func (c *Code) Show(code string, whole time.Duration) {
	c.whole, c.shown, c.deadNow = whole, true, false
	c.cells.Set(code, false)
	for _, b := range []*ui.Button{c.copyB, c.linkB, c.newB} {
		b.SetDisabled(false)
	}
	c.status.Set(ui.Neutral, "ellipsis", ui.T("code.wait"))
	c.live.Show()
	c.dead.Hide()
	c.deadText.set(nil)
	c.Left(whole)
	c.relayout()
}

// Left tells how long the code still works; call it at most once a second.
func (c *Code) Left(d time.Duration) {
	if c.deadNow || !c.shown {
		return
	}
	d = max(0, d)
	s := int((d + time.Second - 1) / time.Second)
	text, bar := ui.Text2, ui.Primary
	if s <= 60 {
		text, bar = ui.Warning, ui.Warning
	}
	c.left.SetColoured(ui.T("code.valid", ui.M{"t": fmt.Sprintf("%d:%02d", s/60, s%60)}), text)
	c.clock.Set("clock", text)
	if c.whole > 0 {
		c.bar.Set(float32(d)/float32(c.whole), bar)
	}
}

// Copied marks a copy button (link or code) as done; later Uncopied takes it back.
func (c *Code) Copied(link bool) {
	b := c.copyB
	if link {
		b = c.linkB
	}
	b.SetText("check", ui.T("code.copied"))
	b.SetKind(ui.Soft)
}

// Uncopied ends Copied.
func (c *Code) Uncopied() {
	c.copyB.SetText("copy", ui.T("code.copy"))
	c.copyB.SetKind(ui.Filled)
	c.linkB.SetText("link", ui.T("code.link"))
	c.linkB.SetKind(ui.Outline)
}

// Getting says that a new code is being made.
func (c *Code) Getting() {
	c.shown, c.deadNow = false, false
	c.cells.Set("", false)
	c.left.SetColoured(ui.T("code.getting"), ui.Text2)
	c.bar.Set(0, ui.Primary)
	c.live.Show()
	c.dead.Hide()
	c.deadText.set(nil)
	for _, b := range []*ui.Button{c.copyB, c.linkB, c.newB} {
		b.SetDisabled(true)
	}
	c.relayout()
}

// Pairing says that somebody typed the code.
func (c *Code) Pairing() { c.status.Set(ui.Note, "key-round", ui.T("code.pairing")) }

// Dead says that the code no longer works: burnt by a wrong attempt, or too old. Its only
// button then gets a new one, and is what to focus.
func (c *Code) Dead(burnt bool) fyne.Focusable {
	c.deadNow = true
	c.cells.Set(c.codeShown(), true)
	body := "code.expired.d"
	if burnt {
		body = "code.burnt.d"
	}
	c.live.Hide()
	c.dead.Show()
	c.deadText.set(ui.Banner(ui.Warn, "timer", ui.T("code.expired"), ui.T(body), c.getNew))
	c.status.Set(ui.Neutral, "ellipsis", ui.T("code.wait"))
	c.relayout()
	return c.getNew
}

func (c *Code) codeShown() string { return c.cells.Value() }

func (c *Code) relayout() {
	for _, o := range c.layoutAll {
		o.Refresh()
	}
}
