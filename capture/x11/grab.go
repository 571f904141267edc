package x11

import (
	"fmt"
	"image"

	"github.com/jezek/xgb"
	xshm "github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"

	"beside/internal/xconn"
)

// A piece is the picture of one rectangle, in desktop coordinates.
type piece struct {
	at     image.Rectangle
	pix    []byte // valid until the next grab
	stride int
}

// grabber fetches rectangles of the desktop. It is not safe for concurrent use.
type grabber struct {
	c      *xgb.Conn
	root   xproto.Window
	useSHM bool
	seg    xshm.Seg // valid while mem is not nil
	mem    []byte   // shared with the server
}

// newGrabber uses shared memory if shared is true, which needs a server that offers it
// on this machine; whether it works shows when the first segment is attached.
func newGrabber(c *xgb.Conn, root xproto.Window, shared bool) *grabber {
	g := &grabber{c: c, root: root}
	if shared {
		_, err := xshm.QueryVersion(c).Reply()
		g.useSHM = err == nil
	}
	return g
}

// grab fetches rects, all inside area. The requests are sent together, so that many
// small rectangles cost one wait.
func (g *grabber) grab(area image.Rectangle, rects []image.Rectangle) ([]piece, error) {
	need := 0
	for _, r := range rects {
		need += 4 * size(r)
	}
	if whole := 4 * size(area); need > whole {
		rects = []image.Rectangle{area}
	}
	if g.useSHM && len(g.mem) < 4*size(area) {
		if err := g.attach(4 * size(area)); err != nil {
			g.useSHM = false
		}
	}
	if g.useSHM {
		return g.grabShared(rects)
	}
	return g.grabSocket(rects)
}

func (g *grabber) grabShared(rects []image.Rectangle) ([]piece, error) {
	cookies := make([]xshm.GetImageCookie, len(rects))
	pieces := make([]piece, len(rects))
	off := 0
	for i, r := range rects {
		n := 4 * size(r)
		pieces[i] = piece{at: r, pix: g.mem[off : off+n], stride: 4 * r.Dx()}
		cookies[i] = xshm.GetImage(g.c, xproto.Drawable(g.root), int16(r.Min.X), int16(r.Min.Y),
			uint16(r.Dx()), uint16(r.Dy()), ^uint32(0), xproto.ImageFormatZPixmap, g.seg, uint32(off))
		off += n
	}
	var first error
	for _, c := range cookies { // every reply is taken, also after an error
		if _, err := c.Reply(); err != nil && first == nil {
			first = fmt.Errorf("fetch pixels: %w", err)
		}
	}
	return pieces, first
}

// grabSocket fetches at most maxReply bytes with one request: the library keeps a
// whole reply in memory.
func (g *grabber) grabSocket(rects []image.Rectangle) ([]piece, error) {
	const maxReply = 4 << 20
	var pieces []piece
	for _, r := range rects {
		rows := max(1, maxReply/(4*r.Dx()))
		for y := r.Min.Y; y < r.Max.Y; y += rows {
			p := image.Rect(r.Min.X, y, r.Max.X, min(y+rows, r.Max.Y))
			reply, err := xproto.GetImage(g.c, xproto.ImageFormatZPixmap, xproto.Drawable(g.root),
				int16(p.Min.X), int16(p.Min.Y), uint16(p.Dx()), uint16(p.Dy()), ^uint32(0)).Reply()
			if err != nil {
				return nil, fmt.Errorf("fetch pixels: %w", err)
			}
			if len(reply.Data) < 4*size(p) {
				return nil, fmt.Errorf("fetch pixels: the X server sent %d bytes, want %d", len(reply.Data), 4*size(p))
			}
			pieces = append(pieces, piece{at: p, pix: reply.Data, stride: 4 * p.Dx()})
		}
	}
	return pieces, nil
}

// attach makes a segment of n bytes.
func (g *grabber) attach(n int) (err error) {
	g.close()
	g.seg, g.mem, err = xconn.Share(g.c, n, false)
	return err
}

// close gives the segment back. It may be called when the connection has ended, which
// detaches the server's side by itself.
func (g *grabber) close() {
	if g.mem == nil {
		return
	}
	xshm.Detach(g.c, g.seg)
	xconn.Unshare(g.mem)
	g.mem = nil
}
