package glass

import (
	"fmt"
	"image"
	"slices"
	"time"

	"github.com/jezek/xgb/render"
	"github.com/jezek/xgb/shape"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"

	"beside/frame"
)

// job is one step of a painter. Rectangles: dirty in the buffer, exposed in the child
// window, holes in the parent window.
type job struct {
	buf     *buffer
	lay     layout
	holes   []image.Rectangle
	recut   bool
	hidden  bool
	sprite  sprite
	dirty   []image.Rectangle
	exposed []image.Rectangle
	since   time.Time
	retired []uint32 // memory that this step makes useless
	answer  bool     // the server shall tell when it has drawn the last pixel
	// read copies pixels out of the buffer; nil when the server reads them itself.
	read func(*buffer, image.Rectangle) []byte
}

// painter draws into a child window and knows what it drew last. It belongs to one
// goroutine.
type painter struct {
	x     *xserver
	win   xproto.Window
	gc    xproto.Gcontext // for pixels
	fill  xproto.Gcontext // for the stage's colour
	front render.Picture  // the window

	last     job
	drawn    bool            // last is valid
	mapped   bool            // the window is on the screen
	answered bool            // the last job will be answered
	box      image.Rectangle // the sprite's place in the child window
	pixmap   xproto.Pixmap   // the unscaled picture on the server; 0 when exact
	back     render.Picture  // of pixmap
	shape    *frame.CursorShape
	arrow    render.Picture // of shape; 0: none
	arrowPix xproto.Pixmap
}

func (p *painter) open(x *xserver, win xproto.Window, stage uint32) error {
	p.x, p.win = x, win
	var err error
	if p.gc, err = xproto.NewGcontextId(x.c); err != nil {
		return fmt.Errorf("making a graphics context: %w", err)
	}
	if p.fill, err = xproto.NewGcontextId(x.c); err != nil {
		return fmt.Errorf("making a graphics context: %w", err)
	}
	if p.front, err = render.NewPictureId(x.c); err != nil {
		return fmt.Errorf("making a picture: %w", err)
	}
	d := xproto.Drawable(win)
	xproto.CreateGC(x.c, p.gc, d, xproto.GcGraphicsExposures, []uint32{0})
	xproto.CreateGC(x.c, p.fill, d, xproto.GcForeground|xproto.GcGraphicsExposures, []uint32{stage, 0})
	if err := render.CreatePictureChecked(x.c, p.front, d, x.opaque, 0, nil).Check(); err != nil {
		return fmt.Errorf("making a picture: %w", err)
	}
	return nil
}

// do draws one step. Coordinates below are those of the child window: area.Min is 0,0.
func (p *painter) do(j job) {
	p.answered = false
	lay := j.lay
	if lay.size != j.buf.frame.Size {
		lay = layout{} // the window has not followed the picture's size yet
	}
	area := lay.area
	lay.pic = lay.pic.Sub(area.Min)
	lay.area = area.Sub(area.Min)
	all := !p.drawn || p.last.buf != j.buf || p.last.lay != j.lay || p.last.hidden != j.hidden
	if all {
		p.move(area, lay)
	}
	for _, id := range j.retired {
		shm.Detach(p.x.c, shm.Seg(id))
	}
	if j.recut || all {
		p.recut(area, j.holes)
	}
	was := p.last
	p.last, p.drawn = j, true
	if lay.empty() {
		return
	}
	if j.hidden {
		p.cover(lay, j, was)
		return
	}
	p.picture(lay, j, all, was)
}

// cover shows nothing but the stage.
func (p *painter) cover(lay layout, j, was job) {
	p.box = image.Rectangle{}
	rs := j.exposed
	if !was.hidden || was.lay != j.lay || was.buf != j.buf {
		rs = []image.Rectangle{lay.area}
	}
	p.stage(rs)
}

// picture draws the damage, what was exposed, and the pointer above them.
func (p *painter) picture(lay layout, j job, all bool, was job) {
	dirty, win := j.dirty, slices.Clone(j.exposed)
	if all {
		dirty, win = []image.Rectangle{j.buf.frame.Bounds()}, []image.Rectangle{lay.area}
	} else {
		for _, r := range dirty {
			win = append(win, lay.toWindow(r))
		}
	}
	box := j.sprite.box(lay).Intersect(lay.area)
	if j.sprite != was.sprite {
		win = append(win, p.box, box)
	}
	if !box.Empty() && slices.ContainsFunc(win, box.Overlaps) {
		win = append(win, box) // blending twice would darken it: its ground is drawn anew
	}
	p.box = box

	var margin []image.Rectangle
	for i, r := range win {
		win[i] = r.Intersect(lay.seen())
		if r = r.Intersect(lay.area); !r.Empty() && !r.In(lay.pic) {
			margin = append(margin, outside(r, lay.pic)...)
		}
	}
	p.stage(margin)
	win = slices.DeleteFunc(win, image.Rectangle.Empty)
	if lay.exact() {
		p.put(xproto.Drawable(p.win), j, win, lay.pic.Min)
	} else {
		p.put(xproto.Drawable(p.pixmap), j, dirty, image.Point{})
		for _, r := range win {
			render.Composite(p.x.c, render.PictOpSrc, p.back, 0, p.front,
				int16(r.Min.X-lay.pic.Min.X), int16(r.Min.Y-lay.pic.Min.Y), 0, 0,
				int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()))
		}
	}
	if !box.Empty() && slices.ContainsFunc(win, box.Overlaps) {
		p.point(lay, j.sprite)
	}
}

// put sends pixels to d, where the buffer's origin lies at org. rs are in d.
func (p *painter) put(d xproto.Drawable, j job, rs []image.Rectangle, org image.Point) {
	f, depth := j.buf.frame, p.x.screen.RootDepth
	for i, r := range rs {
		src := r.Sub(org).Intersect(f.Bounds())
		if src.Empty() {
			continue
		}
		at := src.Min.Add(org)
		if j.read == nil {
			send := byte(0)
			if j.answer && i == len(rs)-1 {
				send, p.answered = 1, true
			}
			shm.PutImage(p.x.c, d, p.gc, uint16(f.Size.X), uint16(f.Size.Y),
				uint16(src.Min.X), uint16(src.Min.Y), uint16(src.Dx()), uint16(src.Dy()),
				int16(at.X), int16(at.Y), depth, xproto.ImageFormatZPixmap, send, shm.Seg(j.buf.share), 0)
			continue
		}
		for y, step := src.Min.Y, putRows(src.Dx()); y < src.Max.Y; y += step {
			part := image.Rect(src.Min.X, y, src.Max.X, min(y+step, src.Max.Y))
			xproto.PutImage(p.x.c, xproto.ImageFormatZPixmap, d, p.gc, uint16(part.Dx()), uint16(part.Dy()),
				int16(at.X), int16(at.Y+y-src.Min.Y), 0, depth, j.read(j.buf, part))
		}
	}
}

// stage fills rs with the stage's colour.
func (p *painter) stage(rs []image.Rectangle) {
	if len(rs) > 0 {
		xproto.PolyFillRectangle(p.x.c, xproto.Drawable(p.win), p.fill, rectsX(rs))
	}
}

// move puts the window where the glass is and prepares for the layout.
func (p *painter) move(area image.Rectangle, lay layout) {
	if lay.empty() {
		if p.mapped {
			xproto.UnmapWindow(p.x.c, p.win)
			p.mapped = false
		}
		return
	}
	xproto.ConfigureWindow(p.x.c, p.win,
		xproto.ConfigWindowX|xproto.ConfigWindowY|xproto.ConfigWindowWidth|xproto.ConfigWindowHeight,
		[]uint32{uint32(area.Min.X), uint32(area.Min.Y), uint32(area.Dx()), uint32(area.Dy())})
	if !p.mapped {
		xproto.MapWindow(p.x.c, p.win)
		p.mapped = true
	}
	if p.pixmap != 0 {
		render.FreePicture(p.x.c, p.back)
		xproto.FreePixmap(p.x.c, p.pixmap)
		p.pixmap = 0
	}
	if !lay.exact() {
		p.scale(lay)
	}
}

// scale makes the pixmap that the server scales from.
func (p *painter) scale(lay layout) {
	c := p.x.c
	pix, err := xproto.NewPixmapId(c)
	if err != nil {
		return
	}
	pic, err := render.NewPictureId(c)
	if err != nil {
		return
	}
	xproto.CreatePixmap(c, p.x.screen.RootDepth, pix, xproto.Drawable(p.win), uint16(lay.size.X), uint16(lay.size.Y))
	// Pad: beyond the border the filter sees the border's colour, not nothing.
	render.CreatePicture(c, pic, xproto.Drawable(pix), p.x.opaque, render.CpRepeat, []uint32{render.RepeatPad})
	render.SetPictureTransform(c, pic, render.Transform{
		Matrix11: fixed(float64(lay.size.X) / float64(lay.pic.Dx())),
		Matrix22: fixed(float64(lay.size.Y) / float64(lay.pic.Dy())),
		Matrix33: fixed(1),
	})
	filter := "bilinear"
	if lay.sharp() {
		filter = "nearest"
	}
	render.SetPictureFilter(c, pic, uint16(len(filter)), filter, nil)
	p.pixmap, p.back = pix, pic
}

// recut leaves holes in the window for what Fyne draws there.
func (p *painter) recut(area image.Rectangle, holes []image.Rectangle) {
	if area.Empty() {
		return
	}
	if len(holes) == 0 {
		shape.Mask(p.x.c, shape.SoSet, shape.SkBounding, p.win, 0, 0, xproto.PixmapNone)
		return
	}
	// One request, so that the picture never covers a menu for a moment.
	rest := []image.Rectangle{area.Sub(area.Min)}
	for _, h := range holes {
		var next []image.Rectangle
		for _, r := range rest {
			next = append(next, outside(r, h.Sub(area.Min))...)
		}
		rest = next
	}
	shape.Rectangles(p.x.c, shape.SoSet, shape.SkBounding, xproto.ClipOrderingUnsorted, p.win, 0, 0, rectsX(rest))
}

// point draws the remote pointer.
func (p *painter) point(lay layout, s sprite) {
	if s.shape != p.shape {
		p.load(s.shape)
	}
	if p.arrow == 0 {
		return
	}
	b := s.box(lay)
	render.Composite(p.x.c, render.PictOpOver, p.arrow, 0, p.front, 0, 0, 0, 0,
		int16(b.Min.X), int16(b.Min.Y), uint16(b.Dx()), uint16(b.Dy()))
}

// load sends a pointer's picture to the server.
func (p *painter) load(s *frame.CursorShape) {
	c := p.x.c
	if p.arrow != 0 {
		render.FreePicture(c, p.arrow)
		xproto.FreePixmap(c, p.arrowPix)
		p.arrow = 0
	}
	p.shape = s
	pix, err := xproto.NewPixmapId(c)
	if err != nil {
		return
	}
	pic, err := render.NewPictureId(c)
	if err != nil {
		return
	}
	gc, err := xproto.NewGcontextId(c)
	if err != nil {
		return
	}
	w, h := uint16(s.Size.X), uint16(s.Size.Y)
	xproto.CreatePixmap(c, 32, pix, xproto.Drawable(p.win), w, h)
	xproto.CreateGC(c, gc, xproto.Drawable(pix), 0, nil)
	bgra := make([]byte, len(s.Pix))
	for i := 0; i+3 < len(bgra); i += 4 {
		bgra[i], bgra[i+1], bgra[i+2], bgra[i+3] = s.Pix[i+2], s.Pix[i+1], s.Pix[i], s.Pix[i+3]
	}
	for y, step := 0, putRows(s.Size.X); y < s.Size.Y; y += step {
		n := min(step, s.Size.Y-y)
		xproto.PutImage(c, xproto.ImageFormatZPixmap, xproto.Drawable(pix), gc, w, uint16(n), 0, int16(y), 0, 32,
			bgra[4*y*s.Size.X:4*(y+n)*s.Size.X])
	}
	xproto.FreeGC(c, gc)
	render.CreatePicture(c, pic, xproto.Drawable(pix), p.x.alpha, 0, nil)
	p.arrow, p.arrowPix = pic, pix
}
