package desk

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// Grip is content by which its window is dragged along the top edge of the monitor it
// is on. Buttons in the content keep working.
type Grip struct {
	widget.BaseWidget
	d       *Desk
	w       fyne.Window
	content fyne.CanvasObject
	from    image.Point     // of the pointer, when the drag began
	start   image.Rectangle // of the window then
	active  bool
}

var (
	_ fyne.Draggable     = (*Grip)(nil)
	_ desktop.Mouseable  = (*Grip)(nil)
	_ desktop.Cursorable = (*Grip)(nil)
)

// NewGrip makes content a handle of w. d may be nil; the window then stays where it is.
func NewGrip(d *Desk, w fyne.Window, content fyne.CanvasObject) *Grip {
	g := &Grip{d: d, w: w, content: content}
	g.ExtendBaseWidget(g)
	return g
}

// CreateRenderer implements fyne.Widget.
func (g *Grip) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(g.content) }

// Cursor implements desktop.Cursorable.
func (g *Grip) Cursor() desktop.Cursor { return desktop.DefaultCursor }

// MouseDown implements desktop.Mouseable. Fyne tells of a drag only some way into it.
func (g *Grip) MouseDown(e *desktop.MouseEvent) {
	g.begin()
	x, y := g.w.Canvas().PixelCoordinateForPosition(e.AbsolutePosition)
	g.from = g.start.Min.Add(image.Pt(x, y)) // the pointer may have gone on since
}

// MouseUp implements desktop.Mouseable.
func (g *Grip) MouseUp(*desktop.MouseEvent) { g.active = false }

// begin remembers where the drag began.
func (g *Grip) begin() {
	p, ok := g.d.Pointer()
	b, shown := g.d.Bounds(g.w)
	g.from, g.start, g.active = p, b, ok && shown
}

// Dragged implements fyne.Draggable. Fyne's distances are useless here, for the window
// they are measured in moves.
func (g *Grip) Dragged(*fyne.DragEvent) {
	if !g.active {
		g.begin() // it began on a button in the content
	}
	p, ok := g.d.Pointer()
	if !ok || !g.active {
		return
	}
	m, err := g.d.MonitorAtPointer()
	if err != nil {
		return
	}
	x := within(g.start.Min.X+p.X-g.from.X, g.start.Dx(), m.Min.X, m.Max.X)
	_ = g.d.Move(g.w, image.Pt(x, m.Min.Y)) // the window may have gone: nothing to move then
}

// DragEnd implements fyne.Draggable.
func (g *Grip) DragEnd() { g.active = false }

// Children lets what walks the components of a window go on inside.
func (g *Grip) Children() []fyne.CanvasObject { return []fyne.CanvasObject{g.content} }
