package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// painter is a leaf component that draws itself from primitives for a size.
type painter interface {
	fyne.Widget
	paint(s fyne.Size) []fyne.CanvasObject
}

// painted renders a painter: it draws anew when the size, the state or the theme changed.
type painted struct {
	w       painter
	objects []fyne.CanvasObject
	size    fyne.Size // that objects were made for
	done    bool
}

// Layout keeps what stands: Fyne lays a widget out again whenever it meets objects in it that it
// does not know, so that new ones each time would keep the window painting for ever.
func (r *painted) Layout(s fyne.Size) {
	if !r.done || s != r.size {
		r.draw(s)
	}
}

func (r *painted) MinSize() fyne.Size           { return r.w.MinSize() }
func (r *painted) Objects() []fyne.CanvasObject { return r.objects }
func (r *painted) Destroy()                     {}
func (r *painted) Refresh() {
	r.draw(r.w.Size())
	canvas.Refresh(r.w)
}

func (r *painted) draw(s fyne.Size) { r.objects, r.size, r.done = r.w.paint(s), s, true }

// place puts an object at a rectangle and returns it.
func place(o fyne.CanvasObject, x, y, w, h float32) fyne.CanvasObject {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
	return o
}

// rect is a rectangle in a token, with a border if stroke is not "".
func rect(fill, stroke fyne.ThemeColorName, width, radius float32) *canvas.Rectangle {
	r := canvas.NewRectangle(colour(fill))
	r.CornerRadius = radius
	if stroke != "" {
		r.StrokeColor, r.StrokeWidth = colour(stroke), width
	}
	return r
}

// ring is the mark of keyboard focus, 3 units outside a control of size s.
func ring(s fyne.Size, col fyne.ThemeColorName, radius float32) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.StrokeColor, r.StrokeWidth, r.CornerRadius = colour(col), 2, radius+3
	return place(r, -3, -3, s.Width+6, s.Height+6)
}

// text is one run in a style.
func text(s string, st TextStyle, c color.Color) *canvas.Text {
	t := canvas.NewText(s, c)
	t.TextSize, t.TextStyle = st.Size, fyne.TextStyle{Bold: st.Bold}
	return t
}

// centred puts one run in the middle of a rectangle.
func centred(s string, st TextStyle, c color.Color, x, y, w, h float32) fyne.CanvasObject {
	t := text(s, st, c)
	t.Alignment = fyne.TextAlignCenter
	th := t.MinSize().Height
	return place(t, x, y+(h-th)/2, w, th)
}

// A Box is a filled, optionally bordered rectangle that follows the theme.
type Box struct {
	widget.BaseWidget
	fill, stroke  fyne.ThemeColorName
	width, radius float32
	min           fyne.Size
}

// NewBox makes a box; "" leaves fill or border out.
func NewBox(fill, stroke fyne.ThemeColorName, radius float32) *Box {
	b := &Box{fill: fill, stroke: stroke, width: 1, radius: radius}
	b.ExtendBaseWidget(b)
	return b
}

// Set changes the colours and the border's width.
func (b *Box) Set(fill, stroke fyne.ThemeColorName, width float32) {
	if b.fill == fill && b.stroke == stroke && b.width == width {
		return
	}
	b.fill, b.stroke, b.width = fill, stroke, width
	b.Refresh()
}

// MinSize is nothing, or what Gap asked for.
func (b *Box) MinSize() fyne.Size { return b.min }

// CreateRenderer is for Fyne.
func (b *Box) CreateRenderer() fyne.WidgetRenderer { return &painted{w: b} }

func (b *Box) paint(s fyne.Size) []fyne.CanvasObject {
	if b.fill == "" && b.stroke == "" {
		return nil
	}
	return []fyne.CanvasObject{place(rect(b.fill, b.stroke, b.width, b.radius), 0, 0, s.Width, s.Height)}
}

// Gap is empty room.
func Gap(w, h float32) *Box {
	b := NewBox("", "", 0)
	b.min = fyne.NewSize(w, h)
	return b
}

// Rule is a line across.
func Rule() fyne.CanvasObject { return Fixed(0, 1, NewBox(Line, "", 0)) }

// Stripe is a line up and down.
func Stripe(h float32) fyne.CanvasObject { return Fixed(1, h, NewBox(Line, "", 0)) }
