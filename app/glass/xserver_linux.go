package glass

import (
	"errors"
	"fmt"
	"image"
	"runtime"
	"sync/atomic"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/render"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"

	"beside/frame"
	"beside/internal/xconn"
)

// errServer means that this X server cannot do what a child window needs.
var errServer = errors.New("glass: X server lacks something")

// xserver is our own connection to the X server, beside Fyne's. Its methods are safe
// for concurrent use.
type xserver struct {
	c      *xgb.Conn
	screen *xproto.ScreenInfo
	opaque render.Pictformat // of the screen's visual
	alpha  render.Pictformat // 32 bit, premultiplied
	shared bool              // the server can read our memory
	gone   atomic.Bool       // closed
}

// close ends the connection; the server takes back all that was made over it.
func (x *xserver) close() {
	if !x.gone.Swap(true) {
		x.c.Close()
	}
}

// openServer connects and checks for what every child needs: RENDER, SHAPE and 32 bit
// pixels in our byte order. Shared memory is used when wanted and offered.
func openServer(shared bool) (*xserver, error) {
	d, err := xconn.Dial("")
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	c := d.Conn
	x := &xserver{c: c, screen: xproto.Setup(c).DefaultScreen(c)}
	if err := x.check(d); err != nil {
		c.Close()
		return nil, err
	}
	if shared && d.Has("MIT-SHM") {
		x.shared = true
		if b := x.share(image.Pt(1, 1)); b == nil {
			x.shared = false // another host's server, or no IPC
		} else {
			shm.Detach(c, shm.Seg(b.share))
		}
	}
	return x, nil
}

func (x *xserver) check(d *xconn.Conn) error {
	set := xproto.Setup(x.c)
	if set.ImageByteOrder != xproto.ImageOrderLSBFirst || x.screen.RootDepth < 24 {
		return fmt.Errorf("%w: byte order %d, depth %d", errServer, set.ImageByteOrder, x.screen.RootDepth)
	}
	for _, name := range []string{"SHAPE", "RENDER"} {
		if !d.Has(name) {
			return fmt.Errorf("%w: no %s", errServer, name)
		}
	}
	formats, err := render.QueryPictFormats(x.c).Reply()
	if err != nil {
		return fmt.Errorf("asking for picture formats: %w", err)
	}
	for _, f := range formats.Formats {
		d := f.Direct
		if f.Depth == 32 && d.AlphaMask == 0xFF && d.AlphaShift == 24 && d.RedShift == 16 && d.BlueShift == 0 {
			x.alpha = f.Id
		}
	}
	for _, s := range formats.Screens {
		for _, d := range s.Depths {
			for _, v := range d.Visuals {
				if v.Visual == x.screen.RootVisual {
					x.opaque = v.Format
				}
			}
		}
	}
	for _, f := range formats.Formats {
		if f.Id == x.opaque && (f.Direct.RedShift != 16 || f.Direct.BlueShift != 0) {
			return fmt.Errorf("%w: red at bit %d", errServer, f.Direct.RedShift)
		}
	}
	if x.alpha == 0 || x.opaque == 0 {
		return fmt.Errorf("%w: no picture format", errServer)
	}
	return nil
}

// alloc makes a buffer, shared with the server when it can be.
func (x *xserver) alloc(size image.Point) *buffer {
	if x.shared && !x.gone.Load() {
		if b := x.share(size); b != nil {
			return b
		}
	}
	return newBuffer(size)
}

// share makes a buffer that the server reads itself, or nil. The memory goes back to
// the system when nobody holds the frame any more: a decoder that outlives the window
// must not write into nothing.
func (x *xserver) share(size image.Point) *buffer {
	seg, pix, err := xconn.Share(x.c, 4*size.X*size.Y, true)
	if err != nil {
		return nil
	}
	f := &frame.Frame{Pix: pix, Stride: 4 * size.X, Size: size, Format: frame.BGRX}
	runtime.AddCleanup(f, xconn.Unshare, pix)
	return &buffer{frame: f, share: uint32(seg)}
}

// rectX is r as X11 sends it.
func rectX(r image.Rectangle) xproto.Rectangle {
	return xproto.Rectangle{X: int16(r.Min.X), Y: int16(r.Min.Y), Width: uint16(r.Dx()), Height: uint16(r.Dy())}
}

func rectsX(rs []image.Rectangle) []xproto.Rectangle {
	out := make([]xproto.Rectangle, len(rs))
	for i, r := range rs {
		out[i] = rectX(r)
	}
	return out
}

// fixed is v as RENDER counts.
func fixed(v float64) render.Fixed { return render.Fixed(v * 65536) }

// putRows is how many rows of that many pixels fit one PutImage request.
func putRows(width int) int { return max(1, 240_000/(4*width)) }
