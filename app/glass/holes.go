package glass

import (
	"image"
	"math"
	"reflect"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// floating is an object above the picture and the radius of its corners.
type floating struct {
	fyne.CanvasObject
	corner float32
}

// cut tells the surface what Fyne shows above the picture, if that changed.
func (g *Glass) cut() {
	if g.surf == nil {
		return
	}
	var holes []image.Rectangle
	scale := g.opt.Window.Canvas().Scale()
	add := func(o fyne.CanvasObject, grow, corner float32) {
		r := g.pixels(o)
		if n := int(grow * scale); !r.Empty() {
			r = r.Inset(-n)
		}
		if !r.Intersect(g.tr.lay.area).Empty() {
			holes = append(holes, rounded(r, int(corner*scale))...)
		}
	}
	for _, o := range g.opt.Window.Canvas().Overlays().List() {
		if p, ok := o.(*widget.PopUp); ok {
			add(p.Content, theme.InnerPadding()/2, 0) // its background is that much larger
			continue
		}
		add(content(o), 0, 0)
	}
	for _, o := range g.floats {
		if o.Visible() {
			add(o.CanvasObject, 0, o.corner)
		}
	}
	if !slices.Equal(holes, g.holes) {
		g.holes = holes
		g.surf.cut(holes)
	}
}

// rounded is r without its corners outside circles of that radius, in parts that do not overlap: else
// what is behind the picture would show in the corners.
func rounded(r image.Rectangle, radius int) []image.Rectangle {
	radius = min(radius, r.Dx()/2, r.Dy()/2)
	parts := []image.Rectangle{image.Rect(r.Min.X, r.Min.Y+radius, r.Max.X, r.Max.Y-radius)}
	if parts[0].Empty() {
		parts = nil
	}
	for y := range radius {
		up := float64(radius) - float64(y) - 0.5
		in := radius - int(math.Sqrt(float64(radius*radius)-up*up)+0.5)
		parts = append(parts,
			image.Rect(r.Min.X+in, r.Min.Y+y, r.Max.X-in, r.Min.Y+y+1),
			image.Rect(r.Min.X+in, r.Max.Y-y-1, r.Max.X-in, r.Max.Y-y))
	}
	return parts
}

// content is what an overlay shows: Fyne's menus and drop-downs are a small object in
// a container, private to Fyne, as large as the window.
func content(o fyne.CanvasObject) fyne.CanvasObject {
	v := reflect.ValueOf(o)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return o
	}
	f := v.Elem().FieldByName("Content")
	if !f.IsValid() || !f.CanInterface() {
		return o
	}
	if c, ok := f.Interface().(fyne.CanvasObject); ok && c != nil {
		return c
	}
	return o
}

// blocked says whether a device pixel of the window belongs to something above the picture.
func (g *Glass) blocked(x, y float64) bool {
	if g.opt.Window.Canvas().Overlays().Top() != nil {
		return true
	}
	at := image.Pt(int(x), int(y))
	return slices.ContainsFunc(g.holes, func(r image.Rectangle) bool { return at.In(r) })
}
