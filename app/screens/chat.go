package screens

import (
	"time"

	"fyne.io/fyne/v2"

	"beside/app/ui"
)

// Sizes of the chat.
const (
	ChatWidth  = 320 // beside the picture, and the sharer's window
	ChatHeight = 420 // the sharer's window
	chatMost   = 4096
)

// ChatData is one side's chat. OnSend gets what was typed and says whether it is on its way.
type ChatData struct {
	Peer    ui.Person
	Someone string // what the other is called without a name: a translation key
	OnSend  func(text string)
	OnAgain func(id int)
	OnClose func()
}

// Chat is the messages of a session and a field for the next. Nothing in it moves by itself.
type Chat struct {
	Object fyne.CanvasObject
	Focus  fyne.Focusable
	data   ChatData
	first  string
	log    *ui.ChatLog
	field  *ui.TextField
	mine   []mineLine
}

type mineLine struct {
	line *ui.ChatLine
	at   time.Time
}

// NewChat makes an empty one.
func NewChat(d ChatData) *Chat {
	c := &Chat{data: d, first: d.Peer.FirstName(ui.T(d.Someone))}
	c.log = ui.NewChatLog(ui.T("c.kept"))
	c.field = ui.NewTextField("c.field", ui.T("c.hint"), chatMost)
	c.field.OnDone, c.field.OnEscape = c.send, d.OnClose
	c.Focus = c.field
	title := ui.L(ui.T("c.title", ui.M{"first": c.first}), ui.BodyB, ui.Text1).ID("c.title")
	head := ui.HStack(8, ui.Middle, ui.Flex(title), ui.IconBtn("x", "c.close", ui.T("close"), d.OnClose))
	send := ui.BtnM(ui.Filled, "send", "c.send", ui.T("c.send"), c.send)
	send.SetBare(true)
	foot := ui.HStack(8, ui.Middle, ui.Flex(c.field), send)
	c.Object = ui.Over(ui.NewBox(ui.Surface, ui.Line, 0), &fyne.Container{Layout: chatRows{}, Objects: []fyne.CanvasObject{
		ui.Pad(10, 12, 6, 16, head), c.log.Object, ui.Pad(8, 16, 16, 16, foot),
	}})
	return c
}

func (c *Chat) send() {
	if s := c.field.Text(); s != "" {
		c.data.OnSend(s)
	}
}

// Empty takes what was typed out of the field, once it is in the log.
func (c *Chat) Empty() { c.field.SetText("") }

// Theirs shows what the other side said.
func (c *Chat) Theirs(text string, at time.Time) {
	c.log.Add(false, text, c.first+" · "+at.Format("15:04"), nil)
}

// Mine shows what this side said; id is its place among those.
func (c *Chat) Mine(text string, at time.Time) (id int) {
	id = len(c.mine)
	c.mine = append(c.mine, mineLine{c.log.Add(true, text, "", func() { c.data.OnAgain(id) }), at})
	c.Sending(id)
	return id
}

func (c *Chat) said(id int, state, again string) {
	if id >= 0 && id < len(c.mine) {
		c.mine[id].line.Set(ui.T("c.you")+" · "+c.mine[id].at.Format("15:04")+state, again)
	}
}

// Sending says that a message of this side is on its way.
func (c *Chat) Sending(id int) { c.said(id, "", "") }

// Sent says that it arrived.
func (c *Chat) Sent(id int) { c.said(id, ui.T("c.sent"), "") }

// Failed says that it did not, and offers to try again.
func (c *Chat) Failed(id int) { c.said(id, ui.T("c.failed"), ui.T("c.again")) }

// chatRows gives the middle what head and foot leave.
type chatRows struct{}

func (chatRows) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(240, 200) }

func (chatRows) HeightFor([]fyne.CanvasObject, float32) float32 { return ChatHeight }

func (chatRows) Layout(o []fyne.CanvasObject, s fyne.Size) {
	head, foot := ui.HeightOf(o[0], s.Width), ui.HeightOf(o[2], s.Width)
	put := func(x fyne.CanvasObject, y, h float32) {
		x.Move(fyne.NewPos(0, y))
		x.Resize(fyne.NewSize(s.Width, max(0, h)))
	}
	put(o[0], 0, head)
	put(o[1], head, s.Height-head-foot)
	put(o[2], s.Height-foot, foot)
}
