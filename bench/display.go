package main

import (
	"fmt"
	"image"

	xshm "github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"beside/internal/xconn"
)

// A display is one connection to an X server: what draws on it or looks at it. Every
// goroutine opens its own; it is not safe for concurrent use.
type display struct {
	x      *xconn.Conn
	screen *xproto.ScreenInfo
	size   image.Point
	seg    xshm.Seg // valid while mem is not nil
	mem    []byte   // shared with the server
}

func openDisplay(name string) (*display, error) {
	x, err := xconn.Dial(name)
	if err != nil {
		return nil, err
	}
	s := xproto.Setup(x.Conn).DefaultScreen(x.Conn)
	d := &display{x: x, screen: s, size: image.Pt(int(s.WidthInPixels), int(s.HeightInPixels))}
	if s.RootDepth != 24 {
		x.Close()
		return nil, fmt.Errorf("display %s has depth %d, want 24", name, s.RootDepth)
	}
	return d, d.share()
}

// share makes the memory through which pictures are fetched: the socket would cost more
// than some of the times that are measured.
func (d *display) share() (err error) {
	d.seg, d.mem, err = xconn.Share(d.x.Conn, 4*d.size.X*d.size.Y, false)
	return err
}

func (d *display) close() {
	if d.mem != nil {
		xshm.Detach(d.x.Conn, d.seg)
		xconn.Unshare(d.mem)
		d.mem = nil
	}
	d.x.Close()
}

// look fetches a rectangle of the screen as BGRX rows without gaps. The result is
// overwritten by the next look.
func (d *display) look(r image.Rectangle) ([]byte, error) {
	n := 4 * r.Dx() * r.Dy()
	if !r.In(image.Rectangle{Max: d.size}) || n == 0 {
		return nil, fmt.Errorf("look at %v of a screen of %v", r, d.size)
	}
	_, err := xshm.GetImage(d.x.Conn, xproto.Drawable(d.screen.Root), int16(r.Min.X), int16(r.Min.Y),
		uint16(r.Dx()), uint16(r.Dy()), ^uint32(0), xproto.ImageFormatZPixmap, d.seg, 0).Reply()
	if err != nil {
		return nil, fmt.Errorf("look at the screen: %w", err)
	}
	return d.mem[:n:n], nil
}

// sync returns when the server has done all requests before.
func (d *display) sync() { d.x.Sync() }

// point puts the pointer somewhere, press and release work its buttons, as a person's hand would.
func (d *display) point(p image.Point) {
	xtest.FakeInput(d.x.Conn, xproto.MotionNotify, 0, 0, d.screen.Root, int16(p.X), int16(p.Y), 0)
}

func (d *display) button(n byte, down bool) {
	kind := byte(xproto.ButtonRelease)
	if down {
		kind = xproto.ButtonPress
	}
	xtest.FakeInput(d.x.Conn, kind, n, 0, d.screen.Root, 0, 0, 0)
}

// A canvas is a window without a frame that the bench paints in.
type canvas struct {
	d   *display
	win xproto.Window
	gc  xproto.Gcontext
	r   image.Rectangle
}

// newCanvas makes a window above all others. It hears of presses in it if presses is true.
func (d *display) newCanvas(r image.Rectangle, presses bool) (*canvas, error) {
	c := d.x.Conn
	w, err := xproto.NewWindowId(c)
	if err != nil {
		return nil, err
	}
	mask := uint32(0)
	if presses {
		mask = xproto.EventMaskButtonPress
	}
	// No background: the server paints nothing of its own before we do.
	err = xproto.CreateWindowChecked(c, d.screen.RootDepth, w, d.screen.Root, int16(r.Min.X), int16(r.Min.Y),
		uint16(r.Dx()), uint16(r.Dy()), 0, xproto.WindowClassInputOutput, d.screen.RootVisual,
		xproto.CwBackPixmap|xproto.CwOverrideRedirect|xproto.CwEventMask, []uint32{0, 1, mask}).Check()
	if err != nil {
		return nil, fmt.Errorf("make a window: %w", err)
	}
	v := &canvas{d: d, win: w, r: r}
	if v.gc, err = d.newGC(xproto.Drawable(w)); err != nil {
		return nil, err
	}
	if err := xproto.MapWindowChecked(c, w).Check(); err != nil {
		return nil, fmt.Errorf("show a window: %w", err)
	}
	return v, nil
}

// newGC makes a context that can write text.
func (d *display) newGC(on xproto.Drawable) (xproto.Gcontext, error) {
	c := d.x.Conn
	font, err := xproto.NewFontId(c)
	if err != nil {
		return 0, err
	}
	if err := xproto.OpenFontChecked(c, font, uint16(len("fixed")), "fixed").Check(); err != nil {
		return 0, fmt.Errorf("the X server has no font \"fixed\" (Debian: xfonts-base): %w", err)
	}
	gc, err := xproto.NewGcontextId(c)
	if err != nil {
		return 0, err
	}
	err = xproto.CreateGCChecked(c, gc, on, xproto.GcFont|xproto.GcGraphicsExposures, []uint32{uint32(font), 0}).Check()
	if err != nil {
		return 0, fmt.Errorf("make a graphics context: %w", err)
	}
	xproto.CloseFont(c, font)
	return gc, nil
}

// fill paints a rectangle of the canvas in 0xRRGGBB.
func (v *canvas) fill(r image.Rectangle, colour uint32) {
	v.d.fill(xproto.Drawable(v.win), v.gc, r, colour)
}

func (d *display) fill(on xproto.Drawable, gc xproto.Gcontext, r image.Rectangle, colour uint32) {
	xproto.ChangeGC(d.x.Conn, gc, xproto.GcForeground, []uint32{colour})
	xproto.PolyFillRectangle(d.x.Conn, on, gc, []xproto.Rectangle{{
		X: int16(r.Min.X), Y: int16(r.Min.Y), Width: uint16(r.Dx()), Height: uint16(r.Dy()),
	}})
}

// all is the canvas in its own coordinates.
func (v *canvas) all() image.Rectangle { return image.Rectangle{Max: v.r.Size()} }

// write writes text in a colour on white; at is the left end of its base line.
func (v *canvas) write(at image.Point, colour uint32, text string) {
	v.d.write(xproto.Drawable(v.win), v.gc, at, colour, text)
}

func (d *display) write(on xproto.Drawable, gc xproto.Gcontext, at image.Point, colour uint32, text string) {
	xproto.ChangeGC(d.x.Conn, gc, xproto.GcForeground|xproto.GcBackground, []uint32{colour, 0xffffff})
	xproto.ImageText8(d.x.Conn, byte(min(len(text), 255)), on, gc, int16(at.X), int16(at.Y), text[:min(len(text), 255)])
}

// up moves everything in r of the canvas up by n pixels.
func (v *canvas) up(r image.Rectangle, n int) {
	xproto.CopyArea(v.d.x.Conn, xproto.Drawable(v.win), xproto.Drawable(v.win), v.gc,
		int16(r.Min.X), int16(r.Min.Y+n), int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()-n))
}

// put paints a picture of BGRX pixels into the canvas, all at once; at is its top left
// corner. The caller syncs before the next put or look.
func (v *canvas) put(at image.Point, size image.Point, pix []byte) {
	copy(v.d.mem, pix)
	w, h := uint16(size.X), uint16(size.Y)
	xshm.PutImage(v.d.x.Conn, xproto.Drawable(v.win), v.gc, w, h, 0, 0, w, h, int16(at.X), int16(at.Y),
		v.d.screen.RootDepth, xproto.ImageFormatZPixmap, 0, v.d.seg, 0)
}

// hide takes the canvas away.
func (v *canvas) hide() {
	xproto.DestroyWindow(v.d.x.Conn, v.win)
	xproto.FreeGC(v.d.x.Conn, v.gc)
	v.d.sync()
}
