package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// chatMost is how many messages a ChatLog keeps.
const chatMost = 500

// A ChatLog shows messages, the newest at the bottom. What is written is only ever text.
type ChatLog struct {
	Object fyne.CanvasObject // takes what room it is given, and scrolls

	note   fyne.CanvasObject
	rows   *fyne.Container
	tall   *tall
	inner  *fyne.Container
	scroll *container.Scroll
}

// NewChatLog makes an empty one with a note on top.
func NewChatLog(note string) *ChatLog {
	l := &ChatLog{note: PC(note, Caption, Text3), tall: &tall{}}
	l.rows = VStack(8, l.note)
	l.inner = container.New(l.tall, Pad(4, 16, 8, 16, l.rows))
	l.scroll = container.NewVScroll(l.inner)
	l.Object = container.New(chatFit{l}, l.scroll)
	return l
}

// chatFit tells the log's content how wide it is.
type chatFit struct{ l *ChatLog }

func (f chatFit) MinSize([]fyne.CanvasObject) fyne.Size          { return fyne.NewSize(200, 80) }
func (f chatFit) HeightFor([]fyne.CanvasObject, float32) float32 { return 80 }
func (f chatFit) Layout(o []fyne.CanvasObject, s fyne.Size) {
	f.l.tall.w = s.Width
	place(o[0], 0, 0, s.Width, s.Height)
}

// A ChatLine is one message in a ChatLog.
type ChatLine struct {
	log   *ChatLog
	under *Words
	again *Button
}

// Add shows a message, its author's own at the right, with a line under it. again, which may be
// nil, is what Fail offers to press.
func (l *ChatLog) Add(mine bool, s, under string, again func()) *ChatLine {
	x := &ChatLine{log: l, under: L(under, Caption, Text3).ID("chat.state")}
	fill, id := Sunken, "chat.theirs"
	if mine {
		fill, id = PrimarySoft, "chat.mine"
	}
	col := []fyne.CanvasObject{
		Over(NewBox(fill, "", RadiusL), Pad(8, 12, 8, 12, P(s, Body, Text1).ID(id))),
		container.New(&side{mine: mine}, x.under),
	}
	if again != nil {
		x.again = BtnS(Quiet, "refresh-cw", "c.again", "", again)
		x.again.Hide()
		col = append(col, container.New(&side{mine: mine}, x.again))
	}
	col[0] = container.New(&side{mine: mine, words: true}, col[0])
	l.rows.Add(VStack(2, col...))
	if n := len(l.rows.Objects) - 1; n > chatMost {
		l.rows.Objects = append([]fyne.CanvasObject{l.note}, l.rows.Objects[1+n-chatMost:]...)
	}
	l.settle()
	return x
}

// Set changes the line under a message; again, if not "", is the button that tries once more.
func (x *ChatLine) Set(under, again string) {
	x.under.Set(under)
	if x.again != nil {
		x.again.SetText("refresh-cw", again)
		if again == "" {
			x.again.Hide()
		} else {
			x.again.Show()
		}
	}
	x.log.settle()
}

// settle lays out and scrolls to the newest.
func (l *ChatLog) settle() {
	l.rows.Refresh()
	l.inner.Refresh()
	l.scroll.Refresh()
	l.scroll.ScrollToBottom()
}

// side puts its one object at one side, not wider than it needs: words as wide as their longest
// line, at most four fifths.
type side struct{ mine, words bool }

func (b *side) width(o fyne.CanvasObject, w float32) float32 {
	if !b.words {
		return min(w, o.MinSize().Width)
	}
	most := w * 0.84
	need := float32(24)
	c, ok := o.(*fyne.Container)
	if !ok {
		return most
	}
	if t := wordsIn(c); t != nil {
		for _, l := range t.lines(most - 24) {
			need = max(need, t.width(l)+24+2)
		}
	}
	return min(most, need)
}

// wordsIn is the first text in o.
func wordsIn(o fyne.CanvasObject) *Words {
	switch o := o.(type) {
	case *Words:
		return o
	case *fyne.Container:
		for _, x := range o.Objects {
			if t := wordsIn(x); t != nil {
				return t
			}
		}
	}
	return nil
}

func (b *side) HeightFor(o []fyne.CanvasObject, w float32) float32 {
	if !o[0].Visible() {
		return 0
	}
	return HeightOf(o[0], b.width(o[0], w))
}
func (b *side) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(100, 16) }
func (b *side) Layout(o []fyne.CanvasObject, s fyne.Size) {
	w := b.width(o[0], s.Width)
	x := float32(0)
	if b.mine {
		x = s.Width - w
	}
	place(o[0], x, 0, w, s.Height)
}
