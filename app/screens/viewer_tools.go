package screens

import (
	"fyne.io/fyne/v2"

	"beside/app/ui"
)

// Tool is what the helper's pointer does on the picture without control.
type Tool uint8

// The tools.
const (
	ToolNone Tool = iota
	ToolLaser
	ToolPen
)

// SetTool shows which tool is in the hand.
func (v *Viewer) SetTool(t Tool) {
	v.tool = t
	v.bar.draw()
}

// SetChat opens or closes the chat beside the picture.
func (v *Viewer) SetChat(open bool) {
	if v.data.Chat == nil {
		return
	}
	v.chat = open
	visible(v.data.Chat, open)
	v.bar.draw()
	v.Object.Refresh()
	v.floats()
}

// SetUnread shows how many messages nobody has read.
func (v *Viewer) SetUnread(n int) {
	v.unread = n
	v.bar.draw()
}

// SetPaused covers the place of the picture while the sharer pauses.
func (v *Viewer) SetPaused(on bool) {
	if v.paused == on {
		return
	}
	v.paused = on
	if !v.lost {
		v.card = nil
		if on {
			v.card = v.pauseCard()
		}
	}
	if on {
		v.pill, v.menu = nil, nil
		v.figures = ui.Figures{Unknown: true}
		v.meter.Set(v.figures)
	}
	v.bar.draw()
	v.restage()
}

// pauseCard is as large as the picture was. It is dark in both variants, like the stage.
func (v *Viewer) pauseCard() fyne.CanvasObject {
	first := ui.M{"first": v.first}
	icon := ui.Centre(ui.Fixed(64, 64, ui.Over(ui.NewBox(ui.BarLine, "", 32), ui.Centre(ui.Icon("pause", ui.BarText, 28)))))
	rows := []fyne.CanvasObject{
		icon, ui.PC(ui.T("p.title", first), ui.Title, ui.BarText).ID("p.title"),
		ui.PC(ui.T("p.body", first), ui.Lead, ui.BarText2).ID("p.body"),
	}
	if v.data.Chat != nil {
		open := func() {
			if !v.chat {
				v.data.OnChat()
			}
		}
		rows = append(rows, ui.Gap(1, 4), ui.Centre(ui.BtnM(ui.OnBar, "message-square", "p.chat", ui.T("p.chat"), open)))
	}
	return ui.Over(ui.NewBox(ui.Stage, "", 0), &fyne.Container{
		Layout: middle{440}, Objects: []fyne.CanvasObject{ui.VStack(12, rows...)},
	})
}

// middle puts one object into the middle, at most so wide.
type middle struct{ w float32 }

func (m middle) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(100, 100) }

func (m middle) HeightFor(o []fyne.CanvasObject, w float32) float32 {
	return ui.HeightOf(o[0], min(m.w, w-24))
}

func (m middle) Layout(o []fyne.CanvasObject, s fyne.Size) {
	w := min(m.w, s.Width-24)
	h := ui.HeightOf(o[0], w)
	o[0].Move(fyne.NewPos((s.Width-w)/2, max(0, (s.Height-h)/2)))
	o[0].Resize(fyne.NewSize(w, h))
}
