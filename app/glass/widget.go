package glass

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"github.com/go-gl/glfw/v3.3/glfw"
)

// CreateRenderer implements fyne.Widget.
func (g *Glass) CreateRenderer() fyne.WidgetRenderer {
	return &renderer{g: g}
}

// renderer draws the stage and, for the surfaces that Fyne draws, what lies on it.
type renderer struct{ g *Glass }

func (r *renderer) Layout(s fyne.Size) { r.g.stage.Resize(s) }
func (r *renderer) MinSize() fyne.Size { return fyne.NewSize(1, 1) }
func (r *renderer) Refresh()           { r.g.stage.Refresh() }
func (r *renderer) Destroy()           {}
func (r *renderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.g.stage, r.g.still, r.g.arrow}
}

// Resize implements fyne.CanvasObject.
func (g *Glass) Resize(s fyne.Size) {
	g.BaseWidget.Resize(s)
	g.arrange()
}

// Move implements fyne.CanvasObject.
func (g *Glass) Move(p fyne.Position) {
	g.BaseWidget.Move(p)
	g.arrange()
}

// Show implements fyne.CanvasObject.
func (g *Glass) Show() {
	g.BaseWidget.Show()
	g.arrange()
}

// Hide implements fyne.CanvasObject. Everything held is released.
func (g *Glass) Hide() {
	g.emit(g.tr.release())
	g.BaseWidget.Hide()
	g.arrange()
}

// Visible implements fyne.CanvasObject. Fyne asks it in each paint of the window, with
// the window's GL context current: the only place where a widget learns what window it
// is in and that something of it was redrawn.
func (g *Glass) Visible() bool {
	if g.open != nil && g.open.native() && !g.closed {
		if w := painting(); w != nil {
			g.painted(w)
		}
	}
	return g.BaseWidget.Visible()
}

// Cursor implements desktop.Cursorable. Never desktop.HiddenCursor: leaving the widget
// would end X11's pointer grab and lose the release of a held button.
func (g *Glass) Cursor() desktop.Cursor {
	g.asked = true
	if g.pointing {
		return desktop.CrosshairCursor
	}
	if g.control && g.shape.shape != nil {
		return g.shape
	}
	return desktop.DefaultCursor
}

// FocusGained implements fyne.Focusable.
func (g *Glass) FocusGained() {
	g.focused, g.refused = true, 0
	g.grab()
}

// FocusLost implements fyne.Focusable. Everything held is released.
func (g *Glass) FocusLost() {
	g.focused = false
	g.grab()
	g.emit(g.tr.release())
}

// TypedRune implements fyne.Focusable; the picture takes keys, not letters.
func (g *Glass) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (g *Glass) TypedKey(*fyne.KeyEvent) {}

// AcceptsTab implements fyne.Tabbable: Tab belongs to the remote machine.
func (g *Glass) AcceptsTab() bool { return g.control }

// Scrolled implements fyne.Scrollable: without control the wheel pans.
func (g *Glass) Scrolled(e *fyne.ScrollEvent) {
	if g.mode == Actual {
		g.Pan(-int(e.Scrolled.DX*2), -int(e.Scrolled.DY*2))
	}
}

// painted is called some times in each paint of the window.
func (g *Glass) painted(w *glfw.Window) {
	if g.raw == nil {
		g.raw = w
		go g.opt.Do(g.start)
	}
	if d, ok := g.surf.(drawer); ok && drawing() {
		d.draw()
	}
	g.look()
}

// look looks at the geometry and at what Fyne shows above the picture, after the
// paint that is going on.
func (g *Glass) look() {
	if g.looking || g.surf == nil {
		return
	}
	g.looking = true
	go g.opt.Do(func() { // from a paint, so not at once: the queue may be waited for
		g.looking = false
		g.arrange()
		g.cut()
	})
}
