package glass

import (
	"image"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
)

// The ways, best first.
const (
	wayChild = "child"
	wayPut   = "put"
	wayGL    = "gl"
	wayImage = "image"
)

// opener walks down the ladder of ways. What a way needs before there is a window, so
// that pictures can be decoded at once, is got by newOpener.
type opener interface {
	// native says whether the window is one of the real driver's.
	native() bool
	// alloc makes the memory for a picture. It is safe for concurrent use.
	alloc(size image.Point) *buffer
	// open makes the best surface for g, whose window is on the screen. It cannot fail:
	// the last way is always there.
	open(g *Glass) surface
	// close frees what no surface took over.
	close()
}

// a drawer is a surface that is drawn in Fyne's paint.
type drawer interface{ draw() }

// newOpener prepares the ladder, from way down when one is forced.
func newOpener(opt Options, real bool) opener {
	from := max(0, slices.Index([]string{wayChild, wayPut, wayGL, wayImage}, opt.Way))
	l := &ladder{real: real, from: from}
	if real && from <= 1 {
		l.x = openX(opt, from == 0)
	}
	return l
}

// ladder is the opener.
type ladder struct {
	real bool
	from int // index of the first way allowed
	x    childMaker
}

// childMaker makes child windows; nil where there are none.
type childMaker interface {
	alloc(size image.Point) *buffer
	child(g *Glass, window uint32) (surface, error)
	close()
}

func (l *ladder) native() bool { return l.real }

func (l *ladder) alloc(size image.Point) *buffer {
	if l.x != nil {
		return l.x.alloc(size)
	}
	return newBuffer(size)
}

func (l *ladder) open(g *Glass) surface {
	if id, ok := x11Window(g.opt.Window); ok && l.x != nil {
		s, err := l.x.child(g, id)
		if err == nil {
			return s
		}
		g.opt.Log.Warn("remote picture: no child window", "err", err)
	}
	if l.real && l.from <= 2 && g.raw != nil {
		s, err := newTexture(g)
		if err == nil {
			return s
		}
		g.opt.Log.Warn("remote picture: no texture", "err", err)
	}
	return newStill(g)
}

func (l *ladder) close() {
	if l.x != nil {
		l.x.close()
	}
}

// x11Window is the X server's name of a window that is on the screen.
func x11Window(w fyne.Window) (id uint32, ok bool) {
	n, is := w.(driver.NativeWindow)
	if !is {
		return 0, false
	}
	n.RunNative(func(c any) {
		if x, x11 := c.(driver.X11WindowContext); x11 && x.WindowHandle != 0 {
			id, ok = uint32(x.WindowHandle), true
		}
	})
	return id, ok
}
