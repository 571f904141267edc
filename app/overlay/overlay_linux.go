package overlay

import (
	"fmt"
	"image"
	"math/bits"
	"sync"

	"github.com/jezek/xgb/shape"
	"github.com/jezek/xgb/xproto"

	"beside/internal/xconn"
)

// Overlay is what is drawn on one display. It is safe for concurrent use. Its calls return once the
// X server has done what they say.
type Overlay struct {
	c    *xconn.Conn
	all  image.Rectangle // the root window
	once sync.Once

	mu            sync.Mutex
	ink, laser    xproto.Window
	inked, lasing bool // mapped
}

// Open connects to the display. Nothing is to be seen yet. The error wraps ErrUnsupported where the
// server cannot cut windows to a shape.
func Open(o Options) (*Overlay, error) {
	c, err := xconn.Dial(o.Display)
	if err != nil {
		return nil, fmt.Errorf("overlay: connect: %w", err)
	}
	v := &Overlay{c: c}
	if err := v.prepare(o); err != nil {
		c.Close()
		return nil, err
	}
	go func() { // ends with the connection
		for {
			if ev, xerr := c.WaitForEvent(); ev == nil && xerr == nil {
				return
			}
		}
	}()
	return v, nil
}

func (v *Overlay) prepare(o Options) error {
	ver, err := shape.QueryVersion(v.c.Conn).Reply()
	if err != nil || ver.MajorVersion < 1 || ver.MajorVersion == 1 && ver.MinorVersion < 1 { // input shapes
		return fmt.Errorf("%w: no shaped windows", ErrUnsupported)
	}
	s := xproto.Setup(v.c.Conn).DefaultScreen(v.c.Conn)
	g, err := xproto.GetGeometry(v.c.Conn, xproto.Drawable(v.c.Root)).Reply()
	if err != nil {
		return fmt.Errorf("overlay: size of the screen: %w", err)
	}
	v.all = image.Rect(0, 0, int(g.Width), int(g.Height))
	if o.Colour == 0 {
		o.Colour = first
	}
	px, ok := pixel(s, o.Colour)
	if !ok {
		return fmt.Errorf("%w: it has no true colours", ErrUnsupported)
	}
	if v.ink, err = v.window(v.all, px); err != nil {
		return err
	}
	if v.laser, err = v.window(image.Rect(0, 0, laserSize, laserSize), px); err != nil {
		return err
	}
	return v.add(v.laser, target())
}

// pixel is a colour as the screen's own visual writes it.
func pixel(s *xproto.ScreenInfo, rgb uint32) (uint32, bool) {
	for _, d := range s.AllowedDepths {
		for _, vis := range d.Visuals {
			if vis.VisualId != s.RootVisual || vis.Class != xproto.VisualClassTrueColor {
				continue
			}
			put := func(v, mask uint32) uint32 {
				n := bits.OnesCount32(mask)
				if n == 0 || n > 16 {
					return 0
				}
				return (v * (1<<n - 1) / 255) << bits.TrailingZeros32(mask)
			}
			return put(rgb>>16&255, vis.RedMask) | put(rgb>>8&255, vis.GreenMask) | put(rgb&255, vis.BlueMask), true
		}
	}
	return 0, false
}

// window makes a window that covers nothing yet, and never takes a click.
func (v *Overlay) window(r image.Rectangle, px uint32) (xproto.Window, error) {
	id, err := xproto.NewWindowId(v.c.Conn)
	if err != nil {
		return 0, fmt.Errorf("overlay: window: %w", err)
	}
	err = xproto.CreateWindowChecked(v.c.Conn, 0, id, v.c.Root, int16(r.Min.X), int16(r.Min.Y),
		uint16(r.Dx()), uint16(r.Dy()), 0, xproto.WindowClassInputOutput, 0,
		xproto.CwBackPixel|xproto.CwOverrideRedirect, []uint32{px, 1}).Check()
	if err != nil {
		return 0, fmt.Errorf("overlay: window: %w", err)
	}
	for _, kind := range []shape.Kind{shape.SkInput, shape.SkBounding} {
		if err := v.cut(id, kind, shape.SoSet, nil); err != nil {
			return 0, err
		}
	}
	return id, nil
}

func (v *Overlay) cut(id xproto.Window, kind shape.Kind, op shape.Op, rs []xproto.Rectangle) error {
	if err := shape.RectanglesChecked(v.c.Conn, op, kind, 0, id, 0, 0, rs).Check(); err != nil {
		return fmt.Errorf("overlay: shape: %w", err)
	}
	return nil
}

// most is how many rectangles one request carries.
const most = 4000

// add makes a window cover these as well.
func (v *Overlay) add(id xproto.Window, rs []image.Rectangle) error {
	for len(rs) > 0 {
		n := min(len(rs), most)
		out := make([]xproto.Rectangle, n)
		for i, r := range rs[:n] {
			out[i] = xproto.Rectangle{X: int16(r.Min.X), Y: int16(r.Min.Y), Width: uint16(r.Dx()), Height: uint16(r.Dy())}
		}
		if err := v.cut(id, shape.SkBounding, shape.SoUnion, out); err != nil {
			return err
		}
		rs = rs[n:]
	}
	return nil
}

// show puts a window on top, once: what comes up later lies above it.
func (v *Overlay) show(id xproto.Window, is *bool, on bool) error {
	if *is == on {
		return nil
	}
	var err error
	if on {
		xproto.ConfigureWindow(v.c.Conn, id, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove})
		err = xproto.MapWindowChecked(v.c.Conn, id).Check()
	} else {
		err = xproto.UnmapWindowChecked(v.c.Conn, id).Check()
	}
	if err != nil {
		return fmt.Errorf("overlay: show: %w", err)
	}
	*is = on
	return nil
}

// Laser moves the laser pointer there, or with on false takes it away.
func (v *Overlay) Laser(at image.Point, on bool) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if on {
		at = at.Sub(image.Pt(laserSize/2, laserSize/2))
		err := xproto.ConfigureWindowChecked(v.c.Conn, v.laser, xproto.ConfigWindowX|xproto.ConfigWindowY,
			[]uint32{uint32(int32(at.X)), uint32(int32(at.Y))}).Check()
		if err != nil {
			return fmt.Errorf("overlay: laser: %w", err)
		}
	}
	return v.show(v.laser, &v.lasing, on)
}

// Line draws a line through these points; one point is a dot.
func (v *Overlay) Line(points []image.Point) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	var rs []image.Rectangle
	for i, p := range points {
		rs = append(rs, thick(points[max(0, i-1)], p, penRadius, v.all)...)
	}
	if err := v.add(v.ink, rs); err != nil {
		return err
	}
	return v.show(v.ink, &v.inked, true)
}

// Clear removes everything.
func (v *Overlay) Clear() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.show(v.laser, &v.lasing, false); err != nil {
		return err
	}
	if err := v.show(v.ink, &v.inked, false); err != nil {
		return err
	}
	return v.cut(v.ink, shape.SkBounding, shape.SoSet, nil)
}

// Close removes everything, for good. Idempotent; other calls then fail.
func (v *Overlay) Close() error {
	v.once.Do(v.c.Close)
	return nil
}
