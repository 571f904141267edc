package glass

import (
	"image"
	"reflect"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// cut tells the surface what Fyne shows above the picture, if that changed.
func (g *Glass) cut() {
	if g.surf == nil {
		return
	}
	var holes []image.Rectangle
	add := func(o fyne.CanvasObject, grow float32) {
		r := g.pixels(o)
		if n := int(grow * g.opt.Window.Canvas().Scale()); !r.Empty() {
			r = r.Inset(-n)
		}
		if !r.Intersect(g.tr.lay.area).Empty() {
			holes = append(holes, r)
		}
	}
	for _, o := range g.opt.Window.Canvas().Overlays().List() {
		if p, ok := o.(*widget.PopUp); ok {
			add(p.Content, theme.InnerPadding()/2) // its background is that much larger
			continue
		}
		add(content(o), 0)
	}
	for _, o := range g.floats {
		if o.Visible() {
			add(o, 0)
		}
	}
	if !slices.Equal(holes, g.holes) {
		g.holes = holes
		g.surf.cut(holes)
	}
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
