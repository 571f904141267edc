package x11

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"

	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"

	"beside/capture"
	"beside/frame"
	"beside/internal/xconn"
)

// Options say which X display to capture.
type Options struct {
	Display string // ":0"; "" means $DISPLAY
	// Moved may say that the pointer has moved. While it rests, the server is then asked only
	// once a second where it is. One Source at a time hears it.
	Moved <-chan struct{}
}

// Backend opens Sources on one X display. It holds no connection itself and is safe
// for concurrent use.
type Backend struct {
	display  string
	moved    <-chan struct{}
	noSHM    bool // tests: take the way without shared memory
	noDamage bool // tests: take the way without XDamage
}

var _ capture.Backend = (*Backend)(nil)

// New makes a Backend; the display is first contacted by Displays and Open.
func New(o Options) *Backend { return &Backend{display: o.Display, moved: o.Moved} }

// Displays lists the monitors RandR knows, the primary first. A server that knows no
// monitor has one display, the whole desktop, with the ID "". The ID of a monitor is
// its RandR name.
func (b *Backend) Displays(ctx context.Context) ([]capture.Display, error) {
	c, err := b.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	root := c.Root
	var ds []capture.Display
	if hasRandR(c) {
		if ds, err = monitors(c, root); err != nil {
			return nil, gone(err)
		}
	}
	if len(ds) == 0 {
		r, err := rootBounds(c, root)
		if err != nil {
			return nil, gone(err)
		}
		ds = []capture.Display{{Name: "Desktop", Bounds: r, Scale: 1, Primary: true}}
	}
	return ds, nil
}

// dial connects, and tells the three ways this can fail apart.
func (b *Backend) dial(ctx context.Context) (*xconn.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c, err := xconn.Dial(b.display)
	switch {
	case errors.Is(err, xconn.ErrRefused):
		return nil, fmt.Errorf("%w: %w", capture.ErrNotAllowed, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", capture.ErrNoDisplay, err)
	}
	return c, nil
}

func hasRandR(c *xconn.Conn) bool {
	if !c.Has("RANDR") {
		return false
	}
	v, err := randr.QueryVersion(c.Conn, 1, 5).Reply()
	return err == nil && (v.MajorVersion > 1 || v.MinorVersion >= 5)
}

// monitors lists the active monitors, the primary first.
func monitors(c *xconn.Conn, root xproto.Window) ([]capture.Display, error) {
	reply, err := randr.GetMonitors(c.Conn, root, true).Reply()
	if err != nil {
		return nil, fmt.Errorf("list monitors: %w", err)
	}
	var ds []capture.Display
	for _, m := range reply.Monitors {
		name, err := xproto.GetAtomName(c.Conn, m.Name).Reply()
		if err != nil {
			return nil, fmt.Errorf("name of a monitor: %w", err)
		}
		at := image.Pt(int(m.X), int(m.Y))
		r := image.Rectangle{Min: at, Max: at.Add(image.Pt(int(m.Width), int(m.Height)))}
		if r.Empty() {
			continue
		}
		ds = append(ds, capture.Display{ID: name.Name, Name: name.Name, Bounds: r, Scale: 1, Primary: m.Primary})
	}
	slices.SortStableFunc(ds, func(a, b capture.Display) int {
		switch {
		case a.Primary == b.Primary:
			return 0
		case a.Primary:
			return -1
		}
		return 1
	})
	if len(ds) > 0 {
		ds[0].Primary = true // somebody must be it
	}
	return ds, nil
}

func rootBounds(c *xconn.Conn, root xproto.Window) (image.Rectangle, error) {
	g, err := xproto.GetGeometry(c.Conn, xproto.Drawable(root)).Reply()
	if err != nil {
		return image.Rectangle{}, fmt.Errorf("size of the desktop: %w", err)
	}
	return image.Rect(0, 0, int(g.Width), int(g.Height)), nil
}

// checkVisual makes sure pixels arrive as BGRX, the only order we know.
func checkVisual(c *xconn.Conn) error {
	setup := xproto.Setup(c.Conn)
	screen := setup.DefaultScreen(c.Conn)
	bad := fmt.Errorf("%w: the X screen is not 24 or 32 bits deep with 8 bits a colour", capture.ErrUnsupported)
	if d := screen.RootDepth; d != 24 && d != 32 {
		return bad
	}
	if setup.ImageByteOrder != xproto.ImageOrderLSBFirst {
		return bad
	}
	for _, f := range setup.PixmapFormats {
		if f.Depth == screen.RootDepth && f.BitsPerPixel != 32 {
			return bad
		}
	}
	for _, d := range screen.AllowedDepths {
		for _, v := range d.Visuals {
			if v.VisualId == screen.RootVisual && v.RedMask == 0xff0000 && v.GreenMask == 0xff00 && v.BlueMask == 0xff {
				return nil
			}
		}
	}
	return bad
}

// gone turns the end of the connection into ErrDisplayGone; other errors pass.
func gone(err error) error {
	if xconn.Gone(err) {
		return errGone()
	}
	return err
}

func errGone() error {
	return fmt.Errorf("%w: the connection to the X server was lost", capture.ErrDisplayGone)
}

func validBounds(r image.Rectangle) error {
	if !frame.ValidSize(r.Size()) {
		return fmt.Errorf("%w: a screen of %d×%d", capture.ErrUnsupported, r.Dx(), r.Dy())
	}
	return nil
}
