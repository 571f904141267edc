package screenbot

import (
	"errors"
	"fmt"
	"image"
	"io"
	"math"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// ErrKey is returned for a character or key that the display's keyboard cannot make.
var ErrKey = errors.New("screenbot: no such key")

// A Bot sits before one display. It is not safe for concurrent use.
type Bot struct {
	conn   *xgb.Conn
	screen *xproto.ScreenInfo
	keys   map[xproto.Keysym]key
	shift  xproto.Keycode
	atoms  map[string]xproto.Atom
}

// key is where a keysym is on the keyboard.
type key struct {
	code  xproto.Keycode
	shift bool
}

// Open connects to a display, such as ":71".
func Open(display string) (*Bot, error) {
	xgb.Logger.SetOutput(io.Discard) // it says on every connection that there is no cookie, which no error is
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, fmt.Errorf("screenbot: display %s: %w", display, err)
	}
	b := &Bot{conn: conn, screen: xproto.Setup(conn).DefaultScreen(conn), atoms: map[string]xproto.Atom{}}
	if err := xtest.Init(conn); err != nil {
		conn.Close()
		return nil, fmt.Errorf("screenbot: display %s: %w", display, err)
	}
	if err := b.readKeyboard(); err != nil {
		conn.Close()
		return nil, fmt.Errorf("screenbot: display %s: %w", display, err)
	}
	return b, nil
}

// Close ends the connection.
func (b *Bot) Close() { b.conn.Close() }

// Size is that of the screen in pixels.
func (b *Bot) Size() image.Point {
	return image.Pt(int(b.screen.WidthInPixels), int(b.screen.HeightInPixels))
}

// Picture copies the whole screen.
func (b *Bot) Picture() (*image.RGBA, error) {
	return b.Look(image.Rectangle{Max: b.Size()})
}

// Look copies a rectangle of the screen; the result has its coordinates.
func (b *Bot) Look(r image.Rectangle) (*image.RGBA, error) {
	r = r.Intersect(image.Rectangle{Max: b.Size()})
	img := image.NewRGBA(r)
	const rows = 128 // keeps each reply small
	for y := r.Min.Y; y < r.Max.Y; y += rows {
		h := min(rows, r.Max.Y-y)
		reply, err := xproto.GetImage(b.conn, xproto.ImageFormatZPixmap, xproto.Drawable(b.screen.Root),
			int16(r.Min.X), int16(y), uint16(r.Dx()), uint16(h), math.MaxUint32).Reply()
		if err != nil {
			return nil, fmt.Errorf("screenbot: picture: %w", err)
		}
		if len(reply.Data) < r.Dx()*h*4 {
			return nil, fmt.Errorf("screenbot: picture: %d bytes for %d by %d pixels", len(reply.Data), r.Dx(), h)
		}
		dst := img.Pix[img.PixOffset(r.Min.X, y):]
		for i := 0; i < r.Dx()*h*4; i += 4 { // BGRX to RGBA
			dst[i], dst[i+1], dst[i+2], dst[i+3] = reply.Data[i+2], reply.Data[i+1], reply.Data[i], 255
		}
	}
	return img, nil
}

// Move puts the pointer somewhere.
func (b *Bot) Move(p image.Point) error {
	return b.fake(xproto.MotionNotify, 0, p)
}

// Click moves the pointer there and clicks its first button.
func (b *Bot) Click(p image.Point) error {
	return errors.Join(b.Move(p), b.Button(1, true), b.Button(1, false))
}

// Button presses or releases a pointer button, 1 to 7.
func (b *Bot) Button(n byte, down bool) error {
	if down {
		return b.fake(xproto.ButtonPress, n, image.Point{})
	}
	return b.fake(xproto.ButtonRelease, n, image.Point{})
}

// Pointer says where the pointer is and which of the buttons 1 to 5 are down, as bits 0 to 4.
func (b *Bot) Pointer() (at image.Point, down uint16, err error) {
	r, err := xproto.QueryPointer(b.conn, b.screen.Root).Reply()
	if err != nil {
		return image.Point{}, 0, fmt.Errorf("screenbot: pointer: %w", err)
	}
	return image.Pt(int(r.RootX), int(r.RootY)), r.Mask >> 8 & 0x1f, nil
}

// fake sends one XTEST event and waits until the server has taken it.
func (b *Bot) fake(kind, detail byte, p image.Point) error {
	if err := xtest.FakeInputChecked(b.conn, kind, detail, 0, b.screen.Root, int16(p.X), int16(p.Y), 0).Check(); err != nil {
		return fmt.Errorf("screenbot: input: %w", err)
	}
	return nil
}
