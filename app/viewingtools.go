package app

import (
	"fyne.io/fyne/v2"

	"beside/app/screens"
	"beside/input"
	"beside/policy"
)

// setTool takes a tool into the hand, or with ToolNone puts it away. While there is one, the mouse
// controls nothing.
func (w *viewing) setTool(t screens.Tool) {
	if t != screens.ToolNone && (w.paused || !w.lost.IsZero()) || t == w.tool {
		return
	}
	w.x.glass.SetPointing(false) // ends what the former one was doing
	w.tool, w.line = t, false
	w.v.SetTool(t)
	w.control()
	w.x.glass.SetPointing(t != screens.ToolNone)
}

func (w *viewing) toggleTool(t screens.Tool) {
	if w.tool == t {
		t = screens.ToolNone
	}
	w.setTool(t)
}

// point is where the pointer is while there is a tool in the hand.
func (w *viewing) point(at input.Move, down, inside bool) {
	switch w.tool {
	case screens.ToolLaser:
		w.x.h.Laser(at, inside)
	case screens.ToolPen:
		if down {
			w.x.h.Draw(at, !w.line)
		}
		w.line = down
	case screens.ToolNone:
	}
}

// toggleChat opens the chat and gives it the keyboard, or gives that back to the picture.
func (w *viewing) toggleChat() {
	if w.chat == nil {
		return
	}
	w.chat.setOpen(!w.chat.open)
	w.v.SetChat(w.chat.open)
	f := w.v.Focus
	if w.chat.open {
		f = w.chat.panel.Focus
	} else if p, ok := w.x.glass.Object().(fyne.Focusable); ok && w.rights.Has(policy.Control) {
		f = p
	}
	w.x.win.Canvas().Focus(f)
}
