package glass

import (
	"image"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"beside/frame"
)

// arrowArt is the pointer that is drawn when the remote one's shape is unknown: # black,
// o white.
const arrowArt = `
#
##
#o#
#oo#
#ooo#
#oooo#
#ooooo#
#oooooo#
#ooooooo#
#oooooooo#
#ooooo#####
#oo#oo#
#o# #oo#
##  #oo#
#    #oo#
     #oo#
      ##`

// arrowShape makes the unknown pointer's shape.
func arrowShape() *frame.CursorShape {
	rows := strings.Split(strings.Trim(arrowArt, "\n"), "\n")
	s := &frame.CursorShape{Size: image.Pt(11, len(rows))}
	s.Pix = make([]byte, 4*s.Size.X*s.Size.Y)
	for y, row := range rows {
		for x, c := range row {
			if c == ' ' {
				continue
			}
			p := s.Pix[4*(y*s.Size.X+x):][:4]
			p[3] = 0xFF
			if c == 'o' {
				p[0], p[1], p[2] = 0xFF, 0xFF, 0xFF
			}
		}
	}
	return s
}

// point remembers the remote pointer that Fyne shall draw, for the surfaces that are
// drawn by Fyne.
func (g *Glass) point(s sprite) {
	g.drawn = s
	g.pointer()
}

// pointer puts the remote pointer where it belongs.
func (g *Glass) pointer() {
	l := g.tr.lay
	box := g.drawn.box(l)
	if box.Empty() || !box.In(l.area) || !g.pic.shown.Load() {
		g.arrow.Hide()
		return
	}
	if s := g.drawn.shape; g.arrowOf != s {
		g.arrowOf = s
		g.arrow.Image = &image.RGBA{Pix: s.Pix, Stride: 4 * s.Size.X, Rect: image.Rectangle{Max: s.Size}}
		g.arrow.FillMode = canvas.ImageFillStretch
		g.arrow.Refresh()
	}
	g.setBox(g.arrow, box)
	g.arrow.Show()
	g.stage.Refresh()
}

// setBox gives an object inside the glass a place in device pixels of the window.
func (g *Glass) setBox(o fyne.CanvasObject, r image.Rectangle) {
	r = r.Sub(g.tr.lay.area.Min)
	k := g.opt.Window.Canvas().Scale()
	o.Move(fyne.NewPos(float32(r.Min.X)/k, float32(r.Min.Y)/k))
	o.Resize(fyne.NewSize(float32(r.Dx())/k, float32(r.Dy())/k))
}
